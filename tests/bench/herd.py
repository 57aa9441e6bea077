"""Herd: a thousand boxes with a week behind them come back at once, and an officer looks at the console meanwhile.

Each box does on the real wire what boxes do: it comes within two minutes (uniformly), says hello over mutual TLS, and
sends all it has while it has a turn, one small batch of each lane without; it comes back when it is told to. The
server is as it is started, with two workers on PostgreSQL (without fsync). The boxes take their part of this machine.
"""

import asyncio
import http.client
import random
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from backports import zstd

from central.domain.roles import Role
from central.ids import hash_secret
from central.store.desk_models import Account, Session
from central.store.models import BatteryDay, Cursor, Device, SchoolAudit, Usage
from protocol.uplink import PREFIX, Batch, Record, encode_batch
from protocol.uplink_hello import Backlog, parse_hello_answer
from protocol.uplink_words import Lane
from tests.bench.city import EPOCH, City, SchoolBox, bound, hello_of, running_city
from tests.bench.numbers import percentile
from tests.bench.processes import proportional_kib
from tests.bench.result import Result, Row, Run, at_most
from tests.bench.week import records
from tests.support.central import HOST
from tests.support.processes import family

_SPREAD_SECONDS = 120.0  # of the first try after a loss (the uplink's own)
_SMALL = 25
_PATIENCE_SECONDS = 1200.0
_TOKEN = "herd-herd-herd-herd-herd"


@dataclass
class Count:
    requests: int = 0
    refused: int = 0
    waits: int = 0
    pages: list[float] = field(default_factory=list)
    memory_mib: float = 0.0


def measure(run: Run) -> Result:
    schools = run.pick(1000, 12)
    spread = _SPREAD_SECONDS if not run.quick else 2.0
    count, loads = Count(), {}
    with running_city("postgresql", schools) as city:
        sizes = {lane: len(own) for lane, own in records(0).items()}
        for number, box in enumerate(city.boxes):
            loads[box.id] = Load(number, sizes)
        total = sum(load.waiting for load in loads.values())
        run.tell(f"{schools} boxes, {total} records wait")
        began = time.perf_counter()
        with _officer(city, count), _memory(city, count):
            asyncio.run(_all(city, loads, count, spread))
        seconds = time.perf_counter() - began
        lost = total - _kept(city)
    assert lost == 0, f"{lost} records are missing"
    p95 = percentile(count.pages, 0.95)
    rows = (
        Row(f"{schools} boxes, {total:,} records: until all is in", f"{seconds:.0f} s"),
        Row(f"fleet page meanwhile, p95 of {len(count.pages)}", f"{p95 * 1000:.0f} ms", **at_most(p95, 1, " s")),
        Row(f"refused, of {count.requests:,} requests", f"{100 * count.refused / count.requests:.1f} %"),
        Row("told to wait for a turn", f"{count.waits}"),
        Row("memory of the server's processes at most (PSS)", f"{count.memory_mib:.0f} MiB"),
        Row("lost", str(lost), **at_most(lost, 0, "")),
    )
    data = {"seconds": seconds, "requests": count.requests, "refused": count.refused, "pages_s": count.pages}
    return Result("herd", "Herd: a city's boxes return at once with a week's backlog", rows, data)


@dataclass
class Load:
    """How much one box has in each lane, and how much of it is in. The records are made when they leave."""

    number: int
    lanes: dict[Lane, int]
    sent: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))

    @property
    def waiting(self) -> int:
        return sum(own - self.sent[lane] for lane, own in self.lanes.items())


async def _all(city: City, loads: dict[str, Load], count: Count, spread: float) -> None:
    async def one(box: SchoolBox) -> None:
        await asyncio.sleep(random.uniform(0, spread))
        await _Box(city, box, loads[box.id], count).drain()

    async with asyncio.timeout(_PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        for box in city.boxes:
            group.create_task(one(box))


class _Refused(Exception):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class _Box:
    """One school's box: a connection a visit, as its uplink has after a wait."""

    def __init__(self, city: City, box: SchoolBox, load: Load, count: Count) -> None:
        self._city, self._box, self._load, self._count = city, box, load, count
        self._token = ""
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def drain(self) -> None:
        while self._load.waiting:
            wait = 0.0
            try:
                wait = await self._visit()
            except _Refused as refused:
                self._count.refused += 1
                wait = refused.seconds
            except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
                self._count.refused += 1
                wait = random.uniform(1, 15)
            self._hang_up()
            if self._load.waiting:
                await asyncio.sleep(wait)

    async def _visit(self) -> float:
        heavy = ("backlog",) if self._load.waiting > 1000 else ()
        backlog = {
            lane: Backlog(own, self._load.sent[lane], own - self._load.sent[lane], 0)
            for lane, own in self._load.lanes.items()
        }
        answer = parse_hello_answer(await self._post("hello", hello_of(self._box, self._token, heavy, backlog)))
        self._token = answer.token
        for lane in self._load.lanes:
            self._load.sent[lane] = answer.cursors[lane]
        lanes = records(self._load.number)
        if answer.turn:
            await self._send_all(lanes)
        else:
            self._count.waits += 1
            await self._send_little(lanes)
        return answer.poll_seconds + random.uniform(0, 5)

    async def _send_all(self, lanes: dict[Lane, list[Record]]) -> None:
        for lane, own in lanes.items():
            while self._load.sent[lane] < len(own):
                await self._send(lane, own, 1000)

    async def _send_little(self, lanes: dict[Lane, list[Record]]) -> None:
        for lane, own in lanes.items():
            if self._load.sent[lane] < len(own):
                await self._send(lane, own, _SMALL)

    async def _send(self, lane: Lane, own: list[Record], size: int) -> None:
        after = self._load.sent[lane]
        some = tuple(own[after : after + size])
        body = encode_batch(Batch(self._box.id, EPOCH, lane, after, after + len(some), some))
        await self._post("batch", zstd.compress(body, 3), "Content-Encoding: zstd\r\n")
        self._load.sent[lane] = after + len(some)

    async def _post(self, route: str, body: bytes, headers: str = "") -> bytes:
        self._count.requests += 1
        if self._line is None:
            port = self._city.central.uplink_port
            self._line = await asyncio.open_connection(HOST, port, ssl=self._city.context(self._box))
        reader, writer = self._line
        head = f"POST {PREFIX}/{route} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        status, told = await asyncio.wait_for(_read(reader), 60)
        if status in (429, 503):
            raise _Refused(float(told[0].get("retry-after", 5)))
        assert status == 200, (status, told)
        return told[1]

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line[1].transport.abort()
            self._line = None


async def _read(reader: asyncio.StreamReader) -> tuple[int, tuple[dict[str, str], bytes]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), (headers, body)


@contextmanager
def _officer(city: City, count: Count) -> Iterator[None]:
    """Looks at the first page of the DSI, the fleet, again and again."""
    now = datetime.now(UTC)
    with bound(city.url, city.central.data_path):
        account = Account.create(login="dsi", name="DSI", role=Role.ADMINISTRATOR, created_at=now)
        Session.insert(
            id_hash=hash_secret(_TOKEN), account=account, created_at=now, seen_at=now, is_strong=True
        ).execute()
    port, stop = city.central.http_port, threading.Event()

    first = urlsplit(_page(port, "/", 303)).path

    def look() -> None:
        while not stop.wait(0.5):
            began = time.perf_counter()
            _page(port, first, 200)
            count.pages.append(time.perf_counter() - began)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _page(port: int, path: str, status: int) -> str:
    """Where it leads to, if anywhere."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    headers = {"Host": f"localhost:{port}", "Cookie": f"preau-city-{port}={_TOKEN}"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == status, (path, answer.status)
    return answer.getheader("Location", "")


@contextmanager
def _memory(city: City, count: Count) -> Iterator[None]:
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(2):
            pids: Sequence[int] = [pid for root in city.pids for pid in family(root)]
            count.memory_mib = max(count.memory_mib, sum(proportional_kib(pid) for pid in pids) / 1024)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _kept(city: City) -> int:
    """Records in the tables; and no cursor that claims more."""
    with bound(city.url, city.central.data_path):
        kept = sum(table.select().count() for table in (Device, Usage, BatteryDay, SchoolAudit))
        assert kept == sum(row.up_to for row in Cursor.select())
        return kept
