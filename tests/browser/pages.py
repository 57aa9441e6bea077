"""Pupil's pages in real Chromium, each a device of a real appliance: how they get in, and what is seen in them.

Owns looking at a page as a pupil would, or a colleague behind him. Beside what is on the screen it knows only what the
browser itself keeps.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.support.appliance import Appliance, running_appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import UNANSWERED, Desk, Size, Witness, running_chromium

TABLET = Size(800, 1280, finger=True)
LAPTOP = Size(1366, 768)
SCREEN = Size(1920, 1080)
ADDRESS = re.compile(r"/pupil$")
# Where a finger could go: corners and middle, in shares of the window.
_MARKS = ((0.02, 0.02), (0.98, 0.02), (0.5, 0.5), (0.02, 0.98), (0.98, 0.98))
_COVERED = """(marks) => marks.every(([x, y]) =>
    document.elementFromPoint(innerWidth * x, innerHeight * y)?.closest("#lock") !== null)"""
_LOOK = """() => {
    const lock = document.getElementById("lock");
    return { scene: document.body.dataset.scene ?? "", connection: document.body.dataset.connection ?? "",
        lock: !lock || lock.hidden ? null : document.getElementById("lock-text").textContent };
}"""


@dataclass
class PupilPage:
    """One tab that is a device, or was one."""

    page: Page

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def identity(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.page.evaluate("localStorage.getItem('preau.identity')") or "{}")
        return found

    @property
    def id(self) -> str:
        return str(self.identity["id"])

    def change_identity(self, **changes: str) -> None:
        """As by the developer tools; it is read at the next start."""
        self.page.evaluate(
            "(identity) => localStorage.setItem('preau.identity', JSON.stringify(identity))", self.identity | changes
        )

    def join(self, link: str, kind: str = "tablet") -> "PupilPage":
        """By an enrollment link: one touch says what the device is."""
        self.page.goto(link)
        self.page.locator(f'.kind[data-kind="{kind}"]').click()
        return self.arrive()

    def join_by_code(self, code: str) -> "PupilPage":
        self.page.goto("/join")
        self.page.locator("#code").fill(code)
        self.page.locator("#join-go").click()
        return self.arrive()

    def arrive(self) -> "PupilPage":
        self.page.wait_for_url(ADDRESS)
        return self.wait_online()

    def wait_online(self, seconds: float = 30) -> "PupilPage":
        return self.wait(seconds, connection="online")

    def look(self) -> dict[str, Any]:
        """`scene`, `connection`, and the words of the `lock`, null when there is none."""
        found: dict[str, Any] = self.page.evaluate(_LOOK)
        return found

    def wait(self, seconds: float = 30, **wanted: Any) -> "PupilPage":
        with telling(lambda: f"{wanted}; it is {self.look()}"):
            wait_for(lambda: wanted.items() <= self.look().items() or None, seconds)
        return self

    def wait_locked(self, message: str = "Les yeux vers moi", seconds: float = 30) -> "PupilPage":
        """Seen: its words, and nothing but the lock wherever a finger could go."""
        self.wait(seconds, lock=message)
        assert self.is_covered()
        return self

    def wait_free(self, seconds: float = 30) -> "PupilPage":
        self.wait(seconds, lock=None)
        assert not self.is_covered()
        return self

    def is_covered(self) -> bool:
        return bool(self.page.evaluate(_COVERED, list(_MARKS)))

    @property
    def body(self) -> Locator:
        """Where sites and documents are shown."""
        return self.page.locator("#viewer-body")

    @property
    def message(self) -> Locator:
        return self.page.locator("#message-text")

    @property
    def hand(self) -> Locator:
        """The button, wherever it stands now."""
        return self.page.locator("[data-hand]:visible").first

    def wait_forgotten(self, word: str) -> None:
        wait_for(lambda: word not in self.storage_text(), 10, f"{word} is kept no more")

    def storage_text(self) -> str:
        """All that the browser keeps by names and values: localStorage and every IndexedDB."""
        return str(self.page.evaluate(_STORED))


@contextmanager
def telling(what: Callable[[], str]) -> Iterator[None]:
    """What was waited for in vain is told as it is at the end."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{error}: {what()}") from None


_STORED = """async () => {
    const result = (request) => new Promise((done, fail) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => fail(request.error);
    });
    const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
    for (const { name } of await indexedDB.databases()) {
        const base = await result(indexedDB.open(name));
        for (const store of base.objectStoreNames) {
            const kept = base.transaction(store).objectStore(store);
            found.push(name, store, JSON.stringify([await result(kept.getAllKeys()), await result(kept.getAll())]));
        }
        base.close();
    }
    return found.join(" ");
}"""


class PagesDesk(Desk):
    """Opens browsers that are devices. `neighbours`: other hosts that a test lets its pages ask."""

    def __init__(self, chromium: Browser, box: Appliance, *neighbours: str, url: str = "") -> None:
        super().__init__(chromium, url or box.url)
        self.box = box
        self.witness: Witness = _Neighbourly(self.witness.host, neighbours=neighbours)
        self.witness.forgive(UNANSWERED)

    def blank(self, size: Size = TABLET, **options: Any) -> PupilPage:
        """A browser that is nobody yet."""
        return PupilPage(self.open(size, **options))

    def tab(self, other: PupilPage) -> PupilPage:
        """One more of the same browser."""
        page = other.context.new_page()
        page.set_default_timeout(30_000)
        return PupilPage(page)

    def device(self, link: str, kind: str = "tablet", size: Size = TABLET, **options: Any) -> PupilPage:
        return self.blank(size, **options).join(self.here(link), kind)

    def here(self, link: str) -> str:
        """A link of the appliance's, by the name by which this desk calls it."""
        return self.url + link[link.index("/t/") :]


@dataclass
class _Neighbourly(Witness):
    neighbours: tuple[str, ...] = ()

    @property
    def strangers(self) -> list[str]:
        return [url for url in super().strangers if not any(url.startswith(one) for one in self.neighbours)]

    @property
    def troubles(self) -> list[str]:
        """What another site's page complains of is its own business."""
        return [text for text in super().troubles if not any(f"({one}" in text for one in self.neighbours)]


@contextmanager
def pages_desk(chromium: Browser, box: Appliance, *neighbours: str, url: str = "") -> Iterator[PagesDesk]:
    """At its end every page must have been quiet, but for what was forgiven."""
    desk = PagesDesk(chromium, box, *neighbours, url=url)
    try:
        yield desk
    finally:
        desk.close()
    assert not desk.witness.troubles, desk.witness.troubles


@dataclass
class PagesSchool:
    """A box with one teacher, a link that lets browsers in, and a Chromium."""

    chromium: Browser
    box: Appliance
    durand: Client
    link: str

    @contextmanager
    def desk(self) -> Iterator[PagesDesk]:
        with pages_desk(self.chromium, self.box) as desk:
            yield desk


def _nothing(_box: Appliance) -> Sequence[str]:
    return ()


@contextmanager
def pages_school(folder: Path, arguments: Callable[[Appliance], Sequence[str]] = _nothing) -> Iterator[PagesSchool]:
    """`arguments`: more of them for Chromium, once the box is there."""
    with running_appliance(folder) as box, running_chromium(*arguments(box)) as chromium:
        box.add_user("durand")
        yield PagesSchool(chromium, box, box.browser("durand"), box.new_link())


def tile_of(client: Client, lesson_id: str, device_id: str) -> dict[str, Any]:
    """What the board knows of it."""
    found: dict[str, Any] = next(one for one in client.board(lesson_id)["tiles"] if one["device_id"] == device_id)
    return found


def wait_tile(client: Client, lesson_id: str, device_id: str, seconds: float = 15, **wanted: Any) -> dict[str, Any]:
    """Until the board says all of `wanted` of it."""

    def look() -> dict[str, Any] | None:
        tile = tile_of(client, lesson_id, device_id)
        return tile if wanted.items() <= tile.items() else None

    with telling(lambda: f"{wanted} on the tile; it is {tile_of(client, lesson_id, device_id)}"):
        return wait_for(look, seconds)


def gesture(client: Client, lesson_id: str, kind: str, devices: list[str] | None = None, **args: Any) -> str:
    """What the teacher's board sends when a button is pressed; its id."""
    gesture_id = str(uuid4())
    answer = client.gesture(lesson_id, kind, gesture_id, devices=devices, args=args)
    assert answer.status_code == 201, answer.text
    return gesture_id


def wait_done(client: Client, lesson_id: str, gesture_id: str, seconds: float = 30) -> Mapping[str, int]:
    """Until every device of the lesson's latest gesture has done it; its counts."""

    def look() -> Mapping[str, int] | None:
        said = client.board(lesson_id)["gesture"]
        counts: Mapping[str, int] = said["counts"]
        return counts if said["id"] == gesture_id and set(counts) == {"succeeded"} else None

    with telling(lambda: f"done; it is {client.board(lesson_id)['gesture']}"):
        return wait_for(look, seconds)


def hand_in(client: Client, name: str, content: bytes) -> str:
    """A document, to the appliance; its hash, by which it is given."""
    answer = client.session.post(
        f"{client.url}/documents", files={"file": (name, content)}, headers=client._headers(), timeout=20
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["document"]["sha256"])


@contextmanager
def lesson_of_pages(client: Client, *pupils: PupilPage, minutes: int = 45) -> Iterator[str]:
    """A lesson with these, all of them online; ended at the end, if it has not ended by then."""
    lesson_id = client.start_lesson([one.id for one in pupils], minutes)
    try:
        for one in pupils:
            wait_tile(client, lesson_id, one.id, 30, presence="online")
        yield lesson_id
    finally:
        client.post(f"/lessons/{lesson_id}/end", {})
