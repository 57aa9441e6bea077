import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from appliance.services.people import Person
from appliance.store.models import Pupil
from tests.domain.test_rosters import ONDE
from tests.services.school import add_device
from tests.web.admin.conftest import banners
from tests.web.conftest import Browser, Site


def send_list(browser: Browser, content: bytes, **fields: Any) -> TestResponse:
    form = {"csrf_token": browser.token, **fields, "file": (BytesIO(content), "liste.csv")}
    return browser.client.post("/admin/classrooms/import", data=form)


def confirm(browser: Browser, preview: TestResponse) -> TestResponse:
    found = re.search(r'name="roster" value="(.*?)">', preview.text, re.DOTALL)
    assert found is not None
    form = {"csrf_token": browser.token, "roster": unescape(found[1])}
    return browser.client.post("/admin/classrooms/import/confirm", data=form, content_type="multipart/form-data")


def pupils(site: Site, classroom: str) -> list[str]:
    found = next(line for line in site.services.rosters.listed() if line.name == classroom)
    return [pupil.name for pupil in site.services.rosters.pupils(found.id)]


def test_an_onde_export_is_shown_then_taken(site: Site, browser: Browser) -> None:
    preview = send_list(browser, ONDE.encode("latin-1"))
    assert preview.status_code == 200
    assert "Léa M." in preview.text
    assert "MARTIN" not in preview.text and "1 rue des Lilas" not in preview.text
    assert Pupil.select().count() == 0

    assert confirm(browser, preview).location == "/admin/classrooms"
    assert pupils(site, "CE2 B") == ["Inès D.", "Léa M."]
    assert "CE1 A" in browser.get("/admin/classrooms").text


def test_a_large_schools_list_survives_the_preview(site: Site, browser: Browser) -> None:
    content = "Prénom;Nom;Classe\n" + "".join(
        f"Élève-{number:04d};Martin;Classe d’été {number % 40}\n" for number in range(1500)
    )

    assert confirm(browser, send_list(browser, content.encode())).status_code == 303
    assert Pupil.select().count() == 1500


def test_a_list_for_one_class_goes_there(site: Site, browser: Browser, director: Person) -> None:
    classroom = site.services.rosters.add("CP", director.actor)

    confirm(browser, send_list(browser, "Prénom\nLéa\nTom\n".encode(), classroom=str(classroom.id)))

    assert pupils(site, "CP") == ["Léa", "Tom"]


def test_lines_to_correct_are_named_and_nothing_can_be_confirmed(site: Site, browser: Browser) -> None:
    preview = send_list(browser, "Prénom;Classe\nLéa;CP\n;CP\nTom;\n".encode())

    assert preview.status_code == 422
    assert "Ligne 3" in preview.text and "Ligne 4" in preview.text
    assert 'name="roster"' not in preview.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "pas un CSV"),
        (b"Pr\xc3\xa9nom;Classe\nL\0;CP\n", "ligne 2"),
        (b"", "aucun élève"),
        (b"Nom\nMartin\n", "« Prénom »"),
        (b"x" * 5_000_000, "trop"),
    ],
)
def test_a_file_that_is_no_list_says_what_to_do(browser: Browser, content: bytes, words: str) -> None:
    page = send_list(browser, content)

    assert page.status_code in (413, 422)
    assert words in unescape(page.text).replace("\u00a0", " ").replace("\u202f", " ")


def test_a_list_that_is_too_long_to_be_read_is_refused_in_the_form(browser: Browser) -> None:
    page = send_list(browser, b"x" * 5_000_000)

    assert page.status_code == 413
    assert "Cette liste est trop longue" in page.text
    assert 'type="file"' in page.text


def test_what_was_confirmed_is_checked_again(site: Site, browser: Browser) -> None:
    form = {"csrf_token": browser.token, "roster": "Prénom;Classe\n;CP\n"}

    assert (
        browser.client.post(
            "/admin/classrooms/import/confirm", data=form, content_type="multipart/form-data"
        ).status_code
        == 422
    )
    assert site.services.rosters.listed() == []


def test_lists_need_the_forms_token(browser: Browser) -> None:
    browser.token = "forged"

    assert send_list(browser, ONDE.encode()).status_code == 403
    form = {"csrf_token": "forged", "roster": "Prénom;Classe\nLéa;CP\n"}
    assert (
        browser.client.post(
            "/admin/classrooms/import/confirm", data=form, content_type="multipart/form-data"
        ).status_code
        == 403
    )
    assert Pupil.select().count() == 0


def test_a_classroom_is_kept_by_hand(site: Site, browser: Browser) -> None:
    browser.post("/admin/classrooms", name="CE2 B", level="CE2")
    (line,) = site.services.rosters.listed()
    path = f"/admin/classrooms/{line.id}"
    browser.post(f"{path}/pupils", first_name="Léa", initial="Martin")
    browser.post(f"{path}/pupils", first_name="Tom", initial="")
    device_id = add_device()
    lea, tom = site.services.rosters.pupils(line.id)
    browser.post(f"{path}/pupils/{lea.id}/device", device=device_id)
    browser.post(f"{path}/pupils/{tom.id}/remove")
    browser.post(f"{path}/rename", name="CM1")

    (pupil,) = site.services.rosters.pupils(line.id)
    assert (pupil.name, pupil.device_id) == ("Léa M.", device_id)
    assert site.services.rosters.get(line.id).name == "CM1"
    browser.post(f"{path}/remove")
    assert browser.get(path).status_code == 404


def test_a_carts_tablets_are_given_out_in_order(site: Site, browser: Browser, director: Person) -> None:
    cart = site.services.carts.add("A", director.actor)
    line = site.services.rosters.add("CP", director.actor)
    site.services.rosters.add_pupil(line.id, "Léa", "", director.actor)
    device_id = add_device(1, cart.id)

    browser.post(f"/admin/classrooms/{line.id}/assign", cart=str(cart.id))

    assert site.services.rosters.pupils(line.id)[0].device_id == device_id


def test_the_end_of_the_year_clears_every_name(site: Site, browser: Browser, filled: str) -> None:
    assert "Effacer tous les noms" in browser.get("/admin/classrooms").text
    browser.post("/admin/classrooms/clear")

    assert Pupil.select().count() == 0
    assert "effacés" in banners(browser, "/admin/classrooms")


def test_the_tablets_of_one_cart_are_offered_and_the_one_that_was_given(
    site: Site, browser: Browser, director: Person
) -> None:
    first, second = (site.services.carts.add(name, director.actor).id for name in ("A", "B"))
    in_first, in_second = add_device(1, first, name="Une"), add_device(1, second, name="Autre")
    line = site.services.rosters.add("CP", director.actor)
    pupil = site.services.rosters.add_pupil(line.id, "Léa", "", director.actor)
    path = f"/admin/classrooms/{line.id}"
    assert in_first in browser.get(path).text
    assert in_second not in browser.get(path).text

    site.services.rosters.assign(pupil.id, in_second, director.actor)

    assert f'value="{in_second}" selected' in browser.get(path).text
    page = browser.get(f"{path}?cart={first}").text
    assert f'value="{in_second}" selected' in page
    assert in_first in page
