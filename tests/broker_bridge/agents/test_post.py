"""What is sent to a tablet that changes its password, and when."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.broker_bridge.agents.post import Post
from appliance.broker_bridge.agents.translation import Publish, Rotates, Turn
from appliance.domain.agents import AgentMemory
from appliance.domain.channels import AgentName, Profile
from appliance.services.agent_links import AgentLinks
from appliance.services.intake import Intake
from appliance.services.live_state import LiveStates
from appliance.services.reach import Reach
from tests.services.school import nobody_listens
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store

ONE = device_id(1)
QUESTION = Publish("request", b"{}", 10)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    with opened_store(tmp_path):
        school = School(HandClock(), tmp_path)
        links = AgentLinks(school.clock, nobody_listens(tmp_path), lambda: None, 1884)
        links.link(school.head, ONE, AgentName.WEBVIEW_KIOSK, Profile.OWNER)
        yield school


def test_nothing_is_asked_before_the_broker_knows_the_new_password(school: School) -> None:
    """Else a tablet that is back with the old one would answer in time, and be put out for good."""
    told: list[str] = []
    live = LiveStates()

    def apply() -> bool:
        told.append("the broker knows")
        return True

    post = Post(Intake(), live, Reach(live), lambda _, message: told.append(message.leaf), apply)
    post.meet(ONE, AgentMemory(), frozenset())
    post.turns.begin(ONE)
    post.take(ONE, [QUESTION, Rotates(Turn.LEAVING, "new-password"), QUESTION])
    assert told == ["request"]
    assert post.record(school.clock.now())
    assert told == ["request", "the broker knows", "request"]
    post.take(ONE, [QUESTION])
    assert told[-2:] == ["request", "request"]
