"""What translations said in one step, on its way: messages to their tablets, facts to the store, in one transaction.

What the store refuses for want of room or time is kept and tried again; nothing is published twice for that.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from appliance.broker_bridge.agents.translation import Answers, Drops, Output, Publish, Reports, Rotates, Unproven
from appliance.broker_bridge.agents.turns import Deed, Turns
from appliance.domain.agents import AgentMemory
from appliance.logs import fact
from appliance.services.agent_links import record_answer, write_memory
from appliance.services.intake import Batch, Intake
from appliance.services.journal import record
from appliance.services.live_state import LiveStates
from appliance.services.reach import Merged, Reach
from appliance.store.models import database

_log = logging.getLogger("agents")
_TELL_AGAIN = timedelta(minutes=10)
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
    deeds: list[Deed] = field(default_factory=list)


class Post:
    """For one thread. `publish(device_id, message)`; `apply_credentials`: see Turns."""

    def __init__(
        self,
        intake: Intake,
        live: LiveStates,
        reach: Reach,
        publish: Callable[[str, Publish], None],
        apply_credentials: Callable[[], bool],
    ) -> None:
        self._intake = intake
        self._live = live
        self._reach = reach
        self._publish = publish
        self._tablets: dict[str, _Tablet] = {}
        self._pending = _Pending()
        self._held: list[tuple[str, Publish]] = []
        self.turns = Turns(lambda deed: self._pending.deeds.append(deed), apply_credentials)

    def meet(self, device_id: str, memory: AgentMemory, words: frozenset[str]) -> None:
        self._tablets[device_id] = _Tablet(memory, words)

    def forget(self, device_id: str) -> None:
        self._tablets.pop(device_id, None)
        self.turns.forget(device_id)

    def take(self, device_id: str, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Publish) and self.turns.is_swapping(device_id):
                self._held.append((device_id, output))
            elif isinstance(output, Publish):
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
        self.turns.committed()
        self._let_go()
        return True

    def _let_go(self) -> None:
        """A question that is asked before the broker knows the new password would be answered with the old one."""
        held, self._held = self._held, []
        for device_id, message in held:
            self._publish(device_id, message)

    def _reports(self, device_id: str, output: Reports) -> None:
        self._reach.agent_said(device_id, output.reported)

    def _answers(self, device_id: str, output: Answers) -> None:
        self._pending.batch.agent_acks.append((device_id, output.ack, output.evidence))

    def _unproven(self, device_id: str, output: Unproven) -> None:
        self._pending.batch.unproven.append((device_id, output.command_id))

    def _drops(self, device_id: str, output: Drops) -> None:
        self._pending.batch.drop(device_id, output.reason)

    def _rotates(self, device_id: str, output: Rotates) -> None:
        self.turns.take(device_id, output)


@dataclass(frozen=True, slots=True)
class _Told:
    device_id: str
    alarm: str

    def __call__(self, now: datetime) -> None:
        fact(_log, "agent_alarm", device=self.device_id, alarm=self.alarm)
        record(now, "bridge", "agent.alarm", f"device:{self.device_id}", alarm=str(self.alarm))


_TAKE: Mapping[type, Callable[..., None]] = {
    Reports: Post._reports,
    Answers: Post._answers,
    Unproven: Post._unproven,
    Drops: Post._drops,
    Rotates: Post._rotates,
}
