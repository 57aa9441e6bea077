"""Administration as a director meets it: on every screen, by keyboard alone, and without scripts."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.domain.test_rosters import ONDE
from tests.support.appliance import Appliance
from tests.web.browser.conftest import Size, sign_in
from tests.web.browser.test_accessibility import findings

pytestmark = pytest.mark.timeout(300)
# Phone and laptop, light and dark, in both languages are tests/browser's.
SCREENS = {
    "dark board": Size(1920, 1080, dark=True),
    "large text on a phone": Size(360, 780, large_text=True),
}
PAGES = (
    "/admin", "/admin/devices", "/admin/carts", "/admin/links", "/admin/classrooms", "/admin/classrooms/import",
    "/admin/people", "/admin/health", "/admin/journal", "/admin/backups", "/admin/school",
    "/admin/city", "/admin/city/sent", "/documents",
)  # fmt: skip


@pytest.fixture(scope="module")
def directors_state(chromium: Browser, box: Appliance, tablets: list[str]) -> StorageState:
    """The cookies of an administrator of a school with tablets, a class and a backup."""
    box.add_user("martin", "administrator")
    box.admin("backup")
    client = box.browser("martin")
    client.post_form("/admin/classrooms", {"name": "CE2 B", "level": "CE2"})
    client.post_form("/admin/classrooms/1/pupils", {"first_name": "Léa", "initial": "M"})
    context = chromium.new_context(base_url=box.url)
    sign_in(context.new_page(), "martin")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def plain_page(chromium: Browser, box: Appliance, directors_state: StorageState) -> Iterator[Page]:
    """A browser without scripts."""
    context: BrowserContext = chromium.new_context(
        storage_state=directors_state, java_script_enabled=False, base_url=box.url
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("screen", list(SCREENS.values()), ids=list(SCREENS))
def test_every_page_of_administration_fits_and_can_be_read_by_all(
    open_page: Callable[..., Page], directors_state: StorageState, tablets: list[str], screen: Size, axe: str
) -> None:
    page = open_page(screen, directors_state)
    for path in (*PAGES, f"/admin/devices/{tablets[0]}", "/admin/classrooms/1"):
        page.goto(path)
        for summary in page.locator("main details > summary").all():
            if summary.is_visible():
                summary.click()
        assert findings(page, axe) == [], path


def test_a_sheet_for_enrollment_fits_and_can_be_read(
    open_page: Callable[..., Page], directors_state: StorageState, axe: str
) -> None:
    page = open_page(Size(360, 780), directors_state)
    page.goto("/admin/links")
    page.get_by_role("button", name="Créer la feuille").click()

    expect(page.get_by_role("img", name="QR code de ce lien")).to_be_visible()
    assert findings(page, axe) == []


def test_a_table_keeps_its_order_and_its_filter_in_the_address(
    open_page: Callable[..., Page], directors_state: StorageState
) -> None:
    page = open_page(Size(1366, 768), directors_state)
    page.goto("/admin/devices")
    page.get_by_role("button", name="Nom").click()
    page.get_by_role("button", name="Nom").click()
    page.get_by_placeholder("Chercher un nom").fill("tablette 0")
    page.wait_for_url(re.compile(r"sort=name.*dir=desc|dir=desc.*sort=name"))
    names = page.locator("#devices tbody th").all_inner_texts()
    assert names == sorted(names, reverse=True)

    page.reload()
    assert page.locator("#devices tbody th").all_inner_texts() == names


def test_a_cart_is_added_by_keyboard_alone(open_page: Callable[..., Page], directors_state: StorageState) -> None:
    page = open_page(Size(1366, 768), directors_state)
    page.goto("/admin/carts")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "name":
            break
    page.keyboard.type("Au clavier")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Au clavier")).to_be_visible()


def test_a_list_is_imported_without_scripts(plain_page: Page) -> None:
    plain_page.goto("/admin/classrooms/import")
    plain_page.set_input_files(
        "#file", files={"name": "onde.csv", "mimeType": "text/csv", "buffer": ONDE.encode("latin-1")}
    )
    plain_page.get_by_role("button", name="Voir avant d’importer").click()
    expect(plain_page.get_by_text("Jean-Noël P.")).to_be_visible()
    plain_page.get_by_role("button", name="Importer").click()

    expect(plain_page.get_by_role("link", name="CE1 A")).to_be_visible()


def test_devices_are_filtered_and_moved_without_scripts(plain_page: Page, tablets: list[str]) -> None:
    plain_page.goto("/admin/carts")
    plain_page.get_by_label("Nouvelle classe mobile").fill("Sans script")
    plain_page.get_by_role("button", name="Ajouter").click()
    plain_page.goto("/admin/devices")
    plain_page.locator(f'input[value="{tablets[0]}"]').check()
    plain_page.get_by_label("Déplacer les appareils choisis vers").select_option("Sans script")
    plain_page.get_by_role("button", name="Déplacer").click()
    plain_page.get_by_label("Classe mobile", exact=True).select_option("Sans script")
    plain_page.get_by_role("button", name="Afficher").click()

    expect(plain_page.locator("#devices tbody tr")).to_have_count(1)


def test_a_document_is_given_without_scripts(plain_page: Page) -> None:
    plain_page.goto("/documents")
    plain_page.set_input_files(
        "#file", files={"name": "Fractions.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    )
    plain_page.get_by_role("button", name="Ajouter").click()

    expect(plain_page.get_by_role("link", name="Fractions.pdf")).to_be_visible()


@pytest.mark.parametrize("screen", [Size(360, 780), Size(360, 780, dark=True), Size(768, 1024)])
def test_on_a_narrow_screen_the_pages_are_behind_one_button_of_one_line(
    open_page: Callable[..., Page], directors_state: StorageState, screen: Size, axe: str
) -> None:
    page = open_page(screen, directors_state)
    page.goto("/admin")
    menu, link = page.get_by_role("button", name="Menu"), page.get_by_role("link", name="Documents", exact=True)
    assert page.locator(".site-header").bounding_box()["height"] < 80  # type: ignore[index]  # it is shown
    expect(link).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    assert findings(page, axe) == []
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents")


def test_on_a_wide_screen_every_page_is_one_press_away(
    open_page: Callable[..., Page], directors_state: StorageState
) -> None:
    page = open_page(Size(1366, 768), directors_state)
    page.goto("/")
    expect(page.get_by_role("button", name="Menu")).to_be_hidden()
    for name in ("Séances", "Documents", "Administration", "Mon compte"):
        expect(page.locator(".site-nav").get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_role("button", name="Quitter")).to_be_visible()


def test_the_pages_are_reached_on_a_phone_without_scripts(plain_page: Page) -> None:
    plain_page.set_viewport_size({"width": 360, "height": 780})
    plain_page.goto("/")
    plain_page.get_by_role("button", name="Menu").click()
    plain_page.get_by_role("link", name="Administration").click()
    plain_page.wait_for_url("**/admin")
