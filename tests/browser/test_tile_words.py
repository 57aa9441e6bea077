"""The word of a tile's state is read whole: on every screen, with large text, in a small class and in a large one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.classroom import Pupils, lesson_of, open_board, press_primary, running_pupils, tiles
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk, Size

pytestmark = pytest.mark.timeout(240)
SIZE = 4
WIDTHS = (*range(360, 1920, 90), 412, 768, 1024, 1280, 1366, 1920)
# Each class is made by drawing the same tiles again: how they are laid out is the style sheet's alone.
CUT_WORDS = """count => {
  const list = document.querySelector(".tiles");
  const kept = [...list.children].slice(0, 4);
  list.replaceChildren(...kept, ...Array.from({length: count - 4}, (_, n) => kept[n % 4].cloneNode(true)));
  const cut = [...list.querySelectorAll(".tile-word")].filter((word) => {
    const inside = document.createRange();
    inside.selectNodeContents(word);
    const box = word.closest(".tile").querySelector(".tile-check input").getBoundingClientRect();
    return word.scrollWidth > word.clientWidth || inside.getBoundingClientRect().right > box.left;
  });
  const [one] = cut;
  return one ? `${one.textContent}, on a tile of ${one.closest(".tile").clientWidth} px` : "";
}"""


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * (SIZE - 1) + ["offline"]) as pupils:
        yield pupils


@pytest.fixture
def lesson(durand: Client, pupils: Pupils) -> Iterator[str]:
    with lesson_of(durand, pupils, SIZE - 1) as lesson_id:
        yield lesson_id


def cut_words(page: Page) -> list[str]:
    assert page.locator(".tile-word").first.text_content() == "verrouillée"
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for count in (SIZE, 15, 30):
            word = page.evaluate(CUT_WORDS, count)
            found += [f"{width} px, {count} tiles: {word}"] if word else []
    return found


@pytest.mark.parametrize("mode", ["", "?mode=tableau"], ids=["desk", "wall"])
@pytest.mark.parametrize("large_text", [False, True], ids=["text as it is", "text twice as large"])
def test_what_holds_a_tablet_is_said_whole_on_every_screen(
    desk: Desk, durand: Client, lesson: str, large_text: bool, mode: str
) -> None:
    page = open_board(desk.open(Size(large_text=large_text), durand), f"{lesson}{mode}")
    press_primary(page)
    expect(tiles(page, "held")).to_have_count(SIZE - 1)
    assert cut_words(page) == []
