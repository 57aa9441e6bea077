"""What translations said in one step, on its way: messages to their tablets, facts to the store, in one transaction.

What the store refuses for want of room or time is kept and tried again; nothing is published twice for that.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from appliance.broker.credentials import hash_password
from appliance.broker_bridge.agents.translation import Answers, Drops, Output, Publish, Reports, Rotates, Turn, Unproven
from appliance.domain.agents import AgentMemory
from appliance.logs import fact
from appliance.services.agent_links import Kept, record_answer, swap_credential, write_memory, write_rotation
from appliance.services.intake import Batch, Intake
from appliance.services.journal import record
from appliance.services.live_state import LiveStates
from appliance.services.reach import Merged, Reach
from appliance.store.models import database

_log = logging.getLogger("agents")
_TELL_AGAIN = timedelta(minutes=10)
_SWAP_SECONDS = 20.0
_SEEN_EVERY = timedelta(minutes=10)  # a proof of life is no news each minute, and each is a write to the card


@dataclass(slots=True)
class _Tablet:
    """What the store knows of it already."""

    memory: AgentMemory
    words: frozenset[str]
    seen_at: datetime | None = None
    merged: Merged | None = None
    told: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class _Pending:
    batch: Batch = field(default_factory=Batch)
    deeds: list[Callable[[datetime], None]] = field(default_factory=list)
    changes_credentials: bool = False


class Post:
    """For one thread. `publish(device_id, message)`; `on_credentials`: the broker has to learn others at once."""

    def __init__(
        self,
        intake: Intake,
        live: LiveStates,
        reach: Reach,
        publish: Callable[[str, Publish], None],
        on_credentials: Callable[[], None],
    ) -> None:
        self._intake = intake
        self._live = live
        self._reach = reach
        self._publish = publish
        self._on_credentials = on_credentials
        self._tablets: dict[str, _Tablet] = {}
        self._pending = _Pending()
        self._turning: dict[str, str] = {}  # tablets that are changing their password, and the one before
        self._swapped_at: dict[str, float] = {}

    def meet(self, device_id: str, memory: AgentMemory, words: frozenset[str]) -> None:
        self._tablets[device_id] = _Tablet(memory, words)

    def forget(self, device_id: str) -> None:
        self._tablets.pop(device_id, None)

    def take(self, device_id: str, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Publish):
                self._publish(device_id, output)
            else:
                _TAKE[type(output)](self, device_id, output)

    def merge(self, device_id: str, now: datetime) -> None:
        """Both channels' reports as one, when it says something that was not said before."""
        merged = self._reach.merged(device_id, now)
        if merged is not None and merged != self._tablets[device_id].merged:
            self._tablets[device_id].merged = merged
            self._live.reported(device_id, merged.reported, now, fresh=False)
            self._pending.batch.reported[device_id] = merged.reported
            self._pending.batch.carriers[device_id] = merged.carriers

    def note(self, device_id: str, memory: AgentMemory, words: frozenset[str], *, answers: bool, now: datetime) -> None:
        """What must survive a restart, when it changed."""
        known = self._tablets[device_id]
        if memory != known.memory:
            for alarm in sorted(memory.alarms - known.memory.alarms):
                if now - known.told.get(alarm, now - _TELL_AGAIN) >= _TELL_AGAIN:
                    known.told[alarm] = now
                    self._pending.deeds.append(_Told(device_id, alarm))
            self._pending.deeds.append(lambda _: write_memory(device_id, memory))
            known.memory = memory
        has_news = words != known.words
        if answers and (has_news or known.seen_at is None or now - known.seen_at >= _SEEN_EVERY):
            known.seen_at, known.words = now, words
            self._pending.deeds.append(lambda at: record_answer(device_id, words if has_news else None, at))

    def begin_turn(self, device_id: str) -> bool:
        """A change of password begins; False: it has begun already."""
        if device_id in self._turning:
            return False
        self._turning[device_id] = ""
        with database.atomic("IMMEDIATE"):
            write_rotation(device_id, {"state": "waiting"})
        return True

    def heal(self, kept: Kept, *, answers: bool, monotonic: float) -> None:
        """A change that a restart of ours cut short: the one password, then the other, until the tablet is back."""
        rotation, device_id = kept.rotation, kept.device_id
        if rotation.get("state") != "waiting" or device_id in self._turning:
            return
        other = rotation.get("other")
        if answers or not isinstance(other, str):
            self._pending.deeds.append(_Turned(device_id, is_undone=not isinstance(other, str)))
        elif monotonic - self._swapped_at.get(device_id, monotonic - _SWAP_SECONDS) >= _SWAP_SECONDS:
            self._swapped_at[device_id] = monotonic
            self._swap(device_id, other)

    def record(self, now: datetime) -> bool:
        """True when anything was. What the store raises passes through; the same is tried again next time."""
        pending = self._pending
        if pending.batch.is_empty and not pending.deeds:
            return False
        with database.atomic("IMMEDIATE"):
            self._intake.record(pending.batch, now)
            for deed in pending.deeds:
                deed(now)
        self._pending = _Pending()
        if pending.changes_credentials:
            self._on_credentials()
        return True

    def _reports(self, device_id: str, output: Reports) -> None:
        self._reach.agent_said(device_id, output.reported)

    def _answers(self, device_id: str, output: Answers) -> None:
        self._pending.batch.agent_acks.append((device_id, output.ack, output.evidence))

    def _unproven(self, device_id: str, output: Unproven) -> None:
        self._pending.batch.unproven.append((device_id, output.command_id))

    def _drops(self, device_id: str, output: Drops) -> None:
        self._pending.batch.drop(device_id, output.reason)

    def _rotates(self, device_id: str, output: Rotates) -> None:
        """Written before this step ends: the tablet comes back in this very moment."""
        if output.turn is Turn.LEAVING:
            self._swap(device_id, hash_password(output.password))
            return
        former = self._turning.pop(device_id, "")
        is_undone = output.turn is Turn.UNDONE
        if is_undone and former:
            self._swap(device_id, former)
        self._pending.deeds.append(_Turned(device_id, is_undone=is_undone))

    def _swap(self, device_id: str, credential: str) -> None:
        def deed(_: datetime) -> None:
            former = swap_credential(device_id, credential)
            write_rotation(device_id, {"state": "waiting", "other": former})
            if device_id in self._turning:
                self._turning[device_id] = former

        self._pending.deeds.append(deed)
        self._pending.changes_credentials = True


@dataclass(frozen=True, slots=True)
class _Told:
    device_id: str
    alarm: str

    def __call__(self, now: datetime) -> None:
        fact(_log, "agent_alarm", device=self.device_id, alarm=self.alarm)
        record(now, "bridge", "agent.alarm", f"device:{self.device_id}", alarm=str(self.alarm))


@dataclass(frozen=True, slots=True)
class _Turned:
    device_id: str
    is_undone: bool

    def __call__(self, now: datetime) -> None:
        write_rotation(self.device_id, {"state": "undone" if self.is_undone else "done"})
        action = "agent.rotation_undone" if self.is_undone else "agent.rotated"
        record(now, "bridge", action, f"device:{self.device_id}")


_TAKE: Mapping[type, Callable[..., None]] = {
    Reports: Post._reports,
    Answers: Post._answers,
    Unproven: Post._unproven,
    Drops: Post._drops,
    Rotates: Post._rotates,
}
