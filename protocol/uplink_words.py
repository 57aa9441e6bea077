"""Words of the uplink that both ends send and store. Owns no form and no rule but which class a kind of order is of."""

from enum import IntEnum, StrEnum


class Lane(IntEnum):
    """Lane 0 goes first; the others share."""

    RECEIPTS = 0  # receipts of instructions, security, audit, gaps: never cut
    STATE = 1  # inventory: the last value of each key
    STATISTICS = 2  # coarsened under pressure, never cut
    LOGS = 3  # only on demand; may be dropped


class RecordType(StrEnum):
    RECEIPT = "receipt"
    AUDIT = "audit"
    SECURITY = "security"
    GAP = "gap"
    APPLIANCE = "appliance"
    DEVICE = "device"
    CART = "cart"
    USAGE = "usage"
    ACTIVITY = "activity"
    BATTERY = "battery"
    LOG = "log"


LANE_OF: dict[RecordType, Lane] = {
    RecordType.RECEIPT: Lane.RECEIPTS,
    RecordType.AUDIT: Lane.RECEIPTS,
    RecordType.SECURITY: Lane.RECEIPTS,
    RecordType.GAP: Lane.RECEIPTS,
    RecordType.APPLIANCE: Lane.STATE,
    RecordType.DEVICE: Lane.STATE,
    RecordType.CART: Lane.STATE,
    RecordType.USAGE: Lane.STATISTICS,
    RecordType.ACTIVITY: Lane.STATISTICS,
    RecordType.BATTERY: Lane.STATISTICS,
    RecordType.LOG: Lane.LOGS,
}


class Standing(StrEnum):
    """What central thinks of the appliance that asks."""

    ACTIVE = "active"
    FENCED = "fenced"  # two boxes with one identity: a person chooses
    REVOKED = "revoked"
    REPLACED = "replaced"


class OrderClass(StrEnum):
    ROUTINE = "routine"
    SENSITIVE = "sensitive"
    DESTRUCTIVE = "destructive"


class InstructionKind(StrEnum):
    REPORT = "report"  # a device, or with no device the whole inventory
    IDENTIFY = "identify"
    RENAME = "rename"
    MOVE = "move"
    FETCH_LOGS = "fetch_logs"
    REBOOT = "reboot"
    REVOKE = "revoke"
    WIPE = "wipe"
    CANCEL = "cancel"


CLASS_OF: dict[InstructionKind, OrderClass] = {
    InstructionKind.REPORT: OrderClass.ROUTINE,
    InstructionKind.IDENTIFY: OrderClass.ROUTINE,
    InstructionKind.RENAME: OrderClass.ROUTINE,
    InstructionKind.MOVE: OrderClass.ROUTINE,
    InstructionKind.FETCH_LOGS: OrderClass.ROUTINE,
    InstructionKind.CANCEL: OrderClass.ROUTINE,
    InstructionKind.REBOOT: OrderClass.SENSITIVE,
    InstructionKind.REVOKE: OrderClass.SENSITIVE,
    InstructionKind.WIPE: OrderClass.DESTRUCTIVE,
}


class InstructionState(StrEnum):
    """Of one instruction at one appliance, as its receipts tell it."""

    RECEIVED = "received"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELED = "canceled"
    UNKNOWN = "unknown"  # interrupted between effect and receipt, and the world does not tell

    @property
    def is_final(self) -> bool:
        return self not in (InstructionState.RECEIVED, InstructionState.STARTED)


class Refusal(StrEnum):
    """Why an appliance did not take an instruction: the word that is counted, journaled and reported."""

    MALFORMED = "malformed"
    NOT_FOR_US = "not_for_us"
    SEEN_BEFORE = "seen_before"
    TOO_LATE = "too_late"
    ALTERED = "altered"
    WRONG_KEY = "wrong_key"
    UNKNOWN_KIND = "unknown_kind"


class SignatureAlgorithm(StrEnum):
    ED25519 = "ed25519"
    WEBAUTHN = "webauthn"


class StorageWord(StrEnum):
    NORMAL = "normal"
    THRIFTY = "thrifty"
    COARSE = "coarse"
    ESSENTIAL = "essential"
    SURVIVAL = "survival"
