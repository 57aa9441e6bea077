"""What a browser that was here before asks the box for: not the eighty files again."""

from urllib.parse import urlsplit

from playwright.sync_api import Page

from appliance.web.static_addresses import plain_path
from tests.support.chromium import Desk

# What came over the network, and what the browser still had: of its own cache it says a size of nothing.
_FETCHED = (
    """() => performance.getEntriesByType("resource").filter((one) => one.transferSize > 0).map((one) => one.name)"""
)
_ALL = """() => performance.getEntriesByType("resource").length"""


def fetched(page: Page) -> set[str]:
    return {plain_path(urlsplit(url).path) for url in page.evaluate(_FETCHED)}


def visit(page: Page) -> Page:
    page.goto("/pupil", wait_until="networkidle")
    return page


def test_a_second_visit_asks_for_no_file_again(desk: Desk) -> None:
    first = visit(desk.open())
    assert len(fetched(first)) > 30
    second = visit(first.context.new_page())
    assert second.evaluate(_ALL) > 30
    assert not {path for path in fetched(second) if path.startswith("/static/")}
