"""A fleet in a thread of its own, for callers that are not asyncio: a browser test, an interactive session.

    with BackgroundFleet(Fleet(link, 15)) as fleet:
        fleet.do(lambda: fleet["d-7k3m9q2x"].raise_hand())

Owns the thread and its event loop, nothing of what devices do.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar

from simulator.fleet import Fleet
from simulator.tablet import Tablet

T = TypeVar("T")
PATIENCE_SECONDS = 60.0


class BackgroundFleet:
    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._ending: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="fleet")

    def __enter__(self) -> Self:
        """Returns when all devices that mean to are connected."""
        self._thread.start()
        self._started.result(PATIENCE_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ending is not None:
            self.do(self._ending.set)
        self._thread.join(PATIENCE_SECONDS)

    def __getitem__(self, device_id: str) -> Tablet:
        return self.fleet[device_id]

    def do(self, act: Callable[[], T]) -> T:
        """Have the fleet's own thread do it, and wait: devices belong to their event loop."""

        async def in_loop() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(in_loop(), self._started.result(0)).result(PATIENCE_SECONDS)

    async def _run(self) -> None:
        self._ending = asyncio.Event()
        try:
            async with self.fleet:
                await self.fleet.all_up()
                self._started.set_result(asyncio.get_running_loop())
                await self._ending.wait()
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)
