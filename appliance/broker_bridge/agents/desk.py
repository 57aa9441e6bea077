"""The worker for foreign agents: gives translations what they need to know, and sends on what they say.

In its own thread and over its own connection to the agents' own broker: devices that speak the device protocol never
wait for an agent. Knows no agent's words.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from appliance.broker.credentials import new_password
from appliance.broker_bridge.agents.post import Post
from appliance.broker_bridge.agents.translation import Identity, Order, Publish, Translation
from appliance.broker_bridge.agents.webview_kiosk import WebviewKiosk
from appliance.broker_bridge.flood import FloodGate
from appliance.clock import Clock
from appliance.domain.agents import ANSWERING, AgentMemory
from appliance.domain.channels import AgentName, Profile, able_now, agent_abilities
from appliance.mqtt import HubConnection, Message
from appliance.services.agent_links import Kept, kept_links
from appliance.services.desired import DesiredStates
from appliance.services.intake import Intake
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from appliance.services.reach import Link, Reach
from protocol.device import Capability

SUBSCRIPTIONS = ("wk/+/event/+", "wk/+/response/+", "wk/+/will")
_LOOK_SECONDS = 1.0
_MOST_WAITING = 5_000
_MOMENT_SECONDS = 0.05
_SHORTEST_WAIT_SECONDS = 0.01
_MAKE: dict[AgentName, Callable[[Identity], Translation]] = {AgentName.WEBVIEW_KIOSK: WebviewKiosk}
_ROOTS = {AgentName.WEBVIEW_KIOSK: "wk"}


@dataclass(frozen=True, slots=True)
class DeskParts:
    """Wired in start.py. `connect`: a new connection to the agents' broker. `own_names`: of this appliance."""

    clock: Clock
    live: LiveStates
    reach: Reach
    outgoing: Outgoing
    connect: Callable[[], HubConnection]
    suspend: Callable[[Collection[str]], None]
    renew_credentials: Callable[[], None]
    apply_credentials: Callable[[], bool]
    own_names: Callable[[], frozenset[str]]
    nudge_web: Callable[[], None]


class _Line(Enum):
    """Of the connection to the agents' broker, in its place among the messages."""

    CAME = auto()
    WENT = auto()


@dataclass(slots=True)
class _Seat:
    """One tablet at the desk. `given`: orders that its translation knows."""

    kept: Kept
    hosts: frozenset[str]
    translation: Translation
    version: int = -1
    given: set[str] = field(default_factory=set)
    is_touched: bool = True  # it may have something to say

    def use(self) -> Translation:
        self.is_touched = True
        return self.translation

    def is_for(self, kept: Kept) -> bool:
        """Linked anew, or known to the tablet under a name that is new to us: begun anew, too."""
        return kept.since == self.kept.since and (not kept.host or kept.host in self.hosts)


class Desk:
    """`receive` and what is told of the connection come in its thread, `wake` in any, all else in the worker's."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._states = DesiredStates()
        self._post = Post(Intake(), parts.live, parts.reach, self._publish, parts.apply_credentials)
        self._seats: dict[str, _Seat] = {}
        self._by_user: dict[str, str] = {}
        self._waiting: deque[Message | _Line] = deque()
        self._heard: list[Message] = []  # and not acknowledged: what they say is not written yet
        self._gate = FloodGate()
        self._woken = threading.Event()
        self._connection: HubConnection | None = None
        self._next_look = 0.0
        self._next_round = 0.0
        self._failure: Exception | None = None

    def wake(self) -> None:
        """Something may have changed in the store: look now, unless nobody sits here."""
        if self._seats:
            self._next_look = 0.0
        self._woken.set()

    def wait(self) -> None:
        next_at = min([self._next_look, *(seat.translation.next_at for seat in self._seats.values())])
        self._woken.wait(min(_LOOK_SECONDS, max(_SHORTEST_WAIT_SECONDS, next_at - time.monotonic())))
        self._woken.clear()

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.stop()

    def receive(self, message: Message) -> None:
        if len(self._waiting) < _MOST_WAITING or message.packet_id:
            self._waiting.append(message)
        self._woken.set()

    def step(self) -> bool:
        if self._failure is not None:
            raise self._failure
        monotonic, now = time.monotonic(), self._parts.clock.now()
        if monotonic >= self._next_look:
            self._next_look = monotonic + _LOOK_SECONDS
            self._look(monotonic, now)
        did = self._hear(monotonic, now)
        for seat in self._seats.values():
            if seat.translation.next_at <= monotonic:
                seat.use().due(monotonic)
        self._send_on(monotonic, now)
        for message in self._heard:
            if self._connection is not None:
                self._connection.acknowledge(message)
        self._heard.clear()
        return did

    def _look(self, monotonic: float, now: datetime) -> None:
        self._seat(kept_links(), monotonic, now)
        if self._seats:
            self._want(monotonic)
            self._order(monotonic, now)
            self._rotate(monotonic)

    # Who sits there

    def _seat(self, kept: Collection[Kept], monotonic: float, now: datetime) -> None:
        links = {one.device_id: one for one in kept}
        for device_id, seat in list(self._seats.items()):
            if device_id not in links or not seat.is_for(links[device_id]):
                self._leave(device_id, now)
        names = self._parts.own_names() if links.keys() - self._seats.keys() else frozenset()
        for device_id, one in links.items():
            if device_id in self._seats:
                self._seats[device_id].kept = one
            else:
                self._sit(one, names, monotonic)
        self._parts.reach.links = {
            device_id: Link(one.own, able_now(one.agent, one.profile, one.words)) for device_id, one in links.items()
        }
        self._connect(is_wanted=bool(links))

    def _sit(self, kept: Kept, names: frozenset[str], monotonic: float) -> None:
        hosts = names | ({kept.host} if kept.host else set())
        translation = _MAKE[kept.agent](Identity(kept.username, kept.profile, hosts, kept.memory))
        self._seats[kept.device_id] = _Seat(kept, hosts, translation)
        self._by_user[kept.username] = kept.device_id
        self._post.meet(kept.device_id, kept.memory, frozenset(kept.words))
        if self._connection is not None and self._connection.connected.is_set():
            self._want(monotonic)
            translation.start(monotonic)

    def _leave(self, device_id: str, now: datetime) -> None:
        seat = self._seats.pop(device_id)
        self._by_user.pop(seat.kept.username, None)
        self._post.forget(device_id)
        self._parts.reach.forget(device_id)
        self._parts.live.agent(device_id, None, now)

    def _connect(self, *, is_wanted: bool) -> None:
        if is_wanted and self._connection is None:
            connection = self._connection = self._parts.connect()
            connection.on_message = self.receive
            connection.on_connected = lambda: self._told(_Line.CAME)
            connection.on_lost = lambda: self._told(_Line.WENT)
            connection.on_failed = self._fail
            connection.start()
        elif not is_wanted and self._connection is not None:
            self._connection.stop()
            self._connection = None
            self._waiting.clear()

    def _fail(self, error: Exception) -> None:
        """Nobody can answer it: the process ends with it, and the supervisor starts another."""
        self._failure = error
        self._woken.set()

    def _told(self, line: _Line) -> None:
        self._waiting.append(line)
        self._woken.set()

    # What they have to know

    def _want(self, monotonic: float) -> None:
        versions = self._states.versions()
        stale = {key for key, seat in self._seats.items() if key in versions and versions[key] != seat.version}
        for wanted in self._states.wanted(stale) if stale else ():
            seat = self._seats[wanted.device_id]
            seat.version = wanted.desired.version
            seat.use().want(wanted.desired, monotonic)

    def _order(self, monotonic: float, now: datetime) -> None:
        due = self._parts.outgoing.due_for_agents(now)
        open_ids: dict[str, set[str]] = {device_id: set() for device_id in self._seats}
        for one in due:
            if one.device_id in open_ids:
                open_ids[one.device_id].add(one.command.id)
        for device_id, ids in open_ids.items():
            seat = self._seats[device_id]
            seat.given &= ids
            seat.translation.keep_orders(ids)
        for one in due:
            seat = self._seats[one.device_id]
            is_new = one.command.id not in seat.given
            if is_new and seat.translation.is_free and self._parts.outgoing.claim_for_agent(one, now):
                seat.given.add(one.command.id)
                seat.use().order(Order(one.command, is_repeat=one.tries > 0), monotonic)

    def _rotate(self, monotonic: float) -> None:
        for device_id, seat in self._seats.items():
            is_asked = seat.kept.rotation.get("state") == "asked"
            if is_asked and seat.translation.is_free and self._post.turns.begin(device_id):
                seat.use().rotate(new_password(), monotonic)
            elif not is_asked:
                self._post.turns.heal(seat.kept, answers=seat.translation.presence in ANSWERING, monotonic=monotonic)

    # What they say

    def _hear(self, monotonic: float, now: datetime) -> bool:
        if self._heard:
            return False  # what they said is not written yet: a store that refuses must not fill the memory
        did = bool(self._waiting)
        while self._waiting:
            message = self._waiting.popleft()
            if isinstance(message, Message):
                if message.packet_id:
                    self._heard.append(message)
                self._place(message, monotonic, now)
            else:
                self._line_changed(message, monotonic)
        offenders, self._gate.offenders = self._gate.offenders, set()
        if offenders:
            self._parts.suspend(offenders)
            for user in offenders & self._by_user.keys():  # out is offline, whatever its will forgets to say
                self._seats[self._by_user[user]].use().lose(monotonic)
        return did

    def _place(self, message: Message, monotonic: float, now: datetime) -> None:
        _, _, rest = message.topic.partition("/")
        user, _, leaf = rest.partition("/")
        device_id = self._by_user.get(user)
        if device_id is None or message.retained or self._gate.is_flooding(user, len(message.payload), now):
            return
        self._seats[device_id].use().receive(leaf, message.payload, monotonic)

    def _line_changed(self, line: _Line, monotonic: float) -> None:
        """One is told that it is there a moment before it counts."""
        is_there = line is _Line.CAME and self._connection is not None
        if is_there and self._connection is not None:
            self._connection.connected.wait(_MOMENT_SECONDS)
            self._parts.renew_credentials()
            self._want(monotonic)
        for seat in self._seats.values():
            if is_there:
                seat.use().start(monotonic)
            else:
                seat.use().lose(monotonic)

    def _publish(self, device_id: str, message: Publish) -> None:
        seat = self._seats[device_id]
        if self._connection is not None:
            topic = f"{_ROOTS[seat.kept.agent]}/{seat.kept.username}/{message.leaf}"
            self._connection.publish(topic, message.payload, expires_in=message.expires_in)

    def _send_on(self, monotonic: float, now: datetime) -> None:
        """Of those who were spoken to; once a second of all: alarms end, and channels come and go, by themselves."""
        is_everybodys_turn = monotonic >= self._next_round
        if is_everybodys_turn:
            self._next_round = monotonic + _LOOK_SECONDS
        for device_id, seat in self._seats.items():
            if not (seat.is_touched or is_everybodys_turn):
                continue
            seat.is_touched, translation = False, seat.translation
            self._post.take(device_id, translation.take())
            self._parts.live.agent(device_id, translation.presence, now)
            words = _words(seat.kept.agent, seat.kept.profile, translation.memory)
            answers = translation.presence in ANSWERING
            self._post.note(device_id, translation.memory, words, answers=answers, now=now)
            self._post.merge(device_id, now)
        did = self._post.record(now)
        if did:
            self._next_look = 0.0  # who has done one order may be given the next
        if self._parts.live.save() or did:
            self._parts.nudge_web()


def _words(agent: AgentName, profile: Profile, memory: AgentMemory) -> frozenset[str]:
    """What this tablet can do: its table, less what it says that it cannot."""
    words = frozenset(map(str, agent_abilities(agent, profile)))
    return words - {str(Capability.LOCK)} if memory.is_owner is False or memory.may_lock is False else words
