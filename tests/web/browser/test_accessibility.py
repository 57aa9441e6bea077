"""Every page, on every screen: axe finds nothing, nothing overflows."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import DEVICES, Size, sign_in

pytestmark = pytest.mark.timeout(240)
# Phone and laptop, light and dark, in both languages are tests/browser's.
SCREENS = {
    "tablet": Size(768, 1024),
    "board": Size(1920, 1080),
    "large text": Size(1366, 768, large_text=True),
    "large text on a phone": Size(360, 780, large_text=True),
}
SHEETS = ("open", "give", "say", "find", "apps")


@pytest.fixture(params=list(SCREENS.values()), ids=list(SCREENS))
def screen(request: pytest.FixtureRequest) -> Size:
    size: Size = request.param
    return size


def findings(page: Page, axe: str) -> list[str]:
    """What axe found, and whether the page is wider than the screen."""
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run().then(({violations}) => violations.map((one) => `${one.id}: ${one.nodes[0].html}`))"
    )
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, *(["wider than the screen"] if wide else [])]


def test_signing_in_and_starting_a_lesson(
    open_page: Callable[[Size], Page], lesson: str, screen: Size, axe: str
) -> None:
    page = open_page(screen)
    page.goto("/sign-in")
    assert findings(page, axe) == []
    sign_in(page)
    expect(page.get_by_role("link", name="Revenir à la séance")).to_be_visible()
    assert findings(page, axe) == []
    page.goto("/nowhere")
    assert findings(page, axe) == []


def test_the_board_in_all_its_states(open_board: Callable[[Size], Page], screen: Size, axe: str) -> None:
    page = open_board(screen)
    assert findings(page, axe) == [], "free"
    page.locator("#eyes").click()
    expect(page.locator('.tile[data-state="held"]')).to_have_count(DEVICES - 1)
    page.locator(".tile input").first.check()
    assert findings(page, axe) == [], "held, one chosen"
    page.locator(".tile input").first.uncheck()
    look_at_sheets(page, axe)
    page.context.set_offline(True)
    expect(page.locator("body")).to_have_attribute("data-link", "lost")
    assert findings(page, axe) == [], "lost"
    page.context.set_offline(False)
    expect(page.locator("body")).to_have_attribute("data-link", "live")


def look_at_sheets(page: Page, axe: str) -> None:
    """Each opens, is sound, and gives the focus back."""
    if page.locator("#more").is_visible():
        page.locator("#more").click()
    for name in SHEETS:
        button = page.locator(f'#bar [data-action="{name}"], #bar [data-restriction="{name}"]')
        button.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert findings(page, axe) == [], name
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
    page.locator(".tile-open").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert findings(page, axe) == [], "one tablet"
    page.keyboard.press("Escape")
