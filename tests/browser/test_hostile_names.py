"""Names and texts that want to be more than text: shown as they are, nothing runs, nothing breaks the page."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from protocol.device import CommandType
from tests.browser.classroom import Pupils, gesture_button, open_board, running_pupils, sheet, tile
from tests.support.appliance import PASSWORD, Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, Desk, Size, axe_findings, is_wider_than_screen

pytestmark = pytest.mark.timeout(240)
MARKUP = '<img src=x onerror="window.hacked=1">'
SCRIPT = "</script><script>window.hacked=1</script>"
BACKWARDS = "\u202egnp.exe\u202c"
LONG = "Anne-" * 16
EMOJI = "🦊👩🏽‍🚀 Zoé"
TEMPLATE = "{{ 7 * 7 }} ${7*7} %(name)s"
DEVICES = (MARKUP, LONG[:60].rstrip("-"), EMOJI, TEMPLATE)
TEACHER = '"><svg onload=window.hacked=1>'
CART, CLASS = "<b>Chariot</b>", "CE2 <script>"
LOOKS = {"phone": PHONE, "laptop": Size()}


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * len(DEVICES)) as pupils:
        yield pupils


@pytest.fixture(scope="module")
def director(box: Appliance, pupils: Pupils) -> Client:
    """Has given every thing a name that a prankster would choose."""
    box.add_user("martin", "administrator")
    martin = box.browser("martin")
    for device_id, name in zip(pupils.ids, DEVICES, strict=True):
        assert martin.post_form(f"/admin/devices/{device_id}/rename", {"name": name}).status_code == 303
    martin.post_form("/admin/carts/1/rename", {"name": CART})
    martin.post_form("/admin/classrooms", {"name": CLASS, "level": MARKUP})
    martin.post_form("/admin/classrooms/1/pupils", {"first_name": "<i>Léa</i>", "initial": "<"})
    martin.post_form("/admin/classrooms/1/pupils", {"first_name": LONG[:40], "initial": "Z"})
    return martin


@pytest.fixture(scope="module")
def teacher(box: Appliance, director: Client) -> Client:
    made = box.admin("user", "add", "bobby", "--name", TEACHER, "--role", "teacher", "--password-stdin", stdin=PASSWORD)
    assert made.returncode == 0, made.stderr
    return box.browser("bobby")


@pytest.fixture(scope="module")
def lesson(teacher: Client, pupils: Pupils) -> str:
    """Its title, a favourite and a document have such names, too."""
    teacher.post("/favourites", {"kind": "link", "label": MARKUP, "value": f"https://example.org/?q={quote(SCRIPT)}"})
    answer = teacher.post_form("/lessons", {"devices": pupils.ids, "minutes": 45, "title": SCRIPT})
    assert answer.status_code == 303
    return answer.headers["Location"].rsplit("/", 1)[-1]


@pytest.fixture(params=list(LOOKS.values()), ids=list(LOOKS))
def look(request: pytest.FixtureRequest) -> Size:
    size: Size = request.param
    return size


def is_unharmed(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, main svg[onload], main b, main i").count() == 0
    assert not is_wider_than_screen(page)


def test_on_the_board(desk: Desk, teacher: Client, lesson: str, look: Size, pupils: Pupils) -> None:
    page = open_board(desk.open(look, teacher), lesson)
    expect(page.locator("#lesson-title")).to_have_text(SCRIPT)
    for number, name in enumerate(DEVICES, start=1):
        expect(tile(page, number).locator(".tile-name")).to_have_text(name)
    is_unharmed(page)
    tile(page, 1).locator(".tile-open").click()
    expect(sheet(page)).to_be_visible()
    page.keyboard.press("Escape")
    gesture_button(page, "open").click()
    expect(sheet(page)).to_contain_text(MARKUP)
    page.locator("#open-query").fill(MARKUP)
    is_unharmed(page)
    assert axe_findings(page) == []


def test_in_a_message_and_a_document(desk: Desk, teacher: Client, lesson: str, look: Size, pupils: Pupils) -> None:
    page = open_board(desk.open(look, teacher), lesson)
    before = len(pupils.heard(1, CommandType.MESSAGE))
    gesture_button(page, "say").click()
    page.locator("#say-text").fill(f"{MARKUP} {LONG}{EMOJI}")
    sheet(page).get_by_role("button", name="Dire", exact=True).click()
    (said,) = pupils.wait_heard([1], CommandType.MESSAGE, before + 1)
    assert said.args["text"] == f"{MARKUP} {LONG}{EMOJI}"
    assert said.args["from"] == TEACHER
    expect(page.locator(".receipt-what")).to_contain_text(MARKUP)
    is_unharmed(page)
    gesture_button(page, "give").click()
    page.locator("#give-file").set_input_files(
        {"name": f"{BACKWARDS}{MARKUP}{LONG}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    )
    expect(page.locator(".receipt-what")).to_contain_text(MARKUP)
    assert "\u202e" not in page.locator(".receipt-what").inner_text()
    is_unharmed(page)
    gesture_button(page, "give").click()
    expect(sheet(page)).to_contain_text(MARKUP)
    is_unharmed(page)


def test_on_the_start_page_and_among_documents(desk: Desk, teacher: Client, lesson: str, look: Size) -> None:
    page = desk.open(look, teacher)
    page.goto("/")
    expect(page.get_by_role("link", name=f"Revenir à la séance {SCRIPT}")).to_be_visible()
    expect(page.get_by_text(CART, exact=True)).to_be_visible()
    page.get_by_text("Quelques-unes…").click()
    expect(page.locator(".pick")).to_contain_text(MARKUP)
    is_unharmed(page)
    page.goto("/documents")
    is_unharmed(page)


def test_in_the_administration(desk: Desk, director: Client, pupils: Pupils, lesson: str, look: Size) -> None:
    page = desk.open(look, director)
    paths = ("devices", "carts", "classrooms", "classrooms/1", "people", "journal", "links", f"devices/{pupils.ids[0]}")
    for path in paths:
        page.goto(f"/admin/{path}")
        is_unharmed(page)
    page.goto("/admin/people")
    expect(page.get_by_role("rowheader", name=TEACHER)).to_be_visible()
    page.goto("/admin/devices")
    expect(page.get_by_role("link", name=MARKUP)).to_be_visible()
