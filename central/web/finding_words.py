"""What a box's own checks have to say, in words for the city's people. The box's pages say it at more length."""

from collections.abc import Iterable

from central.web.marks import N_
from central.web.texts import filled as _

FINDINGS: dict[str, str] = {
    "snapshot_too_large": N_("Sa sauvegarde est trop volumineuse : la ville n’en garde plus de nouvelle."),
    "backup_none": N_("Il n’a aucune sauvegarde de lui-même."),
    "backup_old": N_("Sa dernière sauvegarde sur place est ancienne."),
    "store_damaged": N_("Ses données sont abîmées : il faut restaurer une sauvegarde."),
    "store_restored": N_("Ses données étaient abîmées : une sauvegarde a pris leur place."),
    "broker_silent": N_("Son courtier de messages ne répond pas : les tablettes ne reçoivent rien."),
    "process_down": N_("Un de ses programmes est arrêté."),
    "process_restarted": N_("Un de ses programmes a redémarré plusieurs fois."),
    "agents_door_closed": N_("Sa porte des agents est fermée : des kiosques ne peuvent pas se connecter."),
    "disk_reserve_spent": N_("Son disque a été plein, la réserve est entamée."),
    "clock_suspect": N_("L’horloge de la machine est fausse."),
    "messages_dropped": N_("Il a écarté des messages illisibles de ses tablettes."),
    "serial_conflict": N_("Deux appareils y portent le même numéro de série."),
    "documents_missing": N_("Des documents n’y sont plus lisibles."),
    "pupils_outdated": N_("Des listes d’élèves d’une année passée y restent à effacer."),
}


def told_findings(codes: Iterable[str]) -> list[str]:
    """Those that have words; a newer box may know others, which its own page tells."""
    return [_(FINDINGS[code]) for code in codes if code in FINDINGS]
