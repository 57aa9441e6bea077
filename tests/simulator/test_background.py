"""A fleet in a thread, for callers without an event loop."""

import pytest

from protocol import device as wire
from protocol.device import EventType, Leaf
from simulator.background import BackgroundFleet
from simulator.enrollment import EnrollmentFailed
from simulator.fleet import Fleet
from tests.simulator.appliance_http import Answer
from tests.simulator.school import School
from tests.simulator.test_fleet import options


def test_a_caller_without_an_event_loop_has_a_device_raise_its_hand(school: School) -> None:
    with BackgroundFleet(Fleet(school.link, 2, ["idle"], options())) as fleet:
        fleet.do(lambda: fleet["d-00000002"].raise_hand())
        school.hub.wait(lambda: school.heard("d-00000002", Leaf.EVENTS) or None, "the raised hand")
    assert wire.parse_event(school.heard("d-00000002", Leaf.EVENTS)[0]).type is EventType.HAND_RAISED
    school.hub.wait(lambda: len(school.heard("d-00000002", Leaf.PRESENCE)) == 2 or None, "the good-bye")


def test_a_refused_enrollment_reaches_the_caller(school: School) -> None:
    school.http.answers.append(Answer(401))
    with pytest.raises(EnrollmentFailed), BackgroundFleet(Fleet(school.link, 1, ["idle"], options())):
        pytest.fail("nothing can be done with a fleet that was refused")
