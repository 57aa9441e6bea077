"""The city's configuration on the box: the newest whole one is in force, a broken one changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.domain.city_wishes import is_quiet
from appliance.domain.people import Role
from appliance.errors import Conflict
from appliance.services.city_configuration import CityConfiguration
from appliance.services.city_wishes import default_hold, is_quiet_now, offered_languages, term_of
from appliance.services.passwords import Passwords
from appliance.services.people import NewPerson, People
from appliance.store.city_models import CityLink
from appliance.store.models import Journal, Session, User
from protocol.uplink_config import CityUser, Configuration, QuietHours
from protocol.uplink_words import OrderClass
from tests.services.school import ADMIN, add_people
from tests.support.city_orders import City, base64_of
from tests.support.store import HandClock
from uplink.verify import by_online_key, take_ring


class Joined:
    """A school that has joined, and its city."""

    def __init__(self, clock: HandClock) -> None:
        add_people()
        self.clock = clock
        self.city = City(clock)
        self.city.join()
        take_ring(self.city.ring(), clock.now())
        self.service = CityConfiguration(clock)
        self.people = People(clock, Passwords())

    def apply(self, told: Configuration, key: str = "online") -> bool:
        return self.service.apply(self.city.configuration(told, key), by_online_key())

    def of_the_city(self) -> dict[str, tuple[str, str, bool]]:
        rows = User.select().where(User.source == "city")
        return {row.login: (row.name, row.role, row.active) for row in rows}


@pytest.fixture
def joined(store: Path, clock: HandClock) -> Iterator[Joined]:
    yield Joined(clock)


FULL = Configuration(
    1,
    restrictions={"camera": "blocked", "newer_word": "on"},
    quiet_hours=(QuietHours((1, 2), "08:30", "11:30"),),
    retention_days={"lessons": 7, "journal": 3000},
    languages=("fr", "xx"),
    users=(CityUser("referent", "Le référent", "administrator"),),
)


def test_all_of_it_is_in_force_at_once(joined: Joined) -> None:
    assert joined.apply(FULL)
    assert default_hold().base.camera == "blocked"
    assert (term_of("lessons", timedelta(days=30)), term_of("journal", timedelta(days=396))) == (
        timedelta(days=7),
        timedelta(days=396),
    )
    assert is_quiet_now(datetime(2026, 11, 23, 8, tzinfo=UTC)) and offered_languages() == ("fr",)
    assert joined.of_the_city() == {"referent": ("Le référent", "administrator", True)}
    assert CityLink.get_by_id(1).config_version == 1 and joined.service.trouble() == ""


def test_the_same_again_and_an_older_one_change_nothing(joined: Joined) -> None:
    assert joined.apply(replace(FULL, version=3))
    lines = Journal.select().count()
    assert not joined.apply(replace(FULL, version=3))
    assert not joined.apply(Configuration(2))
    assert Journal.select().count() == lines and default_hold().base.camera == "blocked"


def test_a_newer_one_replaces_the_whole_of_it_whatever_was_missed_between(joined: Joined) -> None:
    joined.apply(FULL)
    assert joined.apply(Configuration(9))
    assert default_hold().base.camera == "allowed" and offered_languages() == ()
    assert joined.of_the_city()["referent"][2]  # nothing was said of people: they are left as they are


@pytest.mark.parametrize(
    "broken",
    [
        Configuration(2, restrictions={"camera": "perhaps"}),
        Configuration(2, users=(CityUser("a b", "X", "teacher"),)),
        Configuration(2, users=(CityUser("x.y", "X", "emperor"),)),
        Configuration(2, users=(CityUser("x.y", "X", "teacher"), CityUser("X.Y", "X", "teacher"))),
    ],
)
def test_a_broken_one_leaves_the_old_in_force_and_says_so_once(joined: Joined, broken: Configuration) -> None:
    joined.apply(FULL)
    assert not joined.apply(broken) and not joined.apply(broken)
    assert default_hold().base.camera == "blocked" and CityLink.get_by_id(1).config_version == 1
    assert set(joined.of_the_city()) == {"referent"} and joined.service.trouble()
    assert Journal.select().where(Journal.action == "city.configuration_refused").count() == 1
    assert joined.apply(replace(FULL, version=3)) and joined.service.trouble() == ""


def test_one_that_is_not_signed_by_the_online_key_is_refused(joined: Joined) -> None:
    for key in ("operator", "vault"):
        assert not joined.apply(FULL, key)
    raw = joined.city.configuration(FULL).replace(b"blocked", b"allowed")
    assert not joined.service.apply(raw, by_online_key())
    assert not joined.service.apply(b"<html>", by_online_key())
    assert CityLink.get_by_id(1).config_version == 0


def test_an_online_key_that_the_ring_revokes_is_followed_by_the_next_one(joined: Joined) -> None:
    """It was pinned at the claim; the root's word counts for it all the same, for the time as for configurations."""
    city = joined.city
    city.add_key("next", OrderClass.ROUTINE)
    city.add_key("ended", OrderClass.ROUTINE, days=-1)
    city.ring_keys["online"] = replace(city.ring_keys["online"], revoked=True)
    take_ring(city.ring(), joined.clock.now())
    now = joined.clock.now()
    by_key = {key: city.configuration(FULL, key) for key in ("online", "ended", "next")}
    taken = {key: joined.service.apply(raw, by_online_key(now)) for key, raw in by_key.items()}
    assert taken == {"online": False, "ended": False, "next": True}
    signed = {key: base64_of(city.keys[key].sign(b"the time")) for key in by_key}
    assert {key: by_online_key()(b"the time", one) for key, one in signed.items()} == {
        "online": False,
        "ended": True,
        "next": True,
    }


def test_the_key_of_the_claim_never_counts_again_once_a_ring_has_named_an_online_key(joined: Joined) -> None:
    """Not even when a later ring names none: those that are over are left out, and a stolen one would come back."""
    city = joined.city
    pinned = city.ring_keys.pop("online")
    city.add_key("next", OrderClass.ROUTINE)
    take_ring(city.ring(), joined.clock.now())
    for _ in range(2):
        assert not joined.apply(FULL)
        assert not by_online_key()(b"the time", base64_of(city.keys["online"].sign(b"the time")))
        city.ring_keys.pop("next", None)
        take_ring(city.ring(), joined.clock.now())
    city.ring_keys["online"] = pinned
    take_ring(city.ring(), joined.clock.now())
    assert joined.apply(FULL), "but when the root says so"


def test_before_any_ring_the_key_of_the_claim_is_the_online_key(joined: Joined) -> None:
    CityLink.update(ring="", ring_version=0, time_key=joined.city.ring_keys["online"].public).execute()
    assert not joined.apply(FULL, "operator") and joined.apply(FULL)


def test_whom_the_city_no_longer_names_is_put_out_and_comes_back_when_named_again(joined: Joined) -> None:
    joined.apply(FULL)
    user = User.get(User.login == "referent")
    Session.create(
        id_hash="s", user=user.id, created_at=joined.clock.now(), seen_at=joined.clock.now(), force_insert=True
    )
    joined.apply(Configuration(2, users=()))
    assert not joined.of_the_city()["referent"][2] and not Session.select().exists()
    joined.apply(Configuration(3, users=(CityUser("referent", "Nouveau nom", "teacher"),)))
    assert joined.of_the_city() == {"referent": ("Nouveau nom", "teacher", True)}


def test_the_school_s_own_people_stay_its_own(joined: Joined) -> None:
    own = joined.people.add(ADMIN, NewPerson("referent", "Du lieu", Role.TEACHER))
    joined.apply(FULL)
    assert joined.of_the_city() == {} and joined.people.get(own.id).name == "Du lieu"
    assert Journal.select().where(Journal.action == "user.city_conflict").count() == 1
    joined.apply(Configuration(2, users=()))
    assert joined.people.get(own.id).is_active and joined.people.get(ADMIN.user_id or 0).is_active


def test_the_school_cannot_change_whom_the_city_keeps_but_hands_out_the_invitation(joined: Joined) -> None:
    joined.apply(FULL)
    person = joined.people.find("referent")
    assert person.is_of_the_city and not person.has_password
    changes: tuple[Callable[[], object], ...] = (
        lambda: joined.people.rename(ADMIN, person.id, "Autre"),
        lambda: joined.people.change_role(ADMIN, person.id, "teacher"),
        lambda: joined.people.deactivate(ADMIN, person.id),
        lambda: joined.people.reactivate(ADMIN, person.id),
    )
    for change in changes:
        with pytest.raises(Conflict, match="user_of_the_city"):
            change()
    token = joined.people.invite(ADMIN, person.id)
    assert joined.people.accept(token, "une phrase assez longue").has_password


def test_the_last_administrator_is_not_taken_away(joined: Joined) -> None:
    joined.apply(FULL)
    User.update(active=False).where(User.source == "school").execute()
    joined.apply(Configuration(2, users=()))
    assert joined.of_the_city()["referent"][2]


def test_quiet_hours_are_the_school_s_own_and_may_last_over_midnight() -> None:
    night = (QuietHours((5,), "22:00", "06:00"),)  # Friday night
    friday, saturday = (datetime(2026, 11, day, 23, tzinfo=UTC) for day in (27, 28))
    assert is_quiet(night, friday, "Europe/Paris")  # it is Saturday 00:00 there
    assert is_quiet(night, friday + timedelta(hours=5, minutes=59), "Europe/Paris") is True
    assert not is_quiet(night, friday + timedelta(hours=6), "Europe/Paris")
    assert not is_quiet(night, saturday, "Europe/Paris")
    assert not is_quiet(night, friday, "Pacific/Noumea")  # Saturday morning, 10:00
