"""One running fake agent: its tablet joined to its connection, in the very order of the contract.

Owns connecting, connecting again and the order on the wire. It must not decide what a tablet does or says.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from dataclasses import dataclass, field

from simulator.facts import log_fact
from simulator.webview_kiosk.answers import Asked, Who, answer, status
from simulator.webview_kiosk.commands import obey
from simulator.webview_kiosk.effects import Answer, Effect, Event, Join, Leave, Vanish
from simulator.webview_kiosk.imports import take_settings
from simulator.webview_kiosk.packets import Property, Publication
from simulator.webview_kiosk.session import PURPOSES, Plan, plan
from simulator.webview_kiosk.settings import Settings
from simulator.webview_kiosk.switches import Manner, Switches, Trouble
from simulator.webview_kiosk.tablet import FakeTablet
from simulator.webview_kiosk.wire import Ears, NotConnected, Wire, open_wire

RETRY_SECONDS = 3.0
SLOW_SUBSCRIBE_SECONDS = 3.0
MIXED_UP_SECONDS = 0.03
TICK_SECONDS = 0.02
OTHER_USERNAME = "somebody-else"


@dataclass(frozen=True)
class Start:
    """What an agent is started with. `instance_id`: made at the app's first start, and copied by a backup."""

    settings: Settings
    switches: Switches = field(default_factory=Switches)
    manner: Manner = field(default_factory=Manner)
    chance: random.Random = field(default_factory=random.Random)
    instance_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Agent:
    """Everything here belongs to the event loop. `tablet` may be acted on; then call `settle`."""

    def __init__(self, start: Start) -> None:
        self.tablet = FakeTablet(start.settings, start.switches, start.manner, start.chance)
        self.instance_id = start.instance_id
        self.received: list[tuple[str, bytes]] = []
        self.connects = 0
        self._settings = start.settings
        self._chance = start.chance
        self._plan: Plan | None = None
        self._wire: Wire | None = None
        self._forgotten: list[Wire] = []
        self._subscribed = False
        self._connecting: asyncio.Task[None] | None = None
        self._ticker: asyncio.Task[None] | None = None

    @property
    def username(self) -> str:
        return self._settings.stored_text("mqtt.connection.username")

    @property
    def is_connected(self) -> bool:
        return self._wire is not None and self._wire.is_up

    @property
    def refused_publishes(self) -> int:
        return 0 if self._wire is None else self._wire.refused_publishes

    def start(self) -> None:
        self._ticker = asyncio.get_running_loop().create_task(self._tick())
        self.tablet.start_as_switched(self._now())
        self.settle()

    async def stop(self) -> None:
        for task in (self._ticker, self._connecting):
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in (self._ticker, self._connecting) if task), return_exceptions=True)
        self.tablet.close(self._now())
        self.settle()
        for wire in self._forgotten:
            wire.leave()

    def settle(self) -> None:
        """Carry out what the tablet wants, in order."""
        for effect in self.tablet.take():
            self._carry_out(effect)

    # What the network and Android do to its connection

    def cut(self) -> None:
        """The Wi-Fi goes for a moment: a will, then a reconnection of its own."""
        if self._wire is not None:
            self._wire.cut()
            self._lost("cut")

    def recreate_activity(self) -> None:
        """A change of configuration: the old connection is forgotten, not closed, and a new client connects."""
        if self._wire is not None:
            self._forgotten.append(self._wire)
            self._wire = None
        self._join()

    def send_raw(self, topic: str, payload: bytes) -> None:
        if self._wire is not None:
            self._wire.publish(Publication(topic, payload))

    # Connecting

    def _join(self) -> None:
        self._stop_connecting()
        if self._settings.stored_flag("mqtt.enabled"):
            plain_will = self.tablet.manner.has(Trouble.PLAIN_WILL)
            self._plan = plan(self._settings, self.instance_id, plain_will)
            self._connecting = asyncio.get_running_loop().create_task(self._connect(is_automatic=False))

    def _stop_connecting(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None

    async def _connect(self, is_automatic: bool) -> None:
        made = self._plan
        assert made is not None  # noqa: S101 - `_join` made it
        while True:
            if is_automatic:
                await asyncio.sleep(RETRY_SECONDS * self.tablet.manner.pace)
            self._subscribed = is_automatic  # a new client drops what comes before it has subscribed
            try:
                wire = await open_wire(made.place, made.connect(is_automatic), Ears(self._hear, self._lost))
            except NotConnected as error:
                log_fact("not_connected", logging.WARNING, username=made.who.username, reason=error)
                is_automatic = True
                continue
            break
        self._wire, self.connects = wire, self.connects + 1
        self.tablet.is_connected = True
        await self._greet(made, wire, is_automatic)

    async def _greet(self, made: Plan, wire: Wire, is_automatic: bool) -> None:
        log_fact("connected", username=made.who.username, automatic=is_automatic, session=wire.session_present)
        hello = Event("connected", status(self.tablet, is_first=True))
        if not is_automatic:
            self._say(made.event(hello, self._speaks_as(made)))
        if not (is_automatic and wire.session_present):
            await self._subscribe(made, wire, is_automatic)
        if is_automatic:
            self._say(made.event(hello, self._speaks_as(made)))

    async def _subscribe(self, made: Plan, wire: Wire, is_automatic: bool) -> None:
        manner = self.tablet.manner
        if manner.has(Trouble.SLOW_SUBSCRIBE):
            await asyncio.sleep(SLOW_SUBSCRIBE_SECONDS * manner.pace)
        self._subscribed = True
        if manner.has(Trouble.DEAF):
            return
        user_properties = [] if is_automatic else made.user_properties
        for number, purpose in enumerate(PURPOSES, start=1):
            properties = [(Property.SUBSCRIPTION_ID, number), *user_properties]
            wire.subscribe(made.topics[purpose], made.qos[purpose], properties)

    def _lost(self, reason: str) -> None:
        log_fact("disconnected", username=self.username, reason=reason)
        self._wire = None
        self.tablet.is_connected = False
        if self.tablet.is_running and self._plan is not None:
            self._stop_connecting()
            self._connecting = asyncio.get_running_loop().create_task(self._connect(is_automatic=True))

    # Messages in, effects out

    def _hear(self, message: Publication) -> None:
        if self._plan is None or not self._subscribed:
            return
        purpose = self._plan.purpose_of(message.topic)
        if purpose is None:
            return
        self.received.append((purpose, message.payload))
        delay = self._chance.random() * MIXED_UP_SECONDS if self.tablet.switches.reorder else 0.0
        self.tablet.timers.at(self._now() + delay, lambda now: self._handle(purpose, message, now))
        self._step()

    def _handle(self, purpose: str, message: Publication, now: float) -> None:
        if purpose == "command":
            obey(self.tablet, message.payload, now)
        elif purpose == "settings":
            take_settings(self.tablet, message.payload, now)
        elif self._plan is not None:
            self._answer(message, self._plan, now)

    def _answer(self, message: Publication, made: Plan, now: float) -> None:
        topic, correlation = message.first(Property.RESPONSE_TOPIC), message.first(Property.CORRELATION_DATA)
        asked = Asked(
            message.payload,
            topic if isinstance(topic, str) else None,
            correlation if isinstance(correlation, bytes) else None,
        )
        manner = self.tablet.manner
        for said in answer(self.tablet, asked, made.who):
            if manner.has(Trouble.LATE):
                self.tablet.timers.at(now + manner.late_seconds, lambda _now, said=said: self.tablet.do(said))  # type: ignore[misc]  # mypy cannot read a lambda's default
            else:
                self.tablet.do(said)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Join():
                self._join()
            case Leave():
                self._leave(effect)
            case Vanish():
                self._vanish()
            case Event() | Answer():
                self._tell(effect)

    def _leave(self, effect: Leave) -> None:
        self._stop_connecting()
        if self._wire is not None:
            if self._plan is not None:
                self._tell(Event("disconnecting", {"cause": effect.cause.value}))
            self._wire.leave()
        self._wire, self.tablet.is_connected = None, False

    def _vanish(self) -> None:
        self._stop_connecting()
        if self._wire is not None:
            self._wire.cut()
        self._wire, self.tablet.is_connected = None, False

    def _tell(self, effect: Event | Answer) -> None:
        if self._plan is None or not self.is_connected:
            return
        as_who = self._speaks_as(self._plan)
        if isinstance(effect, Answer):
            self._say(self._plan.answer(effect, as_who))
            return
        manner = self.tablet.manner
        if effect.name in ("lock", "unlock") and manner.has(Trouble.SILENT_LOCK):
            return
        for _ in range(2 if manner.has(Trouble.TWICE) else 1):
            self._say(self._plan.event(effect, as_who))

    def _speaks_as(self, made: Plan) -> Who:
        is_other = self.tablet.manner.has(Trouble.OTHER_USERNAME)
        return Who(OTHER_USERNAME if is_other else made.who.username, made.who.instance_id)

    def _say(self, message: Publication) -> None:
        if self._wire is not None:
            self._wire.publish(message)

    # Time

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._step()

    def _step(self) -> None:
        self.tablet.step(self._now())
        self.settle()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
