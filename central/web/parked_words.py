"""Records that this server could not take, in words: what they are, and why not."""

from central.web.marks import N_
from protocol.strict_json import Reason
from protocol.uplink_words import RecordType

TYPES: dict[str, str] = {
    RecordType.RECEIPT: N_("suite d’un ordre"),
    RecordType.AUDIT: N_("ligne de journal"),
    RecordType.SECURITY: N_("ligne de sécurité"),
    RecordType.GAP: N_("faits que le boîtier a dû jeter"),
    RecordType.APPLIANCE: N_("état du boîtier"),
    RecordType.DEVICE: N_("état d’un appareil"),
    RecordType.CART: N_("classe mobile"),
    RecordType.USAGE: N_("usage des applications"),
    RecordType.ACTIVITY: N_("activité de l’école"),
    RecordType.BATTERY: N_("batteries de la journée"),
    RecordType.LOG: N_("journal technique"),
}
REASONS: dict[str, str] = {
    Reason.NOT_JSON: N_("illisible"),
    Reason.TOO_LARGE: N_("trop volumineuse"),
    Reason.TOO_DEEP: N_("trop imbriquée"),
    Reason.DUPLICATE_FIELD: N_("un champ y est deux fois"),
    Reason.MISSING_FIELD: N_("un champ manque"),
    Reason.WRONG_TYPE: N_("une valeur est d’un autre type"),
    Reason.OUT_OF_RANGE: N_("une valeur est hors limites"),
    Reason.UNPRINTABLE: N_("un texte a des signes interdits"),
    Reason.BAD_TIME: N_("une date est impossible"),
    Reason.UNKNOWN_VALUE: N_("une valeur n’est pas connue ici"),
    Reason.UNKNOWN_TOPIC: N_("un sujet n’est pas connu ici"),
    "unknown_type": N_("une sorte de donnée plus récente que ce serveur"),
    "other_school": N_("elle parle d’une autre école"),
    "unknown_order": N_("suite d’un ordre qui n’est pas connu ici"),
    "not_asked": N_("journal que personne n’a demandé"),
    "wrong_lane": N_("arrivée par la mauvaise file"),
    "wrong_key": N_("elle parle d’autre chose que son nom"),
    "no_body": N_("vide"),
    "refused_by_database": N_("la base de données l’a refusée"),
    "does_not_fit": N_("un texte est trop long pour sa place"),
}
