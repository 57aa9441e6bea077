"""All schools at once: the state of each, what is wrong this morning, how the lines have been. Reads only.

A handful of queries whatever the number of schools: rows are put together here, not asked for one by one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from peewee import SQL, fn

from central.domain.alerts import GRAVE
from central.domain.alerts import RANK as ALERT_RANK
from central.domain.fleet import ApplianceState, Sign, disk_share, judged_seconds, link_share, state_of
from central.domain.morning import SILENT, WITHOUT, Counts
from central.domain.plain_text import folded, is_findable, search_words
from central.domain.school_days import Closure
from central.services.desk_settings import DeskSettings
from central.store.desk_models import Alert
from central.store.models import Appliance, Device, LinkHour, School, SchoolGroup
from central.store.rows import tuples_of
from protocol.uplink_words import Standing

_NAMED = 6  # schools that a line of the morning names
_HOUR = timedelta(hours=1)
Shares = tuple[float | None, ...]

# How many alerts of one kind in one school, and since when.
_Heap = tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class BoxLine:
    """The appliance that serves a school now."""

    id: str
    standing: str
    hello_at: datetime | None
    software: str
    storage: str
    disk: float | None
    clock_ahead_seconds: int
    backlog_records: int
    backlog_oldest_at: datetime | None
    bridge: bool
    bridge_at: datetime | None
    poll_seconds: int
    busy_until: datetime | None
    claimed_at: datetime

    def sign(self, zone: str) -> Sign:
        gone_at = None if self.bridge else self.bridge_at
        return Sign(self.standing, self.hello_at, zone, self.poll_seconds, self.busy_until, gone_at)


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """`alerts`: open ones that nobody has acknowledged, by kind."""

    uai: str
    name: str
    group_id: int | None
    group: str
    latitude: float | None
    longitude: float | None
    state: ApplianceState
    box: BoxLine | None
    devices: int
    alerts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One line of the morning: a kind of alert, how many, in how many schools, since when."""

    kind: str
    count: int
    schools: int
    named: tuple[tuple[str, str], ...]  # (uai, name) of the first
    since: datetime


@dataclass(frozen=True, slots=True)
class Standstill:
    """Schools whose boxes do not answer now, or that have none, of which no alert tells. `since`: of the first."""

    states: tuple[ApplianceState, ...]
    count: int
    named: tuple[tuple[str, str], ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Of one school. `since`: its box's last word."""

    state: ApplianceState
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Morning:
    states: Mapping[ApplianceState, int]
    troubles: tuple[Trouble, ...]
    standstills: tuple[Standstill, ...]
    acknowledged: int
    schools: int

    @property
    def answering(self) -> int:
        return self.states.get(ApplianceState.UP, 0)

    @property
    def counts(self) -> Counts:
        grave = sum(one.count for one in self.troubles if one.kind in GRAVE)
        others = sum(one.count for one in self.troubles) - grave
        return Counts(self.states, grave, others, self.acknowledged)


@dataclass(frozen=True, slots=True)
class FleetFilter:
    """Empty: all. `group` 0: those of no group."""

    text: str = ""
    group: int | None = None
    states: tuple[ApplianceState, ...] = ()
    with_alerts: bool = False

    def keeps(self, line: SchoolLine) -> bool:
        if self.states and line.state not in self.states:
            return False
        if self.group is not None and (line.group_id or 0) != self.group:
            return False
        if (self.with_alerts and not line.alerts) or not is_findable(self.text):
            return False
        words = search_words(self.text)
        text = folded(f"{line.name} {line.uai} {line.group}") if words else ""
        return all(word in text for word in words)


class Fleet:
    def __init__(self, settings: DeskSettings) -> None:
        self._settings = settings

    def lines(self, now: datetime) -> list[SchoolLine]:
        """Every school that is not archived, in the order of its name."""
        closures = self._settings.closures()
        devices, alerts = _devices_by_school(), _alerts_by_school()
        groups = self.groups()
        return [
            _line(row, groups, devices, alerts, state) for row in _rows() for state in (_state(row, now, closures),)
        ]

    def groups(self) -> dict[int, str]:
        return {row.id: row.name for row in SchoolGroup.select().order_by(SchoolGroup.name)}

    def morning(self, lines: Iterable[SchoolLine]) -> Morning:
        """What deserves a look, the gravest first. `lines`: as `lines` gave them."""
        shown = {line.uai: line for line in lines}
        is_taken = Alert.acknowledged_at.is_null(False)
        open_ones = (
            Alert.select(Alert.kind, Alert.school, is_taken, fn.COUNT(SQL("*")), fn.MIN(Alert.began_at))
            .where(Alert.ended_at.is_null())
            .group_by(Alert.kind, Alert.school, is_taken)
        )
        by_kind: dict[str, dict[str, _Heap]] = defaultdict(dict)
        acknowledged = 0
        for kind, uai, taken, count, since in tuples_of(open_ones):
            if uai not in shown:
                continue
            if taken:
                acknowledged += count
            else:
                by_kind[kind][uai] = (count, since)
        troubles = [_trouble(kind, found, shown) for kind, found in by_kind.items()]
        troubles.sort(key=lambda one: ALERT_RANK.get(one.kind, len(ALERT_RANK)))
        states = Counter(line.state for line in shown.values())
        return Morning(states, tuple(troubles), _standstills(shown.values()), acknowledged, len(shown))

    def standstills(self, uais: Collection[str], now: datetime) -> dict[str, Stop]:
        """Of these schools those whose box takes no order now, and since when."""
        boxes, closures = current_boxes(uais), self._settings.closures()
        found = {}
        for uai in uais:
            box = boxes.get(uai)
            state = ApplianceState.ABSENT if box is None else state_of(box.sign(""), now, closures)
            if state is not ApplianceState.UP:
                found[uai] = Stop(state, None if box is None else box.hello_at)
        return found

    def links(self, boxes: Sequence[BoxLine], now: datetime, hours: int = 48) -> dict[str, Shares]:
        """Quality of the line in each of the last hours, the oldest first; 0 where nothing came.

        None where nothing can be said: before the box was claimed, and in the first minutes of an hour.
        """
        first = now.replace(minute=0, second=0, microsecond=0) - _HOUR * (hours - 1)
        claimed = {box.id: box.claimed_at for box in boxes}
        heard: dict[tuple[str, int], tuple[int, int]] = {}
        rows = LinkHour.select(LinkHour.appliance, LinkHour.hour, LinkHour.hellos, LinkHour.late_seconds).where(
            LinkHour.appliance.in_(list(claimed)), LinkHour.hour >= first
        )
        for appliance, hour, hellos, late in tuples_of(rows):
            heard[appliance, (hour - first) // _HOUR] = (hellos, late)
        return {
            id_: tuple(
                link_share(*heard.get((id_, place), (0, 0)), judged_seconds(first + _HOUR * place, claimed_at, now))
                for place in range(hours)
            )
            for id_, claimed_at in claimed.items()
        }


@dataclass(frozen=True, slots=True)
class _Row:
    uai: str
    name: str
    group_id: int | None
    latitude: float | None
    longitude: float | None
    zone: str
    box: BoxLine | None


def _rows() -> list[_Row]:
    boxes = current_boxes()
    schools = (
        School.select(School.uai, School.name, School.group, School.latitude, School.longitude, School.zone)
        .where(School.archived_at.is_null())
        .order_by(School.name, School.uai)
    )
    return [
        _Row(uai, name, group, latitude, longitude, zone, boxes.get(uai))
        for uai, name, group, latitude, longitude, zone in tuples_of(schools)
    ]


def current_boxes(uais: Collection[str] | None = None) -> dict[str, BoxLine]:
    """The appliance of each school, or of these: the last that is active or fenced, else the last that was."""
    query = Appliance.select(
        Appliance.school, Appliance.id, Appliance.standing, Appliance.hello_at, Appliance.software, Appliance.storage,
        Appliance.disk_free, Appliance.disk_total, Appliance.clock_ahead_seconds, Appliance.backlog_records,
        Appliance.backlog_oldest_at, Appliance.bridge, Appliance.bridge_at, Appliance.poll_seconds,
        Appliance.turn_until, Appliance.claimed_at,
    ).order_by(Appliance.claimed_at)  # fmt: skip
    if uais is not None:
        query = query.where(Appliance.school.in_(list(uais)))
    boxes: dict[str, BoxLine] = {}
    for school, id_, standing, hello_at, software, storage, free, total, *rest in tuples_of(query):
        box = BoxLine(id_, standing, hello_at, software, storage, disk_share(free, total), *rest)
        before = boxes.get(school)
        if before is None or _is_in_service(box) or not _is_in_service(before):
            boxes[school] = box
    return boxes


def _is_in_service(box: BoxLine) -> bool:
    return box.standing in (Standing.ACTIVE, Standing.FENCED)


def _state(row: _Row, now: datetime, closures: Sequence[Closure]) -> ApplianceState:
    if row.box is None:
        return ApplianceState.ABSENT
    return state_of(row.box.sign(row.zone), now, closures)


def _line(
    row: _Row,
    groups: Mapping[int, str],
    devices: Mapping[str, int],
    alerts: Mapping[str, Mapping[str, int]],
    state: ApplianceState,
) -> SchoolLine:
    return SchoolLine(
        row.uai,
        row.name,
        row.group_id,
        groups.get(row.group_id or 0, ""),
        row.latitude,
        row.longitude,
        state,
        row.box,
        devices.get(row.uai, 0),
        alerts.get(row.uai, {}),
    )


def _devices_by_school() -> dict[str, int]:
    # rows, not ids: PostgreSQL then counts in an index, and does not read a hundred thousand devices for it
    counted = Device.select(Device.school, fn.COUNT(SQL("*"))).where(Device.status == "active").group_by(Device.school)
    return dict(tuples_of(counted))


def _alerts_by_school() -> dict[str, dict[str, int]]:
    counted = (
        Alert.select(Alert.school, Alert.kind, fn.COUNT(SQL("*")))
        .where(Alert.ended_at.is_null(), Alert.acknowledged_at.is_null())
        .group_by(Alert.school, Alert.kind)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for uai, kind, count in tuples_of(counted):
        found[uai][kind] = count
    return found


def _standstills(lines: Iterable[SchoolLine]) -> tuple[Standstill, ...]:
    told = list(lines)
    found = ((states, [line for line in told if line.state in states]) for states in (SILENT, WITHOUT))
    return tuple(_standstill(states, members) for states, members in found if members)


def _standstill(states: tuple[ApplianceState, ...], members: list[SchoolLine]) -> Standstill:
    """The longest silence first."""
    heard = {line.uai: line.box.hello_at for line in members if line.box and line.box.hello_at}
    ranked = sorted(members, key=lambda line: (line.uai not in heard, heard.get(line.uai), line.name))
    named = tuple((line.uai, line.name) for line in ranked[:_NAMED])
    since = min(heard.values(), default=None) if states is SILENT else None
    return Standstill(states, len(members), named, since)


def _trouble(kind: str, found: Mapping[str, _Heap], shown: Mapping[str, SchoolLine]) -> Trouble:
    """The schools where there is most of it first, then where it has lasted longest."""
    ranked = sorted(found, key=lambda uai: (-found[uai][0], found[uai][1], uai))
    named = tuple((uai, shown[uai].name) for uai in ranked[:_NAMED])
    count = sum(count for count, _ in found.values())
    return Trouble(kind, count, len(found), named, min(since for _, since in found.values()))
