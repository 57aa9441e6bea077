"""The usage records of one device: counted by its own clock, kept until the hub has acknowledged them.

Owns boot, seq and the records not yet covered. It must not know when they are sent.
"""

from dataclasses import dataclass, field
from datetime import datetime

from protocol.device import UsageAck, UsageBatch, UsageRecord

# A long use is cut into records of this length, so that little is lost with the battery.
LONGEST_SECONDS = 300
RECORDS_PER_MESSAGE = 200
MAX_APP_CHARS = 255


@dataclass
class InUse:
    app: str
    started_at: datetime
    since: float


@dataclass
class UsageLog:
    boot: str
    next_seq: int = 1
    kept: dict[str, list[UsageRecord]] = field(default_factory=dict)
    in_use: InUse | None = None
    has_news: bool = False

    def begin(self, app: str, started_at: datetime, now: float) -> None:
        self.in_use = InUse(app[:MAX_APP_CHARS], started_at, now)

    def end(self, now: float) -> None:
        using, self.in_use = self.in_use, None
        seconds = 0 if using is None else int(now - using.since)
        if using is not None and seconds >= 1:
            self.record(using.app, using.started_at, seconds)

    def split(self, started_at: datetime, now: float) -> None:
        using = self.in_use
        if using is not None and now - using.since >= LONGEST_SECONDS:
            self.end(now)
            self.begin(using.app, started_at, now)

    def record(self, app: str, started_at: datetime, seconds: int) -> None:
        self.kept.setdefault(self.boot, []).append(UsageRecord(self.next_seq, app, started_at, seconds))
        self.next_seq += 1
        self.has_news = True

    def acknowledge(self, ack: UsageAck) -> None:
        left = [record for record in self.kept.get(ack.boot, ()) if record.seq > ack.up_to]
        if left:
            self.kept[ack.boot] = left
        else:
            self.kept.pop(ack.boot, None)

    def batches(self) -> list[UsageBatch]:
        """All that is kept, oldest boot first, in messages well under the size limit."""
        return [
            UsageBatch(boot, tuple(records[start : start + RECORDS_PER_MESSAGE]))
            for boot, records in self.kept.items()
            for start in range(0, len(records), RECORDS_PER_MESSAGE)
        ]

    def restart(self, boot: str) -> None:
        self.in_use = None
        self.boot = boot
        self.next_seq = 1
