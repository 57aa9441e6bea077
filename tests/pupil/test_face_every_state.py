"""axe on the pupil's page in every state that it has, in both languages, light and dark, on a phone and a laptop."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import papers
from tests.browser.looks import LOOKS
from tests.pupil.handed import Handed, handed, identity_of
from tests.pupil.stand_in import StandIn
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, UNANSWERED, WALL, Desk, Size, axe_findings

EYES = {"message": "Les yeux vers moi"}
FEW = list(LOOKS.values())
LARGE_TEXT = {"200 % text, phone": Size(360, 780, finger=True, large_text=True)}


@pytest.fixture(params=list((LOOKS | LARGE_TEXT).values()), ids=list(LOOKS | LARGE_TEXT))
def look(request: pytest.FixtureRequest) -> Size:
    size: Size = request.param
    return size


@pytest.fixture(scope="module")
def given(durand: Client) -> dict[str, Handed]:
    contents = {
        "Le loup.pdf": papers.pdf(),
        "Carte.png": papers.drawing(),
        "Chanson.wav": papers.sound(2),
        "Liste.csv": b"mot;nombre\nchat;3\n",
    }
    return {name: handed(durand, name, content) for name, content in contents.items()}


@pytest.fixture
def child(desk: Desk, box: Appliance, look: Size) -> Iterator[StandIn]:
    face = StandIn(desk.open(look), identity_of(box)).open()
    expect(face.page.locator("html")).to_have_attribute("lang", look.language[:2])
    yield face


def is_fine(page: Page, state: str) -> None:
    assert axe_findings(page) == [], state


def shows(face: StandIn, selector: str, **changes: object) -> None:
    face.say(**changes)
    expect(face.page.locator(selector).first).to_be_visible()
    is_fine(face.page, f"{selector} {changes}")


def test_every_scene(child: StandIn) -> None:
    is_fine(child.page, "nothing known yet")
    shows(child, "#scene-free", lesson=None)
    shows(child, "#scene-lesson")
    shows(child, "[data-raised]", hand=True)
    shows(child, "#only", apps=["web:lumni.fr"])
    shows(child, "#sound", sound="blocked")
    shows(child, "#link", connection="offline", sound="blocked")
    shows(child, "#scene-over", lesson=None)
    shows(child, "#scene-elsewhere", connection="elsewhere")
    shows(child, "#scene-refused", connection="refused")


def test_what_lies_over_the_page(child: StandIn) -> None:
    child.say()
    child.page.locator("#comfort-open").click()
    is_fine(child.page, "comfort")
    for name, value in (("look", "contrast"), ("font", "dyslexic"), ("spacing", "wide"), ("size", "huge")):
        child.page.locator(f'[name="{name}"][value="{value}"]').check()
    is_fine(child.page, "comfort, all of it")
    child.page.locator("#comfort-close").click()
    child.do("message", text="On range les tablettes dans cinq minutes.", **{"from": "Mme Durand"})
    expect(child.page.locator("#message")).to_be_visible()
    is_fine(child.page, "message")
    shows(child, "#lock", lock=EYES)
    child.do("identify")
    expect(child.page.locator("#identify")).to_be_visible()
    is_fine(child.page, "identify")


@pytest.mark.parametrize("look", FEW, indirect=True, ids=["phone", "laptop"])
def test_what_a_teacher_gives(child: StandIn, given: dict[str, Handed], desk: Desk) -> None:
    desk.witness.forgive(r"status of 404")
    child.say()
    for name, paper in given.items():
        child.wait_heard("done", id=child.do("open_document", **paper.args), status="done")
        is_fine(child.page, name)
    lost = child.do("open_document", **(given["Carte.png"].args | {"sha256": "0" * 64}))
    child.wait_heard("done", id=lost, status="failed")
    is_fine(child.page, "not found")
    child.do("open_link", url="http://www.lumni.fr/")
    expect(child.page.locator(".button-site")).to_be_visible()
    is_fine(child.page, "a site behind a button")
    child.page.locator("#viewer-back").click()
    is_fine(child.page, "the list")


@pytest.mark.parametrize("look", FEW, indirect=True, ids=["phone", "laptop"])
def test_the_doors(desk: Desk, box: Appliance, look: Size) -> None:
    desk.witness.forgive(r"status of 4\d\d")
    page = desk.open(look)
    page.goto(box.link())
    is_fine(page, "join")
    page.locator(".join-more summary").click()
    is_fine(page, "its QR code")
    for address in ("/join", "/pupil", "/t/no-such-token"):
        page.goto(address)
        is_fine(page, address)
    page.goto("/join")
    page.locator("#code").fill("000000")
    page.locator("#join-go").click()
    expect(page.locator("#join-error")).not_to_be_empty()
    is_fine(page, "a wrong code")


@pytest.mark.parametrize("size", [WALL, PHONE], ids=["wall", "phone"])
def test_the_display(desk: Desk, box: Appliance, size: Size) -> None:
    desk.witness.forgive(UNANSWERED)
    screen = StandIn(desk.open(size), identity_of(box, "screen")).open()
    names = {"present": [f"Élève {number}" for number in range(28)], "missing": ["Zoé P."]}
    screen.page.route("**/pupil/lesson", lambda route: route.fulfill(json=names))
    shows(screen, ".display-time")
    shows(screen, ".display-names li", display={"show": "presence"})
    shows(screen, ".display-message", display={"show": "message", "text": "Lecture silencieuse"})
    shows(screen, ".display-left", display={"show": "timer", "ends_at": "2026-11-23T11:00:00Z", "label": "On range"})
