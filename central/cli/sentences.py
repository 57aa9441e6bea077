"""What the command line says of a refusal, in French. The console's pages have their own texts."""

from central.errors import CannotStart, CityError, Invalid, TooMany, Unavailable

_TEXTS = {
    "uai_wrong": "« {uai} » n’est pas un code UAI : sept chiffres et la lettre qui les contrôle. Vérifiez-le.",
    "school_exists": "L’école {uai} existe déjà.",
    "no_school": "Aucune école {uai}. « schools list » montre celles qui existent.",
    "school_archived": "L’école {uai} est archivée.",
    "school_has_appliance": "Cette école a encore un boîtier : révoquez-le d’abord.",
    "name_wrong": "Ce nom est vide, trop long (120 caractères) ou contient des caractères invisibles.",
    "no_appliance": "Aucun boîtier de ce nom. « appliances list » montre ceux qui existent.",
    "replaces_wrong": "Ce boîtier n’est pas de cette école. « appliances list » montre ceux qui existent.",
    "appliance_replaced": "Ce boîtier a déjà été remplacé.",
    "no_claim_code": "Aucun code de ce numéro.",
    "claim_code_used": "Ce code a déjà servi.",
    "root_exists": "La ville a déjà une clé racine. Les boîtiers n’en connaissent qu’une.",
    "database_away": "La base de données ne répond pas. Vérifiez DATABASE_URL et le serveur PostgreSQL.",
    "database_busy": "La base de données est occupée. Réessayez.",
    "disk_full": "Le disque est plein. Libérez de la place.",
}
_GENERAL = "Refusé : {code}."


def sentence(error: CityError) -> str:
    if isinstance(error, CannotStart):
        return str(error)
    text = _TEXTS.get(error.code, _GENERAL)
    try:
        filled = text.format(**{"code": error.code, **error.params})
    except KeyError:
        filled = _GENERAL.format(code=error.code)
    if isinstance(error, Invalid) and error.code not in _TEXTS and error.fields:
        filled += " " + " ".join(f"{name} : {word}." for name, word in error.fields.items())
    if isinstance(error, TooMany):
        filled += f" Réessayez dans {error.retry_after} s."
    return filled if not isinstance(error, Unavailable) else f"{filled} Rien n’a été changé."
