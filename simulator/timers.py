"""What is to happen later, in order. Time is a parameter."""

import heapq
from collections.abc import Callable
from itertools import count

Act = Callable[[float], None]


class Timers:
    def __init__(self) -> None:
        self._due: list[tuple[float, int, Act]] = []
        # Equal times keep the order in which they were asked for.
        self._order = count()

    def at(self, when: float, act: Act) -> None:
        heapq.heappush(self._due, (when, next(self._order), act))

    def run(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2](now)

    def clear(self) -> None:
        self._due.clear()
