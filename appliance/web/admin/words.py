"""Words for what the store keeps as codes: findings and what to do, deeds of the journal, kinds, reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import format_datetime

from appliance.domain.findings import Finding, Severity
from appliance.web.texts import N_
from appliance.web.texts import filled as _


@dataclass(frozen=True, slots=True)
class Told:
    """A finding for people. `kind` is a banner's; `href` leads to where something can be done."""

    kind: str
    title: str
    text: str = ""
    href: str = ""


_KINDS = {Severity.PROBLEM: "problem", Severity.NOTICE: "notice", Severity.GOOD: "good"}

PROCESSES = {
    "broker": N_("le service des tablettes"),
    "bridge": N_("le relais des tablettes"),
    "web": N_("les pages"),
    "uplink": N_("le lien avec la ville"),
    "simulator": N_("les tablettes simulées"),
    "city": N_("le relais vers la ville"),
    "agents": N_("la porte des tablettes kiosque"),
}

# code -> (title, what to do, where)
_FINDINGS: dict[str, tuple[str, str, str]] = {
    "process_up": (N_("%(name)s : en marche"), "", ""),
    "process_down": (
        N_("%(name)s : arrêté"),
        N_("Le boîtier le redémarre tout seul. Si cela dure plus d’une minute, redémarrez le boîtier."),
        "",
    ),
    "process_restarted": (
        N_("%(name)s a redémarré (%(count)s fois)"),
        N_("Rien n’a été perdu. Si cela se répète, prévenez la ville."),
        "",
    ),
    "agents_door_closed": (
        N_("La porte des tablettes kiosque ne répond pas"),
        N_("Aucune de ces tablettes ne peut se connecter. Un autre programme tient peut-être son port."),
        "/admin/agents",
    ),
    "broker_answers": (N_("Les tablettes peuvent se connecter"), "", ""),
    "broker_silent": (
        N_("Les tablettes ne peuvent pas se connecter"),
        N_("Le service des tablettes ne répond pas. Il redémarre tout seul ; sinon, redémarrez le boîtier."),
        "",
    ),
    "disk_normal": (N_("De la place : %(free)s libres"), "", ""),
    "disk_thrifty": (N_("De la place : %(free)s libres"), "", ""),
    "disk_coarse": (
        N_("Le disque se remplit : %(free)s libres"),
        N_("Supprimez des documents ou d’anciennes sauvegardes."),
        "/admin/backups",
    ),
    "disk_essential": (
        N_("Le disque est presque plein : %(free)s libres"),
        N_("Aucun document n’est plus accepté ; les séances fonctionnent. Supprimez des documents ou des sauvegardes."),
        "/admin/backups",
    ),
    "disk_reserve_spent": (
        N_("Le disque a été plein : %(free)s libres, la réserve est entamée"),
        N_("Les séances fonctionnent ; aucun document n’est plus accepté. Supprimez des documents ou des sauvegardes."),
        "/documents",
    ),
    "disk_survival": (
        N_("Le disque est plein"),
        N_("Les séances fonctionnent encore. Supprimez des documents ou des sauvegardes maintenant."),
        "/admin/backups",
    ),
    "clock_steady": (N_("L’horloge est juste"), "", ""),
    "clock_suspect": (
        N_("L’horloge de la machine est décalée de %(hours)s h"),
        N_("Le boîtier garde la dernière heure sûre. Vérifiez la date et l’heure de la machine."),
        "",
    ),
    "store_sound": (N_("Les données sont intactes"), "", ""),
    "store_damaged": (
        N_("Les données sont abîmées"),
        N_("Arrêtez le boîtier et restaurez la dernière sauvegarde."),
        "/admin/backups",
    ),
    "store_restored": (
        N_("Les données étaient abîmées : une sauvegarde a pris leur place"),
        N_(
            "C’est l’état du %(made_at)s. Importez à nouveau les listes de classe, et vérifiez les appareils : "
            "un appareil retiré depuis est de retour."
        ),
        "/admin/devices",
    ),
    "nothing_dropped": (N_("Tous les messages des tablettes sont lisibles"), "", ""),
    "messages_dropped": (
        N_("Messages illisibles aujourd’hui : %(count)s (appareils : %(devices)s)"),
        N_("Ils ont été écartés sans gêner les autres. La page de chaque appareil dit pourquoi."),
        "/admin/devices?sort=dropped&dir=desc",
    ),
    "serial_conflict": (
        N_("Numéros de série portés par deux appareils : %(count)s"),
        N_("Le dernier inscrit a gardé la fiche ; l’autre est refusé. Le journal dit lesquels."),
        "/admin/journal?what=device.serial_conflict",
    ),
    "backup_none": (
        N_("Aucune sauvegarde"),
        N_("Créez-en une, et gardez-en une copie ailleurs que sur le boîtier."),
        "/admin/backups",
    ),
    "snapshot_too_large": (
        N_("La ville ne garde plus de sauvegarde de cette école"),
        N_("Celle du boîtier est trop volumineuse pour elle. Prévenez le service informatique."),
        "/admin/city",
    ),
    "backup_old": (N_("La dernière sauvegarde est ancienne"), N_("Créez-en une nouvelle."), "/admin/backups"),
    "backup_fresh": (N_("Une sauvegarde récente existe"), "", "/admin/backups"),
    "documents_missing": (
        N_("Documents qui ne sont plus lisibles : %(count)s"),
        N_("Leur fichier a été abîmé ou effacé sur le disque. Ajoutez-les à nouveau : ils reprennent leur place."),
        "/documents",
    ),
    "pupils_outdated": (
        N_("Des noms d’élèves de l’année passée sont encore là"),
        N_("Effacez-les, puis importez les listes de la nouvelle année."),
        "/admin/classrooms",
    ),
}

DEEDS: dict[str, str] = {
    "agent.accept": N_("réinstallation reconnue"),
    "agent.alarm": N_("tablette kiosque à regarder"),
    "agent.link": N_("tablette mise en mode kiosque"),
    "agent.rotate": N_("mot de passe de kiosque changé"),
    "agent.rotated": N_("nouveau mot de passe de kiosque en service"),
    "agent.rotation_undone": N_("ancien mot de passe de kiosque remis"),
    "agent.unlink": N_("mode kiosque retiré"),
    "agents.disable": N_("porte des tablettes kiosque fermée"),
    "agents.enable": N_("porte des tablettes kiosque ouverte"),
    "backup.create": N_("sauvegarde créée"),
    "backup.remove": N_("sauvegarde supprimée"),
    "backup.restore": N_("sauvegarde restaurée"),
    "cart.add": N_("classe mobile ajoutée"),
    "cart.remove": N_("classe mobile supprimée"),
    "cart.rename": N_("classe mobile renommée"),
    "city.broker": N_("relais vers la ville choisi"),
    "city.claim": N_("demande pour rejoindre la ville"),
    "city.configuration_refused": N_("réglages de la ville refusés"),
    "city.configure": N_("réglages de la ville appliqués"),
    "city.join": N_("ville rejointe"),
    "city.leave": N_("ville quittée"),
    "city.takeover_refused": N_("données de l’ancien boîtier non reprises"),
    "city.rolled_back": N_("écritures récentes perdues : tout est redit à la ville"),
    "city.ring": N_("clés de la ville renouvelées"),
    "city.withdraw": N_("demande à la ville retirée"),
    "classroom.add": N_("classe ajoutée"),
    "classroom.assign": N_("tablettes réparties"),
    "classroom.clear_all": N_("tous les élèves effacés"),
    "classroom.import": N_("liste de classe importée"),
    "classroom.remove": N_("classe supprimée"),
    "classroom.rename": N_("classe renommée"),
    "device.add": N_("appareil ajouté"),
    "device.answer": N_("réponse à une demande de tablette"),
    "device.ask": N_("tablette demandée"),
    "device.code": N_("code de retour créé"),
    "device.enrolled": N_("appareil inscrit"),
    "device.move": N_("appareil déplacé"),
    "device.reenrolled": N_("appareil inscrit de nouveau"),
    "device.rename": N_("appareil renommé"),
    "device.renumber": N_("numéro changé"),
    "device.replace": N_("appareil remplacé"),
    "device.retire": N_("appareil mis hors service"),
    "device.revoke": N_("accès retiré"),
    "device.serial_conflict": N_("deux appareils, un seul numéro de série"),
    "device.suspend": N_("appareil écarté une minute : il envoyait trop de messages"),
    "device.take_over": N_("tablette reprise à une autre séance"),
    "display.show": N_("affichage de l’écran changé"),
    "document.add": N_("document ajouté"),
    "document.damaged": N_("document abîmé sur le disque, retiré"),
    "document.remove": N_("document supprimé"),
    "gesture.eyes_free": N_("tablettes libérées"),
    "gesture.eyes_up": N_("les yeux vers moi"),
    "gesture.identify": N_("tablette cherchée"),
    "gesture.message": N_("message envoyé"),
    "gesture.open_app": N_("appli ouverte"),
    "gesture.open_document": N_("document donné"),
    "gesture.open_link": N_("lien ouvert"),
    "gesture.release": N_("tablettes libérées"),
    "gesture.report": N_("état demandé"),
    "gesture.restrict": N_("restrictions changées"),
    "guest.join": N_("invité arrivé"),
    "guest.leave": N_("invité parti"),
    "guest.remove": N_("invité retiré"),
    "instruction.canceled": N_("ordre de la ville annulé"),
    "instruction.done": N_("ordre de la ville exécuté"),
    "instruction.expired": N_("ordre de la ville périmé"),
    "instruction.failed": N_("ordre de la ville échoué"),
    "instruction.received": N_("ordre de la ville reçu"),
    "instruction.refused": N_("ordre de la ville refusé"),
    "instruction.started": N_("ordre de la ville commencé"),
    "instruction.unknown": N_("ordre de la ville interrompu"),
    "join.close": N_("code d’invité fermé"),
    "join.open": N_("code d’invité ouvert"),
    "join.use": N_("code utilisé"),
    "lesson.end": N_("séance terminée"),
    "lesson.extend": N_("séance prolongée"),
    "lesson.start": N_("séance commencée"),
    "pin.choose": N_("code court choisi"),
    "pin.locked": N_("code court bloqué"),
    "pupil.add": N_("élève ajouté"),
    "pupil.assign": N_("tablette donnée à un élève"),
    "pupil.remove": N_("élève retiré"),
    "school.change": N_("réglages de l’école changés"),
    "session.close_all": N_("déconnecté partout"),
    "session.open": N_("connexion"),
    "token.add": N_("lien d’inscription créé"),
    "token.revoke": N_("lien d’inscription révoqué"),
    "user.accept": N_("invitation acceptée"),
    "user.add": N_("personne ajoutée"),
    "user.change_password": N_("mot de passe changé"),
    "user.change_role": N_("rôle changé"),
    "user.deactivate": N_("compte désactivé"),
    "user.invite": N_("invitation créée"),
    "user.reactivate": N_("compte réactivé"),
    "user.city_conflict": N_("identifiant de la ville déjà pris dans l’école"),
    "user.rename": N_("personne renommée"),
    "user.reset_password": N_("mot de passe remplacé depuis la console"),
    "user.set_up": N_("premier administrateur créé"),
}

SUBJECTS: tuple[tuple[str, str], ...] = (
    ("", N_("Tout")),
    ("lesson.", N_("Séances")),
    ("gesture.", N_("Gestes")),
    ("device.", N_("Appareils")),
    ("cart.", N_("Classes mobiles")),
    ("token.", N_("Liens d’inscription")),
    ("classroom.", N_("Classes")),
    ("pupil.", N_("Élèves")),
    ("document.", N_("Documents")),
    ("user.", N_("Personnes")),
    ("session.", N_("Connexions")),
    ("backup.", N_("Sauvegardes")),
    ("city.", N_("Ville")),
    ("instruction.", N_("Ordres de la ville")),
    ("device.serial_conflict", N_("Numéros de série en double")),
)

DEVICE_KINDS = {
    "tablet": N_("tablette"),
    "chromebook": N_("Chromebook"),
    "laptop": N_("ordinateur"),
    "screen": N_("écran"),
}

CAPABILITIES = {
    "lock": N_("verrouiller"),
    "sound": N_("couper le son"),
    "camera": N_("couper la caméra"),
    "internet": N_("couper internet"),
    "apps": N_("limiter les applis"),
    "open_app": N_("ouvrir une appli"),
    "open_link": N_("ouvrir un lien"),
    "open_document": N_("ouvrir un document"),
    "message": N_("afficher un message"),
    "packages": N_("installer des applis"),
    "usage": N_("compter l’usage"),
}

DROP_REASONS = {
    "not_json": N_("message illisible"),
    "too_large": N_("message trop gros"),
    "too_deep": N_("message trop imbriqué"),
    "flood": N_("trop de messages à la fois"),
    "usage_full": N_("trop d’usage en attente"),
    "defect": N_("message que le boîtier n’a pas su traiter"),
    "retained": N_("message gardé par le courtier à tort"),
    "duplicate_field": N_("champ en double"),
    "missing_field": N_("champ manquant"),
    "wrong_type": N_("valeur d’un autre type"),
    "out_of_range": N_("valeur hors limites"),
    "unprintable": N_("caractères interdits"),
    "bad_time": N_("date impossible"),
    "unknown_value": N_("valeur inconnue"),
    "unknown_topic": N_("sujet inconnu"),
    "wrong_name": N_("message au nom d’une autre tablette"),
}

WAYS_IN = {"password": N_("mot de passe"), "pin": N_("code court")}

ROLES = {"teacher": N_("enseignant"), "administrator": N_("administrateur")}


def told(finding: Finding) -> Told:
    """An unknown code is shown as it is: better than hidden."""
    title, text, href = _FINDINGS.get(finding.code, (finding.code, "", ""))
    shown = {name: _shown(name, value) for name, value in finding.params.items()}
    heading = _(title, **shown)
    return Told(_KINDS[finding.severity], heading[:1].upper() + heading[1:], _(text, **shown) if text else "", href)


def word(table: Mapping[str, str], key: object) -> str:
    text = table.get(str(key))
    return _(text) if text else str(key)


def _shown(name: str, value: object) -> object:
    if name == "name":
        return word(PROCESSES, value)
    if isinstance(value, datetime):
        return format_datetime(value, "short")
    if name == "free" and isinstance(value, int):
        return readable_size(value)
    return value


def readable_size(size: int) -> str:
    if size >= 1_000_000_000:
        return _("%(size)s Go", size=f"{size / 1_000_000_000:.1f}".replace(".", ","))
    return _("%(size)s Mo", size=size // 1_000_000)
