"""Many devices at once: enrolled over HTTP, run in one event loop, remembered in a state file.

    async with Fleet("http://preau.local/t/…", 15) as fleet:
        await fleet.all_up()
        fleet["d-7k3m9q2x"].raise_hand()

Owns the order of things: enroll, start, step, save, stop. What one device does is `tablet.py`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from protocol import device as wire
from simulator import state_file
from simulator.catalogue import MODELS
from simulator.chance import seeded
from simulator.clock import Clocks, read_wall
from simulator.device import Device, Identity
from simulator.enrollment import Enroller, parse_link
from simulator.facts import log_fact
from simulator.fetch import Credentials
from simulator.life import Life
from simulator.link import Backoff, Link, LinkOptions, Will
from simulator.profiles import assign, parse_profile
from simulator.roster import Order, Roster
from simulator.state_file import Kept
from simulator.tablet import Hooks, Surroundings, Tablet

STEP_SECONDS = 0.5
SAVE_EVERY_SECONDS = 1.0
CONNECTING_AT_ONCE = 32


@dataclass(frozen=True)
class FleetOptions:
    """`speed` hurries the pupils and batteries, not the protocol; `stagger_seconds` spreads the first connections;
    `ca_path` is trusted when the link is https; `tell` gets what a person should read, in French."""

    seed: int | None = None
    speed: float = 1.0
    state_path: Path | None = None
    mqtt_version: int = 5
    stagger_seconds: float = 0.0
    downloads_at_once: int = 8
    backoff: Backoff = field(default_factory=Backoff)
    ca_path: str | None = None
    tell: Callable[[str], None] = print


class Fleet:
    def __init__(
        self,
        link: str,
        count: int,
        profiles: Sequence[str] = (),
        options: FleetOptions | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        options = options or FleetOptions()
        enrollment = parse_link(link)
        names = tuple(assign(profiles, count))
        for name in set(names):
            parse_profile(name)
        self._order = Order(enrollment.base, enrollment.token, names, options.seed, bool(profiles))
        self._enrollment = enrollment
        self._options = options
        self._hooks = hooks or Hooks()
        self._ending = threading.Event()
        self._kept: dict[str, Kept] = {}
        self._resting: list[Kept] = []
        self._ticker: asyncio.Task[None] | None = None
        self.tablets: dict[str, Tablet] = {}

    def __getitem__(self, device_id: str) -> Tablet:
        return self.tablets[device_id]

    async def __aenter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="preau-sim-")
        self._connecting = ThreadPoolExecutor(CONNECTING_AT_ONCE, "connect")
        self._downloads = ThreadPoolExecutor(self._options.downloads_at_once, "download")
        try:
            for kept in await asyncio.to_thread(self._gather):
                self._kept[kept.answer.id] = kept
                self.tablets[kept.answer.id] = self._build(kept)
        except BaseException:
            self._release()
            raise
        pause = self._options.stagger_seconds / max(1, len(self.tablets))
        for index, tablet in enumerate(self.tablets.values()):
            tablet.start(index * pause)
        self._ticker = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        try:
            await self._stop_ticking()
        finally:
            await asyncio.gather(*(tablet.stop() for tablet in self.tablets.values()))
            self._write([*self._known(), *self._resting])
            self._release()

    @property
    def up_count(self) -> int:
        return sum(tablet.link.up for tablet in self.tablets.values())

    async def all_up(self, timeout_seconds: float = 30.0) -> None:
        """Wait until every device that means to is connected; raises TimeoutError."""
        expected = sum(not tablet.device.behaviour.stays_away for tablet in self.tablets.values())
        async with asyncio.timeout(timeout_seconds):
            while self.up_count < expected:
                await asyncio.sleep(0.01)

    async def last(self, ending: asyncio.Event, seconds: float | None = None) -> None:
        """Until `ending`, until the time is over, or until the fleet itself has failed: leaving it then says how."""
        waiting = asyncio.create_task(ending.wait())
        ticking = {self._ticker} if self._ticker is not None else set()
        await asyncio.wait({waiting, *ticking}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    # Making devices

    def _gather(self) -> list[Kept]:
        path = self._options.state_path
        kept = [] if path is None else state_file.load(path)
        self._resting = kept[len(self._order.profiles) :]
        enroller = Enroller(self._enrollment, self._ending.wait, self._options.tell, self._options.ca_path)
        try:
            return Roster(self._order, enroller, self._write, self._ending.wait).gather(kept)
        finally:
            enroller.close()

    def _build(self, kept: Kept) -> Tablet:
        now = time.monotonic()
        behaviour = parse_profile(kept.profile)
        own = read_wall() + behaviour.clock_wrong_by
        clocks = Clocks(own, own + timedelta(seconds=kept.memory.hub_ahead_seconds), now)
        identity = Identity(kept.answer.id, kept.serial, MODELS[kept.model], _new_boot)
        device = Device(identity, behaviour, kept.memory, clocks, now)
        device.speed = self._options.speed
        seed = self._options.seed
        chance = random.Random() if seed is None else seeded(f"{seed}/{kept.serial}")
        life = Life(behaviour, chance, self._options.speed, now)
        return Tablet(device, self._link(kept), life, self._surroundings(kept))

    def _link(self, kept: Kept) -> Link:
        will = Will(wire.topic(kept.answer.id, wire.Leaf.PRESENCE), wire.encode_presence(wire.Presence.OFFLINE))
        options = LinkOptions(self._connecting, self._options.backoff, self._options.mqtt_version)
        return Link(kept.answer.mqtt, kept.answer.ca, will, options)

    def _surroundings(self, kept: Kept) -> Surroundings:
        access = kept.answer.mqtt
        return Surroundings(
            hooks=self._hooks,
            downloads=self._downloads,
            credentials=Credentials(access.username, access.password, self._ca_path(kept.answer.ca)),
            wait=self._ending.wait,
            on_wiped=self._forget,
        )

    def _ca_path(self, ca: str | None) -> str | None:
        """requests wants a file."""
        if ca is None:
            return self._options.ca_path
        path = Path(self._folder.name) / "ca.pem"
        path.write_text(ca, encoding="ascii")
        return str(path)

    # Running

    async def _stop_ticking(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker

    async def _tick(self) -> None:
        saved_at = time.monotonic()
        while True:
            await asyncio.sleep(STEP_SECONDS)
            now = time.monotonic()
            for tablet in self.tablets.values():
                tablet.step(now)
            if now - saved_at >= SAVE_EVERY_SECONDS:
                saved_at = now
                await self._save_when_changed()

    async def _save_when_changed(self) -> None:
        if self._options.state_path is None or not any(tablet.has_news for tablet in self.tablets.values()):
            return
        for tablet in self.tablets.values():
            tablet.has_news = False
        text = state_file.render([*self._known(), *self._resting])
        await asyncio.to_thread(state_file.write, self._options.state_path, text)

    def _write(self, known: list[Kept]) -> None:
        if self._options.state_path is not None:
            state_file.write(self._options.state_path, state_file.render(known))

    def _known(self) -> list[Kept]:
        now = time.monotonic()
        return [
            replace(kept, memory=self.tablets[device_id].device.memory(now)) for device_id, kept in self._kept.items()
        ]

    def _forget(self, device_id: str) -> None:
        """After a factory reset only the serial is left: the next start enrolls anew."""
        self._kept[device_id] = replace(self._kept[device_id], base="")
        self.tablets[device_id].has_news = True

    def _release(self) -> None:
        self._ending.set()
        self._connecting.shutdown(cancel_futures=True)
        self._downloads.shutdown(cancel_futures=True)
        self._folder.cleanup()
        log_fact("stopped", devices=len(self.tablets))


def _new_boot() -> str:
    return uuid.uuid4().hex
