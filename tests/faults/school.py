"""A class in trouble: simulated tablets on a real box, teachers who press again when no answer comes, and a killer.

Everything random comes from one seeded source per actor, so that a failure can be provoked again by its seed.
"""

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from simulator.background import BackgroundFleet
from simulator.fleet import Fleet, FleetOptions
from simulator.link import Backoff
from simulator.tablet import Hooks
from tests.faults.books import Effects, Ledger, open_receipts, usage_in_store, versions
from tests.faults.processes import kill_child, kill_everything, kill_supervisor
from tests.support.appliance import Appliance, Browser, running_appliance, wait_for

SERVED_AGAIN_SECONDS = 60.0  # I5
_APP = "org.kde.gcompris"


@dataclass
class Class:
    """Tablets that do as the contract says, and what they did."""

    box: Appliance
    fleet: BackgroundFleet
    effects: Effects
    used: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)  # (device, boot): seq: seconds

    @property
    def ids(self) -> list[str]:
        return list(self.fleet.fleet.tablets)

    def use(self, device_id: str, seconds: int) -> None:
        """A pupil has used an app for that long; a locked tablet does not let him."""
        tablet, log = self.fleet[device_id], self.fleet[device_id].device.front.log

        def use_and_note() -> None:
            tablet.use_app(_APP, seconds)
            noted = self.used.setdefault((device_id, log.boot), {})
            noted.update({record.seq: record.seconds for record in log.kept.get(log.boot, ())})

        self.fleet.do(use_and_note)

    def unsent(self) -> int:
        """Usage records that the box has not acknowledged."""
        return self.fleet.do(
            lambda: sum(
                len(records)
                for tablet in self.fleet.fleet.tablets.values()
                for records in tablet.device.front.log.kept.values()
            )
        )

    def settle(self) -> None:
        """Every order has its end, every device what is wanted, every use is acknowledged; within the promised time."""
        box, applied = self.box, self.effects.applied
        wait_for(lambda: not open_receipts(box), SERVED_AGAIN_SECONDS, "the end of every order")
        wait_for(
            lambda: all(applied[device_id][-1:] == [version] for device_id, version in versions(box).items()),
            SERVED_AGAIN_SECONDS,
            "the last version on each device",
        )
        wait_for(lambda: self.unsent() == 0, SERVED_AGAIN_SECONDS, "the acknowledgement of all usage")

    def assert_usage_counted_once(self) -> None:
        """Every record that a device has numbered is there, with what it said, and no other."""
        stored = usage_in_store(self.box)
        assert set(stored) == {key for key, noted in self.used.items() if noted}
        for (device_id, boot), records in stored.items():
            log = self.fleet[device_id].device.front.log
            assert log.boot == boot
            assert sorted(records) == list(range(1, log.next_seq))
            assert records | self.used[device_id, boot] == records


@contextmanager
def running_class(folder: Path, count: int, *profiles: str) -> Iterator[Class]:
    """A box with two teachers and an administrator, and `count` tablets that do nothing by themselves."""
    with running_appliance(folder) as box:
        for login in ("durand", "petit"):
            box.add_user(login)
        box.add_user("martin", "administrator")
        effects = Effects()
        fleet = Fleet(
            box.new_link(uses=count),
            count,
            profiles or ("idle",),
            FleetOptions(seed=1, backoff=Backoff(0.2, 2.0), tell=lambda _: None),
            Hooks(on_applied=effects.on_applied, on_done=effects.on_done),
        )
        with BackgroundFleet(fleet) as background:
            found = Class(box, background, effects)
            wait_for(lambda: all(effects.applied[one] for one in found.ids), what="a first desired state")
            yield found


class Teacher:
    """Presses buttons as the page does: its own id for each gesture, the same again until there is an answer."""

    def __init__(self, browser: Browser, lesson_id: str, chance: random.Random, ledger: Ledger | None = None) -> None:
        self._browser, self._lesson_id, self._chance = browser, lesson_id, chance
        self.ledger = ledger or Ledger()
        self.retries = 0

    def press(self, waiting: threading.Event | None = None, device_ids: list[str] | None = None) -> str:
        """One gesture, acknowledged when this returns. `waiting`: set to hurry up between two tries."""
        gesture_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        kind, args = self._pick(gesture_id)
        body = {"args": args, "devices": device_ids}
        pause = waiting or threading.Event()

        def is_answered() -> bool:
            try:
                answer = self._browser.gesture(self._lesson_id, kind, gesture_id, **body)
            except requests.RequestException:
                return False
            if answer.status_code == 201:
                self.ledger.write(gesture_id, kind, args)
            elif answer.status_code < 500:
                self.ledger.refused.append(f"{answer.status_code} {answer.text[:200]}")
            return answer.status_code < 500

        while not is_answered():
            self.retries += 1
            pause.wait(0.1)
        return gesture_id

    def _pick(self, gesture_id: str) -> tuple[str, dict[str, Any]]:
        choices: list[tuple[str, dict[str, Any]]] = [
            ("message", {"text": f"m-{gesture_id}"}),
            ("message", {"text": f"m-{gesture_id}"}),
            ("open_link", {"url": f"https://ecole.example/{gesture_id}"}),
            ("eyes_up", {"message": "Les yeux vers moi"}),
            ("eyes_free", {}),
            ("restrict", {"sound": "blocked"}),
            ("restrict", {"sound": "allowed", "internet": "blocked"}),
        ]
        return self._chance.choice(choices)


BLOWS = ("web", "bridge", "broker", "supervisor", "everything")


class Killer:
    """A dead box is started again at once, as systemd would."""

    def __init__(self, box: Appliance) -> None:
        self._box = box

    def strike(self, blow: str) -> None:
        if blow == "supervisor":
            kill_supervisor(self._box)
            self._box.start()
        elif blow == "everything":
            kill_everything(self._box)
            self._box.start()
        else:
            kill_child(self._box, blow)


@contextmanager
def in_thread(step: Callable[[], object]) -> Iterator[None]:
    """`step` again and again beside the block; what it raised is raised at the end."""
    stop, failures = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            while not stop.is_set():
                step()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(120)
    assert not thread.is_alive()
    if failures:
        raise failures[0]
