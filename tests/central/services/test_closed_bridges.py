"""The open bridge of a box that was revoked: ended once the broker knows, and only there."""

from datetime import timedelta

import pytest

from central.services.closed_bridges import ClosedBridges
from central.store.models import Appliance, Certificate, School
from tests.support.store import HandClock

UAI = "0750655E"


@pytest.fixture
def clock(city_db: str) -> HandClock:
    clock = HandClock()
    School.create(uai=UAI, name="Tilleuls", created_at=clock.now())
    return clock


def add_box(clock: HandClock, appliance: str, standing: str, *, bridge: bool = True) -> None:
    now = clock.now()
    Appliance.create(id=appliance, school=UAI, claimed_at=now, standing=standing, bridge=bridge)
    revoked = None if standing == "active" else now
    end = now + timedelta(days=180)
    Certificate.create(serial=appliance, appliance=appliance, not_before=now, not_after=end, revoked_at=revoked)


def test_the_bridge_of_a_revoked_box_is_ended_once_when_the_broker_has_read_the_list(clock: HandClock) -> None:
    add_box(clock, "a-lost", "revoked")
    ended: list[str] = []
    answers = [False, True]  # the broker does not let us in the first time

    def end(name: str) -> bool:
        ended.append(name)
        return answers.pop(0)

    closed = ClosedBridges(clock, end)
    closed.step()
    assert ended == [], "it would come in again"
    for _ in range(4):
        clock.pass_by(seconds=11)
        closed.step()
    assert ended == ["preau-a-lost"], "a broker that is away holds up what is live: not again and again"
    for _ in range(4):
        clock.pass_by(minutes=1)
        closed.step()
    assert ended == ["preau-a-lost"] * 2 and not Appliance.get_by_id("a-lost").bridge


def test_a_box_in_service_and_one_whose_successor_is_there_are_left_alone(clock: HandClock) -> None:
    add_box(clock, "a-new", "active")
    add_box(clock, "a-old", "replaced")
    ended: list[str] = []

    def end(name: str) -> bool:
        ended.append(name)
        return True

    closed = ClosedBridges(clock, end)
    clock.pass_by(minutes=2)
    assert not closed.step() and ended == []
    Appliance.update(bridge=False).where(Appliance.id == "a-new").execute()
    clock.pass_by(minutes=2)
    assert closed.step() and ended == ["preau-a-old"]


def test_one_bridge_is_ended_at_a_time(clock: HandClock) -> None:
    for name in ("a-one", "a-two"):
        add_box(clock, name, "revoked")
    ended: list[str] = []

    def end(name: str) -> bool:
        ended.append(name)
        return True

    closed = ClosedBridges(clock, end)
    clock.pass_by(minutes=2)
    assert closed.step() and ended == ["preau-a-one"]
    assert closed.step() and ended == ["preau-a-one", "preau-a-two"]
    assert not closed.step()
