"""Bodies of the types that come by the thousand, read as columns (`uplink_records` reads them one by one).

Owns what a wholly usual column of each field is. It gives what `read_body` would give, or nothing: then something is
unusual, and reading one by one says what.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from protocol.columns import are_objects, are_texts, are_whole, told
from protocol.uplink_records import is_period
from protocol.uplink_words import RecordType

Column = Sequence[Any]
Body = Mapping[str, object]

_usage_fields = itemgetter("period", "level", "app", "device_days", "seconds")
_battery_fields = itemgetter("period", "device", "lowest", "highest")
_audit_fields = itemgetter("actor", "action")


def read_columns(record_type: RecordType, bodies: Sequence[Body | None]) -> tuple[Column, ...] | None:
    """One column a field, in the order of the body's class. At least one body."""
    read = _READERS.get(record_type)
    if read is None or not are_objects(bodies, or_none=False):
        return None
    try:
        return read(bodies)  # type: ignore[arg-type]  # objects, as the line above has seen
    except KeyError:
        return None


def _usage(bodies: Sequence[Body]) -> tuple[Column, ...] | None:
    columns = period, level, app, device_days, seconds = tuple(zip(*map(_usage_fields, bodies), strict=True))
    texts = _are_periods(period) and are_texts(level, 64) and are_texts(app, 255)
    return columns if texts and are_whole(device_days) and are_whole(seconds) else None


def _battery(bodies: Sequence[Body]) -> tuple[Column, ...] | None:
    columns = period, device, lowest, highest = tuple(zip(*map(_battery_fields, bodies), strict=True))
    texts = _are_periods(period) and are_texts(device, 64, 1)
    return columns if texts and are_whole(lowest, 0, 100) and are_whole(highest, 0, 100) else None


def _audit(bodies: Sequence[Body]) -> tuple[Column, ...] | None:
    actor, action = zip(*map(_audit_fields, bodies), strict=True)
    targets, details = [body.get("target") for body in bodies], [body.get("detail") for body in bodies]
    named = told(targets)
    texts = are_texts(actor, 128) and are_texts(action, 64, 1) and (not named or are_texts(named, 200))
    if not texts or not are_objects(details, or_none=True):
        return None
    return actor, action, [target or "" for target in targets], [detail or {} for detail in details]


_READERS: dict[RecordType, Callable[[Sequence[Body]], tuple[Column, ...] | None]] = {
    RecordType.USAGE: _usage,
    RecordType.BATTERY: _battery,
    RecordType.AUDIT: _audit,
    RecordType.SECURITY: _audit,
}


def _are_periods(values: Column) -> bool:
    """There are few of them."""
    return are_texts(values, 10) and all(map(is_period, set(values)))
