"""The real web process: gunicorn, its threads, the kernel's sendfile, stopping."""

import base64
import contextlib
import hashlib
import io
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from appliance.config import Config
from appliance.domain.people import CONSOLE
from appliance.services.documents import Documents
from appliance.store.database import open_store
from appliance.store.models import database
from appliance.web.serve import limit_silence, options_of
from tests.support.appliance import Appliance, running_appliance, wait_for
from tests.support.documents import store_upload
from tests.support.ports import free_ports
from tests.support.tls import running_tls_appliance

CONTENT = os.urandom(1 << 16).hex().encode() * 200 + b"the end"  # 25 MiB
TAG = hashlib.sha256(CONTENT).hexdigest()


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    with running_appliance(tmp_path_factory.mktemp("box")) as running:
        running.add_user("durand")
        yield running


def joined(box: Appliance) -> tuple[str, str]:
    """The credentials of a device that has just enrolled."""
    token = box.new_link().rsplit("/", 1)[-1]
    body = {
        "token": token, "serial": "R52T90ABCDE", "manufacturer": "samsung", "model": "SM-X200", "kind": "tablet",
        "os": "Android 14", "agent": "preau-sim/1.0", "capabilities": ["lock"],
    }  # fmt: skip
    answer = requests.post(f"{box.url}/api/devices", json=body, timeout=10)
    assert answer.status_code == 201
    return answer.json()["mqtt"]["username"], answer.json()["mqtt"]["password"]


def put_document(box: Appliance) -> None:
    config = Config(box.data_path)
    open_store(config.store_path)
    with database.connection_context():
        store_upload(Documents(Clock(), config.documents_path), io.BytesIO(CONTENT), "texte.txt", CONSOLE)


@pytest.fixture(scope="module")
def device(box: Appliance) -> tuple[str, str]:
    """One that is enrolled, and a document for it."""
    put_document(box)
    return joined(box)


def web_pid(box: Appliance) -> int:
    """gunicorn's one worker, which is the child of the process that the supervisor started."""
    parent = box.pids()["web"]
    return int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])


def read_calls(pid: int) -> int:
    return int(Path(f"/proc/{pid}/io").read_text().split("syscr: ")[1].split()[0])


def read_document(box: Appliance, device: tuple[str, str], **headers: str) -> requests.Response:
    return requests.get(f"{box.url}/documents/{TAG}", auth=device, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=1-", slice(1, None)),
        (f"bytes={len(CONTENT) - 1}-", slice(-1, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=12345-17000000", slice(12345, 17000001)),
        (f"bytes=65536-{len(CONTENT) * 2}", slice(65536, None)),
    ],
)
def test_a_range_from_the_real_server_is_that_slice(
    box: Appliance, device: tuple[str, str], wanted: str, part: slice
) -> None:
    answer = read_document(box, device, Range=wanted)
    expected = CONTENT[part]
    assert answer.status_code == 206
    assert int(answer.headers["Content-Length"]) == len(expected)
    assert answer.content == expected


def test_the_kernel_sends_ranges_as_it_sends_whole_files(box: Appliance, device: tuple[str, str]) -> None:
    """Read through Python in blocks of 256 KiB the file would take a hundred reads; sendfile takes none of ours."""
    pid = web_pid(box)
    for headers in ({}, {"Range": "bytes=1000-"}):
        read_document(box, device, Range="bytes=0-0")
        before = read_calls(pid)
        assert len(read_document(box, device, **headers).content) > 26_000_000
        calls = read_calls(pid) - before
        # The kernel counts each sendfile call as one read; a socket's buffer takes some 2 MB of loopback at a time.
        assert calls < 60, f"{calls} reads for {headers}"


def test_connections_are_kept_between_requests_and_after_ranges(box: Appliance, device: tuple[str, str]) -> None:
    with requests.Session() as session:
        session.auth = device
        for _ in range(3):
            part = session.get(f"{box.url}/documents/{TAG}", headers={"Range": "bytes=10-19"}, timeout=10)
            assert part.content == CONTENT[10:20]
            assert session.head(f"{box.url}/documents/{TAG}", timeout=10).headers["Content-Length"] == str(len(CONTENT))
            assert session.get(f"{box.url}/documents/{'0' * 64}", timeout=10).status_code == 404


def test_slow_readers_leave_the_pages_alone(box: Appliance, device: tuple[str, str]) -> None:
    """Sixty tablets that stopped reading: forty hold a thread, the others are told to come back."""
    request = (
        f"GET /documents/{TAG} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic "
        + base64.b64encode(":".join(device).encode()).decode()
        + "\r\n\r\n"
    ).encode()
    slow = [_unread(box.http_port) for _ in range(60)]
    try:
        for one in slow:
            one.sendall(request)
        heads = [one.recv(12) for one in slow]
        assert heads.count(b"HTTP/1.1 200") == 40
        assert heads.count(b"HTTP/1.1 503") == 20
        began = time.monotonic()
        for _ in range(20):
            assert requests.get(f"{box.url}/sign-in", timeout=5).status_code == 200
        assert time.monotonic() - began < 20, "the slow ones hold their threads for a minute"
    finally:
        for one in slow:
            one.close()
    wait_for(lambda: read_document(box, device, Range="bytes=0-0").status_code == 206, 10, "places are free again")


def _unread(port: int) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.settimeout(20)
    one.connect(("127.0.0.1", port))
    return one


def test_a_thousand_wrong_passwords_are_stopped_and_others_sign_in_meanwhile(box: Appliance) -> None:
    page = requests.Session()
    token = page.get(f"{box.url}/sign-in", timeout=10).text.split('name="csrf-token" content="')[1].split('"')[0]
    statuses: list[int] = []

    def guess() -> None:
        for number in range(100):
            form = {"login": "martin", "password": f"essai-{number}", "csrf_token": token}
            answer = requests.post(f"{box.url}/sign-in", data=form, cookies=page.cookies, timeout=30)
            statuses.append(answer.status_code)

    guessers = [threading.Thread(target=guess) for _ in range(10)]
    for one in guessers:
        one.start()
    box.browser("durand")
    for one in guessers:
        one.join()
    assert len(statuses) == 1000
    assert statuses.count(401) == 10
    assert statuses.count(429) == 990


def said_to(box: Appliance, garbage: bytes) -> bytes:
    line = socket.create_connection(("127.0.0.1", box.http_port), timeout=10)
    with line, contextlib.suppress(OSError):  # it may hang up before all is said
        line.sendall(garbage)
        line.shutdown(socket.SHUT_WR)
        return line.recv(4096)
    return b""


def test_garbage_on_the_line_does_not_stop_the_server(box: Appliance) -> None:
    pid = web_pid(box)
    for garbage in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /api/devices HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/devices HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ):
        assert b" 200 " not in said_to(box, garbage).split(b"\r\n")[0], garbage[:40]
    assert requests.get(f"{box.url}/api/time", timeout=10).status_code == 200
    assert web_pid(box) == pid
    assert " web ERROR " not in box.log()


def test_those_who_were_answered_and_do_not_hang_up_keep_nobody_waiting(box: Appliance) -> None:
    with contextlib.ExitStack() as held:
        address = ("127.0.0.1", box.http_port)
        peers = [held.enter_context(socket.create_connection(address, timeout=15)) for _ in range(6)]
        for peer in peers:
            peer.sendall(b"GET /api/time HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        assert peers[0].recv(100)
        assert requests.get(f"{box.url}/api/time", timeout=30).elapsed.total_seconds() < 2


def test_an_upload_that_is_cut_half_way_leaves_the_server_as_it_was(box: Appliance) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", box.http_port), timeout=10) as line:
            line.sendall(
                b"POST /api/devices HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: 5000\r\n\r\n" + b'{"token": "'
            )
    assert requests.get(f"{box.url}/api/time", timeout=10).status_code == 200
    assert " web ERROR " not in box.log()


def test_a_killed_worker_comes_back(box: Appliance) -> None:
    pid = web_pid(box)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: _answers(box) and web_pid(box) != pid, 15, "another worker serves")


def test_nothing_is_left_in_the_home_folder_or_beside_the_data(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    http_port, mqtt_port, websocket_port = free_ports(3)
    box = Appliance(tmp_path / "data", http_port, mqtt_port, websocket_port, tmp_path / "log")
    box.environment = {"HOME": str(home)}
    box.start()
    try:
        assert requests.get(f"{box.url}/api/time", timeout=10).status_code == 200
        pids = box.pids()
        assert box.stop() == 0
        assert "process_killed" not in box.log(), "each ended by itself when it was asked to"
    finally:
        box.stop()
    assert [path for path in home.rglob("*") if not path.is_dir()] == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.values())


def _answers(box: Appliance) -> bool:
    try:
        return requests.get(f"{box.url}/api/time", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def accepted(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    client = _unread(listener.getsockname()[1])
    server, _address = listener.accept()
    server.setblocking(True)
    return client, server


@pytest.fixture
def impatient() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        limit_silence(listener, 1)
        yield listener


def test_a_peer_that_stops_reading_does_not_hold_a_thread_for_ever(impatient: socket.socket, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(CONTENT)
    client, server = accepted(impatient)
    began = time.monotonic()
    with client, server, path.open("rb") as file, pytest.raises(OSError):
        server.sendfile(file)
    assert time.monotonic() - began < 30


def test_a_peer_that_stops_talking_does_not_hold_a_thread_for_ever(impatient: socket.socket) -> None:
    client, server = accepted(impatient)
    with client, server:
        client.sendall(b"GET / HT")
        assert server.recv(100) == b"GET / HT"
        with pytest.raises(BlockingIOError):
            server.recv(100)


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("0.0.0.0", ["0.0.0.0:8080"]),  # noqa: S104 - compared, nothing listens there
        ("127.0.0.1", ["127.0.0.1:8080"]),
        ("192.168.1.5", ["192.168.1.5:8080", "127.0.0.1:8080"]),
        ("::", ["[::]:8080"]),
        ("fd00::5", ["[fd00::5]:8080", "127.0.0.1:8080"]),
    ],
)
def test_one_address_of_the_lan_keeps_loopback_for_our_own_checks(host: str, addresses: list[str]) -> None:
    assert options_of(Config(Path("data"), host=host))["bind"] == addresses


def test_there_are_threads_for_boards_transfers_and_pages() -> None:
    assert options_of(Config(Path("data"), viewers=60))["threads"] == 60 + 40 + 30


@pytest.fixture
def tls_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Appliance]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
    with running_tls_appliance(tmp_path) as box:
        yield box


def test_with_a_certificate_everything_is_served_over_tls(tls_box: Appliance) -> None:
    tls_box.add_user("durand")
    browser = tls_box.browser("durand")
    assert browser.get("/account").headers["Strict-Transport-Security"]
    assert all(cookie.name.startswith("__Host-") and cookie.secure for cookie in browser.session.cookies)
    device = joined(tls_box)
    put_document(tls_box)
    assert read_document(tls_box, device, Range="bytes=12345-17000000").content == CONTENT[12345:17000001]
    with pytest.raises(requests.ConnectionError):
        requests.get(tls_box.url.replace("https", "http"), timeout=5)
