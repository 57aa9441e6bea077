"""From the broker's messages to recorded facts: parsed one by one, recorded many at a time.

A message that cannot be read is dropped, counted for its device, and never touches another device's record.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime

from appliance.clock import Clock
from appliance.logs import fact
from appliance.mqtt import Message
from appliance.services.intake import Batch, Intake, Outcome
from appliance.services.live_state import LiveStates
from protocol.device import (
    FROM_DEVICE,
    Leaf,
    Malformed,
    parse_ack,
    parse_event,
    parse_inventory,
    parse_presence,
    parse_reported,
    parse_topic,
    parse_usage,
)

_log = logging.getLogger("inbox")
MOST_AT_ONCE = 500
FLOOD_PER_SECOND = 100  # a device that says more than this within a second is not listened to for the rest of it


class Inbox:
    """`receive` is called in the connection's thread; `step` in the worker's."""

    def __init__(self, clock: Clock, intake: Intake, live: LiveStates) -> None:
        self._clock = clock
        self._intake = intake
        self._live = live
        self._waiting: deque[Message] = deque()
        self._heard: Counter[str] = Counter()
        self._heard_second = 0
        self.came_online: set[str] = set()
        self.on_outcome: Callable[[Outcome], None] = lambda _: None

    def receive(self, message: Message) -> None:
        self._waiting.append(message)

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    def step(self, acknowledge: Callable[[Message], None]) -> bool:
        """One batch: parse, record, then acknowledge to the broker. False when there was nothing."""
        messages = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
        if not messages:
            return False
        now = self._clock.now()
        batch = Batch()
        for message in messages:
            self._sort(message, batch, now)
        self.on_outcome(Outcome() if batch.is_empty else self._intake.record(batch, now))
        for message in messages:
            acknowledge(message)
        return True

    def _sort(self, message: Message, batch: Batch, now: datetime) -> None:
        place = parse_topic(message.topic)
        if place is None or place[1] not in FROM_DEVICE:
            return
        device_id, leaf = place
        if self._floods(device_id, now):
            _drop(batch, device_id, "flood")
            return
        if message.retained and not message.payload:
            return  # our own clearing of a removed device
        try:
            _READ[leaf](self, device_id, message, batch, now)
        except Malformed as error:
            _drop(batch, device_id, error.reason)

    def _floods(self, device_id: str, now: datetime) -> bool:
        second = int(now.timestamp())
        if second != self._heard_second:
            self._heard_second = second
            self._heard.clear()
        self._heard[device_id] += 1
        if self._heard[device_id] == FLOOD_PER_SECOND + 1:
            fact(_log, "device_floods", device=device_id)
        return self._heard[device_id] > FLOOD_PER_SECOND

    def _alive(self, device_id: str, message: Message, now: datetime) -> None:
        """A retained copy proves nothing about now."""
        if not message.retained and self._live.heard(device_id, now):
            self.came_online.add(device_id)

    def _presence(self, device_id: str, message: Message, _batch: Batch, now: datetime) -> None:
        if self._live.presence(device_id, parse_presence(message.payload), now):
            self.came_online.add(device_id)

    def _reported(self, device_id: str, message: Message, batch: Batch, now: datetime) -> None:
        reported = parse_reported(message.payload)
        self._alive(device_id, message, now)
        self._live.reported(device_id, reported, now)
        batch.reported[device_id] = reported

    def _ack(self, device_id: str, message: Message, batch: Batch, now: datetime) -> None:
        ack = parse_ack(message.payload)
        self._alive(device_id, message, now)
        batch.acks.append((device_id, ack))

    def _usage(self, device_id: str, message: Message, batch: Batch, now: datetime) -> None:
        usage = parse_usage(message.payload)
        self._alive(device_id, message, now)
        batch.usage.append((device_id, usage))

    def _inventory(self, device_id: str, message: Message, batch: Batch, now: datetime) -> None:
        inventory = parse_inventory(message.payload)
        self._alive(device_id, message, now)
        batch.inventories[device_id] = inventory

    def _event(self, device_id: str, message: Message, _batch: Batch, now: datetime) -> None:
        event = parse_event(message.payload)
        self._alive(device_id, message, now)
        self._live.event(device_id, event, now)


_READ: dict[Leaf, Callable[[Inbox, str, Message, Batch, datetime], None]] = {
    Leaf.PRESENCE: Inbox._presence,
    Leaf.REPORTED: Inbox._reported,
    Leaf.ACKS: Inbox._ack,
    Leaf.USAGE: Inbox._usage,
    Leaf.INVENTORY: Inbox._inventory,
    Leaf.EVENTS: Inbox._event,
}


def _drop(batch: Batch, device_id: str, reason: str) -> None:
    key = (device_id, str(reason))
    batch.dropped[key] = batch.dropped.get(key, 0) + 1
