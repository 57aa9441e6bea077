"""Several fake agents in one event loop, for a trial or a test.

    async with Kiosks([Start(load_setup("t07.json"))]) as kiosks:
        await kiosks.all_up()
        kiosks["t07"].tablet.screen_off(now)

`InBackground` has a thread and an event loop of its own, for callers that are not asyncio.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

from simulator.in_thread import InThread
from simulator.webview_kiosk.agent import Agent, Start
from simulator.webview_kiosk.switches import WEBVIEW_KIOSK
from simulator.webview_kiosk.tablet import FakeTablet

T = TypeVar("T")
PATIENCE_SECONDS = 30.0


class Kiosks:
    """Two with one user name are allowed: that is a fault worth having. A name then gives the first."""

    def __init__(self, starts: Sequence[Start]) -> None:
        self._starts = starts
        self.agents: list[Agent] = []

    def __getitem__(self, username: str) -> Agent:
        return next(agent for agent in self.agents if agent.username == username)

    async def __aenter__(self) -> Self:
        for start in self._starts:
            self.add(start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(agent.stop() for agent in self.agents))

    def add(self, start: Start) -> Agent:
        agent = Agent(start)
        self.agents.append(agent)
        agent.start()
        return agent

    @property
    def up_count(self) -> int:
        return sum(agent.is_connected for agent in self.agents)

    async def all_up(self, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until every tablet that means to is connected; raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while self.up_count < sum(agent.tablet.wants_connection for agent in self.agents):
                await asyncio.sleep(0.01)

    def line(self) -> str:
        """What a person wants to know at a glance, in French."""
        tablets = [agent.tablet for agent in self.agents]
        locked = sum(tablet.is_locked for tablet in tablets)
        elsewhere = sum(tablet.switches.front != WEBVIEW_KIOSK for tablet in tablets)
        dark = sum(not tablet.switches.screen for tablet in tablets)
        return (
            f"{self.up_count} sur {len(tablets)} connectées · {locked} verrouillées · "
            f"{elsewhere} dans une autre application · {dark} écrans éteints"
        )


class InBackground(InThread):
    def __init__(self, starts: Sequence[Start] = ()) -> None:
        self.kiosks = Kiosks(starts)
        super().__init__(self.kiosks, "kiosks")

    def add(self, start: Start) -> Agent:
        return self.do(lambda: self.kiosks.add(start))

    def stop(self, agent: Agent) -> None:
        """One of them leaves in order, and is not looked at any more."""
        self.wait(agent.stop())
        self.kiosks.agents.remove(agent)

    def act(self, agent: Agent, act: Callable[[FakeTablet, float], T]) -> T:
        """Somebody does something to the tablet, and its connection follows."""

        def in_loop() -> T:
            found = act(agent.tablet, asyncio.get_running_loop().time())
            agent.settle()
            return found

        return self.do(in_loop)
