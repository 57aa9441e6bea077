"""What a device remembers of commands, so that each is carried out at most once.

Owns the ids of the last 24 h and how each ended. It carries nothing out and reads no clock.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from protocol.device import AckStatus, Command

REMEMBERED_FOR = timedelta(hours=24)


class Verdict(StrEnum):
    CARRY_OUT = "carry_out"
    EXPIRED = "expired"
    REPEATED = "repeated"  # it has ended: say again how
    UNDERWAY = "underway"


@dataclass
class Entry:
    seen_at: datetime
    status: AckStatus = AckStatus.RECEIVED
    error: str | None = None
    # The effect is the restart itself: done when the device is back.
    ends_with_restart: bool = False


@dataclass
class CommandDesk:
    entries: dict[str, Entry] = field(default_factory=dict)

    def judge(self, command: Command, hub_now: datetime) -> Verdict:
        """Decide on a command that has just arrived, and remember it. `hub_now` is the hub's time."""
        self._forget_old(hub_now)
        known = self.entries.get(command.id)
        if known is not None:
            return Verdict.REPEATED if known.status.is_final else Verdict.UNDERWAY
        self.entries[command.id] = Entry(seen_at=hub_now)
        return Verdict.EXPIRED if hub_now >= command.expires_at else Verdict.CARRY_OUT

    def finish(self, command_id: str, status: AckStatus, error: str | None = None) -> bool:
        """Returns False when it had ended already or is not known: the first final status stands."""
        entry = self.entries.get(command_id)
        if entry is None or entry.status.is_final:
            return False
        entry.status, entry.error = status, error
        return True

    def restart(self) -> list[str]:
        """Forget what was cut short, so that the hub's repetition does it; returns what the restart itself ended."""
        ended = [command_id for command_id, entry in self.entries.items() if self._is_ended_by_restart(entry)]
        self.entries = {
            command_id: entry
            for command_id, entry in self.entries.items()
            if entry.status.is_final or entry.ends_with_restart
        }
        return ended

    @staticmethod
    def _is_ended_by_restart(entry: Entry) -> bool:
        return entry.ends_with_restart and not entry.status.is_final

    def _forget_old(self, hub_now: datetime) -> None:
        """Oldest first, so that the usual look costs one comparison."""
        while self.entries:
            oldest = next(iter(self.entries))
            if hub_now - self.entries[oldest].seen_at < REMEMBERED_FOR:
                return
            del self.entries[oldest]
