"""A school's box without its processes: its real store and its real uplink, whose loop is turned by hand."""

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from appliance.bootstrap import build_services, open_databases
from appliance.config import Config, make_folders
from appliance.domain.people import CONSOLE
from appliance.services.city_wishes import write_wishes
from appliance.services.outbox import put
from appliance.store.models import database
from protocol.uplink_records import AuditBody, encode_body
from protocol.uplink_words import RecordType
from tests.support.central import Central
from uplink.backoff import Chance
from uplink.orders import Downwards
from uplink.process import Duty, Parts, Uplink

MINUTE = 60.0


def no_chance(low: float, high: float) -> float:
    """The longest pause: a test that goes on before it would see that it was not waited for."""
    return high if low or high else 0.0


@dataclass
class HandBox:
    """`address`: where it believes the city to be (a proxy's, perhaps). `now`: monotonic, moved by hand.

    `gather`: how long it gathers facts before it sends them.
    """

    folder: Path
    address: str
    hardware: str = ""
    now: float = 1000.0
    gather: float = 0.0
    chance: Chance = no_chance
    _uplink: Uplink | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def config(self) -> Config:
        return Config(data_path=self.folder / "data", running_at=self.folder / "run")

    @contextmanager
    def opened(self) -> Iterator["HandBox"]:
        """Only one at a time: the models are bound to one store."""
        self.folder.mkdir(parents=True, exist_ok=True)
        make_folders(self.config)
        open_databases(self.config)
        self.services = build_services(self.config)
        with database.connection_context():
            self.services.incarnations.ensure()
            self._start()
            try:
                yield self
            finally:
                self.uplink.stop()
        database.close()

    def listen(self) -> "HandBox":
        """From now on it also fetches what the city has for it."""
        self.uplink.stop()
        self._start(Downwards(self.services, threading.Event()).step)
        return self

    def _start(self, *more: Duty) -> None:
        self._uplink = Uplink(
            Parts(self.config, self.services, "0.1.0", chance=self.chance, more=more, gather=self.gather)
        )

    @property
    def uplink(self) -> Uplink:
        assert self._uplink is not None
        return self._uplink

    def turn(self, minutes: float = 0.0) -> None:
        """Time passes; then all that is to be done now is done."""
        self.now += minutes * MINUTE
        for _ in range(500):
            if not self.uplink.step(self.now):
                return
        raise AssertionError("it never comes to rest")

    def until(self, fact: Callable[[], object], minutes: int = 90) -> None:
        """Minutes pass until it is so."""
        for _ in range(minutes):
            self.turn()
            if fact():
                return
            self.turn(1.0)
        raise AssertionError(f"not within {minutes} minutes: {self.trouble()}")

    def is_asked_when_pressed(self) -> bool:
        """*Demander maintenant* on its page, while its process looks once a second: whether the city is asked soon."""
        self._live(seconds=5)
        self.services.city.ask_now()
        self._live(seconds=5)
        status = self.services.city.status()
        return status is not None and not status.is_asking

    def _live(self, seconds: int) -> None:
        for _ in range(seconds):
            self.turn(1 / MINUTE)

    def ask_to_join(self, code: str) -> None:
        self.services.city.request_claim(code, self.address, CONSOLE)

    def join(self, city: Central, uai: str, replaces: str = "") -> None:
        self.ask_to_join(city.claim_code(uai, replaces))
        self.until(lambda: self.standing() == "active" and not self.trouble())

    def note(self, count: int = 1, weight: int = 0) -> list[int]:
        """Lines of the journal, as equipment makes them; their numbers. `weight`: bytes that cannot be packed."""
        numbers = [next(self._numbers) for _ in range(count)]
        with database.atomic("IMMEDIATE"):
            for number in numbers:
                body = encode_body(AuditBody("console", "device.rename", f"device:{number}", {"x": token_hex(weight)}))
                put(self.services.clock.now(), RecordType.AUDIT, body)
        return numbers

    def waiting(self) -> int:
        return sum(one.records for one in self.services.outbox.backlog().values())

    def trouble(self) -> str:
        status, asked = self.services.city.status(), self.services.city.pending_claim()
        if asked is not None:
            return asked.trouble
        return "" if status is None else status.trouble

    def standing(self) -> str:
        status = self.services.city.status()
        return "" if status is None or status.hello_at is None else status.standing.value

    @property
    def appliance(self) -> str:
        status = self.services.city.status()
        assert status is not None
        return status.appliance


def quiet_hours(*, is_quiet: bool) -> None:
    """As the city wishes them in the box that is open: all day, or never."""
    parts = (("00:00", "12:00"), ("12:00", "00:00"))
    hours = [{"days": [1, 2, 3, 4, 5, 6, 7], "begins": begins, "ends": ends} for begins, ends in parts]
    write_wishes({"quiet_hours": hours if is_quiet else []})


def asked(city: Central, query: str, *values: object) -> list[tuple[object, ...]]:
    """What the city's own database (SQLite) holds."""
    connection = sqlite3.connect(f"file:{city.data_path / 'city.db'}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def told(city: Central, appliance: str) -> list[int]:
    """The numbers of `note` that the city has, in its own order of arrival; a number twice is a doubled record."""
    rows = asked(city, "SELECT target FROM school_audit WHERE appliance = ? AND action = 'device.rename'", appliance)
    return sorted(int(str(row[0]).rpartition(":")[2]) for row in rows)


def standing_at(city: Central, appliance: str) -> str:
    return str(asked(city, "SELECT standing FROM appliance WHERE id = ?", appliance)[0][0])


def hellos(city: Central, appliance: str) -> int:
    """How many answers the box's chain has."""
    return int(str(asked(city, "SELECT token_number FROM appliance WHERE id = ?", appliance)[0][0]))
