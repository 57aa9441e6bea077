"""Something asynchronous in a thread of its own, for callers that are not asyncio: a browser test, a session by hand.

Owns the thread and its event loop, nothing of what lives there.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")
PATIENCE_SECONDS = 60.0


class InThread:
    """`inside`: entered and left in the thread."""

    def __init__(self, inside: AbstractAsyncContextManager[object], name: str) -> None:
        self._inside = inside
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._ending: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name=name)

    async def is_up(self) -> None:
        """What is waited for before the caller goes on."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result(PATIENCE_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ending is not None:
            self.do(self._ending.set)
        self._thread.join(PATIENCE_SECONDS)

    def do(self, act: Callable[[], T]) -> T:
        """In that thread, and waited for: what lives there belongs to its event loop."""

        async def in_loop() -> T:
            return act()

        return self.wait(in_loop())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._started.result(0)).result(PATIENCE_SECONDS)

    async def _run(self) -> None:
        self._ending = asyncio.Event()
        try:
            async with self._inside:
                await self.is_up()
                self._started.set_result(asyncio.get_running_loop())
                await self._ending.wait()
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)
