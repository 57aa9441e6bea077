"""The bridge's workers: one records what devices say, one sends what the store wants, one keeps floods out."""

import logging
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from appliance import worker
from appliance.broker_bridge.agents.desk import Desk
from appliance.broker_bridge.inbox import MOST_AT_ONCE, Inbox
from appliance.broker_bridge.outbox import Outbox
from appliance.broker_bridge.suspensions import Suspensions
from appliance.clock import Clock
from appliance.logs import fact
from appliance.mqtt import HubConnection, Message
from appliance.nudge import NudgeReceiver, NudgeSender
from appliance.services.agent_links import is_enabled
from appliance.services.guests import Guests
from appliance.services.intake import Outcome
from appliance.services.lessons import Lessons
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from appliance.store import ballast
from appliance.store.live import live_database
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS, read_trouble
from protocol.device import TIME_EVERY_SECONDS, Presence

_log = logging.getLogger("bridge")
_LOOK_SECONDS = 1.0
_MOMENT_SECONDS = 0.05
_TELL_AGAIN_SECONDS = 60.0
_GATHER_SECONDS = 0.02  # thirty answers to one gesture become one commit, and one write to the card

# How long a device that was online may take to show itself again after the broker was lost or came back. Broker and
# device are back within seconds; a presence from before is not believed for longer.
DOUBT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the bridge is made of; wired in start.py."""

    clock: Clock
    connection: HubConnection
    inbox: Inbox
    outbox: Outbox
    live: LiveStates
    lessons: Lessons
    outgoing: Outgoing
    guests: Guests
    nudged: NudgeReceiver
    nudge_web: NudgeSender
    nudge_self: NudgeSender
    nudge_uplink: NudgeSender
    suspensions: Suspensions
    ballast_path: Path
    desk: Desk
    agent_suspensions: Suspensions


class Bridge:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stop = threading.Event()
        self._arrived = threading.Event()
        self._again = threading.Event()
        self._failure: BaseException | None = None
        self._next_look = 0.0
        self._next_time = 0.0
        self._changes = 0
        self._doubt_until: float | None = None
        self._told_at = -_TELL_AGAIN_SECONDS
        parts.connection.on_message = self._receive
        parts.connection.on_connected = self._connected
        parts.connection.on_lost = self._lost
        parts.connection.on_failed = self._fail
        parts.inbox.on_outcome = self._answer

    def run(self) -> None:
        """Until `stop`. An error nobody can answer ends the process; the supervisor starts it anew."""
        workers = {
            "inbox": (self._inbox_step, self._wait_for_message),
            "outbox": (self._outbox_step, self._wait_for_nudge),
            "suspensions": (self._parts.suspensions.step, self._wait_for_offence),
            "agents": (self._parts.desk.step, self._parts.desk.wait),
            "agent-suspensions": (self._agent_suspensions_step, self._wait_for_agents_offence),
        }
        threads = [threading.Thread(target=self._guard, args=args, name=name) for name, args in workers.items()]
        with live_database.connection_context():
            self._parts.live.load()
        self._parts.inbox.connection_changed()
        self._parts.connection.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._parts.connection.stop()
        self._parts.desk.stop()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._stop.set()
        self._arrived.set()
        self._parts.nudge_self.send()
        self._parts.desk.wake()

    def _guard(self, step: worker.Step, wait: worker.Wait) -> None:
        def careful() -> bool:
            """A full disk or a busy store is waited for: nothing is acknowledged before it is written."""
            try:
                did = step()
            except STORE_ERRORS as error:
                self._wait_out(error)
                return False
            if did:
                self._told_at = -_TELL_AGAIN_SECONDS  # over: the next trouble is told at once
            return did

        try:
            with database.connection_context(), live_database.connection_context():
                worker.run(careful, wait, self._stop)
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Nobody can answer it: the process ends with it, and the supervisor starts another."""
        self._failure = error
        self.stop()

    def _wait_out(self, error: Exception) -> None:
        trouble = read_trouble(error)
        if trouble is None:
            raise error
        released = trouble.code == "disk_full" and ballast.release(self._parts.ballast_path)
        if released or time.monotonic() - self._told_at > _TELL_AGAIN_SECONDS:
            self._told_at = time.monotonic()
            fact(_log, trouble.code, error=error, ballast="released" if released else "gone")

    def _connected(self) -> None:
        self._parts.inbox.connection_changed()
        self._again.set()
        self._arrived.set()
        self._parts.nudge_self.send()

    def _lost(self) -> None:
        self._parts.inbox.connection_changed()
        self._arrived.set()

    def _receive(self, message: Message) -> None:
        self._parts.inbox.receive(message)
        self._arrived.set()

    def _wait_for_message(self) -> None:
        self._arrived.wait(_LOOK_SECONDS)
        self._arrived.clear()

    def _wait_for_nudge(self) -> None:
        self._parts.nudged.wait(_LOOK_SECONDS)

    def _wait_for_offence(self) -> None:
        self._parts.suspensions.wait(_LOOK_SECONDS)

    def _wait_for_agents_offence(self) -> None:
        self._parts.agent_suspensions.wait(_LOOK_SECONDS)

    def _agent_suspensions_step(self) -> bool:
        """Their broker is there while they are allowed, and only then."""
        return is_enabled() and self._parts.agent_suspensions.step()

    def _inbox_step(self) -> bool:
        parts = self._parts
        if 0 < parts.inbox.waiting < MOST_AT_ONCE:
            self._stop.wait(_GATHER_SECONDS)
        did = parts.inbox.step(parts.connection.acknowledge)
        self._suspend(parts.inbox.take_offenders())
        self._drop_doubtful()
        if parts.live.save() or did:
            parts.nudge_web.send()
        if parts.inbox.came_online:
            parts.outgoing.retry_at_once(parts.inbox.came_online)
            parts.inbox.came_online.clear()
            parts.nudge_self.send()
        if parts.inbox.strangers:
            parts.outbox.clear(parts.connection, parts.inbox.strangers)
            parts.inbox.strangers.clear()
        if parts.inbox.wrongly_retained:
            parts.outbox.clear_topics(parts.connection, parts.inbox.wrongly_retained)
            parts.inbox.wrongly_retained.clear()
        return did

    def _suspend(self, offenders: Collection[str]) -> None:
        """Out is offline, whatever its last will says or forgets to say."""
        parts = self._parts
        if offenders:
            parts.suspensions.suspend(offenders)
            for device_id in offenders:
                parts.live.presence(device_id, Presence.OFFLINE, parts.clock.now())
        parts.inbox.muted = parts.suspensions.out

    def _drop_doubtful(self) -> None:
        monotonic = time.monotonic()
        if self._parts.inbox.changes != self._changes:
            self._changes = self._parts.inbox.changes
            self._doubt_until = monotonic + DOUBT_SECONDS
        if self._doubt_until is not None and monotonic >= self._doubt_until:
            self._doubt_until = None
            gone = self._parts.live.drop_doubtful()
            if gone:
                fact(_log, "not_seen_again", devices=len(gone))

    def _answer(self, outcome: Outcome) -> None:
        if outcome.is_for_city:
            self._parts.nudge_uplink.send()
        for device_id, ack in outcome.usage_acks:
            self._parts.outbox.publish_usage_ack(self._parts.connection, device_id, ack)

    def _outbox_step(self) -> bool:
        parts = self._parts
        self._look()
        parts.desk.wake()
        if not self._is_connected():
            return False
        if self._again.is_set():
            self._again.clear()
            parts.suspensions.renew()
            parts.outbox.start_again()
            parts.outbox.publish_time(parts.connection)
        did = parts.outbox.step(parts.connection)
        if parts.outbox.has_cleared:
            parts.suspensions.wake()  # they may not connect any more
        if did:
            parts.nudge_web.send()
        return did

    def _forget_guests(self) -> None:
        """Only what the broker has forgotten: a cut before that, and it is all done again."""
        parts = self._parts
        if not parts.connection.connected.is_set():
            return
        if parts.outbox.forgotten and parts.guests.forget(parts.outbox.forgotten):
            parts.nudge_web.send()
        parts.outbox.turn()

    def _is_connected(self) -> bool:
        """One is told of a connection a moment before it counts: that moment is waited for, and not the next look."""
        connected = self._parts.connection.connected
        return connected.is_set() or (self._again.is_set() and connected.wait(_MOMENT_SECONDS))

    def _look(self) -> None:
        """Once a second: what time itself changes."""
        parts, monotonic = self._parts, time.monotonic()
        if monotonic < self._next_look:
            return
        self._next_look = monotonic + _LOOK_SECONDS
        now = parts.clock.now()
        ended, expired = parts.lessons.end_due(), parts.outgoing.expire(now)
        if ended or expired:
            parts.nudge_web.send()
        self._forget_guests()
        parts.outbox.catch_up(now)
        if monotonic >= self._next_time and parts.connection.connected.is_set():
            self._next_time = monotonic + TIME_EVERY_SECONDS
            parts.outbox.publish_time(parts.connection)
