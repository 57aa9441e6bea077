"""A page under load: a document of 200 MB on a device that has little memory, and sixty pages in one lesson."""

import asyncio
import http.client
import json
import os
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.bench.fleet import Place, close_all, connect_all
from tests.bench.over_websocket import PageDevice
from tests.browser import papers
from tests.browser.pages import PagesDesk, PagesSchool, PupilPage, gesture, lesson_of_pages, pages_school, wait_done
from tests.support.appliance import Browser as Client
from tests.support.appliance import wait_for

pytestmark = pytest.mark.timeout(240)
LARGE = 199_000_000
MOST_HEAP = 30_000_000
MOST_MEMORY = 130_000_000  # of all that a tab is; the document alone would be more
TABS = 6
CLIENTS = 54
PATIENCE_SECONDS = 20
BOUNDARY = "a-line-between-parts"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSchool]:
    with pages_school(tmp_path_factory.mktemp("pages")) as school:
        yield school


@pytest.fixture
def desk(school: PagesSchool) -> Iterator[PagesDesk]:
    with school.desk() as desk:
        yield desk


def write_large_sound(path: Path, size: int) -> None:
    """Hours of silence, as WAV."""
    data = size - 44
    form = struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, papers.RATE_HZ, papers.RATE_HZ * 2, 2, 16, b"data", data)
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE") + form)
        file.truncate(size)


def hand_in(client: Client, path: Path) -> str:
    """To the appliance, as the teacher's browser does it: read from the disk as it goes. Returns its hash."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    line = http.client.HTTPConnection(client.url.removeprefix("http://"), timeout=120)
    line.putrequest("POST", "/documents")
    headers = client._headers() | {
        "Cookie": "; ".join(f"{one.name}={one.value}" for one in client.session.cookies),
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
    }
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders(head)
    with path.open("rb") as file:
        line.send(file)
    line.send(tail)
    answer = line.getresponse()
    body = answer.read()
    line.close()
    assert answer.status == 201, body[:300]
    return str(json.loads(body)["document"]["sha256"])


def heap(pupil: PupilPage) -> int:
    """Bytes that the page's own scripts hold, once what is garbage is gone."""
    tools = pupil.context.new_cdp_session(pupil.page)
    tools.send("HeapProfiler.collectGarbage")
    used = tools.send("Runtime.getHeapUsage")["usedSize"]
    tools.detach()
    return int(used)


def memory(school: PagesSchool) -> int:
    """Bytes of all tabs, workers and players included."""
    tools = school.chromium.new_browser_cdp_session()
    found = tools.send("SystemInfo.getProcessInfo")["processInfo"]
    tools.detach()
    return sum(_resident(one["id"]) for one in found if one["type"] == "renderer")


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_two_hundred_megabytes_are_shown_and_never_held(school: PagesSchool, desk: PagesDesk, tmp_path: Path) -> None:
    papers.write_large_pdf(tmp_path / "Atlas.pdf", LARGE)
    write_large_sound(tmp_path / "Silence.wav", LARGE)
    documents = [hand_in(school.durand, tmp_path / name) for name in ("Atlas.pdf", "Silence.wav")]
    pupil, durand = desk.device(school.link), school.durand
    with lesson_of_pages(durand, pupil) as lesson:
        before = heap(pupil), memory(school)
        wait_done(durand, lesson, gesture(durand, lesson, "open_document", sha256=documents[0]))
        assert pupil.page.locator(".page-sheet").count() == 3
        assert pupil.page.locator(".page-sheet canvas").count() >= 1
        assert heap(pupil) - before[0] < MOST_HEAP
        assert memory(school) - before[1] < MOST_MEMORY
        wait_done(durand, lesson, gesture(durand, lesson, "open_document", sha256=documents[1]))
        audio = pupil.page.locator("audio")
        assert audio.evaluate("(one) => one.duration") == pytest.approx(LARGE / papers.RATE_HZ / 2, rel=0.01)
        audio.evaluate("(one) => new Promise((done) => { one.onseeked = done; one.currentTime = one.duration * 0.9; })")
        assert heap(pupil) - before[0] < MOST_HEAP
        assert memory(school) - before[1] < MOST_MEMORY
        kept = pupil.page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)")
        assert kept < 10_000_000


@contextmanager
def clients_of(school: PagesSchool, count: int) -> Iterator[list[PageDevice]]:
    """Over the WebSocket, and each says what a page says; in a loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    token = school.box.new_link().rsplit("/", 1)[-1]

    def enroll(number: int) -> tuple[str, str]:
        body = {
            "token": token, "serial": f"web-{number:016d}", "manufacturer": "", "model": "Chrome", "kind": "tablet",
            "os": "Android 14", "agent": "preau-page/1.0",
            "capabilities": ["lock", "sound", "apps", "open_link", "open_document", "message", "usage"],
        }  # fmt: skip
        answer = requests.post(f"{school.box.url}/api/devices", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.json()["mqtt"]["username"], answer.json()["mqtt"]["password"]

    async def connect(logins: list[tuple[str, str]]) -> list[PageDevice]:
        devices = [PageDevice(*login) for login in logins]
        await connect_all(devices, Place(port=school.box.websocket_port), 10)
        return devices

    with ThreadPoolExecutor(8) as enrolling:
        logins = list(enrolling.map(enroll, range(count)))
    devices = asyncio.run_coroutine_threadsafe(connect(logins), loop).result(60)
    try:
        yield devices
    finally:
        loop.call_soon_threadsafe(close_all, devices)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_sixty_pages_do_at_once_what_one_press_says(school: PagesSchool, desk: PagesDesk) -> None:
    """As many real tabs as two cores carry; the others say the same over the same WebSocket."""
    durand = school.durand
    tabs = [desk.device(school.link) for _ in range(TABS)]
    with clients_of(school, CLIENTS) as clients:
        lesson = durand.start_lesson([*(one.id for one in tabs), *(one.id for one in clients)])
        wait_for(
            lambda: sum(one["presence"] == "online" for one in durand.board(lesson)["tiles"]) == TABS + CLIENTS,
            PATIENCE_SECONDS,
            "sixty are online",
        )
        everybody = {"succeeded": TABS + CLIENTS}
        said = gesture(durand, lesson, "message", text="Bonjour")
        assert wait_done(durand, lesson, said, PATIENCE_SECONDS) == everybody
        up = gesture(durand, lesson, "eyes_up", message="Les yeux vers moi")
        assert wait_done(durand, lesson, up, PATIENCE_SECONDS) == everybody
        for tab in tabs:
            tab.wait_locked(seconds=1)
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_free"), PATIENCE_SECONDS)
        for tab in tabs:
            tab.wait_free(seconds=1)
            assert tab.message.inner_text() == "Bonjour"
        assert all(one.done_count == 1 for one in clients)
        durand.post(f"/lessons/{lesson}/end", {})
