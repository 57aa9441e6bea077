"""The bridge's two workers: one records what devices say, one sends what the store wants."""

import threading
import time
from dataclasses import dataclass

from appliance import worker
from appliance.broker_bridge.inbox import Inbox
from appliance.broker_bridge.outbox import Outbox
from appliance.clock import Clock
from appliance.mqtt import HubConnection, Message
from appliance.nudge import NudgeReceiver, NudgeSender
from appliance.services.intake import Outcome
from appliance.services.lessons import Lessons
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from appliance.store.live import live_database
from appliance.store.models import database
from protocol.device import TIME_EVERY_SECONDS

_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the bridge is made of; wired in bootstrap."""

    clock: Clock
    connection: HubConnection
    inbox: Inbox
    outbox: Outbox
    live: LiveStates
    lessons: Lessons
    outgoing: Outgoing
    nudged: NudgeReceiver
    nudge_web: NudgeSender
    nudge_self: NudgeSender


class Bridge:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stop = threading.Event()
        self._arrived = threading.Event()
        self._again = threading.Event()
        self._failure: BaseException | None = None
        self._next_look = 0.0
        self._next_time = 0.0
        parts.connection.on_message = self._receive
        parts.connection.on_connected = self._again.set
        parts.inbox.on_outcome = self._answer

    def run(self) -> None:
        """Until `stop`. An error nobody can answer ends the process; the supervisor starts it anew."""
        threads = [
            threading.Thread(target=self._guard, args=(self._inbox_step, self._wait_for_message), name="inbox"),
            threading.Thread(target=self._guard, args=(self._outbox_step, self._wait_for_nudge), name="outbox"),
        ]
        self._parts.connection.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._parts.connection.stop()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._stop.set()
        self._arrived.set()

    def _guard(self, step: worker.Step, wait: worker.Wait) -> None:
        try:
            with database.connection_context(), live_database.connection_context():
                worker.run(step, wait, self._stop)
        except BaseException as error:
            self._failure = error
            self.stop()

    def _receive(self, message: Message) -> None:
        self._parts.inbox.receive(message)
        self._arrived.set()

    def _wait_for_message(self) -> None:
        self._arrived.wait(_LOOK_SECONDS)
        self._arrived.clear()

    def _wait_for_nudge(self) -> None:
        self._parts.nudged.wait(_LOOK_SECONDS)

    def _inbox_step(self) -> bool:
        parts = self._parts
        did = parts.inbox.step(parts.connection.acknowledge)
        if did:
            parts.live.save()
            if parts.inbox.came_online:
                came, parts.inbox.came_online = parts.inbox.came_online, set()
                parts.outbox.came_online(came)
                parts.nudge_self.send()
            parts.nudge_web.send()
        return did

    def _answer(self, outcome: Outcome) -> None:
        for device_id, ack in outcome.usage_acks:
            self._parts.outbox.publish_usage_ack(self._parts.connection, device_id, ack)

    def _outbox_step(self) -> bool:
        parts = self._parts
        if not parts.connection.connected.is_set():
            self._look()
            return False
        if self._again.is_set():
            self._again.clear()
            parts.outbox.start_again()
            self._next_time = 0.0
        self._look()
        did = parts.outbox.step(parts.connection)
        if did:
            parts.nudge_web.send()
        return did

    def _look(self) -> None:
        """Once a second: what time itself changes."""
        parts, monotonic = self._parts, time.monotonic()
        if monotonic < self._next_look:
            return
        self._next_look = monotonic + _LOOK_SECONDS
        now = parts.clock.now()
        if parts.lessons.end_due() or parts.outgoing.expire(now):
            parts.nudge_web.send()
        parts.outbox.catch_up(now)
        if monotonic >= self._next_time and parts.connection.connected.is_set():
            self._next_time = monotonic + TIME_EVERY_SECONDS
            parts.outbox.publish_time(parts.connection)
