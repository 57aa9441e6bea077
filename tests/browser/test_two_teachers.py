"""Two teachers and one cart: who holds what is said, asked for, given, taken; and one looker-on too many."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.classroom import (
    Pupils,
    gesture_button,
    lesson_of,
    open_board,
    press_primary,
    running_pupils,
    sheet,
    tile,
    tiles,
)
from tests.support.appliance import Appliance, running_appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk, quiet_desk

pytestmark = pytest.mark.timeout(240)
SIZE = 4


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * SIZE) as pupils:
        yield pupils


@pytest.fixture(scope="module")
def petit(box: Appliance) -> Client:
    box.add_user("petit")
    return box.browser("petit")


@pytest.fixture(scope="module")
def direction(box: Appliance) -> Client:
    box.add_user("direction", "administrator")
    return box.browser("direction")


@pytest.fixture
def lesson(durand: Client, pupils: Pupils) -> Iterator[str]:
    """Mme Durand's, with the whole cart."""
    with lesson_of(durand, pupils, SIZE) as lesson_id:
        yield lesson_id


@pytest.fixture
def hers(desk: Desk, durand: Client, lesson: str) -> Page:
    return open_board(desk.open(client=durand), lesson)


@pytest.fixture
def his(desk: Desk, petit: Client, lesson: str) -> Iterator[Page]:
    """M. Petit's start page, while the lesson runs; what he started is ended afterwards."""
    page = desk.open(client=petit)
    page.goto("/")
    yield page
    if "/lessons/" in page.url:
        petit.post(f"/lessons/{page.url.rsplit('/', 1)[-1]}/end", {})


def start_with_cart(page: Page, answer: str) -> None:
    page.get_by_text("Classe mobile A", exact=True).click()
    held = page.locator("fieldset.held")
    expect(held).to_contain_text("01, 02, 03, 04 : avec Durand (Essai, jusqu’à")
    held.get_by_text(answer).click()
    page.get_by_role("button", name="Commencer la séance").click()


def pick(page: Page, number: int) -> None:
    page.get_by_text("Quelques-unes…").click()
    page.locator(".pick-one", has_text=f"{number:02d}").first.click()


def row(page: Page, name: str) -> Locator:
    return sheet(page).locator(".ask", has_text=name)


def test_one_who_starts_reads_by_whom_each_tablet_is_held(desk: Desk, his: Page) -> None:
    desk.witness.forgive("status of 409")
    his.get_by_text("Quelques-unes…").click()
    expect(his.locator(".pick-one", has_text="Durand")).to_have_count(SIZE)
    start_with_cart(his, "Sans celles-là")
    expect(his.locator("#source-error")).to_have_text("Elles sont toutes avec Durand : demandez-les, ou reprenez-les.")
    expect(his.locator("fieldset.held")).to_be_visible()


def ask_for(page: Page, numbers: Sequence[int]) -> None:
    page.goto("/")
    page.get_by_text("Quelques-unes…").click()
    for number in numbers:
        page.locator(".pick-one", has_text=f"{number:02d}").first.click()
    page.locator("fieldset.held").get_by_text("Les demander").click()
    page.get_by_role("button", name="Commencer la séance").click()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()


def test_one_request_for_several_tablets_is_given_at_once_and_another_is_kept(
    hers: Page, his: Page, pupils: Pupils
) -> None:
    press_primary(hers)
    pupils.wait_locked(range(1, SIZE + 1))
    ask_for(his, [2, 4])
    expect(hers.locator("#asks-text")).to_have_text("Petit demande 2 tablettes")
    ask_for(his, [3])
    expect(hers.locator("#asks-text")).to_have_text("2 demandes")
    hers.locator("#asks").click()
    row(hers, "Petit demande Tablette 03").get_by_role("button", name="Garder").click()
    row(hers, "Petit demande 2 tablettes (02, 04)").get_by_role("button", name="Donner").click()
    expect(sheet(hers)).to_contain_text("Plus personne n’attend de réponse.")
    hers.keyboard.press("Escape")
    expect(hers.locator(".tile")).to_have_count(SIZE - 2)
    expect(tile(hers, 3)).to_have_attribute("data-state", "held")
    expect(hers.locator("#notices")).to_be_empty()
    pupils.wait_locked([2, 4], locked=False)
    pupils.wait_locked([1, 3])
    his.reload()
    pick(his, 2)
    expect(his.locator("fieldset.held")).to_be_hidden()
    his.get_by_role("button", name="Commencer la séance").click()
    expect(tiles(his, "free")).to_have_count(1)


def test_tablets_are_taken_over_on_record_and_the_other_board_says_so_at_once(
    hers: Page, his: Page, pupils: Pupils, direction: Client
) -> None:
    press_primary(hers)
    pupils.wait_locked(range(1, SIZE + 1))
    pick(his, 1)
    expect(his.locator("fieldset.held")).to_contain_text("Reprendre est inscrit au journal, et Durand le voit.")
    his.locator("fieldset.held").get_by_text("Les reprendre").click()
    his.get_by_role("button", name="Commencer la séance").click()
    expect(tiles(his, "free")).to_have_count(1)
    expect(hers.locator(".tile")).to_have_count(SIZE - 1)
    pupils.wait_locked([1], locked=False)
    pupils.wait_locked([2, 3, 4])
    press_primary(his)
    expect(tiles(his, "held")).to_have_count(1)
    journal = direction.get("/admin/journal").text
    assert "Petit" in journal
    assert "Tablette 01" in journal


def test_the_last_tablet_taken_ends_the_lesson_it_leaves(hers: Page, his: Page, pupils: Pupils) -> None:
    start_with_cart(his, "Les reprendre")
    expect(tiles(his, "free")).to_have_count(SIZE)
    expect(hers.locator("body")).to_have_attribute("data-link", "over")
    expect(hers.get_by_text("La séance est terminée")).to_be_visible()


def test_a_colleague_does_not_see_the_names_on_anothers_board(desk: Desk, petit: Client, lesson: str) -> None:
    desk.witness.forgive("status of 403")
    page = desk.open(client=petit)
    page.goto(f"/lessons/{lesson}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cette page ne vous est pas ouverte")
    expect(page.get_by_text("elle ne s’ouvre qu’à lui et à l’administrateur")).to_be_visible()


def test_an_administrator_who_looks_on_sees_all_and_can_press_nothing(
    desk: Desk, direction: Client, hers: Page, lesson: str, pupils: Pupils
) -> None:
    looking = open_board(desk.open(client=direction), lesson)
    expect(looking.get_by_role("status").filter(has_text="Séance de Durand")).to_be_visible()
    expect(looking.get_by_text("Vous regardez, sans pouvoir agir.")).to_be_visible()
    expect(looking.locator("#eyes")).to_have_attribute("aria-disabled", "true")
    looking.keyboard.press("y")
    expect(gesture_button(looking, "sound")).to_have_attribute("aria-disabled", "true")
    press_primary(hers)
    expect(tiles(looking, "held")).to_have_count(SIZE)
    expect(looking.locator(".receipt-what")).to_have_text("Les yeux vers moi")


def test_two_pages_of_one_teacher_follow_each_other(desk: Desk, durand: Client, hers: Page, lesson: str) -> None:
    phone = open_board(desk.open(client=durand), lesson)
    gesture_button(phone, "sound").click()
    expect(gesture_button(hers, "sound")).to_have_attribute("aria-pressed", "true")
    expect(hers.locator(".receipt-what")).to_have_text("Couper le son")
    gesture_button(hers, "sound").click()
    expect(gesture_button(phone, "sound")).to_have_attribute("aria-pressed", "false")


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """An appliance for one open board at a time."""
    with running_appliance(tmp_path_factory.mktemp("crowded"), "--viewers", "1") as box:
        box.add_user("durand")
        yield box


def test_one_looker_on_too_many_is_told_and_still_follows_and_acts(chromium: Browser, crowded: Appliance) -> None:
    durand = crowded.browser("durand")
    with (
        running_pupils(crowded, ["idle"] * 2, seed=8) as pupils,
        lesson_of(durand, pupils, 2) as lesson_id,
        quiet_desk(chromium, crowded.url) as desk,
    ):
        first = open_board(desk.open(client=durand), lesson_id)
        second = desk.open(client=durand)
        second.goto(f"/lessons/{lesson_id}")
        expect(second.locator("body")).to_have_attribute("data-link", "busy")
        expect(second.get_by_role("status").filter(has_text="Beaucoup de pages ouvertes")).to_be_visible()
        press_primary(first)
        expect(tiles(second, "held")).to_have_count(2)
        press_primary(second)
        expect(tiles(second, "free")).to_have_count(2)
        expect(tiles(first, "free")).to_have_count(2)
