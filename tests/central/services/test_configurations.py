"""What schools get: merged of city, group and school, versioned, signed; and staff that the city keeps for them."""

import json

import pytest

from central.errors import Conflict, Invalid, NotFound
from central.services.school_users import NewUser
from central.store.models import Appliance, School
from protocol.uplink_config import Configuration, parse_configuration
from signatures.ed25519 import is_signed
from tests.central.services.desk import BOSS, Desk


@pytest.fixture
def desk(city_db: str) -> Desk:
    return Desk()


def got(desk: Desk, school: str) -> Configuration:
    signed = desk.configurations.signed_for(school)
    assert signed is not None and is_signed(desk.signing.public, signed.document, signed.signature)
    return parse_configuration(signed.document)


def test_the_nearest_scope_wins_and_only_schools_that_get_something_new_get_a_version(desk: Desk) -> None:
    group = desk.add_group("Nord")
    one, two = desk.add_school(1, group=group), desk.add_school(2)
    assert desk.configurations.change(BOSS, "city", {"restrictions": {"camera": "blocked", "sound": "allowed"}}) == 2
    assert desk.configurations.change(BOSS, f"group:{group}", {"restrictions": {"camera": "allowed"}}) == 1
    assert desk.configurations.change(BOSS, f"school:{one}", {"languages": ["fr"]}) == 1
    first = got(desk, one)
    assert dict(first.restrictions) == {"camera": "allowed", "sound": "allowed"}
    assert (first.languages, first.version, got(desk, two).version) == (("fr",), 3, 1)
    assert desk.configurations.effective(one).from_scope["restrictions.camera"].kind == "group"


def test_what_changes_nothing_makes_no_version(desk: Desk) -> None:
    desk.add_school(1)
    document = {"retention_days": {"lessons": 10}}
    assert desk.configurations.change(BOSS, "city", document) == 1
    assert desk.configurations.change(BOSS, "city", document) == 0
    assert desk.configurations.change(BOSS, "school:0131001A", document) == 0
    assert got(desk, "0131001A").version == 1 and len(desk.configurations.versions("city")) == 1


def test_what_is_taken_back_is_left_to_the_scope_above(desk: Desk) -> None:
    school = desk.add_school(1)
    desk.configurations.change(BOSS, "city", {"restrictions": {"camera": "blocked"}})
    desk.configurations.change(BOSS, f"school:{school}", {"restrictions": {"camera": "allowed"}})
    desk.configurations.change(BOSS, f"school:{school}", {})
    assert dict(got(desk, school).restrictions) == {"camera": "blocked"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"restrictions": {"camera": "perhaps"}}, "restrictions"),
        ({"restrictions": {"lock": {"message": "x"}}}, "restrictions"),
        ({"quiet_hours": [{"days": [8], "begins": "08:00", "ends": "09:00"}]}, "quiet_hours"),
        ({"quiet_hours": [{"days": [1], "begins": "08:00", "ends": "8h"}]}, "quiet_hours"),
        ({"quiet_hours": [{"days": [], "begins": "08:00", "ends": "09:00"}]}, "quiet_hours"),
        ({"retention_days": {"lessons": 4000}}, "retention_days"),
        ({"retention_days": {"lessons": 31}}, "retention_days"),
        ({"languages": ["xx"]}, "languages"),
        ({"users": []}, "users"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_with_its_field(
    desk: Desk, document: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        desk.configurations.change(BOSS, "city", document)
    assert field in refused.value.fields
    assert desk.configurations.document("city") == {}


def test_an_unknown_scope_is_refused(desk: Desk) -> None:
    for scope, error in (
        ("planet", Invalid),
        ("school:", Invalid),
        ("school:0139999Z", NotFound),
        ("group:9", NotFound),
    ):
        with pytest.raises(error):
            desk.configurations.change(BOSS, scope, {})


def test_staff_of_all_scopes_is_united_and_the_nearest_entry_of_a_login_counts(desk: Desk) -> None:
    group = desk.add_group("Nord")
    school = desk.add_school(1, group=group)
    desk.add_school(2)
    desk.users.add(BOSS, NewUser("dsi", "La DSI", "administrator", "city"))
    desk.users.add(BOSS, NewUser("remplacant", "R. Plaçant", "teacher", f"group:{group}"))
    desk.users.add(BOSS, NewUser("dsi", "La DSI du Nord", "teacher", f"group:{group}"))
    desk.users.add(BOSS, NewUser("directrice", "D. Rectrice", "administrator", f"school:{school}"))
    assert desk.configurations.refresh("city") == 2
    users = got(desk, school).users
    assert users is not None
    assert [(one.login, one.role) for one in users] == [
        ("directrice", "administrator"),
        ("dsi", "teacher"),
        ("remplacant", "teacher"),
    ]
    assert [one.login for one in got(desk, "0131002A").users or ()] == ["dsi"]
    with pytest.raises(Conflict, match="login_taken"):
        desk.users.add(BOSS, NewUser("DSI", "Encore", "teacher", "city"))


def test_who_is_deactivated_stays_named_so_that_schools_hear_of_it(desk: Desk) -> None:
    school = desk.add_school(1)
    user_id = desk.users.add(BOSS, NewUser("dsi", "La DSI", "administrator", "city"))
    desk.users.activate(BOSS, user_id, False)
    desk.configurations.refresh("city")
    assert [(one.login, one.active) for one in got(desk, school).users or ()] == [("dsi", False)]


def test_a_box_that_is_ahead_of_a_restored_central_is_overtaken(desk: Desk) -> None:
    school = desk.add_school(1)
    desk.configurations.change(BOSS, "city", {"languages": ["fr"]})
    assert got(desk, school).version == 1
    ahead = desk.configurations.signed_for(school, have=7)
    assert ahead is not None and json.loads(ahead.document)["version"] == 8
    assert got(desk, school).version == 8 and Appliance.select().count() == 1


def test_a_box_that_is_ahead_of_a_central_restored_from_before_all_wishes_is_overtaken(desk: Desk) -> None:
    school = desk.add_school(1)
    assert desk.configurations.signed_for(school) is None
    ahead = desk.configurations.signed_for(school, have=3)
    assert ahead is not None and json.loads(ahead.document)["version"] == 4
    assert got(desk, school).users is None, "who is in the school is the school's affair"


def test_a_school_that_leaves_its_group_lets_the_group_s_people_go(desk: Desk) -> None:
    group = desk.add_group("Nord")
    school = desk.add_school(1, group=group)
    desk.users.add(BOSS, NewUser("remplacant", "R. Plaçant", "teacher", f"group:{group}"))
    desk.configurations.refresh(f"school:{school}")
    assert [one.login for one in got(desk, school).users or ()] == ["remplacant"]
    School.update(group=None).execute()
    assert desk.configurations.refresh(f"school:{school}") == 1
    assert got(desk, school).users == (), "the box takes from them what the city had given"
    assert desk.configurations.refresh(f"school:{school}") == 0
    ahead = desk.configurations.signed_for(school, have=9)
    assert ahead is not None and parse_configuration(ahead.document).users == ()
