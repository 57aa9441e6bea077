"""Settings per scope and staff that the city keeps, from the pages to what a school's box gets; on both engines."""

import pytest

from central.domain.roles import CONSOLE, Role
from central.store.desk_models import Journal
from central.store.models import School, SchoolGroup
from protocol.uplink_config import Configuration, parse_configuration
from tests.central.web.conftest import OTHER, OWN, Browser, Site
from tests.support.central import uai_of

FORM = {
    "may-camera": "blocked",
    "days-0": ["1", "2"],
    "begins-0": "08:15",
    "ends-0": "08:45",
    "keep-lessons": "10",
    "languages": ["fr"],
}


@pytest.fixture
def admin(site: Site) -> Browser:
    return site.browser_of(Role.ADMINISTRATOR)


def got(site: Site, uai: str) -> Configuration:
    signed = site.services.configurations.signed_for(uai)
    assert signed is not None
    return parse_configuration(signed.document)


def test_what_is_typed_for_the_city_reaches_every_school_and_is_shown_again(site: Site, admin: Browser) -> None:
    admin.get("/settings/scope/city")
    assert admin.post("/settings/scope/city", **FORM).status_code == 303
    own = got(site, OWN)
    assert own == got(site, OTHER)
    assert (dict(own.restrictions), dict(own.retention_days), own.languages) == (
        {"camera": "blocked"},
        {"lessons": 10},
        ("fr",),
    )
    [quiet] = own.quiet_hours or ()
    assert (quiet.days, quiet.begins, quiet.ends) == ((1, 2), "08:15", "08:45")
    page = admin.get("/settings/scope/city").text
    assert 'value="08:15"' in page and 'value="blocked" selected' in page and 'name="days-0" value="2" checked' in page
    row = Journal.select().order_by(Journal.id.desc()).get()
    assert (row.action, row.actor) == ("configuration.change", "user-admin")


def test_a_school_says_what_comes_from_where_and_what_its_box_has(site: Site, admin: Browser) -> None:
    site.services.configurations.change(CONSOLE, "city", {"restrictions": {"camera": "blocked", "sound": "allowed"}})
    admin.get("/settings")
    admin.post(f"/settings/scope/school:{OWN}", **{"may-camera": "allowed"})
    page = admin.get(f"/settings/scope/school:{OWN}").text
    facts = page[page.index('id="effective"') :]
    assert facts.index("dit par l’école") < facts.index("dit par la ville")
    assert "le boîtier en est à la version 0" in facts
    assert "École Jean-Moulin" in admin.get("/settings").text
    assert "École des Lilas" not in admin.get("/settings").text, "it has nothing of its own"


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"keep-lessons": "31"}, "retention_days"),
    ({"keep-journal": "<b>dix</b>"}, "retention_days"),
    ({"begins-0": "08:00", "ends-0": "09:00"}, "quiet_hours"),
    ({"days-0": "1", "begins-0": "25:00", "ends-0": "09:00"}, "quiet_hours"),
    ({"may-camera": "perhaps"}, "restrictions"),
    ({"languages": "xx"}, "languages"),
)


def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_changed(site: Site, admin: Browser) -> None:
    admin.get("/settings/scope/city")
    for typed, field in WRONG:
        answer = admin.post("/settings/scope/city", **typed)
        assert (typed, answer.status_code) == (typed, 422)
        assert f'id="{field}-error"' in answer.text, typed
        assert "<b>dix" not in answer.text
    assert site.services.configurations.document("city") == {}


def test_a_scope_that_does_not_exist_has_no_page(admin: Browser) -> None:
    for key in ("planet", "group:77", "group:x", "school:0139999Z", "school:"):
        assert admin.get(f"/settings/scope/{key}").status_code in (404, 422), key


def test_a_new_school_and_one_that_changes_its_group_get_what_is_wished_for_them(site: Site, admin: Browser) -> None:
    group = SchoolGroup.insert(name="Nord", created_at=site.clock.now()).execute()
    site.services.configurations.change(CONSOLE, f"group:{group}", {"languages": ["en"]})
    site.services.configurations.change(CONSOLE, "city", {"languages": ["fr"]})
    admin.get("/schools/new")
    uai = uai_of(7)
    assert admin.post("/schools", code=uai, name="École neuve").status_code == 200
    assert got(site, uai).languages == ("fr",)
    admin.post(f"/schools/{uai}/settings", name="École neuve", group="Nord")
    assert School.get_by_id(uai).group_id == group
    assert got(site, uai).languages == ("en",)


def test_staff_of_the_city_goes_to_its_schools_and_is_turned_off_there(site: Site, admin: Browser) -> None:
    admin.get("/settings/staff")
    person = {"login": "Remplacant", "name": "R. Plaçant", "role": "teacher"}
    assert admin.post("/settings/staff", scope=f"school:{OWN}", **person).status_code == 303
    assert [(one.login, one.active) for one in got(site, OWN).users or ()] == [("remplacant", True)]
    assert site.services.configurations.version_of(OTHER) == 0
    [line] = site.services.school_users.listed()
    assert "R. Plaçant" in admin.get("/settings/staff").text
    admin.post(f"/settings/staff/{line.id}", name="Rémi Plaçant", role="administrator")
    admin.post(f"/settings/staff/{line.id}/active", active="0")
    assert [(one.name, one.role, one.active) for one in got(site, OWN).users or ()] == [
        ("Rémi Plaçant", "administrator", False)
    ]
    assert "Réactiver cette personne" in admin.get(f"/settings/staff/{line.id}").text
    acts = [
        row.action for row in Journal.select().where(Journal.action.startswith("school_user.")).order_by(Journal.id)
    ]
    assert acts == ["school_user.add", "school_user.change", "school_user.deactivate"]


def test_a_login_twice_and_a_school_that_does_not_exist_are_said_on_the_page(site: Site, admin: Browser) -> None:
    admin.get("/settings/staff")
    person = {"login": "petit", "name": "C. Petit", "role": "teacher"}
    admin.post("/settings/staff", scope="city", **person)
    twice = admin.post("/settings/staff", scope="city", **person)
    assert (twice.status_code, "déjà pris" in twice.text, 'value="C. Petit"' in twice.text) == (409, True, True)
    assert admin.post("/settings/staff", scope="school:0139999Z", **person).status_code == 404
    assert admin.post("/settings/staff", scope="nowhere", **person).status_code == 422
    assert len(site.services.school_users.listed()) == 1


def test_the_menu_leads_an_administrator_to_the_settings_and_a_technician_not(site: Site, admin: Browser) -> None:
    assert 'href="/settings"' in admin.get("/fleet").text
    assert 'href="/settings"' not in site.browser_of(Role.TECHNICIAN).get("/fleet").text
