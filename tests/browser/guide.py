"""A guide as somebody follows it: its numbered steps, who follows them, and what of the words on screens was met.

Owns reading the guide. A word in bold in a step is a word on a screen: whoever follows the step must press, fill or see
each of them, by the name that the page gives it to everybody. The steps themselves are in `guide_*.py`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import PagesDesk, PupilPage
from tests.support.appliance import ROOT, Appliance

GUIDE = ROOT / "docs" / "de-l-emballage-a-la-classe.md"
_STEP = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
_HEADING = re.compile(r"^## ", re.MULTILINE)
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


@dataclass(frozen=True)
class Step:
    number: int
    title: str
    words: frozenset[str]


def read_steps(path: Path = GUIDE) -> list[Step]:
    text = path.read_text(encoding="utf-8")
    return [_step(int(found[1]), found[2].strip(), text[found.end() :]) for found in _STEP.finditer(text)]


def _step(number: int, title: str, rest: str) -> Step:
    body = _HEADING.split(rest, maxsplit=1)[0]
    return Step(number, title, frozenset(" ".join(word.split()) for word in _BOLD.findall(body)))


@dataclass
class Reader:
    """Follows one step after the other. `met`: the words of the screen that were found since the step began."""

    met: set[str] = field(default_factory=set)

    def press(self, page: Page | Locator, word: str, role: str = "button", *, finger: bool = False) -> None:
        # A button may say more than its word ("sans doute"); "Classes" is not "Classes mobiles".
        found = page.get_by_role(role, name=word, exact=role == "link").first  # type: ignore[arg-type]  # any role, by its word
        if finger:
            found.tap()
        else:
            found.click()
        self.met.add(word)

    def open(self, page: Page | Locator, word: str) -> None:
        self.press(page, word, "link")

    def fill(self, page: Page | Locator, word: str, text: str) -> None:
        page.get_by_label(word).first.fill(text)
        self.met.add(word)

    def choose(self, page: Page | Locator, word: str, label: str) -> None:
        page.get_by_label(word).first.select_option(label=label)
        self.met.add(word)

    def see(self, page: Page | Locator, word: str) -> None:
        expect(page.get_by_text(word).locator("visible=true").first).to_be_visible()
        self.met.add(word)


@dataclass
class School:
    """What the guide's readers have in their hands: the director's computer, the teacher's phone, the devices."""

    box: Appliance
    desk: PagesDesk
    folder: Path
    director: Page
    reader: Reader = field(default_factory=Reader)
    link: str = ""
    tablets: list[PupilPage] = field(default_factory=list)
    screens: list[PupilPage] = field(default_factory=list)
    guests: list[PupilPage] = field(default_factory=list)
    phones: list[Page] = field(default_factory=list)

    @property
    def teacher(self) -> Page:
        return self.phones[0]

    @property
    def pupils(self) -> list[PupilPage]:
        """Every page that is a device."""
        return [*self.tablets, *self.screens]


Follow = Callable[[School], None]
FOLLOWED: dict[str, Follow] = {}


def step(title: str) -> Callable[[Follow], Follow]:
    """The step of the guide with this title is followed by this function."""

    def keep(follow: Follow) -> Follow:
        FOLLOWED[title] = follow
        return follow

    return keep
