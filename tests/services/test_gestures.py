"""A gesture is stored with its receipts before anything is sent, once, and only where it makes sense."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from appliance.domain.gestures import GestureKind
from appliance.errors import Conflict, Denied, Invalid, NotFound, PreauError
from appliance.ids import new_command_id
from appliance.services.gestures import Request
from appliance.services.outgoing import Outgoing
from appliance.store.models import Device, Document, DocumentOwner, Gesture, Journal, Receipt, database
from protocol.device import UNRESTRICTED, Access, AckStatus, Lock, Restrictions
from tests.support.classroom import School, device_id


@pytest.mark.contract("3.hub_keeps_one_desired_state_per_device", "3.version_grows_with_every_change")
def test_eyes_up_locks_every_device_of_the_lesson_with_a_new_version(school: School) -> None:
    lesson_id = school.start()
    before = school.states.versions()
    gesture_id = school.perform(lesson_id, "eyes_up", message="Les yeux vers moi")
    for number in (1, 2, 3):
        desired = school.desired(number)
        assert desired.restrictions.lock == Lock("Les yeux vers moi")
        assert desired.restrictions.internet is Access.BLOCKED
        assert desired.version > before[device_id(number)]
        assert school.receipt(gesture_id, number).version == desired.version
    assert set(school.receipts(gesture_id).values()) == {"queued"}


def test_a_gesture_for_one_device_leaves_the_others_as_they_are(school: School) -> None:
    lesson_id = school.start()
    before = school.desired(2)
    gesture_id = school.perform(lesson_id, "restrict", [device_id(1)], sound="blocked")
    assert school.desired(1).restrictions == Restrictions(sound=Access.BLOCKED)
    assert school.desired(2) == before
    assert set(school.receipts(gesture_id)) == {device_id(1)}


def test_eyes_free_gives_each_device_its_own_restrictions_back(school: School) -> None:
    lesson_id = school.start()
    school.perform(lesson_id, "restrict", [device_id(1)], camera="blocked")
    school.perform(lesson_id, "eyes_up", message="Ici")
    school.perform(lesson_id, "eyes_free")
    assert school.desired(1).restrictions == Restrictions(camera=Access.BLOCKED)
    assert school.desired(2).restrictions == UNRESTRICTED


def test_the_same_request_again_is_the_same_gesture(school: School) -> None:
    lesson_id = school.start()
    request = Request(str(uuid.uuid4()), GestureKind.MESSAGE, {"text": "Bravo"})
    first = school.gestures.perform(school.durand, lesson_id, request)
    versions = school.states.versions()
    assert school.gestures.perform(school.durand, lesson_id, request) == first
    assert Gesture.select().count() == 1
    assert Receipt.select().count() == 3
    assert school.states.versions() == versions


def test_a_gestures_id_belongs_to_its_lesson(school: School) -> None:
    one = school.start(devices=[device_id(1)])
    other = school.start(school.petit, [device_id(2)])
    request = Request(str(uuid.uuid4()), GestureKind.IDENTIFY, {})
    school.gestures.perform(school.durand, one, request)
    with pytest.raises(Conflict) as caught:
        school.gestures.perform(school.petit, other, request)
    assert caught.value.code == "gesture_id_taken"


@pytest.mark.contract("4.id_is_a_uuidv7", "4.commands_of_a_lesson_expire_with_it", "4.command_has_the_shape")
def test_a_command_has_a_uuidv7_and_the_lessons_end(school: School) -> None:
    lesson_id = school.start(minutes=45)
    school.perform(lesson_id, "open_link", [device_id(1)], url="education.fr")
    (due,) = school.outgoing.due(school.ids, school.clock.now())
    assert uuid.UUID(due.command.id).version == 7
    assert due.command.expires_at == school.clock.now() + timedelta(minutes=45)
    assert due.command.issued_at == school.clock.now()
    assert due.command.args == {"url": "https://education.fr"}


@pytest.mark.contract("4.open_document_describes_the_document")
def test_a_document_has_the_address_by_which_each_device_knows_the_appliance(school: School) -> None:
    Document.create(
        sha256="a" * 64,
        name="fractions.pdf",
        mime="application/pdf",
        size=48213,
        uploaded_at=school.clock.now(),
        force_insert=True,
    )
    Device.update(host="fd00::2").where(Device.id == device_id(2)).execute()
    lesson_id = school.start()
    school.perform(lesson_id, "open_document", sha256="a" * 64)
    urls = [one.command.args["url"] for one in school.outgoing.due(school.ids, school.clock.now())]
    assert urls == [
        f"http://preau.local:8080/documents/{'a' * 64}",
        f"http://[fd00::2]:8080/documents/{'a' * 64}",
        f"http://preau.local:8080/documents/{'a' * 64}",
    ]
    names = [one.command.args["name"] for one in school.outgoing.due(school.ids, school.clock.now())]
    assert names == ["fractions.pdf"] * 3
    after_tls = Outgoing("https", 8443).due(school.ids, school.clock.now())
    assert after_tls[0].command.args["url"] == f"https://preau.local:8443/documents/{'a' * 64}"


def test_a_document_bears_the_name_that_its_teacher_gave_it(school: School) -> None:
    Document.create(
        sha256="a" * 64,
        name="Nom de quelqu’un.pdf",
        mime="application/pdf",
        size=1,
        uploaded_at=school.clock.now(),
        force_insert=True,
    )
    DocumentOwner.create(
        document="a" * 64,
        user=school.durand.user_id,
        name="Fractions.pdf",
        uploaded_at=school.clock.now(),
        force_insert=True,
    )
    school.perform(school.start(), "open_document", sha256="a" * 64)
    (due, *_) = school.outgoing.due(school.ids, school.clock.now())
    assert due.command.args["name"] == "Fractions.pdf"


@pytest.mark.parametrize(
    ("kind", "args", "error"),
    [
        ("open_document", {"sha256": "b" * 64}, NotFound),
        ("open_document", {}, NotFound),
        ("open_link", {"url": "javascript:alert(1)"}, Invalid),
        ("open_app", {"package": "a b"}, Invalid),
        ("message", {"text": ""}, Invalid),
        ("eyes_up", {}, Invalid),
        ("restrict", {}, Invalid),
        ("restrict", {"sound": "off"}, Invalid),
        ("release", {}, Invalid),
    ],
)
def test_a_gesture_that_makes_no_sense_is_refused_and_nothing_is_stored(
    school: School, kind: str, args: dict[str, Any], error: type[PreauError]
) -> None:
    lesson_id = school.start()
    versions, lines = school.states.versions(), Journal.select().count()
    with pytest.raises(error):
        school.perform(lesson_id, kind, **args)
    assert (Gesture.select().count(), Receipt.select().count(), Journal.select().count()) == (0, 0, lines)
    assert school.states.versions() == versions


def test_a_device_that_is_not_in_the_lesson_is_not_touched(school: School) -> None:
    lesson_id = school.start(devices=[device_id(1)])
    for devices in ([device_id(1), device_id(2)], ["d-nobody00"], []):
        with pytest.raises(NotFound):
            school.perform(lesson_id, "identify", devices)
    assert Receipt.select().count() == 0


def test_only_the_lessons_teacher_or_an_administrator_may(school: School) -> None:
    lesson_id = school.start()
    request = Request(str(uuid.uuid4()), GestureKind.IDENTIFY, {})
    with pytest.raises(Denied):
        school.gestures.perform(school.petit, lesson_id, request)
    assert school.gestures.perform(school.head, lesson_id, request) == request.gesture_id


def test_a_lesson_that_is_over_takes_no_gesture_even_before_its_end_is_written(school: School) -> None:
    lesson_id = school.start(minutes=5)
    school.clock.pass_by(minutes=5)
    with pytest.raises(Conflict) as caught:
        school.perform(lesson_id, "eyes_up", message="Encore")
    assert caught.value.code == "lesson_over"


@pytest.fixture
def poor(school: School) -> School:
    """The first device can lock and mute only."""
    Device.update(capabilities=["lock", "sound"]).where(Device.id == device_id(1)).execute()
    return school


def test_what_a_device_cannot_do_at_all_is_refused_at_once(poor: School) -> None:
    lesson_id = poor.start()
    opened = poor.perform(lesson_id, "open_link", url="education.fr")
    blind = poor.perform(lesson_id, "restrict", camera="blocked")
    for gesture_id in (opened, blind):
        assert poor.receipts(gesture_id) == {
            device_id(1): "rejected",
            device_id(2): "queued",
            device_id(3): "queued",
        }
    assert poor.receipt(blind).unsupported == ["camera"]
    assert poor.receipt(opened).unsupported == ["open_link"]


def test_what_a_device_can_do_in_part_is_sent_and_the_rest_is_known_beforehand(poor: School) -> None:
    gesture_id = poor.perform(poor.start(), "eyes_up", message="Ici")
    receipt = poor.receipt(gesture_id)
    assert (receipt.state, receipt.unsupported) == ("queued", ["camera", "internet"])


def test_what_was_asked_before_is_not_held_against_a_later_gesture(poor: School) -> None:
    """Eyes are up and forbid the camera, which this device has not got: allowing it is still no refusal."""
    lesson_id = poor.start()
    poor.perform(lesson_id, "restrict", apps=["org.kde.gcompris"])
    eyes = poor.perform(lesson_id, "eyes_up", message="Ici")
    assert poor.receipt(eyes).unsupported == ["camera", "internet"], "apps are not what eyes-up asks for"
    allowed = poor.perform(lesson_id, "restrict", camera="allowed")
    assert (poor.receipt(allowed).state, poor.receipt(allowed).unsupported) == ("queued", [])


def test_an_allowed_part_does_not_hide_that_the_forbidden_one_cannot_be_done(poor: School) -> None:
    gesture_id = poor.perform(poor.start(), "restrict", camera="blocked", sound="allowed")
    assert poor.receipt(gesture_id).state == "rejected"


@pytest.mark.parametrize("kind", ["identify", "report"])
def test_what_the_contract_has_no_capability_for_is_sent_and_the_device_answers(poor: School, kind: str) -> None:
    gesture_id = poor.perform(poor.start(), kind)
    assert poor.receipt(gesture_id).state == "queued"
    poor.ack(poor.receipt(gesture_id).id, AckStatus.UNSUPPORTED)
    assert poor.receipt(gesture_id).state == "rejected"


def test_ten_gestures_in_one_moment_reach_each_device_in_their_order(school: School) -> None:
    lesson_id = school.start()
    gestures = [school.perform(lesson_id, "message", [device_id(1)], text=f"{n}") for n in range(10)]
    assert school.due() == [school.receipt(gesture_id).id for gesture_id in gestures]
    assert school.board.snapshot(lesson_id)["gesture"]["id"] == gestures[-1]


def test_each_gesture_is_in_the_journal_without_what_it_said(school: School) -> None:
    lesson_id = school.start()
    school.perform(lesson_id, "message", text="Bravo Léa")
    line = Journal.select().order_by(Journal.id.desc()).first()
    assert (line.actor, line.action, line.target) == (school.durand.label, "gesture.message", f"lesson:{lesson_id}")
    assert "Léa" not in str(line.detail)


def test_a_transaction_that_fails_half_way_leaves_nothing(school: School) -> None:
    lesson_id = school.start()
    versions = school.states.versions()
    database.execute_sql("CREATE TRIGGER full BEFORE INSERT ON receipt BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(Exception, match="full"):
        school.perform(lesson_id, "eyes_up", message="Ici")
    database.execute_sql("DROP TRIGGER full")
    assert school.states.versions() == versions
    assert school.desired().restrictions == UNRESTRICTED
    assert Gesture.select().count() == 0


def test_a_full_class_is_served_by_few_statements(school: School) -> None:
    """Not one by one: three hundred devices cost as many transactions as three."""
    for number in range(4, 301):
        school.add_device(number)
    lesson_id = school.start()
    gesture_id = school.perform(lesson_id, "eyes_up", message="Ici")
    assert len(school.receipts(gesture_id)) == 300
    assert len({row.id for row in Receipt.select()}) == 300


def test_command_ids_are_uuids_of_their_moment(school: School) -> None:
    at = school.clock.now()
    made = uuid.UUID(new_command_id(at))
    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, int(at.timestamp() * 1000))


def stored_args(gesture_id: str) -> object:
    return Gesture.get_by_id(gesture_id).args


@pytest.mark.parametrize(
    "kind", ["identify", "message", "open_link", "open_app", "open_document", "eyes_up", "eyes_free"]
)
def test_what_a_gesture_does_not_know_is_refused_and_never_kept(school: School, kind: str) -> None:
    lesson_id = school.start()
    with pytest.raises(Invalid) as caught:
        school.perform(lesson_id, kind, junk="x" * 50_000)
    assert caught.value.code == "bad_gesture"
    assert Gesture.select().count() == 0


def test_a_gesture_keeps_what_was_checked_and_nothing_else(school: School) -> None:
    lesson_id = school.start()
    assert stored_args(school.perform(lesson_id, "open_link", url=" education.fr ")) == {"url": "https://education.fr"}
    assert stored_args(school.perform(lesson_id, "message", text=" Bravo\x07 ")) == {"text": "Bravo"}
    assert stored_args(school.perform(lesson_id, "eyes_up", message=" Ici ")) == {"message": "Ici"}
    lock = {"message": " Stop ", "junk": "x" * 50_000}
    kept = stored_args(school.perform(lesson_id, "restrict", lock=lock, sound="blocked"))
    assert kept == {"lock": {"message": "Stop"}, "sound": "blocked"}


def test_only_its_teacher_hears_again_of_a_gesture_done_before(school: School) -> None:
    lesson_id = school.start()
    request = Request(str(uuid.uuid4()), GestureKind.MESSAGE, {"text": "Bravo"})
    school.gestures.perform(school.durand, lesson_id, request)
    with pytest.raises(Denied):
        school.gestures.perform(school.petit, lesson_id, request)
    school.lessons.end(school.durand, lesson_id)
    assert school.gestures.perform(school.durand, lesson_id, request) == request.gesture_id


def test_what_is_done_to_all_leaves_the_class_screen_alone_and_what_names_it_does_not(school: School) -> None:
    school.add_device(7, kind="screen")
    lesson_id = school.start()
    to_all = school.perform(lesson_id, "eyes_up", message="Les yeux vers moi")
    assert set(school.receipts(to_all)) == {device_id(number) for number in (1, 2, 3)}
    assert school.desired(7).restrictions.is_free
    by_name = school.perform(lesson_id, "eyes_up", [device_id(7)], message="Les yeux vers moi")
    assert set(school.receipts(by_name)) == {device_id(7)}
    assert school.desired(7).restrictions.lock == Lock("Les yeux vers moi")
