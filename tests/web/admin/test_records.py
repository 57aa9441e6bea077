"""The journal, the backups, the school's settings."""

import ast
import csv
import io
import re
import zipfile
from datetime import datetime
from html import unescape
from pathlib import Path

from appliance.services.gestures import TEACHER_KINDS
from appliance.services.journal import record
from appliance.services.lessons import Plan
from appliance.services.people import Person
from appliance.store.models import Device
from appliance.web.admin.words import DEEDS
from tests.services.school import add_device
from tests.web.admin.conftest import banners
from tests.web.conftest import Browser, Site

SOURCE = Path(__file__).parents[3] / "appliance"


def when(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def test_the_journal_tells_names_and_words(site: Site, browser: Browser, filled: str, director: Person) -> None:
    text = browser.get("/admin/journal").text

    assert director.name in text
    assert "classe mobile ajoutée" in text
    assert "lien d’inscription créé" in text
    assert "Léa" not in text


def test_the_journal_names_lessons_by_title_and_teacher(site: Site, browser: Browser, director: Person) -> None:
    lessons, durand = site.services.lessons, site.add("durand").actor
    lesson = lessons.start(durand, Plan("Lecture", 45, [add_device(1), add_device(2)]))
    other = lessons.start(
        director.actor, Plan("Calcul", 45, [Device.get(Device.number == 1).id], take_from=frozenset({lesson}))
    )
    record(when("2026-11-20T10:00:00"), "console", "lesson.end", "lesson:0192-forgotten")
    record(when("2026-11-20T10:00:01"), "bridge", "device.suspend", "device:d-1", seconds=60)
    page = unescape(browser.get("/admin/journal").text).replace("\u00a0", " ").replace("\u202f", " ")

    assert "« Lecture », Mme Durand" in page
    assert "séance « Lecture », Mme Durand" in page, "from whom it was taken over"
    assert "« Calcul », Mme Martin" in page
    assert f'href="/lessons/{lesson}"' in page
    assert "une séance passée" in page
    assert "appareil écarté une minute" in page
    assert "par mot de passe" in page
    shown = re.sub(r'"[^"]*"', "", page)  # what people read, without addresses
    assert not [code for code in (lesson, other, "0192-forgotten", "bridge", "par password") if code in shown]


def test_every_deed_that_is_recorded_has_its_words() -> None:
    calls = [
        call
        for path in SOURCE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "record"
    ]
    deeds = {str(call.args[2].value) for call in calls if isinstance(call.args[2], ast.Constant)}
    assert len(deeds) > 30
    assert (deeds | {f"gesture.{kind}" for kind in TEACHER_KINDS}) - set(DEEDS) == set()


def test_the_journal_is_filtered_by_who_what_and_when(site: Site, browser: Browser, director: Person) -> None:
    record(when("2026-11-20T10:00:00"), director.actor, "lesson.start", "lesson:1")
    record(when("2026-11-21T22:30:00"), "token:7", "device.enrolled", "device:d-1")  # 23:30 in Paris
    record(when("2026-11-21T23:30:00"), "clock", "lesson.end", "lesson:1")  # the 22nd in Paris

    def rows(query: str) -> list[list[str]]:
        content = browser.get(f"/admin/journal.csv?{query}").data.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(content), delimiter=";"))[1:]

    assert [row[2] for row in rows("from=2026-11-20&to=2026-11-21")] == ["appareil inscrit", "séance commencée"]
    assert [row[2] for row in rows("from=2026-11-22&to=2026-11-22")] == ["séance terminée"]
    assert [row[1] for row in rows("what=device.")] == ["lien d’inscription nº 7"]
    assert [row[0] for row in rows("what=device.")] == ["2026-11-21 23:30:00"]
    assert "lesson.start" not in str(rows(f"who=user:{director.id}&what=lesson."))
    assert len(rows(f"who=user:{director.id}&what=lesson.")) == 1
    assert len(rows("on=device:d-1")) == 1
    assert rows("from=nonsense&what=nothing.") == []


def test_a_long_journal_comes_in_pages(site: Site, browser: Browser) -> None:
    for number in range(250):
        record(when("2026-11-20T10:00:00"), "console", "cart.rename", f"cart:{number}")

    first = browser.get("/admin/journal?what=cart.").text
    assert first.count("classe mobile renommée") == 100
    assert "what=cart.&amp;before=" in first
    content = browser.get("/admin/journal.csv?what=cart.").data.decode("utf-8-sig")
    assert len(content.splitlines()) == 251


def test_a_formula_in_the_journal_stays_text_in_a_spreadsheet(site: Site, browser: Browser) -> None:
    target = f"device:{add_device(name='=1+1')}"
    record(when("2026-11-20T10:00:00"), "console", "device.serial_conflict", target, serial="=cmd|' /C calc'!A0")

    content = browser.get("/admin/journal.csv?what=device.").data.decode("utf-8-sig")

    (row,) = list(csv.reader(io.StringIO(content), delimiter=";"))[1:]
    assert row[3] == "'=1+1"
    assert not row[4].startswith("=")


def test_a_backup_is_made_taken_away_and_removed(site: Site, browser: Browser) -> None:
    browser.post("/admin/backups")
    assert "La sauvegarde est faite" in banners(browser, "/admin/backups")
    (line,) = site.services.backups.listed()

    answer = browser.get(f"/admin/backups/{line.name}")
    assert answer.headers["Content-Disposition"] == f"attachment; filename={line.name}"
    assert "store.db" in zipfile.ZipFile(io.BytesIO(answer.data)).namelist()

    browser.get("/admin/backups")
    browser.post(f"/admin/backups/{line.name}/remove")
    assert site.services.backups.listed() == []
    assert browser.get(f"/admin/backups/{line.name}").status_code == 404


def test_only_backups_can_be_downloaded(browser: Browser) -> None:
    for name in ("store.db", "..%2Fstore.db", "preau-x.preau"):
        assert browser.get(f"/admin/backups/{name}").status_code == 404


def test_the_schools_settings_are_checked_and_shown_everywhere(site: Site, browser: Browser) -> None:
    refused = browser.post("/admin/school", name="École des Tilleuls", uai="0750655F", language="fr")
    assert refused.status_code == 422
    assert 'id="uai-error"' in refused.text
    assert 'value="0750655F"' in refused.text

    assert browser.post("/admin/school", name="École des Tilleuls", uai="0750655E", language="en").status_code == 303
    assert "École des Tilleuls" in browser.get("/admin").text
    facts = site.services.school.facts()
    assert (facts.code, facts.language) == ("0750655E", "en")
