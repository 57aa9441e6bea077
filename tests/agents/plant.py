"""A whole appliance with its agents' door open, fake tablets set up by its own page, and a spy between them."""

import html
import json
import random
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.config import Config
from simulator.webview_kiosk.agent import Agent, Start
from simulator.webview_kiosk.fleet import InBackground
from simulator.webview_kiosk.settings import Settings
from simulator.webview_kiosk.switches import Manner, Switches, Trouble
from tests.agents.spy import Spy
from tests.support.appliance import Appliance, Browser, running_appliance, wait_for
from tests.support.ports import free_ports

FAST = 0.2
OUTSIDE = "https://exemple.test/page"  # nobody looks whether it is there


@dataclass(frozen=True, slots=True)
class Receipt:
    state: str
    error: str | None
    channel: str
    evidence: str | None


@dataclass
class Kiosk:
    """One tablet: what its page handed out, and the fake that was set up with it."""

    device_id: str
    imported: dict[str, Any]
    agent: Agent

    @property
    def username(self) -> str:
        return str(self.imported["mqtt.connection.username"])


class Plant:
    def __init__(self, box: Appliance, background: InBackground, spy: Spy) -> None:
        self.box = box
        self.fakes = background
        self.spy = spy
        self.config = Config(box.data_path)
        self.head = box.browser("martin")
        self.teacher = box.browser("durand")

    # Tablets

    def handed_out(self, profile: str = "owner", **form: str) -> tuple[str, dict[str, Any]]:
        """A new tablet's id, and the settings that its page shows once."""
        page = self.head.post_form("/admin/agents", {"profile": profile, **form}).text
        found = re.search(r"<textarea[^>]*data-copy-source[^>]*>(.*?)</textarea>", page, re.DOTALL)
        device = re.search(r'data-checks="/admin/agents/([^/]+)/checks"', page)
        assert found is not None and device is not None, page[:500]
        return device[1], json.loads(html.unescape(found[1]))

    def tablet(
        self,
        switches: Switches | None = None,
        *troubles: Trouble,
        pace: float = FAST,
        profile: str = "owner",
        changed: dict[str, Any] | None = None,
    ) -> Kiosk:
        """Set up by the administration's page, imported by hand, started. `changed`: what was imported otherwise."""
        device_id, imported = self.handed_out(profile)
        agent = self.start({**imported, **(changed or {})}, switches, *troubles, pace=pace)
        return Kiosk(device_id, imported, agent)

    def start(
        self, imported: dict[str, Any], switches: Switches | None = None, *troubles: Trouble, pace: float = FAST
    ) -> Agent:
        manner = Manner(pace, set(troubles))
        return self.fakes.add(Start(Settings(imported), switches or Switches(), manner, random.Random(1)))

    def ready(self, switches: Switches | None = None, *troubles: Trouble, **rest: Any) -> Kiosk:
        """A tablet that has answered, and to which everything was said that had to be."""
        kiosk = self.tablet(switches, *troubles, **rest)
        self.wait_for_presence(kiosk, "ready", "away")
        self.quiet(kiosk)
        return kiosk

    def stop(self, kiosk: Kiosk) -> None:
        self.fakes.stop(kiosk.agent)

    # What the appliance knows

    def presence(self, kiosk: Kiosk) -> str:
        rows = self._live("SELECT agent FROM live WHERE device_id = ?", kiosk.device_id)
        return str(rows[0][0]) if rows else "offline"

    def wait_for_presence(self, kiosk: Kiosk, *wanted: str, seconds: float = 20.0) -> None:
        until(
            lambda: self.presence(kiosk) in wanted,
            seconds,
            lambda: f"{wanted}; it is {self.presence(kiosk)}; said {self.spy.words(kiosk.username)}",
        )

    def memory(self, kiosk: Kiosk) -> dict[str, Any]:
        rows = self.rows("SELECT state FROM agent_link WHERE device_id = ?", kiosk.device_id)
        state = json.loads(rows[0][0] or "{}") if rows else {}
        return dict(state.get("memory") or {})

    def alarms(self, kiosk: Kiosk) -> list[str]:
        return list(self.memory(kiosk).get("alarms", []))

    def wait_for_alarm(self, kiosk: Kiosk, alarm: str, seconds: float = 15.0) -> None:
        until(lambda: alarm in self.alarms(kiosk), seconds, lambda: f"{alarm}; there are {self.alarms(kiosk)}")

    def receipt(self, kiosk: Kiosk, gesture_id: str) -> Receipt:
        query = "SELECT state, error, channel, evidence FROM receipt WHERE gesture_id = ? AND device_id = ?"
        rows = self.rows(query, gesture_id, kiosk.device_id)
        return Receipt(*rows[0]) if rows else Receipt("none", None, "", None)

    def wait_for_receipt(self, kiosk: Kiosk, gesture_id: str, *states: str, seconds: float = 15.0) -> Receipt:
        until(
            lambda: self.receipt(kiosk, gesture_id).state in states,
            seconds,
            lambda: f"{states}; it is {self.receipt(kiosk, gesture_id)}; said {self.spy.words(kiosk.username)}",
        )
        return self.receipt(kiosk, gesture_id)

    def live(self, kiosk: Kiosk) -> dict[str, Any]:
        rows = self._live("SELECT applied, errors, unsupported FROM live WHERE device_id = ?", kiosk.device_id)
        applied, errors, unsupported = rows[0] if rows else (None, None, None)
        return {
            "applied": json.loads(applied or "{}"),
            "errors": json.loads(errors or "{}"),
            "unsupported": json.loads(unsupported or "[]"),
        }

    def quiet(self, kiosk: Kiosk, seconds: float = 0.7) -> None:
        """Until the appliance has said nothing to it for so long: what had to be said was said."""

        def is_quiet() -> bool:
            orders = self.spy.orders(kiosk.username)
            return bool(orders) and time.monotonic() - orders[-1].at > seconds

        until(is_quiet, 20, lambda: f"the appliance falls silent; it says {self.spy.words(kiosk.username)}")

    # What a teacher does

    @contextmanager
    def lesson(self, *kiosks: Kiosk) -> Iterator[str]:
        lesson_id = self.teacher.start_lesson([kiosk.device_id for kiosk in kiosks])
        try:
            yield lesson_id
        finally:
            self.teacher.post_form(f"/lessons/{lesson_id}/end", {})

    def gesture(self, lesson_id: str, kind: str, **args: Any) -> str:
        gesture_id = str(uuid.uuid4())
        answer = self.teacher.gesture(lesson_id, kind, gesture_id, args=args)
        assert answer.status_code < 300, answer.text
        return gesture_id

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return _rows(self.config.store_path, query, values)

    def _live(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return _rows(self.config.live_path, query, values)


def until(fact: Callable[[], object], seconds: float, tell: Callable[[], str]) -> None:
    """`tell` says how it is in the end."""
    try:
        wait_for(fact, seconds)
    except AssertionError:
        raise AssertionError(f"not within {seconds} s: {tell()}") from None


def _rows(path: Path, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
        return connection.execute(query, values).fetchall()


@contextmanager
def running_plant(folder: Path) -> Iterator[Plant]:
    (agents_port,) = free_ports(1)
    with running_appliance(folder, "--agents", str(agents_port)) as box:
        box.add_user("martin", "administrator")
        box.add_user("durand")
        head: Browser = box.browser("martin")
        assert head.post_form("/admin/agents/door", {"open": "1"}).status_code == 303
        with Spy(Config(box.data_path)) as spy, InBackground() as background:
            yield Plant(box, background, spy)
