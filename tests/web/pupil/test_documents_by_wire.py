"""A large document as a page's player reads it: through the real server, by the cookie, part by part."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from appliance.config import Config
from appliance.store.database import open_store
from appliance.store.models import Document, database
from tests.support.appliance import Appliance, running_appliance

MIB = 1024 * 1024
SIZE = 200 * MIB
BLOCK = hashlib.sha256(b"block").digest() * (MIB // 32)
NAME = "0" * 63 + "1"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    with running_appliance(tmp_path_factory.mktemp("box")) as box:
        yield box


@pytest.fixture(scope="module")
def film(box: Appliance) -> str:
    """200 MB, mostly a hole in the disk; the last MiB is real. Its address."""
    config = Config(box.data_path)
    with (config.documents_path / NAME).open("wb") as file:
        file.seek(SIZE - MIB)
        file.write(BLOCK)
    open_store(config.store_path)
    with database.connection_context():
        Document.create(
            sha256=NAME,
            name="film.mp4",
            mime="video/mp4",
            size=SIZE,
            uploaded_at=datetime(2026, 11, 23, tzinfo=UTC),
            force_insert=True,
        )
    return f"{box.url}/documents/{NAME}"


@pytest.fixture(scope="module")
def player(box: Appliance) -> requests.Session:
    """A page's player: with its cookie, without a password."""
    body = {
        "token": box.new_link().rsplit("/", 1)[-1], "serial": "browser-1", "manufacturer": "", "model": "",
        "kind": "laptop", "os": "", "agent": "page/1", "capabilities": ["open_document"],
    }  # fmt: skip
    mqtt = requests.post(f"{box.url}/api/devices", json=body, timeout=10).json()["mqtt"]
    session = requests.Session()
    answer = session.post(f"{box.url}/pupil/session", auth=(mqtt["username"], mqtt["password"]), timeout=10)
    assert answer.status_code == 204
    return session


def memory_of(box: Appliance) -> int:
    """What the web's worker holds, in bytes."""
    parent = box.pids()["web"]
    worker = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0]
    line = next(one for one in Path(f"/proc/{worker}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def test_a_player_jumps_to_the_end_of_two_hundred_megabytes(player: requests.Session, film: str) -> None:
    answer = player.get(film, headers={"Range": f"bytes={SIZE - MIB}-"}, timeout=20)
    assert answer.status_code == 206
    assert answer.content == BLOCK
    assert answer.headers["Content-Range"] == f"bytes {SIZE - MIB}-{SIZE - 1}/{SIZE}"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_two_hundred_megabytes_pass_through_without_being_held(
    box: Appliance, player: requests.Session, film: str
) -> None:
    before = memory_of(box)
    received = 0
    with player.get(film, stream=True, timeout=60) as answer:
        assert answer.headers["Content-Length"] == str(SIZE)
        for block in answer.iter_content(MIB):
            received += len(block)
    assert received == SIZE
    assert memory_of(box) - before < 20 * MIB


def test_a_player_that_has_it_is_sent_nothing(player: requests.Session, film: str) -> None:
    answer = player.get(film, headers={"If-None-Match": f'"{NAME}"'}, timeout=20)
    assert (answer.status_code, answer.content) == (304, b"")


def test_without_its_cookie_a_player_gets_nothing(film: str) -> None:
    assert requests.get(film, headers={"Range": "bytes=0-1"}, timeout=20).status_code == 401
