"""A few at once at what is heavy; the others wait a little, or are told when to come back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import randint

from central.errors import TooMany

_WAIT_SECONDS = 3.0
_RETRY_SECONDS = (10, 60)


class Gate:
    """Who would wait too long is told when to come back, each another moment."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)

    @contextmanager
    def entered(self) -> Iterator[None]:
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise TooMany("busy", randint(*_RETRY_SECONDS))  # noqa: S311 - spreads returns, protects nothing
        try:
            yield
        finally:
            self._places.release()
