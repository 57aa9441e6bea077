"""Which channel carries what while channels come and go, and what the receipts say of it."""

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import pytest

from appliance.domain.agents import AgentPresence
from appliance.domain.channels import AgentName, Carrier, Channel, Evidence, Profile, agent_abilities
from appliance.services import reach as reach_module
from appliance.services.intake import Batch
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from appliance.services.reach import COPY_SECONDS, WAKING, Link, Reach
from appliance.store.models import AgentLink, Device, Receipt
from protocol.device import (
    UNRESTRICTED,
    Access,
    Ack,
    AckStatus,
    Battery,
    Capability,
    Lock,
    Presence,
    Reported,
    Restrictions,
)
from tests.support.classroom import School, device_id

ONE, TWO = device_id(1), device_id(2)
PAGE = ("lock", "sound", "apps", "open_link", "message")
KIOSK = agent_abilities(AgentName.WEBVIEW_KIOSK, Profile.OWNER)
READY, AWAY, ASLEEP, OFFLINE, STALE = (
    AgentPresence.READY,
    AgentPresence.AWAY,
    AgentPresence.ASLEEP,
    AgentPresence.OFFLINE,
    AgentPresence.STALE,
)


class Hub:
    """A school whose first device has a page and a kiosk; the others are natives."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.live = LiveStates()
        self.reach = Reach(self.live)
        self.reach.links = {ONE: Link(PAGE, KIOSK)}
        self.outgoing = Outgoing("http", 8080, self.reach)
        AgentLink.create(
            device=ONE, agent="webview-kiosk", profile="owner", username="wk-one", credential="x",
            capabilities=sorted(KIOSK), created_at=school.clock.now(), force_insert=True,
        )  # fmt: skip
        Device.update(capabilities=list(PAGE)).where(Device.id == ONE).execute()
        self.lesson_id = school.start()

    def there(self, *, own: bool = False, agent: AgentPresence = OFFLINE) -> None:
        now = self.school.clock.now()
        self.live.presence(ONE, Presence.ONLINE if own else Presence.OFFLINE, now)
        self.live.agent(ONE, agent, now)

    def perform(self, kind: str, **args: object) -> str:
        return self.school.perform(self.lesson_id, kind, [ONE], **args)

    def receipt(self, gesture_id: str) -> Receipt:
        found: Receipt = Receipt.get((Receipt.gesture == gesture_id) & (Receipt.device == ONE))
        return found

    def due_own(self) -> list[str]:
        return [one.command.type for one in self.outgoing.due(self.live.own_online, self.school.clock.now())]

    def due_agent(self) -> list[str]:
        return [one.command.type for one in self.outgoing.due_for_agents(self.school.clock.now())]

    def send_own(self) -> None:
        now = self.school.clock.now()
        self.outgoing.mark_sent(self.outgoing.due(self.live.own_online, now), now)

    def claim(self) -> bool:
        now = self.school.clock.now()
        (due,) = self.outgoing.due_for_agents(now)
        return self.outgoing.claim_for_agent(due, now)

    def reports(self, channel: Channel, restrictions: Restrictions = UNRESTRICTED, **facts: Any) -> None:
        now, version = self.school.clock.now(), self.school.desired().version
        reported = Reported(version, None, restrictions, **facts)
        if channel is Channel.OWN:
            merged = self.reach.own_said(ONE, reported, now)
        else:
            self.reach.agent_said(ONE, reported)
            merged = self.reach.merged(ONE, now)
        assert merged is not None
        self.school.intake.record(Batch(reported={ONE: merged.reported}, carriers={ONE: merged.carriers}), now)


@pytest.fixture
def hub(school: School) -> Hub:
    return Hub(school)


def test_a_device_is_there_when_any_of_its_channels_is(hub: Hub) -> None:
    seen = []
    for own in (True, False):
        for agent in AgentPresence:
            hub.there(own=own, agent=agent)
            seen.append((ONE in hub.live.online, ONE in hub.live.own_online))
            assert seen[-1] == (own or agent in (READY, AWAY), own)
    assert len(seen) == 14


def test_an_order_takes_the_channel_that_knows_best_of_those_that_are_there(hub: Hub) -> None:
    hub.perform("open_link", url="education.fr")
    for own, agent, expected in (
        (True, READY, "own"),
        (True, OFFLINE, "own"),
        (False, READY, "agent"),
        (False, ASLEEP, ""),
    ):
        hub.there(own=own, agent=agent)
        assert (hub.due_own(), hub.due_agent()) == (
            ["open_link"] if expected == "own" else [],
            ["open_link"] if expected == "agent" else [],
        )


def test_what_only_the_agent_can_do_waits_for_it(hub: Hub) -> None:
    gesture_id = hub.perform("open_app", package="org.gcompris")
    assert hub.receipt(gesture_id).channel == "agent"
    hub.there(own=True)
    assert (hub.due_own(), hub.due_agent()) == ([], [])
    hub.there(own=True, agent=READY)
    assert (hub.due_own(), hub.due_agent()) == ([], ["open_app"])


def test_what_only_an_owner_does_is_put_to_the_device_which_says_that_it_cannot(hub: Hub) -> None:
    """Else the city's order would wait for its end, and nobody would learn why."""
    for ability in ("reboot", "wipe"):
        hub.there(agent=READY)
        assert hub.reach.route(ONE, ability, None) is None
        hub.there(own=True, agent=READY)
        assert hub.reach.route(ONE, ability, None) == Carrier(Channel.OWN, Evidence.CONFIRMED)


def test_the_board_offers_what_any_of_its_channels_can_do(hub: Hub) -> None:
    tiles = {tile["device_id"]: set(tile["capabilities"]) for tile in hub.school.board.snapshot(hub.lesson_id)["tiles"]}
    assert tiles[ONE] == {*PAGE, "internet", "open_app"}
    assert tiles[TWO] == set(hub.school.capabilities)


@pytest.mark.parametrize("agent", [STALE, AgentPresence.WITHHELD, AgentPresence.CONNECTED, ASLEEP, OFFLINE])
def test_nothing_goes_to_an_agent_that_does_not_answer(hub: Hub, agent: AgentPresence) -> None:
    hub.perform("open_app", package="org.gcompris")
    hub.there(agent=agent)
    assert hub.due_agent() == []


def test_an_order_on_its_way_over_one_channel_does_not_go_over_the_other_while_it_may_arrive(hub: Hub) -> None:
    hub.perform("open_link", url="education.fr")
    hub.there(own=True)
    hub.send_own()
    hub.there(agent=READY)
    assert hub.due_agent() == []
    hub.school.clock.pass_by(seconds=COPY_SECONDS[Channel.OWN] + 1)
    assert hub.due_agent() == ["open_link"]
    assert hub.claim()
    hub.there(own=True)
    assert hub.due_own() == []
    hub.school.clock.pass_by(seconds=COPY_SECONDS[Channel.AGENT] + 1)
    assert hub.due_own() == ["open_link"]


def test_an_order_that_a_channel_has_stays_there_while_the_channel_does(hub: Hub) -> None:
    hub.perform("open_link", url="education.fr")
    hub.there(agent=READY)
    assert hub.claim()
    hub.there(own=True, agent=READY)
    hub.school.clock.pass_by(minutes=5)
    assert (hub.due_own(), hub.due_agent()) == ([], ["open_link"])
    hub.outgoing.retry_at_once([ONE])
    assert hub.due_own() == [], "the page that comes back does not make it new"


def test_an_order_that_the_device_acknowledged_changes_no_channel(hub: Hub) -> None:
    gesture_id = hub.perform("open_link", url="education.fr")
    hub.there(own=True)
    hub.send_own()
    receipt = hub.receipt(gesture_id)
    hub.school.intake.record(Batch(acks=[(ONE, Ack(receipt.id, AckStatus.RECEIVED))]), hub.school.clock.now())
    hub.there(agent=READY)
    hub.school.clock.pass_by(minutes=5)
    assert hub.due_agent() == []


def test_an_order_is_claimed_once_and_not_after_it_was_answered(hub: Hub) -> None:
    gesture_id = hub.perform("open_link", url="education.fr")
    hub.there(agent=READY)
    now = hub.school.clock.now()
    (due,) = hub.outgoing.due_for_agents(now)
    assert hub.outgoing.claim_for_agent(due, now)
    assert not hub.outgoing.claim_for_agent(due, now)
    (again,) = hub.outgoing.due_for_agents(now)
    hub.school.intake.record(Batch(acks=[(ONE, Ack(due.command.id, AckStatus.DONE))]), now)
    assert not hub.outgoing.claim_for_agent(again, now)
    assert hub.receipt(gesture_id).evidence == Evidence.CONFIRMED


@pytest.mark.parametrize("evidence", [Evidence.OBSERVED, Evidence.UNCONFIRMED])
def test_a_receipt_keeps_the_channel_and_how_it_is_known(hub: Hub, evidence: Evidence) -> None:
    gesture_id = hub.perform("message", text="Bonjour")
    hub.there(agent=READY)
    assert hub.claim()
    receipt, now = hub.receipt(gesture_id), hub.school.clock.now()
    hub.school.intake.record(Batch(unproven=[(ONE, receipt.id)]), now)
    assert (hub.receipt(gesture_id).state, hub.receipt(gesture_id).evidence) == ("sent", "unconfirmed")
    hub.school.intake.record(Batch(agent_acks=[(ONE, Ack(receipt.id, AckStatus.DONE), evidence)]), now)
    settled = hub.receipt(gesture_id)
    assert (settled.state, settled.channel, settled.evidence) == ("succeeded", "agent", evidence)
    hub.school.intake.record(Batch(acks=[(ONE, Ack(receipt.id, AckStatus.FAILED))]), now)
    assert hub.receipt(gesture_id).state == "succeeded", "the first final one stands"


def test_a_native_device_answers_by_itself_and_confirms(hub: Hub) -> None:
    gesture_id = hub.school.perform(hub.lesson_id, "eyes_up", [TWO], message="Ici")
    reported = Reported(hub.school.desired(2).version, None, hub.school.desired(2).restrictions)
    assert hub.reach.own_said(TWO, reported, hub.school.clock.now()) is None
    hub.school.intake.record(Batch(reported={TWO: reported}), hub.school.clock.now())
    row = Receipt.get(Receipt.gesture == gesture_id)
    assert (row.state, row.channel, row.evidence) == ("succeeded", "own", "confirmed")


def test_a_restriction_is_settled_by_the_channel_that_carries_it(hub: Hub) -> None:
    hub.there(own=True, agent=READY)
    gesture_id = hub.perform("restrict", internet="blocked")
    hub.reports(Channel.OWN, unsupported=(Capability.INTERNET, Capability.CAMERA))
    assert hub.receipt(gesture_id).state == "queued", "the page has no say in it"
    hub.reports(Channel.AGENT, Restrictions(internet=Access.BLOCKED))
    row = hub.receipt(gesture_id)
    assert (row.state, row.channel, row.evidence) == ("succeeded", "agent", "observed")


def test_of_a_gesture_with_several_parts_the_worst_known_part_counts(hub: Hub) -> None:
    hub.there(own=True, agent=READY)
    gesture_id = hub.perform("eyes_up", message="Ici")
    held = Restrictions(Lock("Ici"), sound=Access.BLOCKED)
    hub.reports(Channel.OWN, held, unsupported=(Capability.INTERNET, Capability.CAMERA))
    assert hub.receipt(gesture_id).state == "queued"
    hub.reports(Channel.AGENT, Restrictions(internet=Access.BLOCKED))
    row = hub.receipt(gesture_id)
    assert (row.state, row.channel, row.evidence) == ("succeeded", "agent", "observed")
    assert row.unsupported == ["camera"]


def test_a_part_whose_channel_is_gone_is_told_as_not_done_and_holds_up_nothing(hub: Hub) -> None:
    hub.there(own=True, agent=STALE)
    gesture_id = hub.perform("eyes_up", message="Ici")
    hub.reports(Channel.OWN, Restrictions(Lock("Ici"), sound=Access.BLOCKED))
    row = hub.receipt(gesture_id)
    assert (row.state, row.evidence, row.unsupported) == ("succeeded", "confirmed", ["camera", "internet"])


def test_an_agent_that_wakes_up_with_its_page_is_waited_for_a_moment(hub: Hub) -> None:
    hub.there(agent=ASLEEP)
    gesture_id = hub.perform("eyes_up", message="Ici")
    hub.there(own=True, agent=ASLEEP)
    hub.reach.own_came(ONE, hub.school.clock.now())
    hub.reports(Channel.OWN, Restrictions(Lock("Ici"), sound=Access.BLOCKED))
    assert hub.receipt(gesture_id).state == "queued"
    hub.school.clock.pass_by(seconds=WAKING.total_seconds() + 1)
    hub.reports(Channel.OWN, Restrictions(Lock("Ici"), sound=Access.BLOCKED))
    assert hub.receipt(gesture_id).state == "succeeded"


def test_a_page_behind_another_app_locks_nobody(hub: Hub) -> None:
    """It draws its lock where nobody sees it: what the agent says counts."""
    hub.there(own=True, agent=AWAY)
    gesture_id = hub.perform("restrict", lock={"message": "Ici"})
    hub.reports(Channel.OWN, Restrictions(Lock("Ici")))
    assert hub.receipt(gesture_id).state == "queued"
    hub.reports(Channel.AGENT, errors={"lock": "not_locked"})
    row = hub.receipt(gesture_id)
    assert (row.state, row.error, row.channel) == ("failed", "not_locked", "agent")


def test_what_a_page_said_before_it_went_is_not_said_of_the_tablet_any_more(hub: Hub) -> None:
    hub.there(own=True, agent=READY)
    hub.reports(Channel.AGENT, battery=Battery(80, charging=False), foreground="web:education.fr")
    hub.reports(Channel.OWN, battery=Battery(90, charging=True), foreground="preau")
    hub.there(own=False, agent=READY)
    hub.reports(Channel.AGENT, battery=Battery(20, charging=False), foreground="web:education.fr")
    merged = hub.reach.merged(ONE, hub.school.clock.now())
    assert merged is not None
    assert merged.reported.battery == Battery(20, charging=False)
    assert merged.reported.foreground == "web:education.fr"


@pytest.mark.parametrize("place", range(1, 60))
def test_page_and_agent_that_speak_at_once_are_both_heard(place: int) -> None:
    """Two threads: the page's is stopped at each of its places in turn while the agent's goes on."""
    reach = Reach(LiveStates())
    reach.links = {ONE: Link(PAGE, KIOSK)}
    before, own, agent = (Reported(version, None, UNRESTRICTED) for version in (1, 2, 3))
    reach.agent_said(ONE, before)
    with _stopped_at(place, lambda: reach.agent_said(ONE, agent)) as was_stopped:
        reach.own_said(ONE, own, datetime(2026, 11, 23, tzinfo=UTC))
    assert was_stopped == [True]
    assert (reach._said[ONE].own, reach._said[ONE].agent) == (own, agent)


@contextmanager
def _stopped_at(place: int, meanwhile: Callable[[], None]) -> Iterator[list[bool]]:
    """The code of `reach`, before its instruction number `place`."""
    passed, was_stopped, former = itertools.count(1), list[bool](), sys.gettrace()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != reach_module.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and next(passed) == place:
            was_stopped.append(True)
            meanwhile()
        return trace

    sys.settrace(trace)
    try:
        yield was_stopped
    finally:
        sys.settrace(former)


def test_a_restored_hub_goes_above_the_version_that_the_page_knows_whatever_the_agent_has(hub: Hub) -> None:
    hub.there(own=True, agent=READY)
    hub.reach.agent_said(ONE, Reported(1, None, UNRESTRICTED))
    hub.reach.own_said(ONE, Reported(99, None, UNRESTRICTED), hub.school.clock.now())
    assert hub.live.versions()[ONE] == 99
