"""Sentences for what stops the line to the city: code of `uplink/trouble.py` -> French text. See `texts`.

What happened, and what to do; the class works without the city in every one of these.
"""


def N_(text: str) -> str:  # noqa: N802 - the name that pybabel looks for
    """Marks a text for translation; it is translated when somebody reads it."""
    return text


CITY_TROUBLES: dict[str, str] = {
    # the line
    "dns": N_("L’adresse de la ville n’est pas trouvée : internet ou le service de noms (DNS) ne répond pas."),
    "unreachable": N_("Aucun chemin vers la ville : vérifiez le câble du boîtier et l’accès à internet de l’école."),
    "refused": N_("La machine de la ville répond, mais son serveur n’est pas en service à cette adresse."),
    "timeout": N_("La ville n’a pas répondu à temps. Le boîtier réessaie."),
    "slow": N_("La ligne est trop lente pour l’instant. Le boîtier réessaie avec de plus petits envois."),
    "cut": N_("La liaison a été coupée en cours de route. Le boîtier réessaie."),
    "proxy": N_("Le serveur mandataire (proxy) du réseau n’a pas laissé passer le boîtier : prévenez qui le gère."),
    "portal": N_("Un portail du réseau a répondu à la place de la ville : il faut s’y identifier, ou l’exempter."),
    "tls": N_("Ce n’est pas la ville qui répond là, ou le réseau déchiffre les échanges : rien n’est envoyé."),
    "expired": N_("Le certificat du serveur de la ville a expiré : la ville doit le renouveler."),
    "clock": N_("L’heure donnée par la ville n’est pas signée par elle : rien n’est envoyé."),
    "foreign": N_("Cette réponse n’est pas celle de la ville à notre envoi : elle ne compte pas. Le boîtier réessaie."),
    # the city's server
    "busy": N_("La ville demande de revenir un peu plus tard. Rien n’est perdu."),
    "server": N_("Le serveur de la ville a un problème. Rien n’est perdu, le boîtier réessaie."),
    "city_full": N_("Le serveur de la ville n’a plus de place. Rien n’est perdu, le boîtier réessaie."),
    "refused_us": N_("La ville ne reconnaît pas ce boîtier : prévenez-la."),
    "rejected": N_("La ville n’a pas accepté cet envoi. Le boîtier réessaie."),
    "too_old": N_("Ce boîtier parle une version que la ville ne comprend plus : mettez-le à jour."),
    # this box
    "certificate": N_("Le certificat du boîtier a expiré, sans pouvoir être renouvelé : rattachez-le de nouveau."),
    "fenced": N_("Deux boîtiers se présentent sous la même identité : la ville doit choisir lequel est le bon."),
    "revoked": N_("La ville a retiré son accès à ce boîtier."),
    "replaced": N_("Un autre boîtier a pris la place de celui-ci."),
    "full": N_("Le disque de ce boîtier est plein."),
    "identity": N_("La clé ou le certificat du boîtier ne peut pas être lu : rattachez-le de nouveau."),
    # joining
    "claim_code": N_("Ce n’est pas un code de rattachement : vérifiez chaque groupe."),
    "claim_file": N_("Ce fichier n’est pas celui de la ville : demandez « ville.preau.json »."),
    "claim_authority": N_("Ce n’est pas la ville qui a donné ce code : vérifiez l’adresse et le code."),
    "claim_unknown": N_("La ville ne connaît pas ce code, ou l’a retiré : demandez-en un autre."),
    "claim_used": N_("Ce code a déjà servi : demandez-en un autre."),
    "claim_expired": N_("Ce code n’est plus valable : demandez-en un autre."),
    "claim_not_blank": N_("Ce code est fait pour un boîtier neuf ; celui-ci a déjà des appareils."),
    "claim_not_ready": N_("La ville n’est pas encore prête à accueillir des boîtiers. Celui-ci réessaie."),
    "claim_snapshot": N_("La sauvegarde de l’ancien boîtier n’a pas pu être mise en place. Le boîtier réessaie."),
}

STANDINGS: dict[str, str] = {
    "active": N_("Ce boîtier est rattaché à la ville."),
    "fenced": CITY_TROUBLES["fenced"],
    "revoked": CITY_TROUBLES["revoked"],
    "replaced": CITY_TROUBLES["replaced"],
}
OTHER_CHOSEN = N_("La ville a choisi l’autre boîtier : éteignez celui-ci, ou donnez-lui un nouveau code.")
