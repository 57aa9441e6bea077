"""Usage, batteries and journals as columns: they come by the thousand, and nearly all of them are as they should be.

Owns how a wholly usual lot of one type becomes columns of its table. Anything unusual (a field, an origin, a device of
another school, a key that is there twice) is no column's matter: `apply` then looks at each record by itself.
"""

from collections.abc import Callable, Sequence

from central.services.apply_facts import AUDIT, BATTERY, USAGE, Place, foreign_devices
from central.store.bulk import Column, Same, Target
from protocol.uplink import Record
from protocol.uplink_columns import Column as Told
from protocol.uplink_columns import read_columns
from protocol.uplink_words import RecordType

_INTEGER = 2**31


class Usual:
    """Records of one type, sent under `epoch` and written first under it."""

    def __init__(self, place: Place, epoch: str, record_type: RecordType, records: Sequence[Record]) -> None:
        self.place, self.epoch, self.record_type = place, epoch, record_type
        self.records = records
        self.seqs = [record.seq for record in records]


def columns_of(usual: Usual) -> tuple[Target, Sequence[Column]] | None:
    """None: to be looked at one by one."""
    told = read_columns(usual.record_type, [record.body for record in usual.records])
    make = _MAKERS.get(usual.record_type)
    return None if told is None or make is None else make(usual, told)


def _usage(usual: Usual, told: Sequence[Told]) -> tuple[Target, Sequence[Column]] | None:
    period, level, app, device_days, seconds = told
    if max(device_days) >= _INTEGER:
        return None
    key = (Same(usual.place.uai), period, level, app, Same(usual.epoch), usual.seqs)
    return USAGE, (*key, device_days, seconds)


def _battery(usual: Usual, told: Sequence[Told]) -> tuple[Target, Sequence[Column]] | None:
    period, device, lowest, highest = told
    if len(set(zip(device, period, strict=True))) < len(device) or foreign_devices(usual.place, list(set(device))):
        return None
    return BATTERY, (device, period, Same(usual.place.uai), lowest, highest)


def _audit(usual: Usual, told: Sequence[Told]) -> tuple[Target, Sequence[Column]] | None:
    actor, action, target, detail = told
    place, columns = usual.place, AUDIT.by_name()
    moments = [columns["at"].db_value(record.at) for record in usual.records]
    details = [columns["detail"].db_value(one or None) for one in detail]
    is_security = Same(usual.record_type is RecordType.SECURITY)
    key = (Same(place.appliance), Same(usual.epoch), usual.seqs)
    received = Same(columns["received_at"].db_value(place.now))
    return AUDIT, (*key, Same(place.uai), moments, received, actor, action, target, details, is_security)


_MAKERS: dict[RecordType, Callable[[Usual, Sequence[Told]], tuple[Target, Sequence[Column]] | None]] = {
    RecordType.USAGE: _usage,
    RecordType.BATTERY: _battery,
    RecordType.AUDIT: _audit,
    RecordType.SECURITY: _audit,
}
