"""Takes pictures of the pupil's page: `.venv/bin/python -m tests.pupil.looks [FOLDER] [WORD]`.

The face alone, told what an agent would say, with real documents of a real appliance; every state on every kind of
screen, in both languages. `WORD`: only pictures whose name holds it. Take them after a change, and look at each.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import papers
from tests.pupil.handed import Handed, handed, identity_of
from tests.pupil.stand_in import StandIn
from tests.support.appliance import Appliance, running_appliance
from tests.support.chromium import Desk, Size, running_chromium

SIZES = {
    "tablet": Size(800, 1280, finger=True),
    "tablet-wide": Size(1280, 800, finger=True),
    "phone": Size(360, 740, finger=True),
    "chromebook": Size(1366, 768),
    "dark": Size(800, 1280, finger=True, dark=True),
}
SCREEN = Size(1920, 1080)
LANGUAGES = {"fr": "fr-FR", "en": "en-GB"}
WORDS = {
    "fr": {
        "lock": "Les yeux vers moi",
        "message": "On range les tablettes dans cinq minutes. Pense à fermer le livre.",
        "display": "Lecture silencieuse jusqu’à la récré",
        "label": "On range",
        "book": "Le loup et la grue.pdf",
        "picture": "Carte de France.png",
        "song": "À la claire fontaine.wav",
        "film": "La chenille.webm",
    },
    "en": {
        "lock": "Eyes on me",
        "message": "We put the tablets away in five minutes. Remember to close the book.",
        "display": "Quiet reading until break",
        "label": "Tidy up",
        "book": "The wolf and the crane.pdf",
        "picture": "Map of France.png",
        "song": "By the clear fountain.wav",
        "film": "The caterpillar.webm",
    },
}
PRESENT = ["Adam S.", "Aya F.", "Hugo D.", "Inès K.", "Jade R.", "Léa M.", "Lina T.", "Louis J.", "Manon C.", "Noé G.",
           "Rose N.", "Sacha B.", "Théo V."]  # fmt: skip
MISSING = ["Yanis L.", "Zoé P."]


def in_time(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")  # noqa: TID251 - a picture is of now


def show_lesson(face: StandIn, _given: dict[str, Handed]) -> None:
    face.say()
    expect(face.page.locator("#scene-lesson")).to_be_visible()


def show_given(face: StandIn, given: dict[str, Handed]) -> None:
    for one in given.values():
        face.wait_heard("done", status="done", id=face.do("open_document", **one.args))
    face.page.locator("#viewer-back").click()


def show_hand(face: StandIn, given: dict[str, Handed]) -> None:
    show_given(face, given)
    face.say(hand=True)
    expect(face.page.locator("[data-raised]:visible")).to_have_count(1)


def show_locked(face: StandIn, _given: dict[str, Handed]) -> None:
    face.say(lock={"message": words(face)["lock"]}, sound="blocked", until=in_time(25))
    expect(face.page.locator("#lock")).to_be_visible()


def show_message(face: StandIn, _given: dict[str, Handed]) -> None:
    face.do("message", text=words(face)["message"], **{"from": "Mme Durand"})
    face.do("message", text="…", **{"from": "Mme Durand"})
    expect(face.page.locator("#message-left")).not_to_be_empty()


def show_book(face: StandIn, given: dict[str, Handed]) -> None:
    face.wait_heard("done", status="done", id=face.do("open_document", **given["book"].args))


def show_picture(face: StandIn, given: dict[str, Handed]) -> None:
    face.wait_heard("done", status="done", id=face.do("open_document", **given["picture"].args))


def show_song(face: StandIn, given: dict[str, Handed]) -> None:
    face.wait_heard("done", status="done", id=face.do("open_document", **given["song"].args))


def show_film(face: StandIn, given: dict[str, Handed]) -> None:
    face.wait_heard("done", status="done", id=face.do("open_document", **given["film"].args))


def show_offer(face: StandIn, _given: dict[str, Handed]) -> None:
    face.do("open_link", url="http://www.lumni.fr/primaire")
    expect(face.page.locator(".button-site")).to_be_visible()


def show_offline(face: StandIn, _given: dict[str, Handed]) -> None:
    face.say(connection="offline", sound="blocked")
    expect(face.page.locator("#link")).not_to_be_empty()


def show_limited(face: StandIn, _given: dict[str, Handed]) -> None:
    face.say(apps=["org.kde.gcompris", "web:lumni.fr"])
    expect(face.page.locator("#only")).to_be_visible()


def show_over(face: StandIn, _given: dict[str, Handed]) -> None:
    face.say(lesson=None)
    expect(face.page.locator("#scene-over")).to_be_visible()


def show_elsewhere(face: StandIn, _given: dict[str, Handed]) -> None:
    face.say(connection="elsewhere")
    expect(face.page.locator("#scene-elsewhere")).to_be_visible()


def show_comfort(face: StandIn, _given: dict[str, Handed]) -> None:
    face.page.locator("#comfort-open").click()
    expect(face.page.locator("#comfort")).to_be_visible()


def show_dyslexic(face: StandIn, given: dict[str, Handed]) -> None:
    show_given(face, given)
    show_comfort(face, given)
    for name, value in (("size", "large"), ("spacing", "wide"), ("font", "dyslexic")):
        face.page.locator(f'[name="{name}"][value="{value}"]').check()
    face.page.locator("#comfort-close").click()
    face.page.evaluate("document.fonts.ready.then(() => true)")


def show_identify(face: StandIn, _given: dict[str, Handed]) -> None:
    face.do("identify")
    expect(face.page.locator("#identify")).to_be_visible()


Show = Callable[[StandIn, dict[str, Handed]], None]
STATES: dict[str, Show] = {
    "lesson": show_lesson, "given": show_given, "hand": show_hand, "locked": show_locked, "message": show_message,
    "document": show_book,
    "picture": show_picture, "song": show_song, "film": show_film,
    "site": show_offer, "offline": show_offline, "limited": show_limited, "over": show_over,
    "elsewhere": show_elsewhere, "comfort": show_comfort, "dyslexic": show_dyslexic, "identify": show_identify,
}  # fmt: skip
DISPLAYS: dict[str, Callable[[str], dict[str, object] | None]] = {
    "clock": lambda _language: None,
    "presence": lambda _language: {"show": "presence"},
    "timer": lambda language: {"show": "timer", "ends_at": in_time(4.4), "label": WORDS[language]["label"]},
    "last-minute": lambda language: {"show": "timer", "ends_at": in_time(0.6), "label": WORDS[language]["label"]},
    "time-is-up": lambda language: {"show": "timer", "ends_at": in_time(-1), "label": WORDS[language]["label"]},
    "message": lambda language: {"show": "message", "text": WORDS[language]["display"]},
}


def words(face: StandIn) -> dict[str, str]:
    return WORDS[face.page.evaluate("document.documentElement.lang")]


def main(folder: Path, word: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, running_appliance(Path(home)) as box, running_chromium() as chromium:
        box.add_user("durand")
        desk = Desk(chromium, box.url)
        for language in LANGUAGES:
            _take_pupils(desk, box, language, folder, word)
            _take_displays(desk, box, language, folder, word)
            _take_doors(desk, box, language, folder, word)
    sys.stdout.write(f"{folder}\n")


def _take_pupils(desk: Desk, box: Appliance, language: str, folder: Path, word: str) -> None:
    teacher = box.browser("durand")
    contents = {"book": papers.pdf(), "picture": papers.drawing(1200, 800), "song": papers.sound()}
    with _page(desk, SCREEN, language) as page:
        contents["film"] = papers.film(page)
    given = {key: handed(teacher, WORDS[language][key], content) for key, content in contents.items()}
    for (size_name, size), (name, show) in ((one, two) for one in SIZES.items() for two in STATES.items()):
        picture = f"{language}-{size_name}-{name}"
        if word not in picture:
            continue
        with _page(desk, size, language) as page:
            face = StandIn(page, identity_of(box, "tablet")).open()
            show_lesson(face, given)
            show(face, given)
            page.screenshot(path=folder / f"{picture}.png")


def _take_displays(desk: Desk, box: Appliance, language: str, folder: Path, word: str) -> None:
    for name, display in DISPLAYS.items():
        picture = f"{language}-screen-{name}"
        if word not in picture:
            continue
        with _page(desk, SCREEN, language) as page:
            page.route("**/pupil/lesson", lambda route: route.fulfill(json={"present": PRESENT, "missing": MISSING}))
            face = StandIn(page, identity_of(box, "screen")).open()
            face.say(name="Écran 01", display=display(language))
            expect(page.locator("#scene-display > *").first).to_be_visible()
            page.screenshot(path=folder / f"{picture}.png")


def _take_doors(desk: Desk, box: Appliance, language: str, folder: Path, word: str) -> None:
    doors = {
        "join": box.new_link(),
        "code": f"{box.url}/join",
        "nobody": f"{box.url}/pupil",
        "wrong-link": f"{box.url}/t/x",
    }
    for size_name, size in SIZES.items():
        for name, address in doors.items():
            picture = f"{language}-{size_name}-{name}"
            if word not in picture:
                continue
            with _page(desk, size, language) as page:
                page.goto(address)
                page.screenshot(path=folder / f"{picture}.png")


@contextmanager
def _page(desk: Desk, size: Size, language: str) -> Iterator[Page]:
    yield desk.open(Size(size.width, size.height, size.dark, size.large_text, size.finger, LANGUAGES[language]))
    desk.close()


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="preau-looks-"))
    os.environ.setdefault("RUNTIME_DIRECTORY", tempfile.mkdtemp(prefix="preau-"))
    main(chosen, sys.argv[2] if len(sys.argv) > 2 else "")
