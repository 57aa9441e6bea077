"""What a device's pupil and surroundings do by themselves, and when. Chance and time are parameters."""

import heapq
import random

from simulator.profiles import Act, Behaviour, Span


class Life:
    """`speed` makes days pass faster; the protocol's own times are not touched by it."""

    def __init__(self, behaviour: Behaviour, chance: random.Random, speed: float, now: float) -> None:
        self._habits = behaviour.habits
        self.chance = chance
        self._speed = speed
        self._due: list[tuple[float, Act]] = []
        for act in self._habits:
            self._plan(act, self._habits[act].first or self._habits[act].every, now)

    def due(self, now: float) -> list[Act]:
        acts: list[Act] = []
        while self._due and self._due[0][0] <= now:
            act = heapq.heappop(self._due)[1]
            acts.append(act)
            self._plan_next(act, now)
        return acts

    def _plan_next(self, act: Act, now: float) -> None:
        habit = self._habits.get(act)
        if habit is None:
            self._begin_again(act, now)
        elif habit.undo is None:
            self._plan(act, habit.every, now)
        else:
            self._plan(habit.undo, habit.lasts, now)

    def _begin_again(self, undone: Act, now: float) -> None:
        for act, habit in self._habits.items():
            if habit.undo is undone:
                self._plan(act, habit.every, now)

    def _plan(self, act: Act, span: Span, now: float) -> None:
        heapq.heappush(self._due, (now + self.chance.uniform(*span) / self._speed, act))
