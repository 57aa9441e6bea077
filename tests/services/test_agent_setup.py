from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain.agents import AgentMemory, AgentPresence
from appliance.domain.channels import AgentName, Profile
from appliance.domain.findings import Finding, Severity
from appliance.errors import Conflict, NotFound, NotSignedIn
from appliance.services.agent_links import AgentLinks, agent_credentials, is_enabled, record_answer
from appliance.services.agent_setup import AgentSetup, CheckName, CheckState, Place, Wish
from appliance.services.carts import Carts
from appliance.services.enrollment import Door, Enrollment
from appliance.services.tokens import Tokens
from appliance.store.live import Live
from appliance.store.models import AgentLink, Device
from protocol.device import Capability, EnrollmentRequest, Kind
from tests.services.school import ADMIN, add_device, deeds, nobody_listens
from tests.support.store import HandClock

PLACE = Place("http://192.168.10.2:8080", "192.168.10.2")
GOOD, WAITING, WRONG = CheckState.GOOD, CheckState.WAITING, CheckState.WRONG


def nothing() -> None:
    """Nobody is connected."""


@pytest.fixture
def links(store: Path, live: None, clock: HandClock) -> AgentLinks:
    return AgentLinks(clock, nobody_listens(store.parent), nothing, 1884)


@pytest.fixture
def setup(links: AgentLinks, clock: HandClock) -> AgentSetup:
    return AgentSetup(clock, links, Tokens(clock))


def test_one_act_makes_the_record_the_agent_s_name_and_the_way_to_the_page(setup: AgentSetup, clock: HandClock) -> None:
    cart = Carts(clock).add("Classe mobile A", ADMIN)
    sheet = setup.add(ADMIN, Wish(cart_id=cart.id), PLACE)

    device = Device.get_by_id(sheet.device_id)
    assert (device.name, device.number, device.cart_id, device.credential) == ("Tablette 01", 1, cart.id, None)
    link = AgentLink.get_by_id(sheet.device_id)
    assert (link.agent, link.profile, link.username) == (AgentName.WEBVIEW_KIOSK, "owner", sheet.account.username)
    assert agent_credentials().keys() == {sheet.account.username}
    assert (sheet.home.host, sheet.home.mqtt_port) == ("192.168.10.2", 1884)
    assert [deed for _, deed, _ in deeds()][1:] == ["device.add", "agent.link", "token.add"]


def test_the_page_that_opens_the_link_becomes_this_very_device(setup: AgentSetup, clock: HandClock) -> None:
    sheet = setup.add(ADMIN, Wish(), PLACE)
    token = sheet.home.page.removeprefix("http://192.168.10.2:8080/t/")
    enrollment = Enrollment(clock, Door(1883, 9001), nothing)
    asked = EnrollmentRequest(
        token=token, serial="navigateur-1", manufacturer="", model="", kind=Kind.TABLET, os="Android",
        agent="preau-page/1.0", capabilities=frozenset({Capability.LOCK}),
    )  # fmt: skip
    answer = enrollment.enroll(asked, "192.168.10.2")
    assert (answer.id, answer.name) == (sheet.device_id, "Tablette 01")
    assert Device.select().count() == 1


def test_a_known_tablet_keeps_its_record(setup: AgentSetup) -> None:
    device_id = add_device(4)
    assert (device_id, "Tablette 04") in setup.without_agent()
    sheet = setup.add(ADMIN, Wish(Profile.MANAGED, device_id), PLACE)
    assert (sheet.device_id, sheet.name, sheet.profile) == (device_id, "Tablette 04", Profile.MANAGED)
    assert setup.without_agent() == []


def test_again_everything_is_new_and_the_old_opens_nothing(setup: AgentSetup, clock: HandClock) -> None:
    first = setup.add(ADMIN, Wish(), PLACE)
    second = setup.add(ADMIN, Wish(device_id=first.device_id), PLACE)
    assert second.account.username == first.account.username
    assert second.account.password != first.account.password
    assert second.home.page != first.home.page
    with pytest.raises(NotFound):
        setup.shown(first.code)
    with pytest.raises(NotSignedIn):
        Enrollment(clock, Door(1883, 9001), nothing).token_opens(first.home.page.rpartition("/")[2])


def test_the_tablet_opens_its_sheet_for_half_an_hour(setup: AgentSetup, clock: HandClock) -> None:
    sheet = setup.add(ADMIN, Wish(), PLACE)
    assert setup.shown(sheet.code) == sheet
    clock.at += timedelta(minutes=31)
    for code in (sheet.code, "", "abcdefgh"):
        with pytest.raises(NotFound):
            setup.shown(code)


def test_the_sheet_with_its_secrets_closes_once_the_tablet_has_answered(setup: AgentSetup, clock: HandClock) -> None:
    sheet = setup.add(ADMIN, Wish(), PLACE)
    record_answer(sheet.device_id, None, clock.at)
    with pytest.raises(NotFound):
        setup.shown(sheet.code)
    again = setup.add(ADMIN, Wish(device_id=sheet.device_id), PLACE)
    assert setup.shown(again.code) == again


def test_what_is_removed_opens_nothing_and_the_device_stays(setup: AgentSetup, clock: HandClock) -> None:
    sheet = setup.add(ADMIN, Wish(), PLACE)
    setup.remove(ADMIN, sheet.device_id)
    assert agent_credentials() == {}
    assert Device.get_by_id(sheet.device_id).status == "active"
    with pytest.raises(NotFound):
        setup.shown(sheet.code)
    with pytest.raises(NotSignedIn):
        Enrollment(clock, Door(1883, 9001), nothing).token_opens(sheet.home.page.rpartition("/")[2])


def test_a_cart_or_a_tablet_that_is_not_there_is_refused_and_leaves_nothing(setup: AgentSetup) -> None:
    with pytest.raises(NotFound):
        setup.add(ADMIN, Wish(cart_id=99), PLACE)
    with pytest.raises(NotFound):
        setup.add(ADMIN, Wish(device_id="d-nobodyxx"), PLACE)
    gone = add_device(2, status="retired")
    with pytest.raises(Conflict):
        setup.add(ADMIN, Wish(device_id=gone), PLACE)
    assert AgentLink.select().count() == 0


def test_the_checks_follow_what_the_tablet_says(setup: AgentSetup, links: AgentLinks, clock: HandClock) -> None:
    sheet = setup.add(ADMIN, Wish(), PLACE)
    linked = links.of(sheet.device_id)
    assert linked is not None
    assert list(setup.checks(linked).items()) == [
        (CheckName.DOOR, WRONG),
        (CheckName.CONNECTED, WAITING),
        (CheckName.ANSWERED, WAITING),
        (CheckName.OWNER, WAITING),
        (CheckName.MAY_LOCK, WAITING),
        (CheckName.LOCKED, WAITING),
        (CheckName.PAGE, WAITING),
    ]
    links.enable(ADMIN)
    assert is_enabled()
    Live.create(device_id=sheet.device_id, presence="online", own="online", agent="ready", seen_at=clock.at)
    said = AgentMemory(is_owner=True, may_lock=False, is_locked=True)
    found = setup.checks(replace(linked, presence=AgentPresence.READY, memory=said))
    assert found == {
        CheckName.DOOR: GOOD, CheckName.CONNECTED: GOOD, CheckName.ANSWERED: GOOD, CheckName.OWNER: GOOD,
        CheckName.MAY_LOCK: WRONG, CheckName.LOCKED: GOOD, CheckName.PAGE: GOOD,
    }  # fmt: skip


def test_a_door_that_is_wanted_and_does_not_answer_is_not_called_open(links: AgentLinks, clock: HandClock) -> None:
    answers = [False]
    setup = AgentSetup(clock, links, Tokens(clock), lambda: answers[0])
    linked = links.of(setup.add(ADMIN, Wish(), PLACE).device_id)
    assert linked is not None
    assert setup.findings() == [], "nobody wants it"
    links.enable(ADMIN)
    assert setup.checks(linked)[CheckName.DOOR] is WAITING
    assert setup.findings() == [Finding(Severity.PROBLEM, "agents_door_closed")]
    answers[0] = True
    assert setup.checks(linked)[CheckName.DOOR] is GOOD
    assert setup.findings() == []


def test_a_managed_tablet_is_not_asked_to_own_or_lock(setup: AgentSetup, links: AgentLinks) -> None:
    sheet = setup.add(ADMIN, Wish(Profile.MANAGED), PLACE)
    linked = links.of(sheet.device_id)
    assert linked is not None
    assert set(setup.checks(linked)) == {CheckName.DOOR, CheckName.CONNECTED, CheckName.ANSWERED, CheckName.PAGE}


def test_no_secret_of_a_sheet_is_printed_by_accident(setup: AgentSetup) -> None:
    sheet = setup.add(ADMIN, Wish(), PLACE)
    printed = repr(sheet)
    for secret in (sheet.code, sheet.account.password, sheet.account.exit_code, sheet.home.page):
        assert secret not in printed
