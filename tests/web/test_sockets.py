"""Open boards end with the sign-in that opened them."""

import socket
from collections.abc import Iterator

import pytest
import requests
import socketio

from tests.support.appliance import Appliance, Browser, running_appliance, wait_for


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    with running_appliance(tmp_path_factory.mktemp("box"), "--viewers", "3") as running:
        running.add_user("durand")
        yield running


def page_of(browser: Browser | None = None) -> socketio.Client:
    """A page that looks at a board, with the cookies of a browser."""
    session = requests.Session()
    if browser is not None:
        session.cookies.update(browser.session.cookies)
    return socketio.Client(reconnection=False, http_session=session)


def watcher(box: Appliance, browser: Browser | None = None) -> socketio.Client:
    client = page_of(browser)
    client.connect(box.url, transports=["polling"], wait_timeout=5)
    return client


def test_nobody_watches_without_signing_in(box: Appliance) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        watcher(box)


def test_signing_out_closes_the_open_board(box: Appliance) -> None:
    browser = box.browser("durand")
    client = watcher(box, browser)
    assert client.connected
    browser.post_form("/sign-out", {})
    wait_for(lambda: not client.connected, what="the board is closed")


def test_one_viewer_too_many_is_told_so_and_holds_nothing(box: Appliance) -> None:
    browser = box.browser("durand")
    viewers = [watcher(box, browser) for _ in range(3)]
    heard: list[object] = []
    late = page_of(browser)
    late.on("busy", heard.append)
    late.connect(box.url, transports=["polling"], wait=False)
    wait_for(lambda: heard and not late.connected, what="the fourth is sent away")
    assert heard == [{"viewers": 3}]
    assert all(one.connected for one in viewers)
    viewers[0].disconnect()
    again = watcher(box, browser)
    assert again.connected
    for one in [*viewers[1:], again]:
        one.disconnect()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_site_opens_no_socket(box: Appliance, origin: str) -> None:
    answer = box.browser("durand").session.get(
        f"{box.url}/socket.io/?EIO=4&transport=polling", headers={"Origin": origin}, timeout=10
    )
    assert answer.status_code == 400


def test_silent_connections_of_pupils_take_no_threads(box: Appliance) -> None:
    """Sixty WebSockets and polls without a session: each is turned away before Socket.IO sees it."""
    for number in range(60):
        transport = ("polling", "websocket")[number % 2]
        headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} if number % 2 else {}  # fmt: skip
        answer = requests.get(f"{box.url}/socket.io/?EIO=4&transport={transport}", headers=headers, timeout=10)
        assert answer.status_code == 401


def test_one_session_cannot_take_all_threads_with_open_polls(box: Appliance) -> None:
    """With room for 3 viewers and 10 more, forty open polls leave the pages alone."""
    browser = box.browser("durand")
    cookies = "; ".join(f"{c.name}={c.value}" for c in browser.session.cookies)
    lines = []
    statuses = []
    for _ in range(40):
        hello = browser.session.get(f"{box.url}/socket.io/?EIO=4&transport=polling", timeout=10)
        if hello.status_code == 503:
            statuses.append(503)
            continue
        sid = hello.text.split('"sid":"')[1].split('"')[0]
        line = socket.create_connection(("127.0.0.1", box.http_port), timeout=10)
        poll = f"GET /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}"
        line.sendall(f"{poll}\r\n\r\n".encode())
        lines.append(line)
    try:
        assert requests.get(f"{box.url}/sign-in", timeout=5).status_code == 200
        assert statuses.count(503) > 20
    finally:
        for line in lines:
            line.close()
