"""How long what waits may wait for more: one exchange with forty facts costs a school's line little more than with one.

Knows monotonic seconds and nothing else. Not for what somebody waits for, nor while there is something to catch up.
"""

from dataclasses import dataclass

SECONDS = 300.0


@dataclass(slots=True)
class Gathering:
    """`seconds`: 0 lets all go at once. Begins hurried: nobody knows how long it has waited already."""

    seconds: float = SECONDS
    _since: float | None = None
    _is_hurried: bool = True

    def look(self, now: float, *, is_any: bool) -> None:
        if not is_any:
            self._since, self._is_hurried = None, False
        elif self._since is None:
            self._since = now

    def hurry(self) -> None:
        """All that waits is due, and what comes until nothing waits."""
        self._is_hurried = True

    def is_due(self, now: float) -> bool:
        return self._since is not None and (self._is_hurried or now - self._since >= self.seconds)
