"""Takes the README's pictures: `.venv/bin/python -m tests.browser.screenshots [FOLDER]` (docs/images/ if not told).

A real appliance, fifteen simulated tablets in a lesson, Debian's Chromium; nothing is drawn over afterwards. Take them
again when the pages have changed, and look at each.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.classroom import (
    Pupils,
    gesture_button,
    press_primary,
    running_pupils,
    tiles,
)
from tests.support.appliance import PASSWORD, ROOT, Appliance, running_appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, WALL, Desk, Size, running_chromium

LAPTOP = Size(1366, 768)
MOST_BYTES = 250_000
_AWAY, _OLD, _HAND, _LOW = 4, 11, 3, 9
_PROFILES = {_AWAY: "offline", _OLD: "old", _LOW: "low-battery"}
_CLASS = (
    "Prénom;Nom;Classe;Niveau\n"
    + "\n".join(
        f"{name[:-2]};{name[-1]};CE2 B;CE2"
        for name in (
            "Adam S", "Aya F", "Hugo D", "Inès K", "Jade R", "Léa M", "Lina T", "Louis J", "Manon C", "Noé G",
            "Rose N", "Sacha B", "Théo V", "Yanis L", "Zoé P",
        )
    )
)  # fmt: skip
_GCOMPRIS, _FIREFOX, _LIRECOULEUR = "org.kde.gcompris", "org.mozilla.firefox", "com.opendys.lirecouleur"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        running_appliance(Path(home)) as box,
        running_pupils(box, [_PROFILES.get(number, "idle") for number in range(1, 16)]) as pupils,
        running_chromium() as chromium,
    ):
        _furnish(box, pupils)
        teacher = box.browser("durand")
        desk = Desk(chromium, box.url)
        laptop = desk.open(LAPTOP, teacher)
        _take_start(laptop, folder)
        pupils.fleet.do(pupils[_HAND].raise_hand)
        laptop.get_by_role("button", name="Commencer la séance").click()
        _take_board(laptop, folder)
        _take_wall_and_phone(desk, teacher, laptop.url, folder)
        desk.close()
    for picture in sorted(folder.glob("*.png")):
        size = picture.stat().st_size
        sys.stdout.write(f"{picture.name}  {size // 1000} kB\n")
        if size > MOST_BYTES:
            raise SystemExit(f"{picture} is larger than {MOST_BYTES} bytes")


def _furnish(box: Appliance, pupils: Pupils) -> None:
    """A school with names, a class and favourites."""
    for login, name, role in (("martin", "Claire Martin", "administrator"), ("durand", "Mme Durand", "teacher")):
        box.admin("user", "add", login, "--name", name, "--role", role, "--password-stdin", stdin=PASSWORD)
    director = box.browser("martin")
    director.post_form("/admin/school", {"name": "École des Tilleuls", "uai": "", "language": "fr"})
    director.post_form("/admin/classrooms/import/confirm", {"roster": _CLASS})
    director.post_form("/admin/classrooms/1/assign", {"cart": "1"})
    teacher = box.browser("durand")
    for kind, label, value in (
        ("link", "lumni.fr", "https://www.lumni.fr/primaire"),
        ("link", "Vikidia", "https://fr.vikidia.org/"),
        ("app", "GCompris", _GCOMPRIS),
    ):
        teacher.post("/favourites", {"kind": kind, "label": label, "value": value})
    for number in range(1, 16):
        app = {0: _FIREFOX, 1: _LIRECOULEUR}.get(number % 5, _GCOMPRIS)
        pupils.fleet.do(lambda number=number, app=app: pupils[number].open_app(app))  # type: ignore[misc]  # mypy cannot read a lambda's default


def _take_start(laptop: Page, folder: Path) -> None:
    laptop.goto("/")
    expect(laptop.get_by_text("14 sur 15 en ligne").first).to_be_visible()
    _shoot(laptop, folder / "start.png")


def _take_board(laptop: Page, folder: Path) -> None:
    """The class at work, two things cut."""
    expect(laptop.locator("body")).to_have_attribute("data-link", "live")
    expect(laptop.locator("#hands")).to_be_visible()
    gesture_button(laptop, "sound").click()
    expect(laptop.locator(".receipt-count")).to_have_text("14 sur 15")
    gesture_button(laptop, "camera").click()
    expect(laptop.locator(".receipt-count")).to_have_text("13 sur 15")
    _shoot(laptop, folder / "board-laptop.png")


def _take_wall_and_phone(desk: Desk, teacher: Client, board: str, folder: Path) -> None:
    """The same class on the wall, then listening, on a phone."""
    wall = desk.open(WALL, teacher)
    wall.goto(f"{board}?mode=tableau")
    expect(wall.locator("body")).to_have_attribute("data-link", "live")
    _shoot(wall, folder / "board-screen.png")
    phone = desk.open(PHONE, teacher)
    phone.goto(board)
    press_primary(phone)
    expect(tiles(phone, "held")).to_have_count(14)
    expect(phone.locator(".receipt-count")).to_have_text("14 sur 15")
    _shoot(phone, folder / "board-phone.png")


def _shoot(page: Page, path: Path) -> None:
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, animations="disabled")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
