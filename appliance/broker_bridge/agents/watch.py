"""Two clients under one name: seen by their coming and going, and by the installations that speak. Counts, no decision.

They are one alarm and then nothing is sent, because two clients do every order twice or throw each other out for ever.
"""

from collections import deque

from appliance.domain.agents import Alarm

_FIGHT_SECONDS = 20.0  # they come back every 3 s
_FIGHT_COMES = 4
_CALM_SECONDS = 30.0
_TOGETHER_SECONDS = 600.0
_MOST_INSTALLATIONS = 8  # within that time: nobody installs it anew so often, and no more are remembered


class Watch:
    """`instance`: the installation that is taken for the tablet's own: who spoke last, unless several speak."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self._speaker = instance
        self.is_reinstalled = False
        self._left: dict[str, float] = {}
        self._comes: deque[float] = deque()
        self._fight_until = 0.0
        self._cloned_until = 0.0

    def came(self, now: float, *, orderly: bool) -> None:
        """A connection; `orderly`: after a good-bye, as a display that is switched on and off makes it."""
        if orderly:
            return
        self._comes.append(now)
        while self._comes and self._comes[0] < now - _FIGHT_SECONDS:
            self._comes.popleft()
        if len(self._comes) >= _FIGHT_COMES:
            self._fight_until = now + _CALM_SECONDS

    def spoke(self, instance: str | None, now: float) -> None:
        if not instance:
            return
        if instance != self._speaker:
            self._speaker_changed(instance, now)
        if now >= self._cloned_until:
            self.instance = instance

    def _speaker_changed(self, instance: str, now: float) -> None:
        self._left = {one: at for one, at in self._left.items() if now - at < _TOGETHER_SECONDS}
        is_full = len(self._left) >= _MOST_INSTALLATIONS
        if instance in self._left or is_full:
            self._cloned_until = now + _CALM_SECONDS * 2
        if self._speaker:
            self.is_reinstalled = True
            if self._speaker in self._left or not is_full:
                self._left[self._speaker] = now
        self._speaker = instance

    def alarms(self, now: float) -> frozenset[Alarm]:
        found = {
            Alarm.TAKEOVER: now < self._fight_until,
            Alarm.CLONED: now < self._cloned_until,
            Alarm.REINSTALLED: self.is_reinstalled,
        }
        return frozenset(alarm for alarm, is_on in found.items() if is_on)

    def next_at(self, now: float) -> float:
        """When an alarm that withholds orders ends, if nothing else happens."""
        return max(self._fight_until, self._cloned_until) if self.is_withholding(now) else float("inf")

    def is_withholding(self, now: float) -> bool:
        return now < max(self._fight_until, self._cloned_until)
