"""Who was turned away at the door is in the journal, and cannot fill it."""

import pytest

from central.errors import Denied
from central.services.refusals import Refusals
from central.store.desk_models import Journal
from protocol.uplink_door import DoorRefusal
from tests.support.city import CityClock


@pytest.fixture
def clock() -> CityClock:
    return CityClock()


@pytest.fixture
def refusals(city_db: str, clock: CityClock) -> Refusals:
    return Refusals(clock)


def lines() -> list[tuple[str, str]]:
    return [(row.target, row.detail["reason"]) for row in Journal.select().order_by(Journal.id)]


def test_a_box_that_knocks_all_day_is_one_line_an_hour_for_each_reason(refusals: Refusals, clock: CityClock) -> None:
    revoked = Denied(DoorRefusal.APPLIANCE_REVOKED, appliance="a-1", school="0130001F")
    for _ in range(120):
        refusals.note(revoked, "10.0.0.1")
        clock.pass_by(minutes=1)
    refusals.note(Denied(DoorRefusal.BAD_SIGNATURE, appliance="a-1"), "10.0.0.1")
    refusals.note(Denied(DoorRefusal.APPLIANCE_REVOKED, appliance="a-2"), "10.0.0.1")
    assert lines() == [
        ("appliance:a-1", "appliance_revoked"),
        ("appliance:a-1", "appliance_revoked"),
        ("appliance:a-1", "bad_signature"),
        ("appliance:a-2", "appliance_revoked"),
    ]


def test_strangers_from_ever_new_addresses_fill_no_journal_and_hide_no_box(refusals: Refusals) -> None:
    for number in range(500):
        refusals.note(Denied(DoorRefusal.CERTIFICATE_UNKNOWN), f"2001:db8:0:{number:x}::/64")
    assert len(lines()) == 30
    refusals.note(Denied(DoorRefusal.APPLIANCE_REPLACED, appliance="a-1"), "10.0.0.1")
    assert lines()[-1] == ("appliance:a-1", "appliance_replaced")


@pytest.mark.parametrize(
    "everyday", [DoorRefusal.CERTIFICATE_MISSING, DoorRefusal.CERTIFICATE_EXPIRED, DoorRefusal.CODE_UNKNOWN]
)
def test_what_happens_every_day_is_no_line(refusals: Refusals, everyday: DoorRefusal) -> None:
    refusals.note(Denied(everyday, appliance="a-1"), "10.0.0.1")
    assert lines() == []
