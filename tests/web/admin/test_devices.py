import csv
import io
import re

import pytest
from werkzeug.datastructures import MultiDict

from appliance.services.people import Person
from appliance.store.models import Device
from appliance.web.admin.tables import harmless
from tests.services.school import add_device
from tests.web.admin.conftest import banners
from tests.web.conftest import Browser, Site


def names(browser: Browser, query: str = "") -> list[str]:
    page = browser.get(f"/admin/devices{query}").text
    return re.findall(r'<th scope="row"><a href="/admin/devices/[^"]+">([^<]+)</a>', page)


def test_the_list_is_filtered_and_sorted_by_its_address(site: Site, browser: Browser, director: Person) -> None:
    cart = site.services.carts.add("A", director.actor)
    add_device(2, cart.id, name="Deux")
    add_device(1, cart.id, name="Un")
    add_device(3, name="Seule")
    add_device(9, name="Partie", status="retired")

    assert names(browser) == ["Seule", "Un", "Deux"]
    assert names(browser, f"?cart={cart.id}") == ["Un", "Deux"]
    assert names(browser, "?cart=0") == ["Seule"]
    assert names(browser, "?status=retired") == ["Partie"]
    assert names(browser, "?status=&sort=name&dir=desc") == ["Un", "Seule", "Partie", "Deux"]
    assert names(browser, "?q=deux") == ["Deux"]
    assert names(browser, "?cart=x&sort=x&status=x&dir=x") == ["Seule", "Partie", "Un", "Deux"]


def test_a_large_list_comes_in_pages_that_keep_the_filter(site: Site, browser: Browser, director: Person) -> None:
    cart = site.services.carts.add("A", director.actor)
    for number in range(1, 181):
        add_device(number, cart.id)

    assert len(names(browser, f"?cart={cart.id}")) == 150
    assert names(browser, f"?cart={cart.id}&page=2") == [f"Tablette {number}" for number in range(151, 181)]
    assert f"cart={cart.id}&amp;page=2" in browser.get(f"/admin/devices?cart={cart.id}").text
    assert names(browser, "?q=tablette+17&page=9") == ["Tablette 17", *(f"Tablette {n}" for n in range(170, 180))]
    assert len(names(browser, "?page=x")) == 150


def test_chosen_devices_move_together_and_the_filter_stays(site: Site, browser: Browser, director: Person) -> None:
    cart = site.services.carts.add("A", director.actor)
    chosen = [add_device(1), add_device(2)]
    left = add_device(3)
    browser.get("/admin/devices")

    form = MultiDict([("csrf_token", browser.token), ("to", str(cart.id)), ("next", "/admin/devices?cart=0")])
    form.setlist("devices", chosen)
    answer = browser.client.post("/admin/devices/move", data=form)

    assert answer.location == "/admin/devices?cart=0"
    assert {row.id for row in Device.select().where(Device.cart == cart.id)} == set(chosen)
    assert Device.get_by_id(left).cart_id is None


def test_a_forged_way_back_leads_nowhere_else(browser: Browser) -> None:
    answer = browser.post("/admin/devices/move", next="https://example.org/")

    assert answer.location == "/admin/devices"


def test_a_device_is_changed_from_its_page(site: Site, browser: Browser, filled: str) -> None:
    path = f"/admin/devices/{filled}"
    browser.post(f"{path}/rename", name="La <rouge>")
    browser.post(f"{path}/renumber", number="12")
    browser.post(f"{path}/move", cart="")

    device = Device.get_by_id(filled)
    assert (device.name, device.number, device.cart_id) == ("La <rouge>", 12, None)
    page = browser.get(path).text
    assert "La &lt;rouge&gt;" in page
    assert "message trop gros" in page
    assert "org.kde.gcompris" in page
    assert "Léa M." in page


def test_a_refused_change_says_why_and_changes_nothing(browser: Browser, filled: str) -> None:
    path = f"/admin/devices/{filled}"
    browser.post(f"{path}/renumber", number="0")
    assert "entre 1 et 999" in banners(browser, path)
    browser.post(f"{path}/rename", name="x" * 200)
    assert "trop long" in banners(browser, path)
    assert Device.get_by_id(filled).number == 4


@pytest.mark.parametrize(("act", "status"), [("retire", "retired"), ("revoke", "removed")])
def test_a_device_out_of_service_says_so_and_offers_no_change(
    browser: Browser, filled: str, act: str, status: str
) -> None:
    browser.post(f"/admin/devices/{filled}/{act}")

    assert Device.get_by_id(filled).status == status
    assert Device.get_by_id(filled).credential is None
    page = browser.get(f"/admin/devices/{filled}").text
    assert f"/admin/devices/{filled}/rename" not in page


def test_one_device_replaces_another(browser: Browser, filled: str) -> None:
    other = add_device(1, name="Neuve")
    browser.post(f"/admin/devices/{filled}/replace", by=other)

    assert Device.get_by_id(other).number == 4
    assert Device.get_by_id(filled).status == "retired"


def test_programs_get_the_error_itself(browser: Browser, filled: str) -> None:
    answer = browser.client.post(
        f"/admin/devices/{filled}/renumber",
        data={"csrf_token": browser.token, "number": "x"},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["code"] == "bad_number"


def test_the_file_for_a_spreadsheet_holds_no_formula(browser: Browser) -> None:
    add_device(1, name='=HYPERLINK("http://x")', serial="+33", model="@SUM(A1)")

    content = browser.get("/admin/devices.csv").data.decode("utf-8-sig")

    (row,) = list(csv.reader(io.StringIO(content), delimiter=";"))[1:]
    assert row[1] == '\'=HYPERLINK("http://x")'
    assert row[4] == "'@SUM(A1)"
    assert row[5] == "'+33"
    assert (row[3], row[7]) == ("tablette", "En service")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\uff1d1", "\u00a0=1"])
def test_every_start_of_a_formula_is_disarmed(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["Tablette 01", "", "a=1", "1-1", None, 3])
def test_plain_cells_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) == ("" if cell is None else str(cell))


def test_carts_are_added_renamed_and_removed_when_empty(site: Site, browser: Browser) -> None:
    browser.post("/admin/carts", name="Bleue")
    (cart,) = site.services.carts.listed()
    browser.post(f"/admin/carts/{cart.id}/rename", name="Rouge")
    assert site.services.carts.get(cart.id).name == "Rouge"

    device_id = add_device(1, cart.id)
    browser.post(f"/admin/carts/{cart.id}/remove")
    assert "n’est pas vide" in banners(browser, "/admin/carts")
    browser.post(f"/admin/devices/{device_id}/move", cart="")
    browser.post(f"/admin/carts/{cart.id}/remove")
    assert site.services.carts.listed() == []
