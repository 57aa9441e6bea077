"""The journal, the backups, the school's settings."""

import csv
import io
import zipfile
from datetime import datetime

from appliance.services.journal import record
from appliance.services.people import Person
from tests.web.admin.conftest import banners
from tests.web.conftest import Browser, Site


def when(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def test_the_journal_tells_names_and_words(site: Site, browser: Browser, filled: str, director: Person) -> None:
    text = browser.get("/admin/journal").text

    assert director.name in text
    assert "classe mobile ajoutée" in text
    assert "lien d’inscription créé" in text
    assert "Léa" not in text


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
    record(when("2026-11-20T10:00:00"), "console", "device.serial_conflict", "device:=1+1", serial="=cmd|' /C calc'!A0")

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
