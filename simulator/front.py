"""What is in front on a device's screen, and the usage that follows from it.

Owns the app in front, whether a lock covers it, and the usage log. It must not know messages.
"""

from datetime import datetime

from protocol.device import Restrictions
from simulator.usage import UsageLog


class Front:
    def __init__(self, log: UsageLog, counts_usage: bool) -> None:
        self.log = log
        self._counts_usage = counts_usage
        self._label: str | None = None
        self._covered = False
        self._allowed: tuple[str, ...] | None = None
        self.app: str | None = None
        # What the teacher opened last: leaving it is worth an event.
        self.asked_for: str | None = None

    @property
    def visible(self) -> str | None:
        return None if self._covered else self.app

    def may_show(self, app: str) -> bool:
        return self._allowed is None or app in self._allowed

    def restrict(self, restrictions: Restrictions, at: datetime, now: float) -> None:
        self._covered = restrictions.lock is not None
        self._allowed = restrictions.apps
        if self.app is not None and not self.may_show(self.app):
            self.app = self._label = self.asked_for = None
        self._count_again(at, now)

    def show(self, app: str | None, label: str | None, at: datetime, now: float) -> None:
        """`label` is what usage calls it: the app's name, or web:{host}."""
        self.app, self._label = app, label
        self._count_again(at, now)

    def restart(self, boot: str) -> None:
        self.app = self._label = self.asked_for = None
        self.log.restart(boot)

    def _count_again(self, at: datetime, now: float) -> None:
        label = None if self._covered else self._label
        using = self.log.in_use
        if (using.app if using else None) == label:
            return
        self.log.end(now)
        if label is not None and self._counts_usage:
            self.log.begin(label, at, now)
