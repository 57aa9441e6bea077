"""What a director does in five minutes a week: lists, tablets, links, journal, health, backups."""

import csv
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.classroom import Pupils, lesson_of, open_board, running_pupils, tile
from tests.domain.test_rosters import ONDE
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk

pytestmark = pytest.mark.timeout(240)
SIZE = 3


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * SIZE) as pupils:
        yield pupils


@pytest.fixture(scope="module")
def director(box: Appliance) -> Client:
    box.add_user("martin", "administrator")
    return box.browser("martin")


@pytest.fixture
def page(desk: Desk, director: Client, pupils: Pupils) -> Page:
    return desk.open(client=director)


def test_a_class_list_is_read_first_then_imported_and_stands_on_the_tiles(
    page: Page, desk: Desk, durand: Client, pupils: Pupils
) -> None:
    page.goto("/admin/classrooms/import")
    page.locator("#file").set_input_files(
        {"name": "onde.csv", "mimeType": "text/csv", "buffer": ONDE.encode("latin-1")}
    )
    page.get_by_role("button", name="Voir avant d’importer").click()
    expect(page.get_by_text("Rien n’est encore enregistré.")).to_be_visible()
    expect(page.locator("#changes tbody tr").first).to_contain_text("Léa M., Inès D.")
    page.get_by_role("button", name="Importer").click()
    page.get_by_role("link", name="CE2 B").click()
    page.get_by_text("Répartir les tablettes d’une classe mobile").click()
    page.get_by_role("button", name="Répartir").click()
    expect(page.get_by_label("Tablette de Léa M.")).to_have_value(re.compile("d-"))
    with lesson_of(durand, pupils, SIZE) as lesson_id:
        board = open_board(desk.open(client=durand), lesson_id)
        expect(board.locator(".tile-name")).to_have_text([re.compile("Léa M|Inès D"), re.compile("."), "Tablette 03"])


def test_a_list_with_a_mistake_says_which_line_and_imports_nothing(page: Page, desk: Desk) -> None:
    desk.witness.forgive(r"status of 4\d\d")
    page.goto("/admin/classrooms/import")
    broken = "Prénom;Nom;Classe\nZoé;Petit;CP\n;Sans;CP\n".encode()
    page.locator("#file").set_input_files({"name": "liste.csv", "mimeType": "text/csv", "buffer": broken})
    page.get_by_role("button", name="Voir avant d’importer").click()
    expect(page.get_by_role("alert")).to_contain_text("Rien n’a été importé")
    expect(page.get_by_text("Ligne 3")).to_be_visible()
    expect(page.get_by_role("button", name="Importer", exact=True)).to_have_count(0)
    page.goto("/admin/classrooms")
    expect(page.get_by_role("link", name="CP", exact=True)).to_have_count(0)


def test_a_tablet_is_renamed_and_moved_and_the_board_follows(
    page: Page, desk: Desk, durand: Client, pupils: Pupils
) -> None:
    with lesson_of(durand, pupils, SIZE) as lesson_id:
        board = open_board(desk.open(client=durand), lesson_id)
        page.goto(f"/admin/devices/{pupils.ids[2]}")
        page.get_by_label("Nom", exact=True).fill("Tablette du fond")
        page.get_by_role("button", name="Renommer").click()
        expect(page.get_by_role("heading", name="Tablette du fond")).to_be_visible()
        expect(tile(board, 3).locator(".tile-name")).to_have_text("Tablette du fond")
    page.goto("/admin/carts")
    page.get_by_label("Nouvelle classe mobile").fill("Valise verte")
    page.get_by_role("button", name="Ajouter").click()
    page.goto("/admin/devices")
    page.get_by_label("Choisir Tablette du fond").check()
    page.get_by_label("Déplacer les appareils choisis vers").select_option(label="Valise verte")
    page.get_by_role("button", name="Déplacer").click()
    expect(page.locator("#devices tbody tr", has_text="Tablette du fond")).to_contain_text("Valise verte")


def test_the_table_of_devices_finds_sorts_and_downloads(page: Page, tmp_path: Path) -> None:
    page.goto("/admin/devices")
    page.get_by_placeholder("Chercher un nom").fill("fond")
    expect(page.locator("#devices tbody tr:visible")).to_have_count(1)
    page.get_by_placeholder("Chercher un nom").fill("")
    expect(page.locator("#devices tbody tr:visible")).to_have_count(SIZE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Tableur").click()
    download.value.save_as(tmp_path / "devices.csv")
    rows = list(csv.reader((tmp_path / "devices.csv").read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert len(rows) == SIZE + 1


def test_a_lost_tablet_is_shut_out_at_once_and_the_others_stay(page: Page, pupils: Pupils) -> None:
    lost = pupils.ids[1]
    page.goto(f"/admin/devices/{lost}")
    page.get_by_text("Retirer l’accès, tout de suite").click()
    expect(page.get_by_text("Perdu ou volé")).to_be_visible()
    page.get_by_role("button", name="Retirer l’accès", exact=True).click()
    wait_for(lambda: not pupils[2].link.up or None, 10, "the lost tablet is disconnected")
    assert pupils[1].link.up
    assert pupils[3].link.up
    page.goto("/admin/devices")
    expect(page.locator("#devices tbody tr")).to_have_count(SIZE - 1)


def test_the_journal_says_who_did_what_and_can_be_searched(page: Page) -> None:
    page.goto("/admin/journal")
    lines = page.locator("#journal tbody tr")
    expect(lines.filter(has_text="Martin").filter(has_text="Tablette").first).to_be_visible()
    assert "Léa" not in page.locator("main").inner_text()
    page.get_by_label("Qui").select_option(label="Durand")
    page.get_by_role("button", name="Afficher").click()
    expect(lines.first).to_contain_text("Durand")
    expect(lines.filter(has_text="Martin")).to_have_count(0)
    page.get_by_role("link", name="Tout afficher").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tableur").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_backup_is_made_and_taken_home(page: Page, tmp_path: Path) -> None:
    page.goto("/admin/backups")
    page.get_by_role("button", name="Sauvegarder maintenant").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger").first.click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.stat().st_size > 1000
    assert zipfile.is_zipfile(saved) or saved.read_bytes()[:2] == b"\x1f\x8b"


def test_health_says_what_is_well_and_a_link_that_is_revoked_enrolls_nobody(page: Page, desk: Desk) -> None:
    desk.witness.forgive(r"status of 4\d\d")
    page.goto("/admin/health")
    expect(page.locator(".all-good")).to_contain_text("Les tablettes peuvent se connecter")
    page.goto("/admin/links")
    page.get_by_role("button", name="Créer la feuille").click()
    link = page.locator(".qr-label code").inner_text()
    page.goto("/admin/links")
    page.locator("#links tbody tr", has_text="0 / 30").get_by_role("button", name="Révoquer").click()
    expect(page.locator("#links tbody tr", has_text="révoqué")).to_have_count(1)
    page.goto(link)
    expect(page.get_by_text("Ce lien n’est pas valable")).to_be_visible()


def test_a_teacher_is_not_let_into_the_administration(desk: Desk, durand: Client) -> None:
    desk.witness.forgive("status of 403")
    page = desk.open(client=durand)
    page.goto("/")
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page.goto("/admin")
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_text("Code 403")).to_be_visible()
