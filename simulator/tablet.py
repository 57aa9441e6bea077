"""One running device: its state machine joined to its connection, its downloads and its daily life.

Owns doing, in order, what the state machine asks. It must not decide what the protocol asks of a device.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from protocol import device as wire
from protocol.device import AckStatus, Command, Desired, Leaf
from simulator import effects
from simulator.catalogue import CHILDRENS_APPS
from simulator.device import Device
from simulator.facts import log_fact
from simulator.fetch import Credentials, Wanted, fetch
from simulator.life import Life
from simulator.link import Link
from simulator.profiles import Act

RESTART_SECONDS = 3.0


def _nothing(*_facts: Any) -> None:
    """Nobody asked to be told."""


@dataclass(frozen=True)
class Hooks:
    """Called from the event loop, with the monotonic time of the fact; they must not block."""

    on_applied: Callable[[str, Desired, float], None] = _nothing
    on_done: Callable[[str, Command, float], None] = _nothing
    on_up: Callable[[str, float], None] = _nothing
    on_down: Callable[[str, float], None] = _nothing


@dataclass(frozen=True)
class Surroundings:
    """What a tablet has of the world outside it. `wait` sleeps in a thread, and returns True at the end."""

    hooks: Hooks
    downloads: Executor
    credentials: Credentials
    wait: Callable[[float], bool]
    on_wiped: Callable[[str], None] = field(default=_nothing)


class Tablet:
    def __init__(self, device: Device, link: Link, life: Life, surroundings: Surroundings) -> None:
        self.device = device
        self.link = link
        self._life = life
        self._outside = surroundings
        self._acts: dict[Act, Callable[[], object]] = {
            Act.CHANGE_APP: self._change_app,
            Act.RAISE_HAND: self.raise_hand,
            Act.LOWER_HAND: self.lower_hand,
            Act.GO_AWAY: self.go_offline,
            Act.COME_BACK: self.come_back,
            Act.FALL_ASLEEP: self.fall_asleep,
            Act.WAKE_UP: self.wake_up,
            Act.RESTART: self.restart,
        }
        self._is_asleep = False
        self._is_wiped = False
        self._last_failure = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self.has_news = False

    @property
    def id(self) -> str:
        return self.device.identity.id

    # The world acts on it

    def start(self, delay_seconds: float = 0.0) -> None:
        if not self.device.behaviour.stays_away:
            self.link.start(self, delay_seconds)

    def step(self, now: float) -> None:
        """To be called every half second at least."""
        for act in self._life.due(now):
            self._acts[act]()
        if not self._is_asleep:
            self.device.tick(now)
            self._carry_out()

    async def stop(self) -> None:
        """Say good-bye: presence offline, then a proper disconnection."""
        for task in list(self._tasks):
            task.cancel()
        self._say_offline()
        await self.link.leave()

    def raise_hand(self) -> None:
        self.device.raise_hand(time.monotonic())
        self._carry_out()

    def lower_hand(self) -> None:
        self.device.lower_hand(time.monotonic())
        self._carry_out()

    def open_app(self, app: str) -> bool:
        """The pupil opens an app; False where a restriction forbids it."""
        is_open = self.device.choose_app(app, time.monotonic())
        self._carry_out()
        return is_open

    def use_app(self, app: str, seconds: int) -> bool:
        """As if the pupil had been using an app for that long."""
        now = time.monotonic()
        if not self.open_app(app):
            return False
        self.device.record_use(app, seconds, now)
        self.device.tick(now)
        self._carry_out()
        return True

    def go_offline(self) -> None:
        """Out of reach, without a word."""
        self.link.cut()

    def come_back(self) -> None:
        self._is_asleep = False
        if not self._is_wiped:
            self.link.start(self)

    def fall_asleep(self) -> None:
        self._is_asleep = True
        self.link.freeze()

    def wake_up(self) -> None:
        self._is_asleep = False
        self.link.thaw()

    def restart(self, away_seconds: float = RESTART_SECONDS) -> None:
        """The agent starts anew, after having vanished for a moment."""
        self._is_asleep = False
        self.link.cut()
        self.device.restart(time.monotonic())
        self._carry_out()
        self._log("restarted", boot=self.device.boot)
        self._later(away_seconds, self.come_back)

    def send_raw(self, leaf: Leaf | str, payload: bytes, retain: bool = False) -> bool:
        """Anything at all, to test the hub; a text is a whole topic. False when not connected."""
        if not self.link.up:
            return False
        topic = wire.topic(self.id, leaf) if isinstance(leaf, Leaf) else leaf
        self.link.publish(topic, payload, retain)
        return True

    # What the link tells

    def on_up(self) -> None:
        topics = [wire.topic(self.id, leaf) for leaf in Leaf if leaf in wire.TO_DEVICE]
        self.link.subscribe([*topics, wire.TIME_TOPIC])
        now = time.monotonic()
        self.device.connected(now)
        self._carry_out()
        self._last_failure = ""
        self._log("connected")
        self._outside.hooks.on_up(self.id, now)

    def on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        self.device.receive(topic, payload, retained, time.monotonic())
        self._carry_out()

    def on_down(self, reason: str) -> None:
        self.device.disconnected()
        self._log("disconnected", reason=reason)
        self._outside.hooks.on_down(self.id, time.monotonic())

    def on_failed(self, reason: str) -> None:
        """Told once for each reason: it is tried again for as long as it takes."""
        if reason != self._last_failure:
            self._last_failure = reason
            self._log("not_connected", level=logging.WARNING, reason=reason)

    # What the state machine asks

    def _carry_out(self) -> None:
        """Restart and wipe come last: what was said before them must still go out."""
        endings: list[Callable[[], None]] = []
        for effect in self.device.take():
            match effect:
                case effects.Publish():
                    self._publish(effect)
                case effects.Fetch():
                    self._keep(self._fetch(effect))
                case effects.Restart():
                    endings.append(self._restart_by_order)
                case effects.Wipe():
                    endings.append(self._wipe)
                case _:
                    self._tell(effect)
        for end in endings:
            end()

    def _publish(self, message: effects.Publish) -> None:
        if self.link.up:
            self.link.publish(wire.topic(self.id, message.leaf), message.payload, message.retain)

    def _tell(self, fact: effects.Applied | effects.Lifted | effects.Finished | effects.Ignored) -> None:
        now = time.monotonic()
        self.has_news = True
        match fact:
            case effects.Applied(desired):
                self._log("applied", version=desired.version, locked=self.device.restrictions.lock is not None)
                self._outside.hooks.on_applied(self.id, desired, now)
            case effects.Lifted(version):
                self._log("lifted", version=version)
            case effects.Finished(command, status, error):
                self._log("command", id=command.id, type=command.type.value, status=status.value, error=error)
                if status is AckStatus.DONE:
                    self._outside.hooks.on_done(self.id, command, now)
            case effects.Ignored(topic, why):
                self._log("ignored", level=logging.WARNING, topic=topic, why=why)

    async def _fetch(self, file: effects.Fetch) -> None:
        wanted = Wanted(file.url, file.size, file.sha256)
        outside = self._outside
        loop = asyncio.get_running_loop()
        boot = self.device.boot
        problem = await loop.run_in_executor(outside.downloads, fetch, wanted, outside.credentials, outside.wait)
        if boot == self.device.boot:
            self.device.fetched(file.key, problem, time.monotonic())
            self._carry_out()

    def _restart_by_order(self) -> None:
        self._keep(self._restart_after_flush())

    async def _restart_after_flush(self) -> None:
        await self.link.flushed()
        self.restart()

    def _wipe(self) -> None:
        self._is_wiped = True
        self._keep(self._leave_wiped())

    async def _leave_wiped(self) -> None:
        await self.link.flushed()
        self._say_offline()
        await self.link.leave()
        self._log("wiped")
        self._outside.on_wiped(self.id)

    def _say_offline(self) -> None:
        if self.link.up:
            self.link.publish(wire.topic(self.id, Leaf.PRESENCE), wire.encode_presence(wire.Presence.OFFLINE), True)

    def _change_app(self) -> None:
        self.open_app(self._life.chance.choice(CHILDRENS_APPS))

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        async def wait_and_act() -> None:
            await asyncio.sleep(seconds)
            act()

        self._keep(wait_and_act())

    def _keep(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _log(self, fact: str, level: int = logging.INFO, **fields: object) -> None:
        log_fact(fact, level, device=self.id, **fields)
