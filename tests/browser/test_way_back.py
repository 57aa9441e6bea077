"""A browser that forgot who it is gets its place back by a short code: from administration, and during a lesson."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.classroom import open_board, sheet
from tests.browser.hand_devices import LAPTOP, PUPIL_PAGE, HandDevice, come_in, hand_devices, join, lesson_in
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, Desk, Size, axe_findings

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def forgetful(box: Appliance) -> Iterator[HandDevice]:
    with hand_devices(box, [PUPIL_PAGE]) as (device,):
        yield device


@pytest.fixture(scope="module")
def head(box: Appliance) -> Client:
    box.add_user("martin", "administrator")
    return box.browser("martin")


def digits(text: str | None) -> str:
    return re.sub(r"\s", "", text or "")


@pytest.mark.parametrize("look", [Size(), PHONE], ids=["laptop", "phone"])
def test_administration_gives_a_code_that_brings_the_device_back_once(
    desk: Desk, box: Appliance, head: Client, forgetful: HandDevice, look: Size
) -> None:
    page = desk.open(look, head)
    page.goto(f"/admin/devices/{forgetful.id}")
    page.get_by_role("button", name="Faire un code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Redonner sa place à {forgetful.name}")
    expect(page.locator(".return-address")).to_have_text(f"{box.url.removeprefix('http://')}/join")
    expect(page.locator(".return-drawing svg")).to_be_visible()
    assert axe_findings(page) == []
    code = digits(page.locator(".return-digits").text_content())
    back = come_in(box, code)
    assert (back.id, back.name) == (forgetful.id, forgetful.name)
    forgetful.peer.wait_for_end()
    assert join(box, code).status_code == 401
    with back:
        page.get_by_role("link", name="C’est fait").click()
        expect(page.locator("#journal-table")).to_contain_text("Martin")
        expect(page.locator(".panel")).to_contain_text("en ligne")


def test_a_new_code_takes_the_place_of_the_one_before(
    desk: Desk, box: Appliance, head: Client, forgetful: HandDevice
) -> None:
    page = desk.open(client=head)
    page.goto(f"/admin/devices/{forgetful.id}")
    page.get_by_role("button", name="Faire un code").click()
    first = digits(page.locator(".return-digits").text_content())
    page.get_by_role("button", name="Faire un autre code").click()
    expect(page.locator(".return-digits")).not_to_have_text(re.compile(f"{first[:3]}.?{first[3:]}"))
    assert join(box, first).status_code == 401
    assert forgetful.peer.is_connected, "a code that nobody used changes nothing"


def test_only_administration_makes_codes_outside_of_a_lesson(durand: Client, forgetful: HandDevice) -> None:
    assert durand.post_form(f"/admin/devices/{forgetful.id}/code", {}).status_code == 403


def test_during_a_lesson_its_teacher_brings_a_browser_back_from_its_tile(
    desk: Desk, box: Appliance, durand: Client
) -> None:
    with hand_devices(box, [LAPTOP]) as (laptop,), lesson_in(durand, [laptop]) as room:
        board = open_board(desk.open(client=durand), room.lesson_id)
        laptop.vanish()
        name = laptop.name
        expect(board.locator(".tile")).to_have_attribute("data-state", "off")
        code = code_from_tile(board)
        room.all.clear()
        with come_in(box, code, LAPTOP) as back:
            assert (back.id, back.name) == (laptop.id, name)
            back.wait_lesson(room.lesson_id)
            back.obey(foreground="web:preau")
            expect(board.locator(".tile")).to_have_attribute("data-state", "free")


def code_from_tile(board: Page) -> str:
    board.locator(".tile-open").click()
    sheet(board).get_by_role("button", name="lui redonner sa place").click()
    said = board.locator("#tile-code-said")
    expect(said).to_contain_text("une seule fois")
    found = re.search(r"puis (\d{3})\s(\d{3})", said.text_content() or "")
    assert found is not None
    return found[1] + found[2]
