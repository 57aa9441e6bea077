"""Every page of the appliance, in both languages, light and dark, on a phone and a laptop.

axe finds nothing, nothing is wider than the screen, no other host is asked, the console is silent (see
`tests.support.chromium`), and a first visit weighs little. Administration in French is read in `tests/web/browser/`.
"""

import gzip
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.classroom import Pupils, open_board, running_pupils
from tests.browser.looks import LOOKS, code_of
from tests.domain.test_rosters import ONDE
from tests.support.appliance import Appliance, running_appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk, Size, axe_findings, quiet_desk

pytestmark = pytest.mark.timeout(300)
SIZE = 3
MOST_BYTES, MOST_SCRIPT_BYTES = 300_000, 120_000
ADMINISTRATION = (
    "/admin", "/admin/devices", "/admin/carts", "/admin/links", "/admin/classrooms", "/admin/classrooms/1",
    "/admin/classrooms/import", "/admin/people", "/admin/health", "/admin/journal", "/admin/backups", "/admin/school",
    "/admin/city", "/admin/city/sent",
)  # fmt: skip
TEACHERS = ("/", "/documents", "/account", "/account/pin", "/nowhere", "/admin")
STRANGERS = ("/sign-in", "/t/no-such-link", "/invitation/no-such-link", "/lessons/none")


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle", "offline", "old"]) as pupils:
        yield pupils


@pytest.fixture(scope="module")
def people(box: Appliance, durand: Client, pupils: Pupils) -> dict[str, tuple[Client, Client]]:
    """By language: a teacher, and an administrator, of a school in which something has happened."""
    for login, role in (("smith", "teacher"), ("martin", "administrator"), ("brown", "administrator")):
        box.add_user(login, role)
    smith, martin, brown = (box.browser(login) for login in ("smith", "martin", "brown"))
    for english in (smith, brown):
        english.post_form("/language", {"lang": "en"})
    martin.post_form("/admin/school", {"name": "École des Tilleuls", "uai": "", "language": "fr"})
    martin.post_form("/admin/classrooms", {"name": "CE2 B", "level": "CE2"})
    martin.post_form("/admin/classrooms/1/pupils", {"first_name": "Léa", "initial": "M"})
    martin.post_form("/admin/backups", {})
    for teacher in (durand, smith):
        teacher.post("/favourites", {"kind": "link", "label": "Vikidia", "value": "https://fr.vikidia.org/"})
    return {"fr": (durand, martin), "en": (smith, brown)}


@pytest.fixture(params=list(LOOKS.values()), ids=list(LOOKS))
def look(request: pytest.FixtureRequest) -> Size:
    size: Size = request.param
    return size


IN_ENGLISH = {name: size for name, size in LOOKS.items() if code_of(size) == "en"}


@pytest.fixture(params=list(IN_ENGLISH.values()), ids=list(IN_ENGLISH))
def english(request: pytest.FixtureRequest) -> Size:
    size: Size = request.param
    return size


def read_all(page: Page, paths: tuple[str, ...], language: str) -> None:
    for path in paths:
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("h1")).to_have_count(1)
        for summary in page.locator("main details:not([open]) > summary").all():
            if summary.is_visible():
                summary.click()
        assert axe_findings(page) == [], path


def test_pages_before_signing_in(desk: Desk, pupils: Pupils, look: Size) -> None:
    desk.witness.forgive(r"status of 4\d\d")
    page = desk.open(look)
    read_all(page, STRANGERS, code_of(look))
    page.goto("/sign-in")
    page.locator("#login").fill("nobody")
    page.locator("#password").fill("not the password")
    page.locator("form:has(#password) button.button-primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert axe_findings(page) == []


def test_a_teachers_pages(desk: Desk, people: dict[str, tuple[Client, Client]], look: Size) -> None:
    desk.witness.forgive(r"status of 40[34]")
    read_all(desk.open(look, people[code_of(look)][0]), TEACHERS, code_of(look))


def test_an_administrators_pages(
    desk: Desk, people: dict[str, tuple[Client, Client]], pupils: Pupils, english: Size
) -> None:
    page = desk.open(english, people["en"][1])
    read_all(page, (*ADMINISTRATION, f"/admin/devices/{pupils.ids[2]}"), "en")
    page.goto("/admin/links")
    page.locator("form[action='/admin/links'] button").click()
    expect(page.locator(".qr-label code")).to_be_visible()
    assert axe_findings(page) == []
    page.goto("/admin/classrooms/import")
    page.locator("#file").set_input_files({"name": "o.csv", "mimeType": "text/csv", "buffer": ONDE.encode()})
    page.locator("form[enctype] button.button-primary").click()
    expect(page.locator("#changes")).to_be_visible()
    assert axe_findings(page) == []


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """A school with people and nothing else."""
    with running_appliance(tmp_path_factory.mktemp("empty")) as box:
        box.add_user("martin", "administrator")
        yield box


def test_pages_of_a_school_that_has_nothing_yet_teach_the_next_step(
    chromium: Browser, empty: Appliance, english: Size
) -> None:
    martin = empty.browser("martin")
    martin.post_form("/language", {"lang": "en"})
    with quiet_desk(chromium, empty.url) as desk:
        page = desk.open(english, martin)
        read_all(
            page,
            ("/", "/documents", *(path for path in ADMINISTRATION if path != "/admin/classrooms/1")),
            "en",
        )


def test_each_language_is_chosen_on_the_page_and_kept(desk: Desk, pupils: Pupils) -> None:
    page = desk.open()
    page.goto("/sign-in")
    expect(page.get_by_role("heading", name="Bonjour")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_label("Password")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Français")).to_be_visible()


def test_every_first_visit_stays_within_300_kb_and_the_board_within_120_kb_of_scripts(
    desk: Desk, people: dict[str, tuple[Client, Client]], pupils: Pupils
) -> None:
    teacher, director = people["fr"]
    lesson_id = teacher.start_lesson(pupils.ids)
    for client, path in [
        (teacher, f"/lessons/{lesson_id}"),
        (teacher, "/"),
        *((director, one) for one in ADMINISTRATION),
    ]:
        weight = first_visit(desk, client, path)
        assert 10_000 < sum(weight.values()) <= MOST_BYTES, (path, weight)
        scripts = sum(size for url, size in weight.items() if url.partition("?")[0].endswith(".js"))
        assert scripts <= MOST_SCRIPT_BYTES, (path, scripts)
    teacher.post(f"/lessons/{lesson_id}/end", {})


def first_visit(desk: Desk, client: Client, path: str) -> dict[str, int]:
    """What each answer weighs compressed, with a cache that is empty."""
    page = desk.open(client=client)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    if path.startswith("/lessons/"):
        open_board(page, path.rpartition("/")[2])
    else:
        page.goto(path, wait_until="networkidle")
    files = [one for one in answers if one.status == 200 and "/socket.io/" not in one.url]
    weight = {one.url: len(gzip.compress(one.body())) for one in files}
    page.context.close()
    return weight
