"""Nudges and live views: who is told to look, once, and what a school's picture becomes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from central.services.live_views import LiveViews
from central.services.live_wire import LiveWire
from central.store.desk_models import EffectiveConfiguration, Instruction, LiveView, Order, SignedOrder
from central.store.models import Appliance, School
from protocol.uplink_live import LiveDevice, Picture, encode_picture

UAI = "0750655E"
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass
class Clock:
    at: datetime = AT

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Said:
    leaf: str
    payload: bytes
    uai: str = UAI


class Mouth:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.is_open = True

    def __call__(self, topic: str, payload: bytes) -> bool:
        if self.is_open:
            self.said.append(topic)
        return self.is_open


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(city_db: str, clock: Clock) -> LiveWire:
    School.create(uai=UAI, name="Tilleuls", created_at=AT)
    Appliance.create(id="a-1", school=UAI, claimed_at=AT, config_version=1)
    return LiveWire(clock)


def heard(live: LiveWire, *said: Said) -> None:
    for one in said:
        live.hear(one)
    while live.take_step():
        pass


def wish(version: int) -> None:
    EffectiveConfiguration.create(school=UAI, version=version, document="", at=AT)


def test_a_choice_between_two_boxes_is_told_over_the_bridge_for_a_while(live: LiveWire, clock: Clock) -> None:
    """Of either: they share the bridge, and which of them has it now is not known."""
    Appliance.update(chosen_at=clock.at).execute()
    mouth = Mouth()
    live.speak_step(mouth)
    assert mouth.said == [f"schools/{UAI}/down/look"]
    clock.at += timedelta(minutes=7)
    live.speak_step(mouth)
    assert len(mouth.said) == 1


def test_a_school_whose_bridge_is_there_is_told_once_that_something_waits(live: LiveWire, clock: Clock) -> None:
    heard(live, Said("bridge", b"1"))
    mouth = Mouth()
    live.speak_step(mouth)
    assert mouth.said == []
    wish(2)
    live.speak_step(mouth)
    live.speak_step(mouth)
    assert mouth.said == [f"schools/{UAI}/down/look"]
    clock.at += timedelta(seconds=31)
    live.speak_step(mouth)
    assert len(mouth.said) == 2, "it may have been lost"
    heard(live, Said("bridge", b"0"), Said("bridge", b"1"))
    live.speak_step(mouth)
    assert len(mouth.said) == 3, "it was away and may have heard nothing"


def test_an_order_that_waits_for_its_signature_or_its_second_person_calls_nobody(live: LiveWire) -> None:
    heard(live, Said("bridge", b"1"))
    mouth = Mouth()
    order = {"kind": "wipe", "order_class": "destructive", "args": {}, "scope": {}, "account": "dsi"}
    Order.create(id="o-1", created_at=AT, not_after=AT + timedelta(days=1), **order)
    SignedOrder.create(id="s-1", order="o-1", body="{}")
    Instruction.create(id="i-1", order="o-1", signed="s-1", appliance="a-1", school=UAI)
    live.speak_step(mouth)
    SignedOrder.update(signatures=[{"key": "k"}]).execute()
    live.speak_step(mouth)
    assert mouth.said == []
    Order.update(second="petit", second_at=AT).execute()
    live.speak_step(mouth)
    assert mouth.said == [f"schools/{UAI}/down/look"]


def test_what_could_not_be_said_is_said_when_the_broker_is_back(live: LiveWire) -> None:
    heard(live, Said("bridge", b"1"))
    wish(2)
    mouth = Mouth()
    mouth.is_open = False
    live.speak_step(mouth)
    mouth.is_open = True
    live.speak_step(mouth)
    assert mouth.said == [f"schools/{UAI}/down/look"]


def test_a_school_without_a_bridge_is_not_told(live: LiveWire) -> None:
    heard(live, Said("bridge", b"1"), Said("bridge", b"0"))
    wish(2)
    mouth = Mouth()
    live.speak_step(mouth)
    assert mouth.said == []


def test_a_picture_is_shown_while_somebody_looks_and_is_old_afterwards(live: LiveWire, clock: Clock) -> None:
    views = LiveViews(clock)
    views.look(UAI)
    mouth = Mouth()
    live.speak_step(mouth)
    assert mouth.said == [f"schools/{UAI}/down/watch"]
    picture = Picture(AT, 1, (LiveDevice("d-1", "<script>", online=True, in_lesson=True, battery=50),))
    heard(live, Said("live", encode_picture(picture)))
    view = views.look(UAI)
    assert view.is_fresh
    assert view.picture["devices"] == [
        {"id": "d-1", "name": "<script>", "online": True, "in_lesson": True, "battery": 50, "charging": None}
    ]
    clock.at += timedelta(minutes=1)
    assert not views.look(UAI).is_fresh


def test_rubbish_and_schools_that_nobody_knows_leave_no_trace(live: LiveWire) -> None:
    picture = encode_picture(Picture(AT, 0, ()))
    heard(live, Said("live", b"\xff{"), Said("live", picture, "0750654D"), Said("other", b"1"), Said("bridge", b"2"))
    assert LiveView.select().count() == 0
    assert not Appliance.get_by_id("a-1").bridge
