"""The desk's pages over a seeded city, on both engines."""

import csv
import io
import re

import pytest
from odfdo import Document
from peewee import fn

from central.domain.equipment_files import MAX_BYTES
from central.domain.roles import Role
from central.store.desk_models import Alert, Instruction, Journal, Order
from central.store.models import Appliance, Device, School, Setting
from central.web.security import FORM_BYTES
from tests.central.web.conftest import Browser, Site
from tests.support.seeded_city import HOSTILE, CitySize, seed_city, uai_of

_PAGES = (
    "/fleet", "/fleet?sort=disk&dir=desc&q=ecole", "/fleet?state=down,late", "/fleet?group=2&page=9&sort=nonsense",
    f"/schools/{uai_of(0)}", f"/schools/{uai_of(2)}", f"/schools/{uai_of(3)}", f"/schools/{uai_of(6)}",
    f"/schools/{uai_of(9)}",
    "/schools/new", f"/schools/{uai_of(1)}/settings",
    "/devices", "/devices?q=galaxy+07&sort=battery", "/devices?after=nonsense&kind=zzz&group=x", "/devices/d-00011-003",
    "/inventory/new", "/inventory/import", "/alerts", "/alerts?state=acknowledged", "/alerts?state=over",
    "/alerts?kind=device_silent&page=9", "/alerts?kind=fenced&endpoint=x&_external=1",
    "/devices?kind=tablet&file=x&_anchor=y",
    "/fleet?kind=x&endpoint=y&_scheme=z", "/alerts/recipients", "/statistics", "/statistics?weeks=12&group=1",
    "/parked", "/devices?q=%00&school=%00&kind=%00", "/alerts?kind=%00", "/journal?actor=%00&target=%00",
)  # fmt: skip


@pytest.fixture
def city(site: Site) -> Site:
    School.delete().execute()
    seed_city(site.clock.now(), CitySize(schools=24, devices=20))
    site.services.desk.alert_step.look(site.clock.now())
    return site


@pytest.fixture
def admin(city: Site) -> Browser:
    return city.browser_of(Role.ADMINISTRATOR)


def test_every_page_opens_and_says_nothing_unescaped(admin: Browser) -> None:
    for path in _PAGES:
        answer = admin.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert HOSTILE not in answer.text, path
        assert "style=" not in answer.text, path


def test_the_fleet_says_what_is_wrong_before_anything_else(admin: Browser) -> None:
    page = admin.get("/fleet").text
    assert re.search(r"<h1>[^<]*demandent quelqu’un", page)
    kinds = re.findall(r"/alerts\?kind=(\w+)", page)
    assert kinds[:3] == ["fenced", "appliance_silent", "storage_low"]
    assert page.count("<tr>") == 25


def test_sorting_and_filtering_are_in_the_address(admin: Browser) -> None:
    page = admin.get("/fleet?state=down").text
    assert page.count('<th scope="row">') == 1
    assert 'aria-sort="descending"' in admin.get("/fleet?sort=name&dir=desc").text


def test_a_technician_acknowledges_and_the_journal_keeps_no_remark(city: Site) -> None:
    browser = city.browser_of(Role.TECHNICIAN)
    alert = Alert.select().where(Alert.kind == "fenced").get()
    browser.get("/alerts")
    assert browser.post("/alerts/acknowledge", alerts=str(alert.id), remark="Ticket 12").status_code == 303
    assert Alert.get_by_id(alert.id).remark == "Ticket 12"
    line = Journal.select().order_by(Journal.id.desc()).get()
    assert (line.action, "Ticket" in str(line.detail)) == ("alert.acknowledge", False)


def test_a_director_opens_the_own_school_only(city: Site) -> None:
    browser = city.browser_of(Role.DIRECTOR, uai_of(1))
    assert browser.get(f"/schools/{uai_of(1)}").status_code == 200
    assert browser.get(f"/schools/{uai_of(2)}").status_code == 404
    assert browser.get("/devices/d-00002-001").status_code == 404
    own = browser.get("/devices").text
    assert "R0001X" not in own  # serials are the city's
    assert "d-00001-001" in own and "d-00002-001" not in own
    assert browser.get("/fleet").status_code == 403


def test_devices_of_a_box_that_takes_no_orders_cannot_be_chosen(city: Site, admin: Browser) -> None:
    box = Appliance.select().where(Appliance.standing == "fenced").get()
    page = admin.get(f"/devices?school={box.school_id}").text
    assert page.count('<th scope="row">') > 0 and 'name="devices"' not in page
    Appliance.update(standing="active").where(Appliance.id == box.id).execute()
    page = admin.get(f"/devices?school={box.school_id}").text
    assert page.count('<th scope="row">') == page.count('name="devices"')


def test_the_menu_says_where_a_school_is(city: Site, admin: Browser) -> None:
    """Below the fleet for whom there is one, by itself for its director."""
    here = re.compile(r'<a href="([^"]+)" aria-current="page"')
    school = f"/schools/{uai_of(1)}"
    assert here.findall(admin.get(school).text) == ["/fleet"]
    assert here.findall(city.browser_of(Role.DIRECTOR, uai_of(1)).get(school).text) == ["/school"]
    assert here.findall(admin.get("/orders/keys").text) == ["/orders"]


def test_an_erun_reads_sums_and_no_device(city: Site) -> None:
    browser = city.browser_of(Role.ERUN)
    page = browser.get("/statistics").text
    assert "org.gcompris" in page and "d-0000" not in page
    for path in (
        "/fleet",
        "/devices",
        f"/schools/{uai_of(1)}",
        "/alerts",
        "/exports/devices.csv",
        "/devices/d-00001-001",
    ):
        assert browser.get(path).status_code in (403, 404), path


def test_an_export_opens_again_and_holds_no_formula(admin: Browser) -> None:
    text = admin.get("/exports/devices.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 1 + 24 * 20
    Device.update(name='=HYPERLINK("http://x")').where(Device.id == "d-00003-002").execute()
    text = admin.get("/exports/devices.csv?q=r0003x0002").data.decode("utf-8-sig")
    [row] = list(csv.reader(io.StringIO(text), delimiter=";"))[1:]
    assert row[3] == '\'=HYPERLINK("http://x")'
    document = Document(io.BytesIO(admin.get("/exports/devices.ods?q=r0003x0002").data))
    table = document.body.get_table(0)
    assert table is not None
    values = table.get_values()
    assert values[1][3] == '=HYPERLINK("http://x")'  # a text, in a file that knows texts
    assert "of:=" not in document.body.serialize()


@pytest.mark.parametrize("kind", ["schools", "alerts"])
def test_other_lists_leave_as_files(admin: Browser, kind: str) -> None:
    assert len(admin.get(f"/exports/{kind}.csv").data.splitlines()) > 5
    assert admin.get(f"/exports/{kind}.ods").data.startswith(b"PK")
    assert admin.get(f"/exports/{kind}.exe").status_code == 404


def test_a_list_of_equipment_is_shown_then_taken_however_long(admin: Browser) -> None:
    admin.get("/inventory/import")
    raw = f"UAI;Série;Type;Nom\n{uai_of(1)};TBI-1;écran;Salle 3\n0000000X;X;écran;\n{uai_of(2)};R0002X0001;tablette;\n"
    answer = admin.post("/inventory/import", list=(io.BytesIO(raw.encode()), "liste.csv"))
    assert answer.status_code == 200 and "Un boîtier s’occupe déjà" in answer.text
    assert Device.get_or_none(Device.serial == "TBI-1") is None
    preview = Setting.select(fn.MAX(Setting.key)).where(Setting.key.startswith("import:")).scalar()
    assert admin.post(f"/inventory/import/{preview.removeprefix('import:')}").status_code == 303
    assert Device.get(Device.serial == "TBI-1").by_hand
    assert "TBI-1" in admin.get("/devices?q=tbi-1").text
    _of_a_whole_city(admin)


def _of_a_whole_city(admin: Browser) -> None:
    """Longer than any other form of ours may be."""
    lines = [f"{uai_of(n % 24)};TBI-{n:05d};écran;Écran interactif de la salle {n} ; Promethean" for n in range(4000)]
    raw = "\n".join(["UAI;Série;Type;Nom;Marque", *lines]).encode()
    assert len(raw) > FORM_BYTES
    page = admin.post("/inventory/import", list=(io.BytesIO(raw), "liste.csv"))
    assert page.status_code == 200 and "Enregistrer 4\u202f000 appareils" in page.text
    answer = admin.post("/inventory/import", list=(io.BytesIO(b"x" * (MAX_BYTES + 1)), "liste.csv"))
    assert answer.status_code == 413 and "Cette liste est trop longue" in answer.text


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "Ce fichier est vide."),
        (b"PK\x03\x04 a workbook", "C’est un classeur"),
        (bytes(range(256)) * 8, "n’est pas une liste CSV"),
        (b"a,b,c\n1,2,3\n", "Des colonnes manquent à cette liste : « UAI », « Numéro de série », « Type »."),
        ("UAI;Série;Type;Nom\n".encode(), "n’a que sa ligne de titres"),
    ],
)
def test_a_list_that_is_none_says_what_it_is(admin: Browser, raw: bytes, said: str) -> None:
    admin.get("/inventory/import")
    answer = admin.post("/inventory/import", list=(io.BytesIO(raw), "liste.csv"))
    assert (answer.status_code, said in answer.text.replace("\u00a0", " ")) == (422, True)


def test_a_column_that_a_list_does_not_have_leaves_what_is_there(admin: Browser) -> None:
    admin.get("/inventory/new")
    typed = {"uai": uai_of(1), "serial": "SCR-1", "kind": "screen", "name": "Salle 1", "model": "AP9"}
    assert admin.post("/inventory", **typed).status_code == 303
    raw = f"UAI;Série;Type;Nom\n{uai_of(1)};SCR-1;écran;Salle 2\n".encode()
    page = admin.post("/inventory/import", list=(io.BytesIO(raw), "liste.csv")).text.replace("\u00a0", " ")
    assert "Nom : Salle 1 → Salle 2" in page
    assert "AP9" not in page
    preview = re.search(r'action="/inventory/import/([^"]+)"', page)
    assert preview and admin.post(f"/inventory/import/{preview[1]}").status_code == 303
    row = Device.get(Device.serial == "SCR-1")
    assert (row.name, row.model) == ("Salle 2", "AP9")


@pytest.mark.parametrize("typed", ["%25", "'", "_", "?", "%00", "%F0%9F%92%A9"])
def test_a_search_for_signs_alone_finds_nothing_and_says_so(admin: Browser, typed: str) -> None:
    assert "Aucun appareil ici" in admin.get(f"/devices?q={typed}").text
    assert '<th scope="row">' not in admin.get(f"/fleet?q={typed}").text


def test_an_address_that_is_too_long_gets_a_page(admin: Browser) -> None:
    answer = admin.get(f"/devices?q={'x' * 5000}")
    assert (answer.status_code, "Cherchez avec moins de mots" in answer.text) == (414, True)


def test_a_new_name_that_is_refused_stays_in_its_field_with_the_reason(admin: Browser) -> None:
    admin.get("/devices/d-00011-003")
    answer = admin.post("/interventions", kind="rename", devices="d-00011-003", name="Tab\u202elette")
    assert answer.status_code == 422
    assert 'value="Tab\u202elette"' in answer.text and "Un caractère n’est pas accepté ici." in answer.text


def test_an_export_says_words_and_no_code(admin: Browser) -> None:
    for path in ("/exports/devices.csv", "/exports/schools.csv", "/exports/alerts.csv?state=all"):
        rows = list(csv.reader(io.StringIO(admin.get(path).data.decode("utf-8-sig")), delimiter=";"))
        assert "heure de Paris" in " ".join(rows[0]), path
        codes = re.compile(r"^(?:[a-z]+_[a-z_]+|tablet|up|new|down|late|absent|None|True|False)$|\+00:00")
        assert [cell for row in rows for cell in row if codes.search(cell)] == [], path
    devices = admin.get("/exports/devices.csv").data.decode()
    assert ";tablette;" in devices and "Classe mobile" in devices.partition("\n")[2]


def test_an_order_goes_out_from_a_selection(admin: Browser) -> None:
    before = Order.select().count()
    admin.get("/devices")
    many = admin.post("/interventions", kind="identify", devices=[f"d-{n}" for n in range(1001)])
    assert many.status_code == 422 and "mille au plus à la fois" in many.text  # never a part of them
    ids = ["d-00020-001", "d-00020-002"]
    assert admin.post("/interventions", kind="identify", devices=ids).status_code == 303
    order = Order.select().order_by(Order.created_at.desc()).get()
    assert (Order.select().count(), Instruction.select().where(Instruction.order == order.id).count()) == (
        before + 1,
        2,
    )


def test_a_school_is_added_with_its_code_shown_once(admin: Browser) -> None:
    admin.get("/schools/new")
    assert admin.post("/schools", code="0131234A", name="École neuve").status_code == 422
    answer = admin.post(
        "/schools", code="0139999" + "ABCDEFGHJKLMNPRSTUVWXYZ"[139999 % 23], name="École neuve", group="Nord"
    )
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert re.search(r"(?:[0-9A-Z]{4}-){9}[0-9A-Z]{4}", answer.text)


def test_a_lost_box_is_revoked_and_a_live_view_is_asked_for(admin: Browser) -> None:
    uai = uai_of(20)
    admin.get(f"/schools/{uai}")
    live = admin.post_json(f"/schools/{uai}/live.json", {}).json
    assert live == {"at": None, "fresh": False, "picture": {}}
    assert admin.post(f"/schools/{uai}/box/a-00021/revoke").status_code in (404, 422)
    assert admin.post(f"/schools/{uai}/box/a-00020/revoke").status_code == 303
    assert Appliance.get_by_id("a-00020").standing == "revoked"
