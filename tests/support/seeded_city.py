"""A city to look at: schools with boxes in every state, devices with histories, alerts, orders, usage.

Written straight into the tables, as ingest would leave them, from a seed: the same city each time. Names are French,
long, hostile or empty on purpose. Owns no rule.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice, product
from typing import Any

from central.domain.plain_text import search_text
from central.domain.school_days import school_day_before
from central.services.contestants import Contest, Contestant, form_of, marked, milliseconds
from central.store.database import transaction
from central.store.desk_models import Instruction, Journal, Order, SignedOrder
from central.store.models import (
    Activity,
    Appliance,
    BatteryDay,
    Cart,
    Device,
    Gap,
    LinkHour,
    ParkedRecord,
    Row,
    School,
    SchoolAudit,
    SchoolGroup,
    Snapshot,
    Usage,
    database,
)
from protocol.uai import control_letter

HOSTILE = '<script>alert("x")</script> & =cmd|’ /C calc’!A0'
_GROUPS = ("Nord", "Sud", "Est", "Ouest", "Centre")
_KINDS = ("élémentaire", "maternelle", "primaire")
_NAMES = (
    "Jules-Ferry", "Jean-Jaurès", "Louise-Michel", "Les Tilleuls", "Marie-Curie", "Victor-Hugo", "La Fontaine",
    "Jacques-Prévert", "Simone-Veil", "Le Petit-Prince", "Paul-Éluard", "Joliot-Curie", "Anne-Frank", "Pasteur",
    "Rosa-Parks", "Les Marronniers", "George-Sand", "Robert-Desnos", "Olympe-de-Gouges", "Léonard-de-Vinci",
    "Notre-Dame-du-Bon-Secours et de la Résistance réunies",
)  # fmt: skip
_MODELS = (
    ("Samsung", "Galaxy Tab A8"),
    ("Lenovo", "Tab M10 Plus"),
    ("Samsung", "Galaxy Tab A7 Lite"),
    ("Acer", "R752"),
)
_APPS = ("org.gcompris", "org.mozilla.firefox", "fr.lalilo", "org.geogebra", "fr.calculatice", "org.scratch", "")
_LEVELS = ("CP", "CE1", "CE2", "CM1", "CM2")
_TROUBLES = ("down", "late", "fenced", "new", "storage", "clock", "revoked", "parked", "enrollment", "poor")
_BULK = 2000


@dataclass(frozen=True, slots=True)
class CitySize:
    """`troubled`: schools in each trouble; `days` of history of batteries and usage, `hours` of the lines."""

    schools: int = 24
    devices: int = 24
    troubled: int = 1
    days: int = 20
    hours: int = 72


def uai_of(place: int) -> str:
    digits = f"{130000 + place:07d}"
    return digits + control_letter(digits)


class _City:
    """Rows, one table after the other, all from one source of chance."""

    def __init__(self, size: CitySize, now: datetime) -> None:
        self.size, self.now, self.chance = size, now, random.Random(4)
        self.places = range(size.schools)

    def trouble(self, place: int) -> str:
        """The last schools of the list are well."""
        index = place // max(1, self.size.troubled)
        return _TROUBLES[index] if index < len(_TROUBLES) else ""

    def hello(self, place: int) -> datetime | None:
        silence = {"down": timedelta(days=3, hours=2), "late": timedelta(minutes=35), "new": None}
        ago = silence.get(self.trouble(place), timedelta(seconds=self.chance.randrange(5, 90)))
        return None if ago is None else self.now - ago

    def days(self) -> list[str]:
        """School days, the latest first."""
        days = ((self.now - timedelta(days=back)).date() for back in range(self.size.days))
        return [day.isoformat() for day in days if day.weekday() in (0, 1, 3, 4)]

    def schools(self) -> Iterator[dict[str, Any]]:
        for place in self.places:
            kind, name = _KINDS[place % 3], _NAMES[place % len(_NAMES)]
            number = "" if place < len(_NAMES) else f" {place // len(_NAMES) + 1}"
            ring = 0.01 + 0.07 * self.chance.random()
            turn = self.chance.random() * 6.283
            yield {
                "uai": uai_of(place), "name": f"École {kind} {name}{number}", "group": 1 + place % len(_GROUPS),
                "latitude": 43.30 + ring * 0.7 * math.sin(turn), "longitude": 5.40 + ring * math.sin(turn + 1.571),
                "zone": "Europe/Paris", "created_at": self.now - timedelta(days=200), "archived_at": None,
            }  # fmt: skip

    def appliances(self) -> Iterator[dict[str, Any]]:
        for place in self.places:
            trouble = self.trouble(place)
            yield {
                "id": f"a-{place:05d}", "school": uai_of(place), "epoch": f"e{place}", "hardware": f"h{place}",
                "standing": trouble if trouble in ("fenced", "revoked") else "active",
                "conflict": _conflict(place, self.now) if trouble == "fenced" else None,
                "claimed_at": self.now - timedelta(days=150), "hello_at": self.hello(place),
                "software": "0.4.0" if place % 7 else "0.3.2", "schema": 3,
                "storage": "survival" if trouble == "storage" else "normal",
                "disk_total": 60_000_000_000,
                "disk_free": (900_000_000, self.chance.randrange(15, 52) * 10**9)[trouble != "storage"],
                "clock_ahead_seconds": 5400 if trouble == "clock" else self.chance.randrange(-2, 3),
                "devices": self.size.devices, "config_version": 3, "ring_version": 1,
                "backlog_records": 18_400 if trouble == "poor" else self.chance.randrange(0, 12),
                "backlog_oldest_at": self.now - timedelta(days=2) if trouble == "poor" else None,
                "bridge": trouble == "" and place % 4 != 0,
            }  # fmt: skip

    def devices(self) -> Iterator[dict[str, Any]]:
        schools = {row["uai"]: row["name"] for row in self.schools()}
        for place in self.places:
            for number in range(1, self.size.devices + 1):
                yield self._device(place, number, schools[uai_of(place)])

    def _device(self, place: int, number: int, school: str) -> dict[str, Any]:
        maker, model = _MODELS[(place + number // 12) % len(_MODELS)]
        hostile = place == 11 and number == 3
        name = HOSTILE if hostile else f"Tablette {number:02d}"
        serial = f"R{place:04d}X{number:04d}"
        silent = number % 19 == 0
        cart = f"c{1 + number // 16}"
        return {
            "id": f"d-{place:05d}-{number:03d}", "school": uai_of(place), "appliance": f"a-{place:05d}",
            "by_hand": False, "serial": serial, "number": number, "name": name, "kind": "tablet", "status": "active",
            "manufacturer": maker, "model": model, "os": "Android 14", "agent": "page 0.4.0", "cart": cart,
            "enrolled_at": self.now - timedelta(days=90 + number % 30),
            "seen_at": self.now - (timedelta(days=40) if silent else timedelta(minutes=number * 3)),
            "battery": self.chance.randrange(15, 101), "charging": number % 5 == 0,
            "free_bytes": self.chance.randrange(2, 40) * 1_000_000_000, "in_lesson": number % 2 == 0 and place % 3 == 0,
            "lesson_day": school_day_before(self.now.date(), 1 + number % 3).isoformat(),
            "held": (["eyes_up"], ["internet", "apps"], [])[number % 3],
            "packages": {"org.gcompris": "24.0", "org.mozilla.firefox": "145.0", "fr.preau.page": "0.4.0"},
            "capabilities": ["lock", "open", "identify"], "remark": "", "updated_at": self.now,
            "search": search_text(serial, name, number, maker, model, school, uai_of(place)),
        }  # fmt: skip

    def batteries(self) -> Iterator[dict[str, Any]]:
        for place in self.places:
            for number in range(1, self.size.devices + 1):
                failing = number % 17 == 0
                for day in self.days():
                    lowest = self.chance.randrange(2, 9) if failing else self.chance.randrange(30, 75)
                    yield {
                        "device": f"d-{place:05d}-{number:03d}",
                        "period": day,
                        "school": uai_of(place),
                        "lowest": lowest,
                        "highest": self.chance.randrange(86, 101),
                    }

    def lines(self) -> Iterator[dict[str, Any]]:
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        for place in self.places:
            trouble = self.trouble(place)
            for back in range(self.size.hours):
                silent = trouble == "new" or (trouble == "down" and back < 74)
                poor = trouble == "poor" and self.chance.random() < 0.6
                if not silent:
                    hellos = self.chance.randrange(4, 30) if poor else self.chance.randrange(57, 61)
                    yield {
                        "appliance": f"a-{place:05d}",
                        "hour": hour - timedelta(hours=back),
                        "hellos": hellos,
                        "batches": hellos // 3,
                        "bytes": hellos * 900,
                        "late_seconds": self.chance.randrange(400, 2400) if poor else 65,
                    }

    def usage(self) -> Iterator[dict[str, Any]]:
        for place, day, level, app in product(self.places, self.days(), _LEVELS, _APPS):
            days = self.chance.randrange(5, 26)
            yield {
                "school": uai_of(place), "period": day, "level": level, "app": app, "epoch": f"e{place}", "seq": 1,
                "device_days": days, "seconds": days * self.chance.randrange(300, 2400),
            }  # fmt: skip

    def activity(self) -> Iterator[dict[str, Any]]:
        for place, (back, day) in product(self.places, list(enumerate(self.days()))):
            lessons = self.chance.randrange(0, 9)
            fails = self.trouble(place) == "enrollment" and back < 3
            yield {
                "school": uai_of(place), "period": day, "epoch": f"e{place}", "seq": back + 1, "lessons": lessons,
                "lesson_minutes": lessons * 40, "devices": self.size.devices, "seen": self.size.devices * 3 // 4,
                "enrollments": 0, "enrollment_failures": 9 if fails else 0,
                "gestures": {"eyes": {"asked": lessons * 60, "done": lessons * 57, "failed": lessons * 3}},
            }  # fmt: skip


def _conflict(place: int, now: datetime) -> dict[str, Any]:
    """As `services.fences` keeps it."""
    since = now - timedelta(minutes=37)
    began = milliseconds(now - timedelta(days=200))
    last = [milliseconds(now - timedelta(seconds=back)) for back in (20, 41)]
    box = partial(Contestant, address="203.0.113.24")
    both = (
        box(f"e{place}", "10000000a5be2d4f", 812, "a", began, last[0], page="http://192.168.1.12"),
        box("7c2e90d1", "000000000000", 14, "b", milliseconds(since), last[1], page="http://192.168.1.31"),
    )
    return form_of(Contest(since, tuple(marked(both))))


def _snapshots(city: _City) -> Iterator[dict[str, Any]]:
    """Of the last night; none where the line is poor."""
    for place in city.places:
        if city.trouble(place) not in ("poor", "new"):
            yield {
                "school": uai_of(place), "appliance": f"a-{place:05d}", "epoch": f"e{place}",
                "at": city.now - timedelta(hours=9), "sha256": "", "size": 240_000, "sealed": b"",
            }  # fmt: skip


def seed_city(now: datetime, size: CitySize | None = None) -> CitySize:
    """Fills empty tables."""
    size = size or CitySize()
    city = _City(size, now)
    with transaction():
        SchoolGroup.insert_many([{"name": name, "created_at": now} for name in _GROUPS]).execute()
        for table, rows in (
            (School, city.schools()),
            (Appliance, city.appliances()),
            (Device, city.devices()),
            (BatteryDay, city.batteries()),
            (LinkHour, city.lines()),
            (Usage, city.usage()),
            (Activity, city.activity()),
        ):
            _insert(table, rows)
        _insert(Cart, ({"appliance": f"a-{place:05d}", "id": f"c{n}", "name": f"Classe mobile {letter}"}
                       for place in city.places for n, letter in ((1, "A"), (2, "B"))))  # fmt: skip
        _insert(ParkedRecord, _parked(city))
        _insert(Snapshot, _snapshots(city))
        _insert(SchoolAudit, _audit(city))
        _insert(Gap, _gaps(city))
        _orders(city)
    return size


def _insert(table: type[Row], rows: Iterator[dict[str, Any]]) -> None:
    """One statement for all rows, which have the same columns: peewee would spend ten times longer on its text."""
    first = next(rows, None)
    if first is None:
        return
    given = [table._meta.combined[name] for name in first]
    told = {field.name for field in given}
    other = {field: value for field, value in table._meta.defaults.items() if field.name not in told}
    fields = [*given, *other]
    names = ", ".join(f'"{field.column_name}"' for field in fields)
    marks = ", ".join([database.param] * len(fields))
    sql = f'INSERT INTO "{table._meta.table_name}" ({names}) VALUES ({marks})'  # noqa: S608 - our own names
    cursor = database.cursor()
    everything = chain([first], rows)
    while chunk := list(islice(everything, _BULK)):
        cursor.executemany(sql, [_values(row, given, other) for row in chunk])


def _values(row: dict[str, Any], given: list[Any], other: dict[Any, Any]) -> list[object]:
    told = [field.db_value(value) for field, value in zip(given, row.values(), strict=True)]
    return [*told, *(field.db_value(value() if callable(value) else value) for field, value in other.items())]


def _parked(city: _City) -> Iterator[dict[str, Any]]:
    for place in city.places:
        if city.trouble(place) == "parked":
            for seq in range(1, 4):
                yield {
                    "appliance": f"a-{place:05d}", "epoch": f"e{place}", "lane": 1, "seq": seq,
                    "record": {"seq": seq, "type": "hologram", "at": "2026-11-20T09:00:00Z", "body": {}},
                    "reason": "unknown_type", "detail": "hologram", "parked_at": city.now - timedelta(hours=5),
                    "tries": 1,
                }  # fmt: skip


def _audit(city: _City) -> Iterator[dict[str, Any]]:
    acts = (("cart.add", "cart:1"), ("device.retire", "device:d-{:05d}-004"), ("user.invite", "user:3"))
    for place in islice(city.places, 40):
        for seq, (action, target) in enumerate(acts, 1):
            at = city.now - timedelta(hours=3 * seq)
            yield {
                "appliance": f"a-{place:05d}", "epoch": f"e{place}", "seq": seq, "school": uai_of(place), "at": at,
                "received_at": at + timedelta(seconds=20), "actor": "user:1", "action": action,
                "target": target.format(place),
                "detail": None, "is_security": False,
            }  # fmt: skip


def _gaps(city: _City) -> Iterator[dict[str, Any]]:
    for place in city.places:
        if city.trouble(place) == "storage":
            yield {
                "appliance": f"a-{place:05d}", "epoch": f"e{place}", "seq": 9, "lane": 3, "after": 10, "up_to": 60,
                "count": 50, "reason": "disk_full", "at": city.now - timedelta(days=1),
            }  # fmt: skip


def _orders(city: _City) -> None:
    states: Sequence[tuple[str, str]] = (("report", "done"), ("identify", "sent"), ("reboot", "pending"))
    for place in islice(city.places, 12):
        for number, (kind, state) in enumerate(states):
            at = city.now - timedelta(hours=2 + number)
            order = f"o-{place}-{number}"
            Order.create(
                id=order, kind=kind, order_class="sensitive" if kind == "reboot" else "routine", args={},
                scope={"school": uai_of(place)}, account="claire", created_at=at, not_after=at + timedelta(days=7),
            )  # fmt: skip
            signed = SignedOrder.create(id=f"s-{place}-{number}", order=order, body="{}", signatures=None)
            Instruction.create(
                id=f"i-{place}-{number}", order=order, signed=signed, appliance=f"a-{place:05d}", school=uai_of(place),
                device=f"d-{place:05d}-001" if number else "", state=state,
                sent_at=at if state != "pending" else None, finished_at=at if state == "done" else None,
            )  # fmt: skip
        Journal.create(at=city.now - timedelta(hours=2), actor="claire", action="order.create",
                       target=f"order:o-{place}-0", school=uai_of(place), detail={"kind": "report"})  # fmt: skip
