"""One device's page: its last lesson without a pupil, moving it to a cart or a school; a selection moved at once."""

import pytest

from central.domain.roles import Role
from central.store.desk_models import Instruction, Journal, Order
from central.store.models import Appliance, Device
from tests.central.web.conftest import Browser, Site
from tests.support.seeded_city import CitySize, seed_city, uai_of

ONE = "d-00000-001"


@pytest.fixture
def admin(site: Site) -> Browser:
    seed_city(site.clock.now(), CitySize(schools=3, devices=4, days=2, hours=2))
    return site.browser_of(Role.ADMINISTRATOR)


def facts_of(browser: Browser, device: str = ONE) -> str:
    page = browser.get(f"/devices/{device}").text
    return page[page.index('id="facts"') : page.index("Rien de ce qu’un élève a fait")]


@pytest.mark.parametrize(
    ("in_lesson", "day", "held", "told"),
    [
        (True, "2026-09-07", ["eyes_up"], "en séance, au dernier point : les yeux vers l’enseignant"),
        (False, "2026-09-07", ["internet", "apps"], "le 07/09/2026, à la fin : sans internet, applications choisies"),
        (False, "2026-09-07", [], "à la fin : rien de bloqué"),
        (False, None, None, "aucune séance connue"),
        (False, "2026-W40", ["<b>"], "aucune séance connue"),
        (True, "2026-09-07", ["from_the_future"], "une restriction"),
    ],
)
def test_the_last_lesson_is_told_in_words_and_what_is_newer_than_we_are_too(
    admin: Browser, in_lesson: bool, day: str | None, held: list[str] | None, told: str
) -> None:
    Device.update(in_lesson=in_lesson, lesson_day=day, held=held).where(Device.id == ONE).execute()
    facts = facts_of(admin).replace("\u202f", " ").replace("\u00a0", " ")
    assert told in facts
    assert "<b>" not in facts and "from_the_future" not in facts


def last_order() -> tuple[str, dict[str, object], list[str]]:
    order = Order.select().order_by(Order.created_at.desc()).get()
    rows = Instruction.select().where(Instruction.order == order.id).order_by(Instruction.device)
    return order.kind, order.args, [row.device for row in rows]


def test_a_device_is_moved_to_another_cart_or_out_of_all(site: Site, admin: Browser) -> None:
    page = admin.get(f"/devices/{ONE}").text
    assert 'name="kind" value="move"' in page and 'value="c1" selected' in page
    assert admin.post("/interventions", kind="move", devices=ONE, cart="c2").status_code == 303
    assert last_order() == ("move", {"cart": "c2"}, [ONE])
    site.clock.pass_by(seconds=1)
    assert admin.post("/interventions", kind="move", devices=ONE, cart="").status_code == 303
    assert last_order() == ("move", {"cart": ""}, [ONE])


def test_a_cart_that_the_school_does_not_have_is_refused_in_a_sentence(admin: Browser) -> None:
    admin.get(f"/devices/{ONE}")
    for cart in ("99", "abc"):
        answer = admin.post("/interventions", kind="move", devices=ONE, cart=cart)
        assert answer.status_code == 422 and "Cette classe mobile n’existe pas" in answer.text
    assert not Order.select().where(Order.kind == "move").exists()


def test_of_a_fenced_school_nothing_can_be_asked_and_its_pages_say_why(admin: Browser) -> None:
    Appliance.update(standing="fenced").where(Appliance.school == uai_of(0)).execute()
    for page in (f"/devices/{ONE}", f"/schools/{uai_of(0)}"):
        text = admin.get(page).text
        assert "Deux boîtiers se présentent comme celui de cette école" in text
        assert 'name="kind"' not in text, page
    for asked in ({"kind": "rename", "devices": ONE, "name": "Neuve"}, {"kind": "report", "schools": uai_of(0)}):
        answer = admin.post("/interventions", **asked)
        assert answer.status_code == 409 and "Ce n’est pas possible maintenant" in answer.text
    Appliance.update(standing="active").where(Appliance.school == uai_of(0)).execute()
    assert "Faire le point" in admin.get(f"/devices/{ONE}").text


def test_a_selection_of_one_school_is_moved_at_once_and_its_other_buttons_ignore_the_cart(
    site: Site, admin: Browser
) -> None:
    assert 'value="move"' not in admin.get("/devices").text, "carts are of one school"
    assert 'value="move"' in admin.get(f"/devices?school={uai_of(1)}").text
    chosen = ["d-00001-001", "d-00001-003"]
    assert admin.post("/interventions", kind="move", devices=chosen, cart="c1").status_code == 303
    assert last_order() == ("move", {"cart": "c1"}, chosen)
    site.clock.pass_by(seconds=1)
    assert admin.post("/interventions", kind="identify", devices=chosen, cart="c1").status_code == 303
    assert last_order() == ("identify", {}, chosen)


def test_what_no_box_reports_is_moved_to_another_school_by_its_form(admin: Browser) -> None:
    typed = {"uai": uai_of(1), "kind": "screen", "serial": "TBI-7", "name": "Écran", "model": "AP9"}
    admin.get("/inventory/new")
    place = admin.post("/inventory", **typed).location
    device = place.rpartition("/")[2]
    form = admin.get(f"/inventory/{device}").text
    assert f'value="{uai_of(1)}"' in form and 'value="TBI-7"' in form
    assert admin.post(f"/inventory/{device}", **{**typed, "uai": "0139999Z"}).status_code == 422
    assert admin.post(f"/inventory/{device}", **{**typed, "uai": uai_of(2)}).status_code == 303
    row = Device.get_by_id(device)
    assert (row.school_id, row.by_hand, row.model) == (uai_of(2), True, "AP9")
    assert Journal.select().order_by(Journal.id.desc()).get().action == "device.change"
    assert admin.get(f"/inventory/{ONE}").status_code == 409, "its box says where it is"
