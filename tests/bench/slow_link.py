"""A link of so many bits a second between a browser and the appliance: all its connections share it, in each direction.

A proxy on a port of its own for each port behind it, so that requests and the broker's connection wait in one queue. It
counts what passes. Chromium's own throttling is not used: it knows neither workers nor that connections share a link.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

_SEGMENT = 1460  # what fits into one Ethernet frame: nobody else waits longer than this takes
_MANY = 64 * 1024


class Pace:
    """One direction of the link. None: as fast as the machine."""

    def __init__(self, bits_per_second: float | None) -> None:
        self._rate = bits_per_second
        self._free_at = 0.0

    @property
    def portion(self) -> int:
        return _MANY if self._rate is None else _SEGMENT

    async def take(self, size: int) -> None:
        """When these bytes have passed."""
        if self._rate is None:
            return
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + size * 8 / self._rate
        await asyncio.sleep(self._free_at - now)


class SlowLink:
    """`ports`: by the port behind it, the port at which to reach it. `received`: bytes down, by the port behind."""

    def __init__(self, bits_per_second: float | None) -> None:
        self._down, self._up = Pace(bits_per_second), Pace(bits_per_second)
        self.ports: dict[int, int] = {}
        self.received: Counter[int] = Counter()

    async def add(self, port: int) -> asyncio.Server:
        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            up = asyncio.create_task(self._pass_on(reader, inner_writer, self._up))
            down = self._pass_on(inner_reader, writer, self._down, port)
            await asyncio.gather(up, down)

        server = await asyncio.start_server(connect, "127.0.0.1", 0)
        self.ports[port] = server.sockets[0].getsockname()[1]
        return server

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pace: Pace, port: int | None = None
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(pace.portion):
                await pace.take(len(data))
                if port is not None:
                    self.received[port] += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def slow_link(ports: Sequence[int], bits_per_second: float | None) -> AsyncIterator[SlowLink]:
    link = SlowLink(bits_per_second)
    servers = [await link.add(port) for port in ports]
    try:
        yield link
    finally:
        for server in servers:
            server.close()
