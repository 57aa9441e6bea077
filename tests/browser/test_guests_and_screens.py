"""Who comes for one lesson, the class's screen, and what is said of those that only half obey: on a real board.

The devices are in the test's own hand and speak the device protocol, as a page and a tablet do.
"""

import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from appliance.config import Config
from protocol.device import AckStatus, Capability, CommandType, parse_time
from tests.browser.classroom import gesture_button, open_board, press_primary, sheet, tile
from tests.browser.hand_devices import LAPTOP, PUPIL_PAGE, SCREEN_PAGE, HandDevice, Make, enroll, hand_devices
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, WALL, Desk, Size, axe_findings

pytestmark = pytest.mark.timeout(240)
PAGES, TABLETS, SIZE = (1, 2, 3), (4, 5), 5
NOT_OF_A_PAGE = (Capability.CAMERA, Capability.INTERNET)


class Room:
    """A lesson's devices by the number on their sticker; `screen` and the lesson itself."""

    def __init__(self, devices: list[HandDevice], screen: HandDevice, lesson_id: str) -> None:
        self._devices = devices
        self.screen = screen
        self.lesson_id = lesson_id

    def __getitem__(self, number: int) -> HandDevice:
        return self._devices[number - 1]

    @property
    def all(self) -> list[HandDevice]:
        return [*self._devices, self.screen]

    def obey(self, *numbers: int) -> None:
        """Each does what it can, and says what it cannot."""
        for number in numbers:
            self[number].obey(unsupported=NOT_OF_A_PAGE if number in PAGES else ())


@pytest.fixture(scope="module")
def devices(box: Appliance) -> Iterator[list[HandDevice]]:
    """Two Chromebooks, a laptop, two tablets that can do everything, and the screen of the class."""
    makes = [PUPIL_PAGE, PUPIL_PAGE, LAPTOP, Make(), Make()]
    with hand_devices(box, makes) as devices, hand_devices(box, [SCREEN_PAGE], "Salles") as screens:
        yield [*devices, *screens]


@pytest.fixture
def room(durand: Client, devices: list[HandDevice]) -> Iterator[Room]:
    lesson_id = durand.start_lesson([one.id for one in devices])
    room = Room(devices[:SIZE], devices[SIZE], lesson_id)
    try:
        for one in room.all:
            one.wait_lesson(lesson_id)
            one.obey(foreground="web:preau")
        yield room
    finally:
        durand.post(f"/lessons/{lesson_id}/end", {})
        for one in room.all:
            one.wait_lesson(None)
            one.obey()


@pytest.fixture
def board(desk: Desk, durand: Client, room: Room) -> Page:
    return open_board(desk.open(client=durand), room.lesson_id)


def screen_tile(page: Page) -> Locator:
    return page.locator('.tile[data-kind="screen"]')


def guest_tile(page: Page) -> Locator:
    return page.locator(".tile[data-guest]")


def come_in(box: Appliance, code: str) -> HandDevice:
    """As the page behind the short address does: the code is exchanged, then the browser enrolls."""
    answer = join(box, code)
    assert answer.status_code == 200, answer.text
    return enroll(box, answer.json()["token"], PUPIL_PAGE)


def join(box: Appliance, code: str) -> requests.Response:
    session = requests.Session()
    page = session.get(f"{box.url}/join", timeout=20).text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    headers = {"X-CSRFToken": token, "Referer": f"{box.url}/join", "Accept": "application/json"}
    return session.post(f"{box.url}/join", json={"code": code}, headers=headers, timeout=20)


def shown_code(page: Page) -> str:
    code = page.locator("#welcome-code")
    expect(code).not_to_be_empty()
    return (code.text_content() or "").replace("\u00a0", "").replace(" ", "")


def test_a_visitor_comes_in_by_the_code_on_the_board_and_is_sent_away_from_its_tile(
    board: Page, box: Appliance, room: Room
) -> None:
    board.locator("#welcome").click()
    code = shown_code(board)
    assert len(code) == 6
    assert code.isdigit()
    expect(board.locator("#welcome-address")).to_have_text(f"{box.url.removeprefix('http://')}/join")
    assert board.locator("#welcome-qr").evaluate("async (one) => { await one.decode(); return one.naturalWidth }") > 0
    expect(sheet(board)).to_contain_text("Rien ne reste après la séance")
    expect(sheet(board)).to_contain_text("Personne n’est encore entré")
    with come_in(box, code) as guest:
        guest.wait_lesson(room.lesson_id)
        guest.obey(foreground="web:preau")
        expect(board.locator("#welcome-guests")).to_contain_text("Invité 1")
        expect(board.locator("#welcome-count")).to_have_text("1 appareil accueilli")
        board.keyboard.press("Escape")
        expect(guest_tile(board)).to_contain_text("Invité 1")
        expect(guest_tile(board).locator(".tile-number")).to_have_text("")
        press_primary(board)
        guest.wait_wanted(sound="blocked")
        guest_tile(board).locator(".tile-open").click()
        expect(sheet(board)).to_contain_text("rien ne reste de lui")
        board.get_by_role("button", name="Renvoyer cet invité").click()
        expect(guest_tile(board)).to_have_count(0)
        guest.peer.wait_for_end()
    expect(board.get_by_role("dialog")).to_have_count(0)
    assert guest.id not in box.admin("device", "list", "--json").stdout


def test_a_closed_door_lets_nobody_in_and_those_who_are_in_stay(board: Page, box: Appliance) -> None:
    board.locator("#welcome").click()
    code = shown_code(board)
    with come_in(box, code):
        expect(guest_tile(board)).to_have_count(1)
        board.get_by_role("button", name="Fermer l’accueil").click()
        expect(sheet(board)).to_contain_text("L’accueil est fermé")
        assert join(box, code).status_code == 401
        expect(guest_tile(board)).to_have_count(1)
        board.get_by_role("button", name="Rouvrir, avec un nouveau code").click()
        expect(board.locator("#welcome-door")).to_be_visible()
        assert shown_code(board) != code
        board.get_by_role("button", name="Continuer").click()
        expect(board.locator("#welcome")).to_contain_text("Accueil ouvert")
        guest_tile(board).locator(".tile-open").click()
        board.get_by_role("button", name="Renvoyer cet invité").click()
        expect(guest_tile(board)).to_have_count(0)


def test_the_code_is_read_from_the_back_of_the_room(desk: Desk, durand: Client, room: Room) -> None:
    wall = open_board(desk.open(WALL, durand), f"{room.lesson_id}?mode=tableau")
    wall.locator("#welcome").click()
    assert len(shown_code(wall)) == 6
    digits = wall.locator("#welcome-code").bounding_box()
    drawing = wall.locator("#welcome-qr").bounding_box()
    assert digits is not None
    assert drawing is not None
    assert digits["height"] > WALL.height / 8, "a hand's breadth on the wall"
    words = wall.evaluate(
        """() => {
            const range = document.createRange();
            range.selectNodeContents(document.getElementById("welcome-code"));
            return range.getBoundingClientRect().right;
        }"""
    )
    assert words < drawing["x"], "no digit lies under the drawing"
    assert axe_findings(wall) == []


def test_what_is_done_to_all_does_not_touch_the_screen_and_the_counts_say_so(board: Page, room: Room) -> None:
    expect(board.locator("#whom")).to_have_text(f"{SIZE} appareils")
    expect(board.locator("#present")).to_have_text(f"{SIZE} sur {SIZE} en ligne")
    press_primary(board)
    for number in (*PAGES, *TABLETS):
        room[number].wait_wanted(sound="blocked")
    room.obey(*PAGES, *TABLETS)
    expect(board.locator(".receipt-count")).to_have_text(f"{SIZE} sur {SIZE}")
    expect(screen_tile(board)).to_have_attribute("data-state", "free")
    assert room.screen.desired.restrictions.is_free
    board.locator("#select-all").check()
    expect(screen_tile(board)).not_to_have_attribute("data-chosen", "")
    board.locator("#select-none").click()
    screen_tile(board).locator("label.tile-check").click()
    expect(board.locator("#whom")).to_have_text("1 appareil")
    gesture_button(board, "sound").click()
    room.screen.wait_wanted(sound="blocked")


def hub_time(box: Appliance) -> datetime:
    return parse_time(requests.get(f"{box.url}/api/time", timeout=20).json()["now"])


def test_the_screen_shows_a_timer_a_message_who_is_there_and_nothing(
    board: Page, box: Appliance, room: Room
) -> None:
    board.keyboard.press("p")
    expect(sheet(board)).to_contain_text("à l’écran : rien")
    board.locator("#timer-label").fill("On range")
    before = hub_time(box)
    sheet(board).get_by_role("button", name="3 min").click()
    timer = wait_for(lambda: room.screen.desired.display, 20, "the screen is to show something")
    assert timer.label == "On range"
    assert timer.ends_at is not None
    assert timedelta(seconds=180) <= timer.ends_at - before < timedelta(seconds=190)
    expect(screen_tile(board).locator(".tile-text")).to_contain_text("minuteur jusqu’à")
    board.locator("#display-text").fill("Sortez vos cahiers")
    sheet(board).get_by_role("button", name="Afficher").click()
    expect(screen_tile(board).locator(".tile-text")).to_contain_text("Sortez vos cahiers")
    presence = sheet(board).get_by_role("button", name="Les présents")
    presence.click()
    expect(presence).to_have_attribute("aria-pressed", "true")
    wait_for(lambda: room.screen.desired.display and room.screen.desired.display.show == "presence", 20, "presence")
    sheet(board).get_by_role("button", name="Rien").click()
    wait_for(lambda: room.screen.desired.display is None, 20, "nothing")
    expect(screen_tile(board).locator(".tile-text")).to_have_text("rien")


def test_a_site_goes_to_the_screen_alone_from_the_screens_own_tile(board: Page, room: Room) -> None:
    screen_tile(board).locator(".tile-open").click()
    sheet(board).get_by_role("button", name="Site…").click()
    expect(sheet(board)).to_contain_text("Écran 01")
    board.locator("#open-query").fill("lumni.fr")
    board.keyboard.press("Enter")
    assert room.screen.wait_commands()[-1].type is CommandType.OPEN_LINK
    room.screen.answer()
    room.screen.obey(foreground="web:www.lumni.fr")
    expect(board.locator(".receipt-count")).to_have_text("1 sur 1")
    expect(screen_tile(board).locator(".tile-text")).to_have_text("www.lumni.fr")
    assert all(not room[number].commands for number in (*PAGES, *TABLETS))


def test_what_no_page_can_do_is_greyed_with_the_reason_and_some_are_counted(board: Page, room: Room) -> None:
    camera = gesture_button(board, "camera")
    expect(camera).to_have_attribute("title", "2 appareils sur 5 le permettent.")
    for number in PAGES:
        tile(board, number).locator("label.tile-check").click()
    expect(camera).to_have_attribute("aria-disabled", "true")
    expect(camera).to_have_attribute("title", "Aucun de ces appareils ne le permet.")
    expect(gesture_button(board, "sound")).not_to_have_attribute("aria-disabled", "true")
    board.locator("#select-none").click()
    camera.click()
    for number in TABLETS:
        room[number].wait_wanted(camera="blocked")
    room.obey(*TABLETS)
    expect(board.locator(".receipt-count")).to_have_text("2 sur 5")
    expect(board.locator("#receipt-groups .receipt-group")).to_have_text("01, 02, 03 : caméra non gérée")


def test_eyes_up_counts_those_that_are_held_and_tells_the_limits_of_pages_apart(board: Page, room: Room) -> None:
    press_primary(board)
    for number in (*PAGES, *TABLETS):
        room[number].wait_wanted(sound="blocked")
    room.obey(*PAGES, *TABLETS)
    expect(board.locator(".receipt-count")).to_have_text("5 sur 5")
    limits = board.locator("#receipt-groups .receipt-group")
    expect(limits).to_have_text("01, 02, 03 : caméra non gérée, internet non géré")
    expect(limits).to_have_attribute("data-kind", "limit")
    expect(board.locator(".tile[data-problem]")).to_have_count(0)
    tile(board, 1).locator(".tile-open").click()
    expect(sheet(board).locator("dl")).to_contain_text("confirmé par l’appareil – caméra non gérée")


def test_a_page_that_its_pupil_left_is_held_by_nothing_and_the_receipt_says_so(board: Page, room: Room) -> None:
    room[2].leave_page()
    expect(tile(board, 2).locator(".tile-text")).to_have_text("a quitté la page")
    expect(tile(board, 2)).to_have_attribute("data-state", "left")
    expect(board.locator("#present")).to_have_text("5 sur 5 en ligne")
    room[2].obey(foreground="web:preau")
    expect(tile(board, 2).locator(".tile-text")).to_have_text("page d’accueil")
    press_primary(board)
    for number in (*PAGES, *TABLETS):
        room[number].wait_wanted(sound="blocked")
    room.obey(*PAGES, *TABLETS)
    expect(board.locator(".receipt-count")).to_have_text("5 sur 5")
    room[2].leave_page()
    expect(board.locator(".receipt-count")).to_have_text("4 sur 5")
    expect(board.locator("#receipt-groups .receipt-group").first).to_have_text("02 : a quitté la page")
    expect(tile(board, 2).locator(".tile-receipt .icon-check")).to_have_count(0)
    room[2].obey(foreground="web:preau")
    expect(board.locator(".receipt-count")).to_have_text("5 sur 5")
    expect(tile(board, 2)).to_have_attribute("data-state", "held")


def test_a_tab_that_is_closed_is_offline_within_five_seconds(board: Page, box: Appliance, room: Room) -> None:
    board.locator("#welcome").click()
    guest = come_in(box, shown_code(board))
    board.keyboard.press("Escape")
    with guest:
        expect(guest_tile(board)).not_to_have_attribute("data-state", "off")
        closed_at = time.monotonic()
        guest.vanish()
        expect(guest_tile(board)).to_have_attribute("data-state", "off", timeout=5000)
        assert time.monotonic() - closed_at < 5


def test_what_cannot_be_confirmed_never_looks_like_a_confirmation(board: Page, box: Appliance, room: Room) -> None:
    """The store says how each outcome is known; which channel wrote it there is the bridge's."""
    gesture_button(board, "say").click()
    board.locator("#say-text").fill("Bonjour")
    sheet(board).get_by_role("button", name="Dire", exact=True).click()
    for number in (*PAGES, *TABLETS):
        room[number].wait_commands()
        room[number].answer(AckStatus.DONE)
    expect(board.locator(".receipt-count")).to_have_text("5 sur 5")
    know(box, room[1].id, "observed")
    know(box, room[4].id, "unconfirmed")
    expect(board.locator(".receipt-count")).to_have_text("4 sur 5")
    expect(board.locator(".receipt-seen")).to_have_text("dont 1 vu dans son état")
    unsure = board.locator("#receipt-groups .receipt-group")
    expect(unsure).to_have_text("04 : envoyé, sans confirmation possible")
    expect(unsure).to_have_attribute("data-kind", "unsure")
    expect(mark(board, 4)).to_have_attribute("data-mark", "circle-help")
    expect(tile(board, 4).locator(".tile-text")).to_have_text("non confirmé")
    expect(mark(board, 1)).to_have_attribute("data-mark", "eye")
    expect(mark(board, 1)).to_have_attribute("title", "vu dans son état")
    expect(mark(board, 5)).to_have_attribute("data-mark", "check")
    expect(mark(board, 5)).to_have_attribute("title", "confirmé par l’appareil")
    assert colour(mark(board, 4)) != colour(mark(board, 5))
    tile(board, 4).locator(".tile-open").click()
    expect(sheet(board).locator("dl")).to_contain_text("envoyé, sans confirmation possible")
    assert axe_findings(board) == []


def know(box: Appliance, device_id: str, evidence: str) -> None:
    with sqlite3.connect(Config(box.data_path).store_path, timeout=10) as store:
        store.execute("UPDATE receipt SET evidence = ? WHERE device_id = ?", (evidence, device_id))
    store.close()


def mark(page: Page, number: int) -> Locator:
    return tile(page, number).locator(".tile-receipt")


def colour(element: Locator) -> str:
    return str(element.evaluate("(one) => getComputedStyle(one).color"))


@pytest.mark.parametrize(
    "look",
    [Size(), PHONE, Size(dark=True), Size(360, 780, finger=True, large_text=True)],
    ids=["laptop", "phone", "dark", "large text"],
)
def test_the_sheets_have_no_accessibility_finding_on_any_screen(
    desk: Desk, durand: Client, room: Room, look: Size
) -> None:
    page = open_board(desk.open(look, durand), room.lesson_id)
    page.locator("#welcome").click()
    assert len(shown_code(page)) == 6
    assert axe_findings(page) == []
    page.keyboard.press("Escape")
    screen_tile(page).locator(".tile-open").click()
    expect(sheet(page)).to_contain_text("Écran de la classe")
    assert axe_findings(page) == []


def test_a_screen_is_chosen_on_the_start_page_and_each_kind_has_its_drawing(
    desk: Desk, durand: Client, devices: list[HandDevice]
) -> None:
    page = desk.open(client=durand)
    page.goto("/")
    page.locator('input[value="devices"]').check()
    drawn = page.locator(".pick .pick-kind").all_text_contents()
    assert [text.strip() for text in drawn] == ["Chromebook", "Chromebook", "ordinateur", "tablette", "tablette"]
    page.locator(".pick input").first.check()
    page.locator('input[name="screens"]').check()
    assert axe_findings(page) == []
    page.get_by_role("button", name="Commencer la séance").click()
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    expect(page.locator(".tile")).to_have_count(2)
    expect(screen_tile(page)).to_contain_text("Écran 01")
    durand.post(f"{page.url.removeprefix(durand.url)}/end", {})
