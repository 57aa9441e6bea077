"""Roles in words."""

from central.domain.roles import Role
from central.web.marks import N_
from central.web.texts import translate

ROLE_NAMES: dict[Role, str] = {
    Role.ADMINISTRATOR: N_("Administrateur (DSI)"),
    Role.TECHNICIAN: N_("Technicien (DSI)"),
    Role.DIRECTOR: N_("Direction d’école"),
    Role.ERUN: N_("ERUN"),
    Role.DEPARTMENT: N_("Département"),
}
ROLE_TEXTS: dict[Role, str] = {
    Role.ADMINISTRATOR: N_("Tout, y compris les comptes, les réglages et les interventions qui effacent."),
    Role.TECHNICIAN: N_("Toutes les écoles, l’inventaire, les interventions courantes."),
    Role.DIRECTOR: N_("Une seule école : la sienne."),
    Role.ERUN: N_("Des sommes seulement : aucune école ni aucun appareil en particulier."),
    Role.DEPARTMENT: N_("Des sommes seulement : aucune école ni aucun appareil en particulier."),
}


def role_name(role: str) -> str:
    return translate(ROLE_NAMES[Role(role)])


def role_choices() -> list[dict[str, str]]:
    return [
        {"value": role.value, "label": translate(name), "text": translate(ROLE_TEXTS[role])}
        for role, name in ROLE_NAMES.items()
    ]
