"""The line of a school in the demonstration: what passes, what a cut does to what was open, what a poor one costs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.city.lines import set_quality
from simulator.line import WAYS, Line, Quality, read_quality

_SOON = 10.0


@asynccontextmanager
async def echo_behind_a_line(word_path: Path) -> AsyncIterator[Line]:
    """A server that says everything again; closes when its client does."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            writer.write(piece)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    line = Line(0, ("127.0.0.1", server.sockets[0].getsockname()[1]), word_path)
    serving = asyncio.create_task(line.serve())
    async with asyncio.timeout(_SOON):
        while line.port == 0:
            await asyncio.sleep(0)
    try:
        yield line
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        server.close()


async def said_again(line: Line, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(text)
    writer.write_eof()
    try:
        return await rest_of(reader)
    finally:
        writer.transport.abort()


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Up to the end of the connection, whichever way it ends. Raises TimeoutError while it is open."""
    try:
        return await asyncio.wait_for(reader.read(), _SOON)
    except ConnectionError:
        return b""


@pytest.mark.parametrize("quality", [Quality.GOOD, Quality.POOR])
def test_what_passes_is_whole_and_a_poor_line_takes_its_time(tmp_path: Path, quality: Quality) -> None:
    set_quality(tmp_path / "word", quality)
    text, way = bytes(range(256)) * 8, WAYS[quality]

    async def pass_it() -> float:
        async with echo_behind_a_line(tmp_path / "word") as line:
            began = time.monotonic()
            assert await said_again(line, text) == text
            return time.monotonic() - began

    least = 2 * (way.delay_seconds + (len(text) / way.bytes_per_second if way.bytes_per_second else 0))
    assert asyncio.run(pass_it()) >= least


def test_a_cut_ends_what_was_open_and_refuses_what_comes_until_the_line_is_good_again(tmp_path: Path) -> None:
    async def live() -> None:
        async with echo_behind_a_line(tmp_path / "word") as line:
            reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
            writer.write(b"hello")
            assert await asyncio.wait_for(reader.readexactly(5), _SOON) == b"hello"
            set_quality(tmp_path / "word", Quality.CUT)
            assert await rest_of(reader) == b""
            assert await said_again(line, b"again") == b""
            set_quality(tmp_path / "word", Quality.GOOD)
            async with asyncio.timeout(_SOON):
                while await said_again(line, b"again") != b"again":
                    await asyncio.sleep(0)

    asyncio.run(live())


@pytest.mark.parametrize("word", [None, "", "excellent\n", "cut\n"])
def test_only_a_known_word_changes_a_line(tmp_path: Path, word: str | None) -> None:
    path = tmp_path / "word"
    if word is not None:
        path.write_text(word)
    assert read_quality(path) is (Quality.CUT if word == "cut\n" else Quality.GOOD)


def test_a_line_that_ends_leaves_nothing_open_behind(tmp_path: Path) -> None:
    async def live() -> None:
        async with echo_behind_a_line(tmp_path / "word") as line:
            reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
            writer.write(b"hello")
            assert await asyncio.wait_for(reader.readexactly(5), _SOON) == b"hello"
        line_tasks = [task for task in asyncio.all_tasks() if "Line." in str(task.get_coro())]
        assert line_tasks == []
        assert await rest_of(reader) == b""
        writer.transport.abort()

    asyncio.run(live())
