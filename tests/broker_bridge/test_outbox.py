"""What the store wants goes to the broker: states once per connection, commands until answered, nothing twice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.broker_bridge.outbox import COMMAND_COPY_SECONDS, Outbox
from appliance.services.live_state import LiveStates
from appliance.store.live import live_database, open_live
from appliance.store.models import Device, Document, LessonDevice, Receipt, database
from protocol.device import AckStatus, Leaf, Presence, UsageAck, parse_command, parse_desired, parse_hub_time, topic
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store

ONE, TWO, THREE = (device_id(n) for n in (1, 2, 3))


@dataclass(frozen=True)
class Sent:
    topic: str
    payload: bytes
    retain: bool
    expires_in: int | None


@dataclass
class Paper:
    """A broker that takes everything and remembers it."""

    sent: list[Sent] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, expires_in: int | None = None) -> None:
        self.sent.append(Sent(topic, payload, retain, expires_in))

    def of(self, leaf: Leaf, device: str = ONE) -> list[Sent]:
        return [one for one in self.sent if one.topic == topic(device, leaf)]


class Post:
    def __init__(self, school: School, online: int = 3) -> None:
        self.school = school
        self.live = LiveStates()
        for number in range(1, online + 1):
            self.live.presence(device_id(number), Presence.ONLINE, school.clock.now())
        self.outbox = Outbox(school.clock, school.states, school.outgoing, self.live)
        self.paper = Paper()

    def step(self) -> list[Sent]:
        before = len(self.paper.sent)
        self.outbox.step(self.paper)
        return self.paper.sent[before:]


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    open_live(tmp_path / "live.db")
    with opened_store(tmp_path), live_database.connection_context():
        yield School(HandClock(), tmp_path)
    live_database.close()


@pytest.fixture
def post(school: School) -> Post:
    return Post(school)


@pytest.mark.contract("2.desired_is_retained_from_hub", "3.hub_keeps_one_desired_state_per_device")
def test_each_device_has_its_desired_state_retained_once(post: Post) -> None:
    assert {(one.topic, one.retain) for one in post.step()} == {
        (topic(n, Leaf.DESIRED), True) for n in (ONE, TWO, THREE)
    }
    assert post.step() == []


def test_only_what_has_a_new_version_is_said_again(post: Post) -> None:
    lesson_id = post.school.start()
    post.step()
    post.school.perform(lesson_id, "restrict", [TWO], sound="blocked")
    (sent,) = post.step()
    assert sent.topic == topic(TWO, Leaf.DESIRED)
    assert parse_desired(sent.payload) == post.school.desired(2)


@pytest.mark.contract("3.version_never_goes_back")
def test_a_broker_that_forgot_everything_is_told_everything_again_with_versions_not_lower(post: Post) -> None:
    post.school.perform(post.school.start(), "eyes_up", message="Ici")
    first = {one.topic: parse_desired(one.payload).version for one in post.step()}
    post.outbox.start_again()
    again = {one.topic: parse_desired(one.payload).version for one in post.step()}
    assert again == first


@pytest.mark.contract("2.commands_are_not_retained")
def test_a_command_is_never_retained_and_its_copy_on_the_broker_dies_soon(post: Post) -> None:
    lesson_id = post.school.start(minutes=1)
    post.school.perform(lesson_id, "identify", [ONE])
    post.step()
    (sent,) = post.paper.of(Leaf.COMMANDS)
    assert (sent.retain, sent.expires_in) == (False, COMMAND_COPY_SECONDS)
    post.school.clock.pass_by(seconds=52)
    post.step()
    assert post.paper.of(Leaf.COMMANDS)[-1].expires_in == 8, "no copy outlives the command"


def test_only_a_device_that_is_there_is_sent_commands(post: Post) -> None:
    post.live.presence(TWO, Presence.OFFLINE, post.school.clock.now())
    gesture_id = post.school.perform(post.school.start(), "identify")
    post.step()
    assert [len(post.paper.of(Leaf.COMMANDS, one)) for one in (ONE, TWO, THREE)] == [1, 0, 1]
    assert post.school.receipts(gesture_id) == {ONE: "sent", TWO: "queued", THREE: "sent"}


def test_restrictions_count_as_sent_for_devices_that_are_there(post: Post) -> None:
    post.live.presence(TWO, Presence.OFFLINE, post.school.clock.now())
    gesture_id = post.school.perform(post.school.start(), "restrict", sound="blocked")
    post.step()
    assert post.school.receipts(gesture_id) == {ONE: "sent", TWO: "queued", THREE: "sent"}


def test_a_command_that_the_protocol_cannot_say_fails_alone(post: Post) -> None:
    """A device that enrolled without an address cannot be told where a document is."""
    Device.update(host="").where(Device.id == ONE).execute()
    Document.create(
        sha256="a" * 64,
        name="f.pdf",
        mime="application/pdf",
        size=1,
        uploaded_at=post.school.clock.now(),
        force_insert=True,
    )
    gesture_id = post.school.perform(post.school.start(), "open_document", sha256="a" * 64)
    post.step()
    assert post.school.receipts(gesture_id) == {ONE: "failed", TWO: "sent", THREE: "sent"}
    assert [len(post.paper.of(Leaf.COMMANDS, one)) for one in (ONE, TWO, THREE)] == [0, 1, 1]


@pytest.mark.parametrize("status", ["removed", "retired"])
def test_a_device_that_goes_leaves_nothing_retained(post: Post, status: str) -> None:
    post.step()
    Device.update(status=status).where(Device.id == ONE).execute()
    cleared = {(one.topic, one.payload, one.retain) for one in post.step()}
    assert cleared == {
        (topic(ONE, leaf), b"", True) for leaf in (Leaf.DESIRED, Leaf.REPORTED, Leaf.PRESENCE, Leaf.INVENTORY)
    }
    assert ONE not in post.live.online
    assert post.step() == []


def test_a_device_that_went_while_the_bridge_was_away_leaves_nothing_either(school: School) -> None:
    Device.update(status="removed").where(Device.id == ONE).execute()
    sent = Post(school).step()
    assert {one.topic for one in sent if one.payload == b""} >= {topic(ONE, Leaf.DESIRED), topic(ONE, Leaf.PRESENCE)}


def test_a_device_that_comes_back_into_service_is_told_again(post: Post) -> None:
    post.step()
    Device.update(status="removed").where(Device.id == ONE).execute()
    post.step()
    Device.update(status="active").where(Device.id == ONE).execute()
    assert [one.topic for one in post.step()] == [topic(ONE, Leaf.DESIRED)]


@pytest.mark.contract("2.usage_ack_is_not_retained", "2.hub_time_every_30_s")
def test_time_and_usage_acks_are_said_and_not_retained(post: Post) -> None:
    post.outbox.publish_time(post.paper)
    post.outbox.publish_usage_ack(post.paper, ONE, UsageAck("b1", 18))
    time, ack = post.paper.sent
    assert (time.topic, time.retain, parse_hub_time(time.payload)) == ("hub/time", False, post.school.clock.now())
    assert (ack.topic, ack.retain, ack.payload) == (topic(ONE, Leaf.USAGE_ACK), False, b'{"boot":"b1","up_to":18}')


def test_a_step_without_anything_to_say_writes_nothing(post: Post) -> None:
    """Once a second, all day: a card would be worn out, and a teacher's click would wait."""
    post.school.start()
    post.step()
    before = database.execute_sql("PRAGMA data_version").fetchone()
    wal = (post.school.runtime_path / "store.db-wal").stat().st_size
    assert post.step() == []
    assert database.execute_sql("PRAGMA data_version").fetchone() == before
    assert (post.school.runtime_path / "store.db-wal").stat().st_size == wal


@dataclass
class Device1:
    """At the other end of a bad line: does each command once, and its answers may get lost or doubled."""

    done: list[str] = field(default_factory=list)

    def hear(self, sent: Sent, now: HandClock) -> str | None:
        command = parse_command(sent.payload)
        if command.expires_at <= now.now():
            return None
        if command.id not in self.done:
            self.done.append(command.id)
        return command.id


@pytest.mark.contract(
    "4.hub_repeats_until_acknowledged_or_expired",
    "4.expired_command_is_never_carried_out",
    "4.first_final_status_stands",
)
@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.sampled_from(AckStatus)), min_size=1, max_size=25))
def test_over_a_line_that_drops_and_repeats_each_command_has_one_final_state(
    tmp_path_factory: pytest.TempPathFactory, fate: list[tuple[bool, int, AckStatus]]
) -> None:
    """`fate`, each 5 s: does the command arrive, how many copies of the answer come back, and what it says."""
    folder = tmp_path_factory.mktemp("store")
    with opened_store(folder):
        school = School(HandClock(), folder, devices=1)
        post, tablet = Post(school, online=1), Device1()
        gesture_id = school.perform(school.start(minutes=1), "identify")
        finals = []
        for arrives, copies, status in fate:
            _one_round(post, tablet, (arrives, copies, status))
            school.outgoing.expire(school.clock.now())
            state = Receipt.get(Receipt.gesture == gesture_id).state
            finals += [] if state in ("queued", "sent", "acknowledged") else [state]
            school.clock.pass_by(seconds=5)
        assert len(set(finals)) <= 1
        assert len(tablet.done) <= 1
        assert not any(one.retain for one in post.paper.of(Leaf.COMMANDS))
        end = parse_command(post.paper.of(Leaf.COMMANDS)[0].payload).expires_at
        if school.clock.now() > end:
            assert finals, "nothing stays open after its end"


def _one_round(post: Post, tablet: Device1, fate: tuple[bool, int, AckStatus]) -> None:
    arrives, copies, status = fate
    for sent in post.step():
        if not sent.topic.endswith("/commands"):
            continue
        assert parse_command(sent.payload).expires_at > post.school.clock.now(), "nothing is said after its end"
        heard = tablet.hear(sent, post.school.clock) if arrives else None
        for _ in range(copies if heard else 0):
            post.school.ack(str(heard), status)


def test_a_guest_that_goes_is_told_that_it_is_free_and_then_cleared(school: School, post: Post) -> None:
    lesson_id = school.start()
    guest = school.add_device(9, guest_lesson_id=lesson_id).id
    LessonDevice.create(lesson=lesson_id, device=guest, base={}, joined_at=school.clock.now())
    school.perform(lesson_id, "eyes_up", message="Ici")
    post.step()
    school.lessons.end(school.durand, lesson_id)
    post.step()
    locked, free, cleared = post.paper.of(Leaf.DESIRED, guest)
    assert parse_desired(locked.payload).restrictions.lock is not None
    last = parse_desired(free.payload)
    assert last.restrictions.is_free
    assert last.version > parse_desired(locked.payload).version
    assert (free.retain, cleared.retain, cleared.payload) == (False, True, b"")
    assert post.paper.of(Leaf.DESIRED, ONE)[-1].payload != b"", "the school's tablets stay"


def test_what_was_cleared_counts_as_forgotten_a_look_later_and_in_the_same_connection_only(
    school: School, post: Post
) -> None:
    post.step()
    Device.update(status="removed").where(Device.id == ONE).execute()
    post.step()
    assert (post.outbox.has_cleared, set(post.outbox.forgotten)) == (True, set())
    post.outbox.turn()
    assert (post.outbox.has_cleared, set(post.outbox.forgotten)) == (False, {ONE})
    assert set(post.outbox.forgotten) == {ONE}, "until somebody has dealt with it"
    post.outbox.start_again()
    assert set(post.outbox.forgotten) == set(), "the broker may have forgotten that it forgot"
    post.step()
    post.outbox.turn()
    assert set(post.outbox.forgotten) == {ONE}
    post.outbox.turn()
    assert set(post.outbox.forgotten) == set()
