"""A whole city's server for the bench, with as many schools as it takes; their boxes are identities and nothing more.

Schools and certificates are written as a claim would leave them, all boxes with one private key: what is measured
begins after that. What is sent goes through the real door over mutual TLS.
"""

import http.client
import secrets
import ssl
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from central.config import Config
from central.keys.authority import load_authority
from central.keys.folder import KeyFolder
from central.store.database import open_database
from central.store.models import Appliance, Certificate, School, database
from protocol.uplink import PREFIX
from protocol.uplink_hello import Backlog, Hello, encode_hello, parse_hello_answer
from protocol.uplink_words import Lane, StorageWord
from tests.support.central import HOST, Central, key_pem, new_key, running_central, uai_of
from tests.support.postgres import running_postgres

BORN = datetime(2026, 9, 1, 6, tzinfo=UTC)
EPOCH = "bench"
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class SchoolBox:
    """One school's box. `certificate` holds its key, too."""

    id: str
    uai: str
    certificate: Path


@dataclass(frozen=True, slots=True)
class City:
    central: Central
    url: str  # DATABASE_URL
    boxes: Sequence[SchoolBox]
    folder: Path

    @property
    def pids(self) -> list[int]:
        assert self.central.process is not None
        return [self.central.process.pid]

    def context(self, box: SchoolBox) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.central.authority_path))
        context.load_cert_chain(box.certificate)
        return context


@contextmanager
def running_city(engine: str, schools: int) -> Iterator[City]:
    """`engine`: "postgresql" or "sqlite"."""
    with tempfile.TemporaryDirectory(prefix="preau-city-") as name, _database(engine) as url:
        folder = Path(name)
        with running_central(folder, "--workers", "2", "--mqtt", "0", database_url=url) as central:
            boxes = _settle(central, url, folder, schools)
            yield City(central, url, boxes, folder)


@contextmanager
def _database(engine: str) -> Iterator[str]:
    if engine == "sqlite":
        yield ""
        return
    with running_postgres() as server:
        yield server.new_database("bench")


@contextmanager
def bound(url: str, data_path: Path) -> Iterator[None]:
    """The models of this process on the city's database."""
    open_database(url, Config(data_path).sqlite_path)
    database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        database.close()


def _settle(central: Central, url: str, folder: Path, schools: int) -> list[SchoolBox]:
    now = datetime.now(UTC)
    authority = load_authority(KeyFolder(central.data_path / "secrets"), "", now)
    key, boxes, certificates = new_key(), [], []
    for number in range(schools):
        box = SchoolBox(f"a-bench{number:04d}", uai_of(number), folder / f"box{number}.pem")
        issued = authority.issue_for_appliance(box.uai, box.id, key.public_key(), now)
        box.certificate.write_bytes(issued.pem.encode() + key_pem(key))
        certificates.append((issued.serial, box.id, now - timedelta(days=1), issued.not_after, None))
        boxes.append(box)
    with bound(url, central.data_path), database.atomic():
        _write(School, [School.uai, School.name, School.created_at], [(b.uai, f"École {b.uai}", BORN) for b in boxes])
        _write(Appliance, [Appliance.id, Appliance.school, Appliance.claimed_at], [(b.id, b.uai, BORN) for b in boxes])
        fields = [
            Certificate.serial,
            Certificate.appliance,
            Certificate.not_before,
            Certificate.not_after,
            Certificate.revoked_at,
        ]
        _write(Certificate, fields, certificates)
    return boxes


def _write(model: type, fields: list[object], rows: Sequence[tuple[object, ...]]) -> None:
    for place in range(0, len(rows), _AT_ONCE):
        model.insert_many(rows[place : place + _AT_ONCE], fields=fields).execute()  # type: ignore[attr-defined]  # peewee ships no types


def hello_of(
    box: SchoolBox, token: str = "", heavy: tuple[str, ...] = (), backlog: Mapping[Lane, Backlog] | None = None
) -> bytes:
    now, waiting = datetime.now(UTC), backlog or {}
    return encode_hello(
        Hello(
            box.id,
            EPOCH,
            token,
            secrets.token_hex(16),
            "bench",
            now,
            "0.1",
            3,
            StorageWord.NORMAL,
            waiting,
            heavy=heavy,
        )
    )


class Line:
    """One connection of one box, kept open."""

    def __init__(self, city: City, box: SchoolBox) -> None:
        self._connection = http.client.HTTPSConnection(
            HOST, city.central.uplink_port, context=city.context(box), timeout=60
        )

    def post(self, route: str, body: bytes, packed: bool = False) -> bytes:
        headers = {"Content-Encoding": "zstd"} if packed else {}
        self._connection.request("POST", f"{PREFIX}/{route}", body, headers)
        answer = self._connection.getresponse()
        told = answer.read()
        assert answer.status == 200, (answer.status, told)
        return told

    def close(self) -> None:
        self._connection.close()


def greet(line: Line, box: SchoolBox) -> None:
    parse_hello_answer(line.post("hello", hello_of(box)))
