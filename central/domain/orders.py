"""Orders of the city: what may be asked for, of which class it is, how long it lives, what may follow what.

Values in, decisions out. Knows no table, no key and no page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from central.domain.names import display_name
from central.errors import Invalid
from protocol.uplink_words import CLASS_OF, InstructionKind, InstructionState, OrderClass

LONGEST_LIFE = timedelta(days=30)
MAX_INSTRUCTIONS = 100_000
MAX_LOG_HOURS = 72
LOGS_KEPT = timedelta(days=7)
_MAX_NAME = 60


class Waiting(StrEnum):
    """States of an instruction before its appliance says anything; the others are protocol InstructionState."""

    PENDING = "pending"  # it has not been fetched
    SENT = "sent"  # it was in an answer that may have been lost


class Phase(StrEnum):
    """Of an order: what stands between it and the appliances."""

    SIGNATURE = "signature"
    SECOND_PERSON = "second_person"
    RELEASED = "released"
    CANCELED = "canceled"
    EXPIRED = "expired"  # before it was released
    FINISHED = "finished"


_S = InstructionState
_FINAL = frozenset({state for state in _S if state.is_final})

# What may follow what. A final word never changes: the first one stands.
NEXT: dict[str, frozenset[str]] = {
    Waiting.PENDING: frozenset({Waiting.SENT, *_S}),
    Waiting.SENT: frozenset(_S),
    _S.RECEIVED: frozenset({_S.STARTED, *_FINAL}) - {_S.REFUSED},
    _S.STARTED: _FINAL - {_S.REFUSED},
    **{state: frozenset() for state in _FINAL},
}
OPEN = (Waiting.PENDING, Waiting.SENT, _S.RECEIVED, _S.STARTED)
DELIVERABLE = (Waiting.PENDING, Waiting.SENT)


def may_follow(before: str, then: str) -> bool:
    return then in NEXT[before]


@dataclass(frozen=True, slots=True)
class Facts:
    """Of an order, as far as its phase depends on it. `open`: instructions without a final word."""

    order_class: OrderClass
    is_signed: bool
    has_second: bool
    is_canceled: bool
    is_over: bool
    open: int


def phase_of(facts: Facts) -> Phase:
    if facts.is_canceled:
        return Phase.CANCELED
    if not facts.open:
        return Phase.FINISHED
    missing = _missing(facts)
    if missing is not None:
        return Phase.EXPIRED if facts.is_over else missing
    return Phase.RELEASED


def _missing(facts: Facts) -> Phase | None:
    if not facts.is_signed:
        return Phase.SIGNATURE
    if needs_second(facts.order_class) and not facts.has_second:
        return Phase.SECOND_PERSON
    return None


def needs_second(order_class: OrderClass) -> bool:
    return order_class is OrderClass.DESTRUCTIVE


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for. Exactly one of `devices`, `schools` and `appliances` is given."""

    kind: InstructionKind
    args: Mapping[str, object] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    appliances: tuple[str, ...] = ()
    life: timedelta | None = None


_LIVES: dict[InstructionKind, timedelta] = {
    InstructionKind.REPORT: timedelta(days=2),
    InstructionKind.IDENTIFY: timedelta(minutes=30),
    InstructionKind.REBOOT: timedelta(days=1),
    InstructionKind.FETCH_LOGS: timedelta(days=2),
}
_USUAL_LIFE = timedelta(days=7)
DEVICE_KINDS = frozenset(
    {
        InstructionKind.IDENTIFY,
        InstructionKind.RENAME,
        InstructionKind.MOVE,
        InstructionKind.REBOOT,
        InstructionKind.REVOKE,
        InstructionKind.WIPE,
    }
)
_BOX_KINDS = frozenset({InstructionKind.FETCH_LOGS})
_ONE_ONLY = frozenset({InstructionKind.RENAME})


def class_of(kind: InstructionKind) -> OrderClass:
    return CLASS_OF[kind]


def end_of(wish: Wish, now: datetime) -> datetime:
    """Raises Invalid for a life that is none, or too long for an order that somebody should still want."""
    life = _LIVES.get(wish.kind, _USUAL_LIFE) if wish.life is None else wish.life
    if not timedelta(minutes=1) <= life <= LONGEST_LIFE:
        raise Invalid("bad_order", {"life": "out_of_range"})
    return now + life


def check_scope(wish: Wish) -> None:
    given = [name for name in ("devices", "schools", "appliances") if getattr(wish, name)]
    if len(given) != 1:
        raise Invalid("bad_order", {"scope": "missing"})
    # whoever names a box must not reach every device behind it: devices are named, or their school is
    if (wish.kind in _BOX_KINDS and wish.devices) or (wish.kind in DEVICE_KINDS and wish.appliances):
        raise Invalid("bad_order", {"scope": "unknown_value"})
    if wish.kind in _ONE_ONLY and len(wish.devices) != 1:
        raise Invalid("bad_order", {"scope": "one_only"})


def goes_to_devices(wish: Wish) -> bool:
    return wish.kind in DEVICE_KINDS or bool(wish.devices)


def checked_args(wish: Wish) -> dict[str, object]:
    """In their one form. Raises Invalid with the field's name; what is not asked for is refused, not dropped."""
    read = _ARGS.get(wish.kind, {})
    unknown = set(wish.args) - set(read)
    if unknown:
        raise Invalid("bad_order", dict.fromkeys(sorted(unknown), "unknown_value"))
    return {name: check(wish.args.get(name)) for name, check in read.items() if name in wish.args or check in _NEEDED}


def _name(value: object) -> str:
    return display_name(value, longest=_MAX_NAME)


def _cart(value: object) -> str:
    if not isinstance(value, str) or len(value) > 64:
        raise Invalid("bad_order", {"cart": "wrong_type"})
    return value


def _hours(value: object) -> int:
    hours = 6 if value is None else value
    if isinstance(hours, bool) or not isinstance(hours, int) or not 1 <= hours <= MAX_LOG_HOURS:
        raise Invalid("bad_order", {"hours": "out_of_range"})
    return hours


def _during_lesson(value: object) -> bool:
    if not isinstance(value, bool):
        raise Invalid("bad_order", {"during_lesson": "wrong_type"})
    return value


def _instruction(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise Invalid("bad_order", {"instruction": "wrong_type"})
    return value


_ARGS: dict[InstructionKind, dict[str, Callable[[object], object]]] = {
    InstructionKind.RENAME: {"name": _name},
    InstructionKind.MOVE: {"cart": _cart},
    InstructionKind.FETCH_LOGS: {"hours": _hours},
    InstructionKind.REBOOT: {"during_lesson": _during_lesson},
    InstructionKind.WIPE: {"during_lesson": _during_lesson},
    InstructionKind.CANCEL: {"instruction": _instruction},
}
_NEEDED = frozenset({_name, _cart, _hours, _instruction})
