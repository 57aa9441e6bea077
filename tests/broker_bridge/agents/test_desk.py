"""The desk between translations, the store and a broker that is a list: who is served, what is kept, what is lost."""

import json
from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from appliance.broker_bridge.agents.desk import Desk, DeskParts
from appliance.domain.channels import AgentName, Profile
from appliance.mqtt import HubConnection, Message
from appliance.services.agent_links import AgentLinks
from appliance.services.live_state import LiveStates
from appliance.services.outgoing import Outgoing
from appliance.services.reach import Reach
from appliance.store.live import live_database, open_live, read_live
from appliance.store.models import AgentLink, Device, Dropped, Journal, Receipt, database
from tests.services.school import nobody_listens
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store

ONE, TWO = device_id(1), device_id(2)


class Line(HubConnection):
    """Stands where the connection to the broker is."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.acknowledged: list[int] = []
        self.is_running = False
        super().__init__(None, "hub", "", ())  # type: ignore[arg-type]  # it never connects

    def start(self) -> None:
        self.is_running = True
        self.on_connected()
        self.connected.set()

    def stop(self) -> None:
        self.is_running = False

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, expires_in: int | None = None) -> None:
        assert not retain
        assert expires_in
        self.published.append((topic, json.loads(payload)))

    def acknowledge(self, message: Message) -> None:
        self.acknowledged.append(message.packet_id)


class Office:
    """A desk, stepped by hand, and the tablets that talk to it."""

    def __init__(self, school: School) -> None:
        self.school, self.line, self.live = school, Line(), LiveStates()
        self.reach = Reach(self.live)
        self.suspended: list[str] = []
        self.renewed = self.applied = 0
        self.broker_takes = True
        self._packet = 0
        self.links = AgentLinks(school.clock, nobody_listens(school.runtime_path), lambda: None, 1884)
        self.links.enable(school.head)
        self.desk = Desk(
            DeskParts(
                clock=school.clock,
                live=self.live,
                reach=self.reach,
                outgoing=Outgoing("http", 8080, self.reach),
                connect=lambda: self.line,
                suspend=self.suspended.extend,
                renew_credentials=self._renew,
                apply_credentials=self._apply,
                own_names=lambda: frozenset({"preau.local"}),
                nudge_web=lambda: None,
            )
        )

    def _renew(self) -> None:
        self.renewed += 1

    def _apply(self) -> bool:
        self.applied += 1
        return self.broker_takes

    def link(self, device: str = ONE, profile: Profile = Profile.MANAGED) -> str:
        handed = self.links.link(self.school.head, device, AgentName.WEBVIEW_KIOSK, profile)
        self.step()
        return handed.username

    def step(self) -> None:
        for _ in range(4):
            self.desk._next_look = 0.0
            self.desk.step()

    def say(self, user: str, leaf: str, payload: bytes, *, retained: bool = False) -> None:
        self._packet += 1
        self.desk.receive(Message(f"wk/{user}/{leaf}", payload, retained, self._packet))

    def event(self, user: str, kind: str, **data: object) -> None:
        event = {
            "eventType": kind,
            "username": user,
            "appInstanceId": "i-1",
            "data": data,
            "messageId": f"e{self._packet}",
        }
        self.say(user, f"event/{kind}", json.dumps(event).encode())

    def answer_all(self, user: str, settings: dict[str, Any] | None = None) -> None:
        """Everything that was asked of it, until nothing is asked any more."""
        settings = {} if settings is None else settings
        answered = 0
        while len(self.line.published) > answered:
            topic, asked = self.line.published[answered]
            answered += 1
            if topic == f"wk/{user}/settings":
                settings.update(asked["data"]["settings"])
            elif topic == f"wk/{user}/request":
                self._answer(user, asked, settings)
                self.step()

    def _answer(self, user: str, asked: dict[str, Any], settings: dict[str, Any]) -> None:
        data: dict[str, dict[str, Any]] = {
            "get_status": {"currentUrl": "http://preau.local/pupil", "batteryPercentage": 81, "isLocked": False},
            "get_system_info": {"app": {"isDeviceOwner": False, "versionName": "0.26.18"}, "device": {}},
            "get_settings": {"settings": settings},
        }
        kind = asked["requestType"]
        said = {"responseType": kind, "requestMessageId": asked["messageId"], "username": user, "data": data[kind]}
        self.say(user, "response/x", json.dumps({**said, "appInstanceId": "i-1"}).encode())

    def ready(self, device: str = ONE) -> str:
        user = self.link(device)
        self.event(user, "connected")
        self.step()
        self.answer_all(user)
        self.pass_by(device)
        return user

    def pass_by(self, device: str) -> None:
        """The time for which the tablet's translation waits at present."""
        translation = self.desk._seats[device].use()
        translation.due(translation.next_at)
        self.step()

    def is_connected(self) -> bool:
        return self.line.is_running

    def words(self, user: str) -> list[str]:
        return [
            str(said.get("command") or said.get("requestType") or "settings")
            for topic, said in self.line.published
            if topic.startswith(f"wk/{user}/")
        ]

    def agent_of(self, device: str) -> str | None:
        row = read_live().get(device)
        return None if row is None else row.agent


@pytest.fixture
def office(tmp_path: Any) -> Iterator[Office]:
    with opened_store(tmp_path):
        open_live(tmp_path / "live.db")
        with live_database.connection_context():
            yield Office(School(HandClock(), tmp_path))
        live_database.close()


def test_a_tablet_is_served_from_its_link_on_and_no_longer(office: Office) -> None:
    assert not office.is_connected()
    user = office.ready()
    assert office.is_connected()
    assert office.agent_of(ONE) == "ready"
    assert ONE in office.live.online
    office.links.unlink(office.school.head, ONE)
    office.step()
    assert not office.is_connected()
    assert office.agent_of(ONE) is None
    assert ONE not in office.live.online
    office.line.published.clear()
    office.event(user, "connected")
    office.step()
    assert office.line.published == []


def test_a_closed_door_and_a_device_out_of_service_end_it_too(office: Office) -> None:
    office.ready(ONE)
    office.ready(TWO)
    Device.update(status="removed").where(Device.id == ONE).execute()
    office.step()
    assert (office.agent_of(ONE), office.agent_of(TWO)) == (None, "ready")
    office.links.disable(office.school.head)
    office.step()
    assert office.agent_of(TWO) is None
    assert not office.is_connected()


def test_every_message_is_acknowledged_also_those_of_nobody(office: Office) -> None:
    user = office.ready()
    office.line.acknowledged.clear()
    for name, leaf in ((user, "event/x"), ("wk-nobody", "event/connected"), (user, "elsewhere"), ("", "")):
        office.say(name, leaf, b"not JSON")
    office.step()
    assert len(office.line.acknowledged) == 4
    assert {row.reason: row.count for row in Dropped.select().where(Dropped.device_id == ONE)} == {
        "not_json": 1,
        "unknown_topic": 1,
    }


def test_what_the_broker_kept_is_no_news(office: Office) -> None:
    user = office.link()
    office.line.published.clear()
    office.say(user, "event/connected", b'{"eventType":"connected"}', retained=True)
    office.step()
    assert office.agent_of(ONE) in (None, "offline")


def test_orders_are_given_one_at_a_time_and_settled(office: Office) -> None:
    user = office.ready()
    lesson_id = office.school.start()
    gestures = [office.school.perform(lesson_id, "message", [ONE], text=text) for text in ("eins", "zwei")]
    office.line.published.clear()
    office.step()
    assert office.words(user) == ["toast", "get_status"]
    office.answer_all(user)
    assert office.words(user) == ["toast", "get_status"] * 2
    rows = [Receipt.get((Receipt.gesture == one) & (Receipt.device == ONE)) for one in gestures]
    assert [(row.state, row.channel, row.evidence) for row in rows] == [("succeeded", "agent", "unconfirmed")] * 2


def test_a_store_that_refuses_is_tried_again_and_nothing_is_lost_or_acknowledged(office: Office) -> None:
    user = office.ready()
    lesson_id = office.school.start()
    gesture_id = office.school.perform(lesson_id, "message", [ONE], text="eins")
    office.step()
    office.line.acknowledged.clear()
    refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'no'); END"
    database.execute_sql(refuse)
    _, asked = office.line.published[-1]
    office._answer(user, asked, {})
    with pytest.raises(apsw.ConstraintError):
        office.desk.step()
    assert office.line.acknowledged == []
    for _ in range(100):
        office.event(user, "url_changed", url="http://x")
        with pytest.raises(apsw.ConstraintError):
            office.desk.step()
    assert len(office.desk._heard) == 1
    database.execute_sql("DROP TRIGGER refuse")
    office.step()
    assert len(office.line.acknowledged) == 101
    row = Receipt.get((Receipt.gesture == gesture_id) & (Receipt.device == ONE))
    assert (row.state, row.evidence) == ("succeeded", "unconfirmed")


def test_a_flood_is_suspended_by_its_name_and_the_others_are_served(office: Office) -> None:
    flooder = office.ready(ONE)
    office.link(TWO)
    for number in range(6000):
        office.say(flooder, "event/url_changed", b'{"eventType":"url_changed","data":{"url":"http://x%d"}}' % number)
    office.step()
    assert set(office.suspended) == {flooder}
    assert office.agent_of(ONE) == "offline"
    assert office.ready(TWO)
    assert office.agent_of(TWO) == "ready"


def test_a_lost_broker_takes_everybody_along_and_brings_them_back(office: Office) -> None:
    user = office.ready()
    office.line.on_lost()
    office.step()
    assert office.agent_of(ONE) == "offline"
    office.line.published.clear()
    before = office.renewed
    office.line.on_connected()
    office.step()
    assert office.words(user) == ["get_status"]
    assert office.renewed == before + 1, "it may not know today's tablets"


def test_an_alarm_is_written_once_in_the_journal_however_it_flickers(office: Office) -> None:
    user = office.ready()
    for _ in range(5):
        office.say(user, "event/x", b'{"eventType":"x","username":"wk-other"}')
        office.step()
        office.desk._seats[ONE].translation._wrong_name_until = 0.0  # type: ignore[attr-defined]  # a private of one of its kinds
        office.step()
    alarms = [row.detail for row in Journal.select().where(Journal.action == "agent.alarm")]
    assert alarms == [{"alarm": "wrong_name"}]


def test_what_the_tablet_denies_is_offered_no_more(office: Office) -> None:
    user = office.link(ONE, Profile.OWNER)
    assert "lock" in AgentLink.get().capabilities
    office.event(user, "connected")
    office.step()
    office.answer_all(user)
    assert "lock" not in AgentLink.get().capabilities
    assert AgentLink.get().seen_at is not None
    assert office.links.listing()[0].memory.alarms >= {"not_owner"}


def test_a_tablet_that_knows_us_by_a_name_that_is_new_keeps_its_way_to_us(office: Office) -> None:
    user = office.ready()
    Device.update(host="boitier.ecole.fr").where(Device.id == ONE).execute()
    office.line.published.clear()
    office.step()
    settings: dict[str, Any] = {}
    office.answer_all(user, settings)
    lesson_id = office.school.start()
    office.school.perform(lesson_id, "restrict", [ONE], internet="blocked")
    office.pass_by(ONE)
    office.answer_all(user, settings)
    assert "boitier" in settings["web_content.website_whitelist"]


def test_a_door_that_was_closed_during_a_change_of_password_leaves_none_half_done(office: Office) -> None:
    office.ready()
    office.links.rotate(office.school.head, ONE)
    office.step()
    assert office.links.listing()[0].rotation["state"] == "waiting"
    office.links.disable(office.school.head)
    office.step()
    office.links.enable(office.school.head)
    office.step()
    assert office.links.listing()[0].rotation["state"] == "undone"


def test_a_connection_that_cannot_go_on_ends_the_process(office: Office) -> None:
    office.ready()
    office.line.on_failed(RuntimeError("a defect"))
    with pytest.raises(RuntimeError):
        office.desk.step()
