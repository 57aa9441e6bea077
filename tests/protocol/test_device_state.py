from dataclasses import replace
from datetime import UTC, datetime

import pytest

from protocol.device import (
    UNRESTRICTED,
    Access,
    Capability,
    Desired,
    Lock,
    Malformed,
    Reason,
    Restrictions,
    parse_desired,
    parse_reported,
    read_restrictions,
    restrictions_as_json,
)
from tests.protocol.golden import EXAMPLES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EACH_RESTRICTION = [
    Restrictions(lock=Lock("")),
    Restrictions(sound=Access.BLOCKED),
    Restrictions(camera=Access.BLOCKED),
    Restrictions(internet=Access.BLOCKED),
    Restrictions(apps=("org.kde.gcompris",)),
    Restrictions(apps=()),
]


def test_free_is_the_absence_of_every_restriction() -> None:
    assert UNRESTRICTED.is_free
    assert not any(restrictions.is_free for restrictions in EACH_RESTRICTION)


@pytest.mark.contract("3.until_is_null_only_when_free")
@pytest.mark.parametrize("restrictions", EACH_RESTRICTION)
def test_a_restriction_without_an_end_cannot_be_built(restrictions: Restrictions) -> None:
    with pytest.raises(Malformed, match="restrictions_until"):
        Desired(1, NOW, restrictions, None, None)
    assert Desired(1, NOW, restrictions, NOW, None).restrictions == restrictions
    assert Desired(1, NOW, UNRESTRICTED, None, None).restrictions_until is None


@pytest.mark.contract("3.null_lock_is_not_locked", "3.null_apps_is_any_a_list_is_only_these")
def test_null_is_free_and_an_empty_list_of_apps_is_not() -> None:
    assert read_restrictions({"lock": None, "apps": None}, "") == UNRESTRICTED
    assert read_restrictions({"apps": []}, "").apps == ()
    assert restrictions_as_json(UNRESTRICTED)["apps"] is None
    assert restrictions_as_json(replace(UNRESTRICTED, apps=()))["apps"] == []


@pytest.mark.contract("3.access_is_allowed_or_blocked")
@pytest.mark.parametrize("name", ["sound", "camera", "internet"])
def test_access_is_allowed_or_blocked_and_nothing_else(name: str) -> None:
    assert read_restrictions({name: "allowed"}, "") == UNRESTRICTED
    assert getattr(read_restrictions({name: "blocked"}, ""), name) is Access.BLOCKED
    with pytest.raises(Malformed) as caught:
        read_restrictions({name: "maybe"}, "")
    assert caught.value.reason is Reason.UNKNOWN_VALUE


@pytest.mark.contract("3.lesson_is_named_or_null", "3.packages_are_install_or_remove", "3.desired_has_the_shape")
def test_the_contracts_example_of_desired_state_means_what_it_says() -> None:
    desired = parse_desired((EXAMPLES / "desired.packages.json").read_bytes())
    locked = parse_desired((EXAMPLES / "desired.locked.json").read_bytes())

    assert [order.action for order in desired.packages] == ["install", "remove"]
    assert desired.packages[0].url.endswith(desired.packages[0].sha256)
    assert desired.lesson is None
    assert locked.lesson is not None
    assert locked.lesson.teacher == "Mme Durand"
    assert locked.restrictions.lock == Lock("Les yeux vers moi")
    assert locked.restrictions_until == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert (locked.version, locked.name) == (42, "Tablette 07")


@pytest.mark.contract("3.reported_has_the_shape")
def test_the_contracts_example_of_reported_state_means_what_it_says() -> None:
    reported = parse_reported((EXAMPLES / "reported.full.json").read_bytes())

    assert reported.version == 42
    assert reported.unsupported == (Capability.CAMERA,)
    assert reported.errors == {"packages": "org.x: no space left"}
    assert reported.battery is not None
    assert (reported.battery.level, reported.battery.charging) == (85, True)
    assert reported.storage_free == 20401094656
    assert (reported.foreground, reported.boot) == ("org.kde.gcompris", "b3e1f0a2")


def test_a_device_that_tells_only_its_version_is_heard() -> None:
    reported = parse_reported(b'{"version":7}')
    assert (reported.version, reported.restrictions, reported.battery, reported.boot) == (7, None, None, None)
