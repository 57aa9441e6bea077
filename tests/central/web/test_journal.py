"""The journal's pages and files: who reads which lines, and hostile words in them."""

import csv
import io
import re

from central.domain.roles import Role
from central.services.journal import record
from central.store.models import SchoolAudit
from tests.central.web.conftest import OTHER, OWN, Site

HOSTILE = (
    '=HYPERLINK("http://evil")', "<script>alert(1)</script>", "'; DROP TABLE journal; --", "\u202egnp.exe", "a\nb",
    "\x1b[31mred", "@SUM(1)", "x" * 10_000,
)  # fmt: skip


def school_line(site: Site, school: str, seq: int, actor: str = "user:3", action: str = "lesson.start") -> None:
    SchoolAudit.insert(
        appliance="a-1", epoch="e", seq=seq, school=school, at=site.clock.now(), received_at=site.clock.now(),
        actor=actor, action=action, target="lesson:1", detail={"minutes": 45},
    ).execute()  # fmt: skip


def test_acts_of_the_console_are_told_in_words_with_their_actor(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    browser.get("/accounts/new")
    browser.post("/accounts/new", login="neuf", name="Neuf", role="technician")
    page = browser.get("/journal?actor=user-admin&what=account.").text
    assert "compte créé" in page
    assert "Neuf" in page and "User-Admin" in page
    assert "connexion" not in page.partition("<tbody>")[2]


def test_the_filter_narrows_by_day_and_pages_go_on(site: Site) -> None:
    browser = site.browser_of(Role.TECHNICIAN)
    for number in range(101):
        record(site.clock.now(), "console", "school.change", f"school:{number}")
    page = browser.get("/journal?what=school.")
    assert "page=2" in page.text
    assert "page=2" not in browser.get("/journal?what=school.&page=2").text
    assert "Rien ici" in browser.get("/journal?since=2027-01-01").text
    for odd in ("since=x", "page=-1", "page=99999999999999999999", "until=0001-01-01", "since=9999-12-31"):
        assert browser.get(f"/journal?{odd}").status_code == 200, odd


def test_a_director_reads_the_own_schools_lines_and_no_others(site: Site) -> None:
    school_line(site, OWN, 1, actor="own")
    school_line(site, OTHER, 2, actor="other-school")
    browser = site.browser_of(Role.DIRECTOR)
    for path in ("/journal/schools", f"/journal/schools?school={OTHER}", "/journal/schools.csv"):
        text = browser.get(path).text
        assert "other-school" not in text, path
    assert re.search(r">own</td>", browser.get("/journal/schools").text)
    assert browser.get("/journal").status_code == 403


def test_hostile_words_are_text_on_the_page_and_no_formula_in_the_file(site: Site) -> None:
    for seq, word in enumerate(HOSTILE):
        school_line(site, OWN, seq, actor=word[:200], action=word[:200])
    browser = site.browser_of(Role.TECHNICIAN)
    page = browser.get("/journal/schools").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    rows = list(csv.reader(io.StringIO(browser.get("/journal/schools.csv").text.lstrip("\ufeff")), delimiter=";"))
    assert len(rows) == 1 + len(HOSTILE)
    assert not any(cell.startswith(("=", "@", "+", "-")) for row in rows[1:] for cell in row)
