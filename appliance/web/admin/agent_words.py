"""Words for tablets in kiosk mode: how they are, what is wrong, what to check. And the text that a person pastes."""

from appliance.domain.agents import AgentPresence, Alarm
from appliance.domain.channels import Profile
from appliance.domain.schools import DEFAULT_ZONE
from appliance.domain.webview_kiosk_setup import as_text, settings_to_import, settings_to_manage
from appliance.services.agent_setup import CheckName, CheckState, Sheet
from appliance.services.settings import read_setting
from appliance.web.texts import N_

__all__ = (
    "ALARMS", "CHECKS", "DEFAULT_ZONE", "PRESENCES", "PROFILES", "ROTATIONS", "locale_of_tablets", "settings_text",
)  # fmt: skip

PROFILES: dict[str, str] = {
    Profile.OWNER: N_("Webview Kiosk possède la tablette"),
    Profile.MANAGED: N_("une autre application possède la tablette"),
}

# How it is -> what to say, and the badge's colour.
PRESENCES: dict[AgentPresence, tuple[str, str]] = {
    AgentPresence.OFFLINE: (N_("pas connectée"), "quiet"),
    AgentPresence.ASLEEP: (N_("en veille"), "quiet"),
    AgentPresence.CONNECTED: (N_("connectée, n’a pas encore répondu"), "notice"),
    AgentPresence.READY: (N_("répond"), "good"),
    AgentPresence.AWAY: (N_("répond, une autre appli est devant"), "good"),
    AgentPresence.STALE: (N_("connectée, ne répond plus"), "problem"),
    AgentPresence.WITHHELD: (N_("deux tablettes sous un même nom : rien n’est envoyé"), "problem"),
}

ALARMS: dict[Alarm, tuple[str, str]] = {
    Alarm.NOT_OWNER: (
        N_("Webview Kiosk ne possède pas cette tablette"),
        N_("Elle ne peut pas verrouiller. Réinitialisez la tablette et recommencez par le QR code."),
    ),
    Alarm.MAY_NOT_LOCK: (
        N_("Webview Kiosk n’a pas le droit de verrouiller"),
        N_("Dans Webview Kiosk : réglages, « Device », « Manage Device Owner », autorisez l’application elle-même."),
    ),
    Alarm.OPEN: (
        N_("La tablette est ouverte"),
        N_("Le verrou n’a pas pu être repris. Ouvrez Webview Kiosk sur la tablette : il se verrouille alors."),
    ),
    Alarm.PINNED: (
        N_("Verrou faible"),
        N_("Seul l’accord de l’élève tient l’écran. Il faut que Webview Kiosk possède la tablette."),
    ),
    Alarm.TAKEOVER: (
        N_("Deux connexions se chassent l’une l’autre"),
        N_(
            "Le même réglage a été importé sur deux tablettes, ou l’application a été doublée. Redémarrez "
            "la tablette ; si cela dure, refaites la mise en place de chacune."
        ),
    ),
    Alarm.CLONED: (
        N_("Deux installations parlent sous un même nom"),
        N_("Refaites la mise en place de chaque tablette : chacune doit avoir ses propres réglages."),
    ),
    Alarm.REINSTALLED: (
        N_("L’application a été réinstallée"),
        N_(
            "Une autre installation qu’avant parle sous ce nom. Si c’est vous, dites-le ci-dessous ; sinon, refaites "
            "la mise en place."
        ),
    ),
    Alarm.WRONG_NAME: (
        N_("Elle dit un autre nom que le sien"),
        N_("Ses messages sont écartés. Refaites la mise en place de cette tablette."),
    ),
    Alarm.FIXED: (
        N_("Des réglages sont fixés par l’application qui possède la tablette"),
        N_("Le boîtier ne peut pas les changer : retirez-les de la configuration gérée."),
    ),
}

ROTATIONS = {
    "asked": N_("Demandé : il sera changé dès que la tablette répond."),
    "waiting": N_("Donné à la tablette ; le boîtier attend qu’elle revienne avec."),
    "done": N_("Changé : la tablette est revenue avec le nouveau mot de passe."),
    "undone": N_("La tablette n’est pas revenue : l’ancien mot de passe est de nouveau valable."),
}

# What to look at -> its name, and what each state says.
CHECKS: dict[CheckName, tuple[str, dict[CheckState, str]]] = {
    CheckName.DOOR: (
        N_("La porte des tablettes kiosque"),
        {
            CheckState.GOOD: N_("ouverte"),
            CheckState.WAITING: N_("demandée, mais personne ne répond : un autre programme tient peut-être son port"),
            CheckState.WRONG: N_("fermée : ouvrez-la dans la page des tablettes kiosque"),
        },
    ),
    CheckName.CONNECTED: (
        N_("La tablette se connecte"),
        {
            CheckState.GOOD: N_("oui"),
            CheckState.WAITING: N_("pas encore : éteignez puis rallumez son écran"),
            CheckState.WRONG: N_("non"),
        },
    ),
    CheckName.ANSWERED: (
        N_("Elle répond aux questions"),
        {CheckState.GOOD: N_("oui"), CheckState.WAITING: N_("pas encore"), CheckState.WRONG: N_("non")},
    ),
    CheckName.OWNER: (
        N_("Webview Kiosk la possède"),
        {
            CheckState.GOOD: N_("oui"),
            CheckState.WAITING: N_("pas encore su"),
            CheckState.WRONG: N_("non : réinitialisez-la et recommencez par le QR code"),
        },
    ),
    CheckName.MAY_LOCK: (
        N_("Il a le droit de verrouiller"),
        {
            CheckState.GOOD: N_("oui"),
            CheckState.WAITING: N_("pas encore su"),
            CheckState.WRONG: N_("non : réglages, « Device », « Manage Device Owner »"),
        },
    ),
    CheckName.LOCKED: (
        N_("Elle est verrouillée sur la page"),
        {
            CheckState.GOOD: N_("oui"),
            CheckState.WAITING: N_("pas encore : fermez les réglages de Webview Kiosk"),
            CheckState.WRONG: N_("non : elle est ouverte"),
        },
    ),
    CheckName.PAGE: (
        N_("La page de l’élève est vue"),
        {
            CheckState.GOOD: N_("oui"),
            CheckState.WAITING: N_("pas encore : elle s’ouvre dans Webview Kiosk, sans rien demander"),
            CheckState.WRONG: N_("non"),
        },
    ),
}


def settings_text(sheet: Sheet) -> str:
    if sheet.profile is Profile.MANAGED:
        return as_text(settings_to_manage(sheet.home, sheet.account))
    return as_text(settings_to_import(sheet.home, sheet.account, sheet.profile, sheet.with_apps))


def locale_of_tablets() -> str:
    return {"en": "en_GB"}.get(read_setting("language"), "fr_FR")
