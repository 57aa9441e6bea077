"""What the pages say of a school's box is so: on the fleet, on its own page, and beside an order that waits for it."""

import re
from datetime import timedelta

import pytest

from central.domain.roles import Role
from central.store.desk_models import Account, Alert, Order
from central.store.models import Appliance, Device, School, Snapshot
from tests.central.web.conftest import OTHER, OWN, Browser, Site
from tests.support.seeded_city import CitySize, seed_city, uai_of


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ").replace("\xa0", " ")


@pytest.fixture
def site_of_two(site: Site) -> Site:
    """Two schools whose boxes answer."""
    for place, uai in enumerate((OWN, OTHER)):
        Appliance.create(
            id=f"a-{place}", school=uai, claimed_at=site.clock.now() - timedelta(hours=1), hello_at=site.clock.now()
        )
        Snapshot.create(
            school=uai, appliance=f"a-{place}", epoch="", at=site.clock.now(), sha256="", size=1, sealed=b""
        )
    return site


@pytest.fixture
def city(site: Site) -> Browser:
    School.delete().execute()
    seed_city(site.clock.now(), CitySize(schools=12, devices=20, days=3, hours=30))
    return site.browser_of(Role.ADMINISTRATOR)


def test_all_is_well_only_while_every_box_answers(site_of_two: Site) -> None:
    admin = site_of_two.browser_of(Role.ADMINISTRATOR)
    page = plain(admin.get("/fleet").text)
    assert "Tout va bien dans les écoles." in page
    assert "Boîtiers qui répondent : 2 sur 2 écoles" in page
    assert "Chaque boîtier répond" in page

    site_of_two.clock.pass_by(seconds=100)
    Appliance.update(bridge_at=site_of_two.clock.now() - timedelta(seconds=60)).where(Appliance.id == "a-0").execute()
    page = plain(admin.get("/fleet").text)
    assert "Tout va bien" not in page
    assert page.count("1 boîtier ne répond pas en ce moment") == 2  # above all, and in the list with its school
    assert "Boîtiers qui répondent : 1 sur 2 écoles" in page

    Appliance.delete().where(Appliance.id == "a-0").execute()
    page = plain(admin.get("/fleet").text)
    assert "Rien à signaler ; 1 école attend son boîtier." in page
    assert "1 école est sans boîtier en service" in page


def test_an_order_for_a_school_that_does_not_answer_says_since_when_it_waits(site_of_two: Site) -> None:
    now = site_of_two.clock.now()
    Device.create(
        id="d-1", school=OWN, appliance="a-0", serial="R1", name="Tablette 1", kind="tablet", status="active",
        updated_at=now,
    )  # fmt: skip
    technician = site_of_two.browser_of(Role.TECHNICIAN)
    technician.get("/devices")
    technician.post("/interventions", kind="identify", devices=["d-1"])
    order = f"/orders/{Order.get().id}"
    assert "ne répond plus" not in plain(technician.get(order).text)

    site_of_two.clock.pass_by(minutes=28)
    for path in (order, f"/schools/{OWN}", "/devices/d-1"):
        page = plain(technician.get(path).text)
        assert "attend : l’école ne répond plus depuis 9 h 00" in page, path
    school = plain(technician.get(f"/schools/{OWN}").text)
    assert "ne répond plus depuis 9 h 00" in school.partition("La ligne, sept jours")[0]
    assert "Tel qu’il s’est montré la dernière fois" in school


def test_an_officer_tells_two_boxes_apart_chooses_and_thinks_again(city: Browser) -> None:
    path = f"/schools/{uai_of(2)}"
    page = city.get(path).text
    first, second = re.findall(r'class="mark">([a-z]+-\d\d)<', page)
    assert "203.0.113.24" in page and "http://192.168.1.31" in page
    assert "Matériel inconnu" in plain(page)

    Account.update(name="Claire Martin").execute()
    city.post(f"{path}/box/a-00002/choose", mark=first)
    page = plain(city.get(path).text)
    assert f"« {first} » a été choisi" in page
    assert "par Claire Martin." in page
    assert page.count("Changer d’avis") == 1
    assert "Il ne le sait pas encore" in page

    city.post(f"{path}/box/a-00002/choose", mark=second)
    assert f"« {second} » a été choisi" in plain(city.get(path).text)
    assert city.post(f"{path}/box/a-00002/choose", mark="merle-00").status_code == 404


def test_a_school_without_a_backup_is_told_before_its_box_is_replaced(city: Browser) -> None:
    missing, kept = uai_of(9), uai_of(7)
    said = "La ville n’a aucune sauvegarde de cette école"
    assert [said in city.get(f"/schools/{uai}").text for uai in (missing, kept)] == [True, False]
    tickets = [
        city.post(f"/schools/{uai}/ticket", replaces=box).text for uai, box in ((missing, "a-00009"), (kept, "a-00007"))
    ]
    assert [said in ticket for ticket in tickets] == [True, False]


def test_what_a_boxs_own_checks_say_is_on_its_page_and_a_backup_that_is_too_large_an_alert(
    city: Browser, site: Site
) -> None:
    Appliance.update(findings=["snapshot_too_large", "of_a_newer_box"]).where(Appliance.id == "a-00007").execute()
    page = city.get(f"/schools/{uai_of(7)}").text
    assert "Sa sauvegarde est trop volumineuse" in page
    assert "of_a_newer_box" not in page
    site.services.desk.alert_step.look(site.clock.now())
    opened = Alert.select().where(Alert.kind == "no_snapshot").order_by(Alert.school)
    assert [row.school_id for row in opened] == sorted((uai_of(7), uai_of(9)))
    assert "64 Mo" in plain(city.get(f"/schools/{uai_of(7)}").text)


def test_the_counts_of_carts_and_of_the_school_add_up(city: Browser) -> None:
    uai = uai_of(10)
    Device.update(cart="").where(Device.id == "d-00010-001").execute()
    page = plain(city.get(f"/schools/{uai}").text).partition("Appareils")[2]
    told = [int(count) for count in re.findall(r"(?:Classe mobile [AB]|Sans classe mobile) (\d+) appareil", page)]
    assert len(told) == 3
    assert f"{sum(told)} en service" in page


def test_the_line_of_a_box_that_has_just_joined_is_not_called_bad(site_of_two: Site) -> None:
    site_of_two.clock.pass_by(minutes=1)
    Appliance.update(claimed_at=site_of_two.clock.now()).execute()
    page = site_of_two.browser_of(Role.ADMINISTRATOR).get(f"/schools/{OWN}").text
    plot = page[page.index("plot-week") : page.index("plot-legend")]
    assert "q-void" in plot
    assert not re.search("q-poor|q-none|q-fair", plot)
