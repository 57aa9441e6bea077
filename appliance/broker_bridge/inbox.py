"""From the broker's messages to recorded facts: parsed one by one, recorded many at a time.

A message that cannot be read is dropped, counted for its device, and never touches another device's record. One that
cannot be recorded for want of room or time is kept, and not acknowledged: the broker's window then holds the rest.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from appliance.broker_bridge.flood import FloodGate
from appliance.clock import Clock
from appliance.mqtt import Message
from appliance.services.intake import Batch, Intake, Outcome
from appliance.services.live_state import LiveStates
from appliance.services.reach import Reach
from appliance.store.trouble import read_trouble
from protocol.device import (
    FROM_DEVICE,
    MAX_PAYLOAD_BYTES,
    RETAINED,
    Leaf,
    Malformed,
    UsageAck,
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
MOST_BYTES_AT_ONCE = 2 * 1024 * 1024
MOST_WAITING = 2_000  # twice the broker's window
FLOOD, DEFECT, RETAINED_WRONGLY = "flood", "defect", "retained"


_Placed = tuple[str, Leaf, Message]


@dataclass(slots=True)
class _Taken:
    """Messages on their way to the store; kept until they are recorded. `heard`: those of devices that may speak."""

    messages: Sequence[Message]
    heard: list[_Placed] = field(default_factory=list)
    batch: Batch | None = None


class Inbox:
    """`receive` and `connection_changed` are called in the connection's thread, `step` in the worker's."""

    def __init__(
        self,
        clock: Clock,
        intake: Intake,
        live: LiveStates,
        gate: FloodGate | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._clock = clock
        self._intake = intake
        self._live = live
        self._gate = gate or FloodGate()
        self._reach = reach or Reach(live)
        self._waiting: deque[Message | None] = deque()
        self._taken: _Taken | None = None
        self.changes = 0  # of the connection, as far as they were taken note of
        self.muted: Collection[str] = ()  # suspended: what of theirs is still on its way counts as flood
        self.came_online: set[str] = set()
        self.strangers: set[str] = set()  # no devices of ours, but something of theirs is retained
        self.wrongly_retained: set[tuple[str, Leaf]] = set()
        self.on_outcome: Callable[[Outcome], None] = lambda _: None

    def receive(self, message: Message) -> None:
        if len(message.payload) > MAX_PAYLOAD_BYTES:
            message = replace(message, payload=message.payload[: MAX_PAYLOAD_BYTES + 1])  # to be counted, not kept
        if not message.packet_id and len(self._waiting) >= MOST_WAITING:
            return  # QoS 0 is not held back by the broker's window, and promises nothing
        self._waiting.append(message)

    def connection_changed(self) -> None:
        """Lost, or there again: whoever is thought to be online has to show it. In its place among the messages."""
        self._waiting.append(None)

    def take_offenders(self) -> set[str]:
        """Devices that drown the others, since the last time this was asked."""
        offenders, self._gate.offenders = self._gate.offenders, set()
        return offenders

    @property
    def is_empty(self) -> bool:
        return not self._waiting and self._taken is None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def step(self, acknowledge: Callable[[Message], None]) -> bool:
        """One batch: parse, record, then acknowledge to the broker. False when there was nothing.

        What the store raises for want of room or time passes through, and the same batch is tried again next time.
        """
        taken = self._taken = self._taken or self._take()
        if taken is None:
            return False
        now = self._clock.now()
        if taken.batch is None:
            taken.batch = self._read_all(taken)
        outcome = self._record(taken, taken.batch, now)
        self._taken = None
        self.on_outcome(outcome)
        for message in taken.messages:
            acknowledge(message)
        return True

    def _take(self) -> _Taken | None:
        """The next messages, up to a change of the connection; None: nothing there."""
        messages: list[Message] = []
        size = 0
        while self._waiting and len(messages) < MOST_AT_ONCE and size < MOST_BYTES_AT_ONCE:
            message = self._waiting.popleft()
            if message is not None:
                messages.append(message)
                size += len(message.payload)
            elif messages:
                self._waiting.appendleft(None)
                break
            else:
                self._live.doubt()
                self.changes += 1
        return _Taken(messages) if messages else None

    def _read_all(self, taken: _Taken) -> Batch:
        batch, heard = Batch(), []
        placed = [(place, message) for message in taken.messages if (place := parse_topic(message.topic)) is not None]
        known = self._intake.active({device_id for (device_id, _), _ in placed})
        for (device_id, leaf), message in placed:
            if device_id not in known:
                if message.payload and leaf in RETAINED:
                    self.strangers.add(device_id)
            elif message.retained and leaf not in RETAINED:
                self._refuse_retained(device_id, leaf, message, batch)
            elif leaf in FROM_DEVICE and self._may_speak(device_id, leaf, message, batch):
                heard.append((device_id, leaf, message))
        taken.heard = heard
        for one in heard:
            self._read(one, batch)
        return batch

    def _refuse_retained(self, device_id: str, leaf: Leaf, message: Message, batch: Batch) -> None:
        """A hand that was raised once would be up again at each connection: not believed, and cleared."""
        if message.payload:
            batch.drop(device_id, RETAINED_WRONGLY)
            self.wrongly_retained.add((device_id, leaf))

    def _may_speak(self, device_id: str, leaf: Leaf, message: Message, batch: Batch) -> bool:
        """Presence may, always: a flood's last word is that its device is gone."""
        is_flooding = self._gate.is_flooding(device_id, len(message.payload), self._clock.now())
        if leaf is Leaf.PRESENCE or not (is_flooding or device_id in self.muted):
            return True
        batch.drop(device_id, FLOOD)
        return False

    def _read(self, placed: _Placed, batch: Batch) -> None:
        device_id, leaf, message = placed
        try:
            _READ[leaf](self, device_id, message, batch, self._clock.now())
        except Malformed as error:
            batch.drop(device_id, error.reason)
        except Exception:
            # Whatever a stranger found that we did not think of: it costs him his message and nobody else anything.
            _log.exception("message_defect device=%s leaf=%s", device_id, leaf)
            batch.drop(device_id, DEFECT)

    def _record(self, taken: _Taken, batch: Batch, now: datetime) -> Outcome:
        if batch.is_empty:
            return Outcome()
        try:
            return self._intake.record(batch, now)
        except Exception as error:
            if read_trouble(error) is not None:
                raise
            _log.exception("batch_refused messages=%d", len(taken.messages))
            return self._record_one_by_one(taken.heard, batch, now)

    def _record_one_by_one(self, heard: Sequence[_Placed], batch: Batch, now: datetime) -> Outcome:
        """One message that the store refuses must not hold up the others for ever."""
        answers: list[tuple[str, UsageAck]] = []
        dropped = dict(batch.dropped)
        for one in heard:
            alone = Batch()
            self._read(one, alone)
            alone.dropped.clear()
            try:
                answers += self._intake.record(alone, now).usage_acks
            except Exception as error:
                if read_trouble(error) is not None:
                    raise
                dropped[one[0], DEFECT] = dropped.get((one[0], DEFECT), 0) + 1
        self._intake.record(Batch(dropped=dropped), now)
        return Outcome(answers)

    def _alive(self, device_id: str, message: Message, now: datetime) -> None:
        """A retained copy proves nothing about now."""
        if not message.retained and self._live.heard(device_id, now):
            self._came_online(device_id, now)

    def _presence(self, device_id: str, message: Message, _batch: Batch, now: datetime) -> None:
        presence = parse_presence(message.payload)
        if self._live.presence(device_id, presence, now, fresh=not message.retained):
            self._came_online(device_id, now)

    def _came_online(self, device_id: str, now: datetime) -> None:
        self.came_online.add(device_id)
        self._reach.own_came(device_id, now)

    def _reported(self, device_id: str, message: Message, batch: Batch, now: datetime) -> None:
        reported = parse_reported(message.payload)
        self._alive(device_id, message, now)
        merged = self._reach.own_said(device_id, reported, now)
        if merged is not None:
            reported, batch.carriers[device_id] = merged.reported, merged.carriers
        self._live.reported(device_id, reported, now, fresh=not message.retained)
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
