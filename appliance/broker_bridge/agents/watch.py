"""Two clients under one name: seen by their coming and going, and by the installations that speak. Counts, no decision.

They are one alarm and then nothing is sent, because two clients do every order twice or throw each other out for ever.
"""

from collections import deque

from appliance.domain.agents import Alarm

_FIGHT_SECONDS = 20.0  # they come back every 3 s
_FIGHT_COMES = 4
_CALM_SECONDS = 30.0
_TOGETHER_SECONDS = 600.0


class Watch:
    """`instance`: the installation that spoke last and is taken for the tablet's own."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
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
        if not instance or instance == self.instance:
            return
        if now - self._left.get(instance, -_TOGETHER_SECONDS) < _TOGETHER_SECONDS:
            self._cloned_until = now + _CALM_SECONDS * 2
        if self.instance:
            self._left[self.instance] = now
            self.is_reinstalled = True
        self.instance = instance

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
