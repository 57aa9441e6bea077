"""The teacher's side, in the event loop: requests on a warm connection, and a viewer of the live board."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench.websocket import WebSocket
from tests.support.appliance import Browser

_OPEN, _PING, _PONG, _CONNECT, _EVENT = "0", "2", "3", "40", "42"


LINK = {"url": "https://www.education.gouv.fr/ecole"}


@dataclass(frozen=True, slots=True)
class Order:
    """A gesture for all devices of a lesson."""

    gesture_id: str
    kind: str
    args: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    seconds: float


class Connection:
    """One kept-alive HTTP connection, as the teacher's browser has one."""

    def __init__(self, browser: Browser, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._headers = _headers(browser)
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, browser: Browser) -> "Connection":
        host, _, port = browser.url.rpartition("/")[2].partition(":")
        connection = cls(browser, *await asyncio.open_connection(host, int(port)))
        assert (await connection.ask("GET", "/api/time")).status == 200
        return connection

    async def ask(self, method: str, path: str, body: object = None) -> Reply:
        """The clock starts before the request is written."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(content)}\r\n\r\n"
        started = time.perf_counter()
        self._writer.write(head.encode() + content)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        received = await self._reader.readexactly(length)
        return Reply(int(answer.split(" ", 2)[1]), received, time.perf_counter() - started)

    async def gesture(self, lesson_id: str, order: Order) -> Reply:
        body = {"id": order.gesture_id, "kind": order.kind, "args": order.args}
        reply = await self.ask("POST", f"/lessons/{lesson_id}/gestures", body)
        if reply.status != 201:
            raise AssertionError(f"{order.kind}: {reply.status} {reply.body[:300]!r}")
        return reply

    def close(self) -> None:
        self._writer.close()


class Viewer:
    """An open board. `on_board` is given each message as it came, unread."""

    def __init__(self, socket: WebSocket, on_board: Callable[[str], None]) -> None:
        self._socket = socket
        self._on_board = on_board
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def watch(cls, browser: Browser, lesson_id: str, on_board: Callable[[str], None]) -> "Viewer":
        """Returns when the whole board has come once."""
        address = browser.url.rpartition("/")[2]
        headers = {"Cookie": _cookies(browser), "Origin": browser.url}
        socket = await WebSocket.open(address, "/socket.io/?EIO=4&transport=websocket", headers)
        viewer = cls(socket, on_board)
        viewer._task = asyncio.create_task(viewer._read(lesson_id))
        await asyncio.wait_for(viewer._first, 20)
        return viewer

    async def close(self) -> None:
        assert self._task is not None
        self._task.cancel()
        self._socket.close()

    async def _read(self, lesson_id: str) -> None:
        while (text := await self._socket.receive()) is not None:
            if text.startswith(_EVENT):
                self._event(text)
            elif text.startswith(_OPEN):
                self._socket.send(_CONNECT)
            elif text.startswith(_CONNECT):
                self._socket.send(f'{_EVENT}["watch",{json.dumps({"lesson": lesson_id})}]')
            elif text == _PING:
                self._socket.send(_PONG)

    def _event(self, text: str) -> None:
        if not text.startswith(f'{_EVENT}["board"'):
            return
        if not self._first.done():
            self._first.set_result(None)
        self._on_board(text)


def read_board(text: str) -> dict[str, Any]:
    """The content of one message of the live board."""
    board: dict[str, Any] = json.loads(text[len(_EVENT) :])[1]
    return board


def _headers(browser: Browser) -> str:
    lines = {
        "Host": browser.url.rpartition("/")[2],
        "Cookie": _cookies(browser),
        "Content-Type": "application/json",
        **browser._headers(),
    }
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items())


def _cookies(browser: Browser) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.session.cookies)
