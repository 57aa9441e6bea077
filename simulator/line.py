"""A school's line to the city, as a person may wish it: good, poor or cut. For trials and training, not for a school.

Forwards TCP as it is (TLS stays between the two ends), slowed down, delayed or refused. What it should be like is read
from a small file, so that a running one is changed by writing a word into it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_LOOK_SECONDS = 0.3
_CHUNK = 4096


class Quality(StrEnum):
    GOOD = "good"
    POOR = "poor"  # an old ADSL line at the end of the village
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Way:
    """Bytes a second each way, and the delay of each piece; None: as fast as it goes."""

    bytes_per_second: int | None
    delay_seconds: float


WAYS = {Quality.GOOD: Way(None, 0.0), Quality.POOR: Way(16_000, 0.25)}


class Line:
    """One listening port, forwarded to one address."""

    def __init__(self, port: int, target: tuple[str, int], word_path: Path) -> None:
        self.port = port
        self._target = target
        self._word_path = word_path
        self._open: set[asyncio.Task[None]] = set()
        self.quality = read_quality(word_path)

    async def serve(self) -> None:
        """Until canceled."""
        server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            try:
                while True:
                    self._look()
                    await asyncio.sleep(_LOOK_SECONDS)
            finally:
                await self._end_all()

    async def _end_all(self) -> None:
        held = list(self._open)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)

    def _look(self) -> None:
        self.quality = read_quality(self._word_path)
        if self.quality is Quality.CUT:
            for task in list(self._open):
                task.cancel()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self.quality is Quality.CUT:
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            await self._forward(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._open.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer))
                both.create_task(self._pump(far_reader, writer))
        except* OSError:
            pass
        finally:
            far_writer.transport.abort()
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(_CHUNK):
            way = WAYS.get(self.quality, WAYS[Quality.GOOD])
            rate = way.bytes_per_second
            pause = way.delay_seconds + (len(piece) / rate if rate else 0.0)
            if pause:
                await asyncio.sleep(pause)
            sink.write(piece)
            await sink.drain()
        with suppress(OSError):
            sink.write_eof()


def read_quality(path: Path) -> Quality:
    """Good while nobody has said otherwise, or said something unknown."""
    try:
        return Quality(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return Quality.GOOD
