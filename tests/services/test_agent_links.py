"""Agents as the administrator keeps them: the door, names and passwords, what is shown of them."""

from collections.abc import Iterator

import pytest

from appliance.broker.credentials import verify_password
from appliance.domain.agents import AgentMemory, AgentPresence, Alarm
from appliance.domain.channels import AgentName, Profile
from appliance.errors import Conflict, Invalid, NotFound
from appliance.services.agent_links import (
    AgentLinks,
    DoorState,
    agent_credentials,
    kept_links,
    record_answer,
    swap_credential,
    write_memory,
    write_rotation,
)
from appliance.services.enrollment import credentials
from appliance.store.live import Live
from appliance.store.models import AgentLink, Device, Journal, database
from tests.services.school import nobody_listens
from tests.support.classroom import School, device_id

ONE = device_id(1)
WEBVIEW, OWNER = AgentName.WEBVIEW_KIOSK, Profile.OWNER


class Door:
    def __init__(self) -> None:
        self.found = DoorState.OPENING
        self.known: list[set[str]] = []

    def apply(self) -> None:
        self.known.append(set(agent_credentials()))


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def links(school: School, door: Door) -> Iterator[AgentLinks]:
    nudge = nobody_listens(school.runtime_path)
    yield AgentLinks(school.clock, nudge, door.apply, 1884, lambda: door.found)


def deeds() -> list[tuple[str, str]]:
    return [(row.action, row.target) for row in Journal.select().where(Journal.action.startswith("agent"))]


def test_agents_are_not_allowed_until_somebody_allows_them(links: AgentLinks, school: School) -> None:
    assert not links.is_enabled()
    links.enable(school.head)
    links.enable(school.head)
    assert links.is_enabled()
    links.disable(school.head)
    links.disable(school.head)
    assert not links.is_enabled()
    assert deeds() == [("agents.enable", ""), ("agents.disable", "")]


def test_the_door_is_not_opened_where_somebody_else_stands(links: AgentLinks, school: School, door: Door) -> None:
    door.found = DoorState.BLOCKED
    with pytest.raises(Conflict) as refusal:
        links.enable(school.head)
    assert (refusal.value.code, refusal.value.params) == ("agents_port_taken", {"port": 1884})
    assert not links.is_enabled()


def test_nobody_closes_the_door_on_a_tablet_that_a_lesson_holds(links: AgentLinks, school: School) -> None:
    links.enable(school.head)
    links.link(school.head, ONE, WEBVIEW, OWNER)
    lesson_id = school.start(devices=[ONE])
    with pytest.raises(Conflict, match="agents_in_lesson"):
        links.disable(school.head)
    with pytest.raises(Conflict, match="agents_in_lesson"):
        links.unlink(school.head, ONE)
    school.lessons.end(school.durand, lesson_id)
    links.unlink(school.head, ONE)
    links.disable(school.head)
    assert not links.is_enabled()


def test_a_link_hands_its_secrets_out_once_and_keeps_none_but_the_exit_code(links: AgentLinks, school: School) -> None:
    handed = links.link(school.head, ONE, WEBVIEW, OWNER)
    row = AgentLink.get()
    assert verify_password(row.credential, handed.password)
    assert handed.password not in repr(vars(row)) + repr(handed)
    assert handed.exit_code not in repr(handed)
    assert (row.exit_code, row.username) == (handed.exit_code, handed.username)
    assert handed.exit_code.isdigit() and len(handed.exit_code) == 6
    assert handed.username.startswith("wk-") and handed.username != ONE
    assert not any(handed.password in str(line.detail) for line in Journal.select())


def test_the_agents_broker_knows_agents_and_the_devices_broker_devices(
    links: AgentLinks, school: School, door: Door
) -> None:
    handed = links.link(school.head, ONE, WEBVIEW, OWNER)
    assert door.known == [{handed.username}]
    assert set(credentials()) == set(school.ids)
    Device.update(status="removed").where(Device.id == ONE).execute()
    assert agent_credentials() == {}
    Device.update(status="active").where(Device.id == ONE).execute()
    links.unlink(school.head, ONE)
    assert door.known[-1] == set()


def test_set_up_anew_it_keeps_its_name_and_forgets_what_it_was(links: AgentLinks, school: School) -> None:
    first = links.link(school.head, ONE, WEBVIEW, OWNER)
    write_memory(ONE, AgentMemory(instance="i-1", alarms=frozenset({Alarm.CLONED})))
    school.clock.pass_by(seconds=1)
    second = links.link(school.head, ONE, WEBVIEW, Profile.MANAGED)
    assert second.username == first.username
    assert second.password != first.password
    (linked,) = links.listing()
    assert (linked.memory, linked.profile) == (AgentMemory(), Profile.MANAGED)


@pytest.mark.parametrize(
    ("change", "error"),
    [({"status": "retired"}, Conflict), ({"guest_lesson_id": "l-1"}, Conflict)],
)
def test_a_device_that_is_out_of_service_or_a_guest_gets_no_agent(
    links: AgentLinks, school: School, change: dict[str, str], error: type[Exception]
) -> None:
    Device.update(**change).where(Device.id == ONE).execute()
    with pytest.raises(error):
        links.link(school.head, ONE, WEBVIEW, OWNER)


def test_what_is_not_there_is_said_so(links: AgentLinks, school: School) -> None:
    with pytest.raises(NotFound):
        links.link(school.head, "d-nobody", WEBVIEW, OWNER)
    with pytest.raises(Invalid):
        links.link(school.head, ONE, "headwind", OWNER)
    for act in (links.unlink, links.rotate, links.accept):
        with pytest.raises(NotFound):
            act(school.head, ONE)
    assert links.of(ONE) is None
    assert links.listing() == []


def test_the_administrator_sees_what_the_tablet_is_and_whether_it_answers(links: AgentLinks, school: School) -> None:
    handed = links.link(school.head, ONE, WEBVIEW, OWNER)
    memory = AgentMemory("i-1", "0.26.18", "SM-X200", True, True, alarms=frozenset({Alarm.REINSTALLED, Alarm.FIXED}))
    write_memory(ONE, memory)
    record_answer(ONE, {"open_link", "message"}, school.clock.now())
    assert links.listing()[0].presence is AgentPresence.OFFLINE
    Live.create(device_id=ONE, presence="online", own="offline", agent="away", seen_at=school.clock.now())
    (linked,) = links.listing()
    assert links.of(ONE) == linked
    assert (linked.presence, linked.memory, linked.seen_at) == (AgentPresence.AWAY, memory, school.clock.now())
    assert linked.abilities == ("message", "open_link")
    assert handed.exit_code not in repr(linked)


def test_a_reinstallation_that_was_accepted_is_told_no_more_until_the_next_one(
    links: AgentLinks, school: School
) -> None:
    links.link(school.head, ONE, WEBVIEW, OWNER)
    write_memory(ONE, AgentMemory(instance="i-2", alarms=frozenset({Alarm.REINSTALLED, Alarm.FIXED})))
    links.accept(school.head, ONE)
    assert links.listing()[0].memory.alarms == {Alarm.FIXED}
    write_memory(ONE, AgentMemory(instance="i-3", alarms=frozenset({Alarm.REINSTALLED})))
    assert links.listing()[0].memory.alarms == {Alarm.REINSTALLED}


def test_the_bridge_sees_links_only_while_agents_are_allowed(links: AgentLinks, school: School) -> None:
    handed = links.link(school.head, ONE, WEBVIEW, OWNER)
    assert kept_links() == []
    links.enable(school.head)
    (kept,) = kept_links()
    assert (kept.device_id, kept.username, kept.profile) == (ONE, handed.username, OWNER)
    assert (kept.host, kept.own) == ("preau.local", tuple(school.capabilities))
    AgentLink.update(agent="of another version").execute()
    assert kept_links() == []


def test_a_change_of_password_is_asked_for_and_both_ends_write_without_losing_each_others_part(
    links: AgentLinks, school: School
) -> None:
    links.enable(school.head)
    links.link(school.head, ONE, WEBVIEW, OWNER)
    write_memory(ONE, AgentMemory(instance="i-1"))
    links.rotate(school.head, ONE)
    (kept,) = kept_links()
    assert (kept.rotation, kept.memory.instance) == ({"state": "asked"}, "i-1")
    with database.atomic("IMMEDIATE"):
        before = swap_credential(ONE, "new-hash")
        write_rotation(ONE, {"state": "waiting", "other": before})
    write_memory(ONE, AgentMemory(instance="i-2"))
    assert kept_links()[0].rotation == {"state": "waiting", "other": before}
    assert list(agent_credentials().values()) == ["new-hash"]
