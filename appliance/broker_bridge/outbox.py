"""From the store to the broker: desired states whose version is new, commands that are due, the hub's time."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from appliance.clock import Clock
from appliance.logs import fact
from appliance.services.desired import DesiredStates
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import DueCommand, Outgoing
from protocol.device import (
    RETAINED,
    TIME_EVERY_SECONDS,
    TIME_TOPIC,
    Leaf,
    Malformed,
    UsageAck,
    encode_command,
    encode_desired,
    encode_hub_time,
    encode_usage_ack,
    topic,
)

_log = logging.getLogger("outbox")

# The broker keeps a copy for a device that drops off in this very moment no longer than this: the hub repeats it when
# the device is back, unless the lesson is over by then.
COMMAND_COPY_SECONDS = 20


class Publisher(Protocol):
    def publish(self, topic: str, payload: bytes, *, retain: bool = False, expires_in: int | None = None) -> None: ...


class Outbox:
    """`published` is what this process has put on the broker since it connected; empty means: all of it again.

    For one thread, but for `publish_usage_ack` and `publish_time`.
    """

    def __init__(self, clock: Clock, states: DesiredStates, outgoing: Outgoing, live: LiveStates) -> None:
        self._clock = clock
        self._states = states
        self._outgoing = outgoing
        self._live = live
        self._published: dict[str, int] = {}
        self._must_clear = True
        self._cleared: tuple[set[str], set[str]] = set(), set()  # out of service: just now, and before the last look

    def start_again(self) -> None:
        """The broker may have forgotten everything, or kept what a device left that was removed meanwhile."""
        self._published.clear()
        self._must_clear = True
        self._cleared = set(), set()

    def step(self, publisher: Publisher) -> bool:
        """Publish what is new or due; True when anything was."""
        now = self._clock.now()
        states = self._publish_states(publisher, now)
        commands = self._publish_commands(publisher, now)
        return states or commands

    def publish_time(self, publisher: Publisher) -> None:
        publisher.publish(TIME_TOPIC, encode_hub_time(self._clock.now()), expires_in=TIME_EVERY_SECONDS)

    def publish_usage_ack(self, publisher: Publisher, device_id: str, ack: UsageAck) -> None:
        publisher.publish(topic(device_id, Leaf.USAGE_ACK), encode_usage_ack(ack), expires_in=COMMAND_COPY_SECONDS)

    def came_online(self, device_ids: Collection[str]) -> None:
        self._outgoing.retry_at_once(device_ids)

    def catch_up(self, now: datetime) -> None:
        """Devices that know a later version than the store (it was restored) get one above theirs."""
        self._states.catch_up(self._live.versions(), now)

    @property
    def has_cleared(self) -> bool:
        """Somebody left service since the last look."""
        return bool(self._cleared[0])

    @property
    def forgotten(self) -> Collection[str]:
        """Of whom the broker keeps nothing any more: it has heard so by now, in this connection."""
        return self._cleared[1]

    def turn(self) -> None:
        """After each look while connected, when those that were `forgotten` have been dealt with."""
        self._cleared = set(), self._cleared[0]

    def clear(self, publisher: Publisher, device_ids: Iterable[str]) -> None:
        """A device that is none of ours leaves nothing retained behind."""
        self.clear_topics(publisher, ((device_id, leaf) for device_id in device_ids for leaf in RETAINED))

    def clear_topics(self, publisher: Publisher, places: Iterable[tuple[str, Leaf]]) -> None:
        for device_id, leaf in places:
            publisher.publish(topic(device_id, leaf), b"", retain=True)

    def _publish_states(self, publisher: Publisher, now: datetime) -> bool:
        versions = self._states.versions()
        stale = {device_id for device_id, version in versions.items() if self._published.get(device_id) != version}
        self._clear_gone(publisher, versions)
        if not stale:
            return False
        online = self._live.online
        sent = []
        for wanted in self._states.wanted(stale):
            publisher.publish(topic(wanted.device_id, Leaf.DESIRED), encode_desired(wanted.desired), retain=True)
            self._published[wanted.device_id] = wanted.desired.version
            if wanted.device_id in online:
                sent.append((wanted.device_id, wanted.desired.version))
        self._outgoing.mark_states_sent(sent, now)
        return True

    def _clear_gone(self, publisher: Publisher, versions: Collection[str]) -> None:
        gone = [device_id for device_id in self._published if device_id not in versions]
        if self._must_clear:
            gone += [device_id for device_id in self._states.out_of_service() if device_id not in gone]
            self._must_clear = False
        self._release(publisher, gone)
        self.clear(publisher, gone)
        self._cleared[0].update(gone)
        for device_id in gone:
            self._published.pop(device_id, None)
        self._live.forget(gone)

    def _release(self, publisher: Publisher, gone: Collection[str]) -> None:
        """A guest is told that it is free before it is told nothing any more: its lesson may have ended early."""
        for wanted in self._states.farewells(gone):
            publisher.publish(
                topic(wanted.device_id, Leaf.DESIRED), encode_desired(wanted.desired), expires_in=COMMAND_COPY_SECONDS
            )

    def _publish_commands(self, publisher: Publisher, now: datetime) -> bool:
        due = self._outgoing.due(self._live.own_online, now)
        self._outgoing.mark_sent([one for one in due if self._publish_command(publisher, one, now)], now)
        return bool(due)

    def _publish_command(self, publisher: Publisher, one: DueCommand, now: datetime) -> bool:
        """False for one that the protocol has no words for: it fails alone, and for good."""
        try:
            payload = encode_command(one.command)
        except Malformed as error:
            fact(_log, "command_refused", id=one.command.id, device=one.device_id, reason=error.reason)
            self._outgoing.mark_failed(one.command.id, str(error.reason), now)
            return False
        left = int((one.command.expires_at - now).total_seconds())
        publisher.publish(
            topic(one.device_id, Leaf.COMMANDS), payload, expires_in=max(1, min(COMMAND_COPY_SECONDS, left))
        )
        return True
