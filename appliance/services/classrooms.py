"""Classrooms and who is in them: a first name and an initial, never required, gone with the school year.

No pupil's name goes into the journal, a log line or an error: ids and counts only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, fn

from appliance.clock import Clock
from appliance.domain.devices import DeviceStatus
from appliance.domain.people import Actor, display_name
from appliance.domain.plain_text import folded
from appliance.domain.rosters import (
    MAX_CLASSROOM,
    MAX_FIRST_NAME,
    Line,
    Roster,
    are_outdated,
    first_name_of,
    initial_of,
    parse_roster,
)
from appliance.errors import Conflict, Invalid, NotFound
from appliance.services.journal import record
from appliance.services.settings import read_setting, write_setting
from appliance.store.fields import from_milliseconds, to_milliseconds
from appliance.store.models import Classroom, Device, Pupil, Setting, database

_IMPORTED_AT = "roster_imported_at"


@dataclass(frozen=True, slots=True)
class ClassroomLine:
    id: int
    name: str
    level: str
    pupils: int = 0


@dataclass(frozen=True, slots=True)
class PupilLine:
    id: int
    first_name: str
    initial: str
    device_id: str | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.initial}." if self.initial else self.first_name


@dataclass(frozen=True, slots=True)
class Change:
    """What an import would do to one classroom."""

    classroom: str
    is_new: bool
    added: int
    kept: int
    removed: int


class Rosters:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def listed(self) -> list[ClassroomLine]:
        counted = (
            Classroom.select(Classroom.id, Classroom.name, Classroom.level, fn.COUNT(Pupil.id))
            .join(Pupil, JOIN.LEFT_OUTER)
            .group_by(Classroom.id)
            .order_by(Classroom.name)
        )
        return [ClassroomLine(*row) for row in counted.tuples().execute()]

    def get(self, classroom_id: int) -> ClassroomLine:
        found = next((line for line in self.listed() if line.id == classroom_id), None)
        if found is None:
            raise NotFound("no_classroom")
        return found

    def add(self, name: object, actor: Actor, level: str = "") -> ClassroomLine:
        text = display_name(name, longest=MAX_CLASSROOM)
        with database.atomic("IMMEDIATE"):
            self._must_be_free(text, None)
            row = self._create(text, level, actor)
        return ClassroomLine(row.id, row.name, row.level)

    def rename(self, classroom_id: int, name: object, actor: Actor) -> None:
        text = display_name(name, longest=MAX_CLASSROOM)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self.get(classroom_id)
            self._must_be_free(text, classroom_id)
            Classroom.update(name=text).where(Classroom.id == classroom_id).execute()
            record(now, actor, "classroom.rename", f"classroom:{classroom_id}")

    def remove(self, classroom_id: int, actor: Actor) -> None:
        """With its pupils; lessons of the past keep their title."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            pupils = self.get(classroom_id).pupils
            Classroom.delete().where(Classroom.id == classroom_id).execute()
            record(now, actor, "classroom.remove", f"classroom:{classroom_id}", pupils=pupils)

    def pupils(self, classroom_id: int) -> list[PupilLine]:
        """In the alphabet's order, where Léa comes before Lina."""
        query = Pupil.select().where(Pupil.classroom == classroom_id)
        lines = [PupilLine(row.id, row.first_name, row.initial, row.device_id) for row in query]
        return sorted(lines, key=lambda line: (folded(line.first_name), line.first_name, line.initial, line.id))

    def add_pupil(self, classroom_id: int, first_name: str, initial: str, actor: Actor) -> PupilLine:
        name = first_name_of(first_name)
        if not any(c.isalnum() for c in name):
            raise Invalid("bad_pupil", {"first_name": "missing"})
        if len(name) > MAX_FIRST_NAME:
            raise Invalid("bad_pupil", {"first_name": "too_long"})
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self.get(classroom_id)
            row = Pupil.create(classroom=classroom_id, first_name=name, initial=initial_of(initial))
            _note_import(now)
            record(now, actor, "pupil.add", f"classroom:{classroom_id}")
        return PupilLine(row.id, row.first_name, row.initial)

    def remove_pupil(self, pupil_id: int, actor: Actor) -> None:
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            pupil = _pupil(pupil_id)
            pupil.delete_instance()
            record(now, actor, "pupil.remove", f"classroom:{pupil.classroom_id}")

    def assign(self, pupil_id: int, device_id: str | None, actor: Actor) -> None:
        """A tablet is one pupil's within a classroom; another class may share it. None: no tablet."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            pupil = _pupil(pupil_id)
            if device_id is not None:
                own = Device.guest_lesson_id.is_null() & (Device.status == DeviceStatus.ACTIVE)
                device = Device.get_or_none((Device.id == device_id) & own)
                if device is None:
                    raise NotFound("no_device")
                Pupil.update(device=None).where(
                    (Pupil.classroom == pupil.classroom_id) & (Pupil.device == device_id)
                ).execute()
            Pupil.update(device=device_id).where(Pupil.id == pupil_id).execute()
            record(now, actor, "pupil.assign", f"classroom:{pupil.classroom_id}", device=device_id)

    def assign_in_order(self, classroom_id: int, cart_id: int, actor: Actor) -> int:
        """First pupil of the alphabet, tablet 01, and so on; how many got one."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self.get(classroom_id)
            pupils = self.pupils(classroom_id)
            devices = Device.select(Device.id).where((Device.cart == cart_id) & (Device.status == DeviceStatus.ACTIVE))
            ids = [row.id for row in devices.order_by(Device.number)]
            Pupil.update(device=None).where(Pupil.classroom == classroom_id).execute()
            for pupil, device_id in zip(pupils, ids, strict=False):
                Pupil.update(device=device_id).where(Pupil.id == pupil.id).execute()
            count = min(len(pupils), len(ids))
            record(now, actor, "classroom.assign", f"classroom:{classroom_id}", cart=cart_id, pupils=count)
        return count

    def preview(self, content: bytes, classroom: str = "") -> tuple[Roster, list[Change]]:
        """What an import would do; nothing is stored. Raises Invalid for a file that cannot be read at all."""
        roster = parse_roster(content, display_name(classroom, longest=MAX_CLASSROOM) if classroom else "")
        return roster, [self._change(name, lines) for name, lines in roster.classrooms.items()]

    def import_roster(self, content: bytes, actor: Actor, classroom: str = "") -> list[Change]:
        """All of it or nothing. Who is no longer in the list of a class leaves it; who stays keeps the tablet."""
        roster, changes = self.preview(content, classroom)
        if roster.problems:
            raise Invalid("roster_problems", count=len(roster.problems), line=roster.problems[0].line)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            for name, lines in roster.classrooms.items():
                row = _classroom_named(name) or self._create(name, lines[0].level, actor)
                _replace_pupils(row, lines)
                record(now, actor, "classroom.import", f"classroom:{row.id}", pupils=len(lines))
            _note_import(now)
        return changes

    def clear_pupils(self, actor: Actor) -> int:
        """End of the school year: every name goes, classrooms stay. How many went."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            count = int(Pupil.delete().execute())
            Setting.delete().where(Setting.key == _IMPORTED_AT).execute()
            record(now, actor, "classroom.clear_all", "", pupils=count)
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")  # the names leave the journal file, too
        return count

    def has_outdated_pupils(self) -> bool:
        """Names of a school year that is over."""
        noted = read_setting(_IMPORTED_AT)
        if not noted or not Pupil.select().exists():
            return False
        return are_outdated(from_milliseconds(int(noted)), self._clock.now())

    def _change(self, name: str, lines: Sequence[Line]) -> Change:
        row = _classroom_named(name)
        before = Counter() if row is None else _names_in(row.id)
        after = Counter((line.first_name, line.initial) for line in lines)
        kept = (before & after).total()
        return Change(name, row is None, after.total() - kept, kept, before.total() - kept)

    def _create(self, name: str, level: str, actor: Actor) -> Classroom:
        now = self._clock.now()
        row = Classroom.create(name=name, level=level[:MAX_CLASSROOM], created_at=now)
        record(now, actor, "classroom.add", f"classroom:{row.id}")
        return row

    def _must_be_free(self, name: str, but: int | None) -> None:
        found = _classroom_named(name)
        if found is not None and found.id != but:
            raise Conflict("name_taken", name=name)


def _note_import(now: datetime) -> None:
    write_setting(_IMPORTED_AT, str(to_milliseconds(now)))


def _pupil(pupil_id: int) -> Pupil:
    pupil = Pupil.get_or_none(Pupil.id == pupil_id)
    if pupil is None:
        raise NotFound("no_pupil")
    return pupil


def _classroom_named(name: str) -> Classroom | None:
    """Whatever the capitals."""
    wanted = name.casefold()
    return next((row for row in Classroom.select() if row.name.casefold() == wanted), None)


def _names_in(classroom_id: int) -> Counter[tuple[str, str]]:
    return Counter((row.first_name, row.initial) for row in Pupil.select().where(Pupil.classroom == classroom_id))


def _replace_pupils(classroom: Classroom, lines: Sequence[Line]) -> None:
    wanted = Counter((line.first_name, line.initial) for line in lines)
    for row in Pupil.select().where(Pupil.classroom == classroom.id):
        if wanted[row.first_name, row.initial]:
            wanted[row.first_name, row.initial] -= 1
        else:
            row.delete_instance()
    for (first_name, initial), count in wanted.items():
        for _ in range(count):
            Pupil.create(classroom=classroom, first_name=first_name, initial=initial)
