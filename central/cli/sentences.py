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
    "login_taken": "L’identifiant {login} est déjà pris.",
    "unknown_account": "Aucun compte de ce nom. « accounts list » montre ceux qui existent.",
    "account_off": "Ce compte est désactivé : « accounts on » d’abord.",
    "last_administrator": "C’est le dernier administrateur : nommez-en un autre avant.",
    "bad_school": "Une direction d’école a une école : --school UAI.",
    "bad_login": "Cet identifiant n’est pas accepté : lettres, chiffres et . _ - @, deux au moins.",
    "bad_name": "Ce nom est vide, trop long, ou contient des caractères invisibles.",
    "bad_role": "Ce rôle n’existe pas.",
    "backup_exists": "{path} existe déjà : une sauvegarde n’en remplace jamais une autre.",
    "no_folder": "Le dossier {path} n’existe pas.",
    "bad_email": "Cette adresse électronique n’est pas acceptée.",
    "no_next_key": "Aucune clé suivante n’est prête : online-key new.",
    "next_key_unsigned": "Le trousseau signé ne nomme pas encore la clé suivante : ring-export, ring-sign…",
    "ring_up_to_date": "Le trousseau signé dit déjà tout : rien à signer.",
    "ring_not_newer": "Ce trousseau n’est pas plus récent que le n° {version}, déjà en vigueur.",
    "bad_ring": "Ce fichier n’est pas un trousseau signé par la clé racine de cette ville.",
    "bad_signature_file": "Ce fichier n’est pas celui d’un ordre à signer.",
    "bad_key": "Cette clé n’est pas acceptée : une partie publique en base 64, une durée de 1 à 3650 jours.",
    "not_fenced": "Il n’y a rien à choisir : un seul boîtier se présente.",
    "no_contestant": "Ce boîtier ne se présente pas. « appliance doubles » montre ceux qui le font.",
    "city_not_initialized": "La ville n’a pas encore ses clés : « city init » d’abord.",
    "not_yourself": "On ne retire pas ses propres droits : demandez à un autre administrateur.",
    "place_wrong": "Ces coordonnées ne sont pas une latitude et une longitude en degrés.",
    "unknown_school": "Aucune école de ce code. « schools list » montre celles qui existent.",
    "unknown_passkey": "Aucune clé d’accès de ce nom.",
    "key_not_allowed": "Cette clé n’a pas le droit de signer cette sorte d’ordre.",
    "bad_signature": "Cette signature n’est pas celle de cet ordre.",
    "no_parked_record": "Aucune donnée de ce numéro n’est de côté.",
    "unknown_key": "Aucune clé de ce nom. « key-list » montre celles qui existent.",
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
