"""The slow link is as slow as it says, and all that passes shares it."""

import asyncio
import time

from tests.bench.slow_link import slow_link

_BITS = 4_000_000
_SIZE = 100_000


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(bytes(_SIZE))
    await writer.drain()
    writer.close()


async def _fetch(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"please\n")
    data = await reader.read(-1)
    writer.close()
    return len(data)


async def _two_at_once(bits_per_second: float | None) -> float:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with slow_link([port], bits_per_second) as link:
        started = time.perf_counter()
        assert await asyncio.gather(*(_fetch(link.ports[port]) for _ in range(2))) == [_SIZE, _SIZE]
        took = time.perf_counter() - started
    assert link.received[port] == 2 * _SIZE
    server.close()
    return took


def test_two_downloads_at_once_take_as_long_as_their_bytes_on_one_link() -> None:
    slow = asyncio.run(_two_at_once(_BITS))
    assert slow >= 2 * _SIZE * 8 / _BITS
    assert asyncio.run(_two_at_once(None)) < slow
