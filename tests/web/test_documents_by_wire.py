"""Uploads through the real server: cut half-way, over the limit, killed, on a disk that fills up."""

import hashlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.appliance import Appliance, Browser, running_appliance, wait_for

MIB = 1024 * 1024
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7 '
TAIL = b"\r\n--b--\r\n"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    with running_appliance(tmp_path_factory.mktemp("box")) as box:
        box.add_user("durand")
        yield box


@pytest.fixture
def teacher(box: Appliance) -> Browser:
    return box.browser("durand")


def kept(box: Appliance) -> list[str]:
    return [path.name for path in (box.data_path / "documents").iterdir() if not path.name.startswith(".")]


def half_way(box: Appliance) -> list[Path]:
    return list((box.data_path / "documents").glob(".incoming-*"))


def token_of(teacher: Browser) -> str:
    return str(teacher._headers()["X-CSRFToken"])


def open_upload(box: Appliance, teacher: Browser, length: int) -> socket.socket:
    """Head sent, body announced, nothing of it sent yet."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in teacher.session.cookies)
    head = (
        f"POST /documents HTTP/1.1\r\nHost: 127.0.0.1:{box.http_port}\r\nCookie: {cookies}\r\n"
        f"X-CSRFToken: {token_of(teacher)}\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", box.http_port), timeout=20)
    connection.sendall(head.encode())
    return connection


def test_a_large_document_arrives_whole_and_is_written_once(box: Appliance, teacher: Browser, tmp_path: Path) -> None:
    content = b"%PDF-1.7 " + os.urandom(40 * MIB)
    answer = teacher.session.post(
        f"{box.url}/documents",
        files={"file": ("Grand.pdf", content, "application/pdf")},
        headers={"X-CSRFToken": token_of(teacher), "Accept": "application/json"},
        timeout=120,
    )

    assert answer.status_code == 201, answer.text
    sha256 = hashlib.sha256(content).hexdigest()
    assert answer.json()["document"]["sha256"] == sha256
    assert (box.data_path / "documents" / sha256).read_bytes() == content


def test_a_connection_cut_half_way_leaves_nothing(box: Appliance, teacher: Browser) -> None:
    before = kept(box)
    with open_upload(box, teacher, 50 * MIB) as connection:
        connection.sendall(HEAD + b"x" * MIB)
        wait_for(lambda: half_way(box), 10, "the upload has begun")

    wait_for(lambda: not half_way(box), 10, "what was cut is gone")
    assert kept(box) == before


def test_a_document_over_the_limit_is_refused_before_it_is_sent(box: Appliance, teacher: Browser) -> None:
    with open_upload(box, teacher, 900 * MIB) as connection:
        answer = connection.recv(4096)

    assert b" 413 " in answer.split(b"\r\n")[0]
    assert half_way(box) == []


def test_strangers_are_refused_before_they_send(box: Appliance) -> None:
    stranger = box.browser("durand")
    token = token_of(stranger)
    stranger.session.cookies.clear()
    stranger._token = token
    with open_upload(box, stranger, 50 * MIB) as connection:
        answer = connection.recv(4096)

    assert answer.split(b" ")[1] in (b"401", b"403")
    assert half_way(box) == []


def test_slow_uploads_do_not_hold_up_the_pages(box: Appliance, teacher: Browser) -> None:
    connections = [open_upload(box, teacher, 10 * MIB) for _ in range(20)]
    try:
        for connection in connections:
            connection.sendall(HEAD)
        wait_for(lambda: len(half_way(box)) == 20, 20, "all are under way")
        assert requests.get(f"{box.url}/api/time", timeout=2).status_code == 200
        assert teacher.get("/documents").status_code == 200
    finally:
        for connection in connections:
            connection.close()
    wait_for(lambda: not half_way(box), 20, "all are gone")


def test_the_web_killed_in_an_upload_leaves_nothing_after_the_next(box: Appliance, teacher: Browser) -> None:
    before = kept(box)
    with open_upload(box, teacher, 50 * MIB) as connection:
        connection.sendall(HEAD + b"x" * MIB)
        wait_for(lambda: half_way(box), 10, "the upload has begun")
        killed = box.pids()["web"]
        os.killpg(killed, signal.SIGKILL)  # with gunicorn's own children
    wait_for(lambda: box.pids()["web"] != killed and _answers(box), 20, "the web is back")
    assert kept(box) == before

    content = b"%PDF-1.7 after the fall"
    answer = teacher.session.post(
        f"{box.url}/documents",
        files={"file": ("a.pdf", content)},
        headers={"X-CSRFToken": token_of(teacher), "Accept": "application/json"},
        timeout=20,
    )
    assert answer.status_code == 201, answer.text
    assert half_way(box) == []


def _answers(box: Appliance) -> bool:
    try:
        return requests.get(f"{box.url}/api/time", timeout=2).status_code == 200
    except requests.RequestException:
        return False
