"""Equipment that no agent reports: screens, laptops, Chromebooks, added by hand or by a list.

A list is shown before it is taken: what would be new, what would change, what is wrong, line by line. The preview is
kept in the database for an hour, so that any worker may take it.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.domain.equipment_files import (
    MAX_FAULTS,
    Equipment,
    EquipmentKind,
    Fault,
    FaultAt,
    Read,
    read_equipment,
)
from central.domain.plain_text import search_text
from central.domain.roles import Viewer
from central.errors import Conflict, Invalid, NotFound
from central.ids import new_id, new_secret
from central.services.journal import record
from central.services.settings import read_setting, write_setting
from central.store.database import transaction, writing
from central.store.models import Device, School, Setting

_KEPT = timedelta(hours=1)
_KEY = "import:"
_BULK = 200
_SHOWN = 50
_TEXTS = {"name": 200, "manufacturer": 128, "model": 128, "remark": 500}


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field, before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One line that would be written: new when there are no changes."""

    line: int
    one: Equipment
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """`fresh`, `changed`, `same`: how many lines; `shown`: the first of what would be written."""

    id: str
    file_name: str
    fresh: int
    changed: int
    same: int
    shown: tuple[Shown, ...]
    faults: tuple[FaultAt, ...]
    fault_count: int


class Inventory:
    def add(self, one: Equipment, viewer: Viewer, now: datetime) -> str:
        """Raises Invalid, or Conflict when the serial is known already."""
        _check(one)
        with writing("inventory"):
            school = _schools([one.uai]).get(one.uai)
            if school is None:
                raise Invalid("unknown_school", {"uai": Fault.UNKNOWN_SCHOOL.value})
            if _known([one.serial]):
                raise Conflict("serial_known", serial=one.serial)
            row = _row(one, school, now)
            Device.insert(row).execute()
            record(now, viewer, "device.add", f"device:{row['id']}", one.uai, kind=one.kind.value)
        return str(row["id"])

    def of(self, device_id: str) -> dict[str, object]:
        """What a person has typed of it, by the fields of the form."""
        row = _by_hand(device_id)
        texts = {name: getattr(row, name) for name in ("kind", "serial", "name", "manufacturer", "model")}
        return {"uai": row.school_id, **texts}

    def change(self, device_id: str, one: Equipment, viewer: Viewer, now: datetime) -> None:
        """Only what was added by hand: the rest is told by its box."""
        _check(one)
        with writing("inventory"):
            before = _by_hand(device_id)
            school = _schools([one.uai]).get(one.uai)
            if school is None:
                raise Invalid("unknown_school", {"uai": Fault.UNKNOWN_SCHOOL.value})
            if one.serial != before.serial and _known([one.serial]):
                raise Conflict("serial_known", serial=one.serial)
            values = _row(one, school, now)
            for fixed in ("id", "enrolled_at", "status"):
                del values[fixed]
            Device.update(values).where(Device.id == device_id).execute()
            record(now, viewer, "device.change", f"device:{device_id}", one.uai)

    def retire(self, device_id: str, viewer: Viewer, now: datetime) -> None:
        with writing("inventory"):
            row = _by_hand(device_id)
            Device.update(status="retired", updated_at=now).where(Device.id == device_id).execute()
            record(now, viewer, "device.retire", f"device:{device_id}", row.school_id)

    def remark(self, device_id: str, text: str, viewer: Viewer, now: datetime) -> None:
        """Of any device: what the city's IT notes for itself. The text itself is not journaled."""
        if len(text) > _TEXTS["remark"]:
            raise Invalid("bad_remark", {"remark": "too_long"})
        with transaction():
            row = Device.get_or_none(Device.id == device_id)
            if row is None:
                raise NotFound("unknown_device")
            Device.update(remark=text.strip()).where(Device.id == device_id).execute()
            record(now, viewer, "device.remark", f"device:{device_id}", row.school_id)

    def preview(self, file_name: str, raw: bytes, viewer: Viewer, now: datetime) -> Preview:
        """Reads and compares; nothing is changed but that the list waits for a yes."""
        read = _judged(read_equipment(raw))
        preview = _compared(read, new_secret(), file_name[:100])
        with transaction():
            _forget_old(now)
            stored = {"by": viewer.login, "at": now.isoformat(), "raw": base64.b64encode(raw).decode("ascii")}
            write_setting(_KEY + preview.id, stored)
        return preview

    def take(self, preview_id: str, viewer: Viewer, now: datetime) -> int:
        """Writes the good lines of a list that this viewer has seen. Raises NotFound when it waits no more."""
        with writing("inventory"):
            stored = read_setting(_KEY + preview_id)
            if not stored or stored["by"] != viewer.login or now - datetime.fromisoformat(stored["at"]) > _KEPT:
                raise NotFound("unknown_import")
            read = _judged(read_equipment(base64.b64decode(stored["raw"])))
            count = _write(read, now)
            Setting.delete().where(Setting.key == _KEY + preview_id).execute()
            record(now, viewer, "inventory.import", "", "", count=count)
        return count


def _check(one: Equipment) -> None:
    fields = {name: "too_long" for name, most in _TEXTS.items() if len(getattr(one, name)) > most}
    if not one.serial:
        fields["serial"] = Fault.MISSING_SERIAL.value
    if len(one.serial) > 128:
        fields["serial"] = "too_long"
    if fields:
        raise Invalid("bad_equipment", fields)


def _by_hand(device_id: str) -> Device:
    row = Device.get_or_none(Device.id == device_id)
    if row is None:
        raise NotFound("unknown_device")
    if not row.by_hand:
        raise Conflict("told_by_its_box")
    return row


def _schools(codes: Iterable[str]) -> dict[str, School]:
    wanted = sorted(set(codes))
    found: dict[str, School] = {}
    for start in range(0, len(wanted), _BULK):
        query = School.select().where(School.uai.in_(wanted[start : start + _BULK]), School.archived_at.is_null())
        found |= {row.uai: row for row in query}
    return found


def _known(serials: Iterable[str]) -> dict[str, Device]:
    wanted = sorted(set(serials))
    found: dict[str, Device] = {}
    for start in range(0, len(wanted), _BULK):
        query = Device.select().where(Device.serial.in_(wanted[start : start + _BULK]))
        found |= {row.serial: row for row in query}
    return found


def _judged(read: Read) -> Read:
    """With what only the database knows: whether the school exists, whether a box tells of the device already."""
    schools = _schools(one.uai for _, one in read.lines)
    known = _known(one.serial for _, one in read.lines)
    faults, lines = list(read.faults), []
    wrong = 0
    for line, one in read.lines:
        before = known.get(one.serial)
        if one.uai not in schools:
            faults.append(FaultAt(line, Fault.UNKNOWN_SCHOOL, one.uai))
        elif before is not None and not before.by_hand:
            faults.append(FaultAt(line, Fault.MANAGED, one.serial))
        else:
            lines.append((line, one))
            continue
        wrong += 1
    shown = tuple(sorted(faults, key=lambda fault: fault.line)[:MAX_FAULTS])
    return replace(read, lines=tuple(lines), faults=shown, fault_count=read.fault_count + wrong)


def _compared(read: Read, preview_id: str, file_name: str) -> Preview:
    known = _known(one.serial for _, one in read.lines)
    fresh = [Shown(line, one) for line, one in read.lines if one.serial not in known]
    found = [
        Shown(line, one, _changes(known[one.serial], one, read.columns))
        for line, one in read.lines
        if one.serial in known
    ]
    changed = [shown for shown in found if shown.changes]
    same = len(found) - len(changed)
    shown = tuple((*changed, *fresh)[:_SHOWN])
    return Preview(preview_id, file_name, len(fresh), len(changed), same, shown, read.faults, read.fault_count)


def _changes(row: Device, one: Equipment, columns: Iterable[str]) -> tuple[Change, ...]:
    """What the list says otherwise. It brings a device that was retired back into service."""
    wanted = {**_texts_of(row, one, columns), "uai": one.uai, "kind": one.kind.value, "status": "active"}
    there = {**{name: getattr(row, name) for name in _TEXTS}, "uai": row.school_id, "kind": row.kind}
    there["status"] = row.status
    return tuple(Change(name, there[name], wanted[name]) for name in wanted if there[name] != wanted[name])


def _texts_of(row: Device, one: Equipment, columns: Iterable[str]) -> dict[str, str]:
    """A text for which the list has no column stays; a name that it leaves empty is made of the rest."""
    texts = {name: getattr(one if name in columns else row, name) for name in _TEXTS}
    return {**texts, "name": texts["name"] or _usual_name(texts["manufacturer"], texts["model"], one.serial)}


def _write(read: Read, now: datetime) -> int:
    lines = [one for _, one in read.lines]
    schools, known = _schools(one.uai for one in lines), _known(one.serial for one in lines)
    fresh = [_row(one, schools[one.uai], now) for one in lines if one.serial not in known]
    for start in range(0, len(fresh), _BULK):
        Device.insert_many(fresh[start : start + _BULK]).execute()
    old = [(known[one.serial], one) for one in lines if one.serial in known]
    changed = [(row, one) for row, one in old if _changes(row, one, read.columns)]
    for row, one in changed:
        texts = _texts_of(row, one, read.columns)
        values = _row(Equipment(one.uai, one.serial, one.kind, **texts), schools[one.uai], now)
        del values["id"], values["enrolled_at"]
        Device.update(values).where(Device.id == row.id).execute()
    return len(fresh) + len(changed)


def _row(one: Equipment, school: School, now: datetime) -> dict[str, object]:
    name = one.name or _usual_name(one.manufacturer, one.model, one.serial)
    return {
        "id": f"m-{new_id(now)}", "school": one.uai, "by_hand": True, "serial": one.serial, "name": name,
        "kind": EquipmentKind(one.kind).value, "status": "active", "manufacturer": one.manufacturer,
        "model": one.model, "remark": one.remark, "enrolled_at": now, "updated_at": now,
        "search": search_text(one.serial, name, one.manufacturer, one.model, school.name, one.uai),
    }  # fmt: skip


def _usual_name(manufacturer: str, model: str, serial: str) -> str:
    return f"{manufacturer} {model}".strip() or serial


def _forget_old(now: datetime) -> None:
    for row in Setting.select().where(Setting.key.startswith(_KEY)):
        if now - datetime.fromisoformat(row.value["at"]) > _KEPT:
            row.delete_instance()
