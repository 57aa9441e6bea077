"""The board tells the truth about each device, from the store and from live storage."""

from dataclasses import replace

import pytest

from appliance.domain.agents import AgentPresence
from appliance.domain.channels import Evidence
from appliance.errors import NotFound
from appliance.services.board import Board
from appliance.services.lessons import release_devices
from appliance.services.live_state import LiveStates
from appliance.store.live import Live, write_live
from appliance.store.models import Classroom, Device, JoinCode, LessonDevice, Pupil, Receipt
from protocol.device import Access, AckStatus, Battery, Capability, Lock, Presence, Reported, Restrictions
from tests.support.classroom import School, device_id

ONE, TWO, THREE = (device_id(n) for n in (1, 2, 3))


@pytest.fixture
def lesson_id(school: School) -> str:
    return school.start()


@pytest.fixture
def states(school: School) -> LiveStates:
    """The first two devices are there."""
    states = LiveStates()
    for one in (ONE, TWO):
        states.presence(one, Presence.ONLINE, school.clock.now())
    states.save()
    return states


def tile(school: School, lesson_id: str, device: str = ONE) -> dict[str, object]:
    return next(one for one in school.board.snapshot(lesson_id)["tiles"] if one["device_id"] == device)


def test_each_device_has_a_tile_in_the_order_of_its_number(school: School, lesson_id: str, states: LiveStates) -> None:
    snapshot = school.board.snapshot(lesson_id)
    assert [one["number"] for one in snapshot["tiles"]] == ["01", "02", "03"]
    assert [one["presence"] for one in snapshot["tiles"]] == ["online", "online", "never"]
    assert snapshot["lesson"]["teacher"]["name"] == "Mme Durand"
    assert snapshot["gesture"] is None


def test_a_tile_shows_battery_and_app_as_the_device_says_them(
    school: School, lesson_id: str, states: LiveStates
) -> None:
    said = Reported(1, None, None, battery=Battery(12, False), foreground="org.kde.gcompris")
    states.reported(ONE, said, school.clock.now())
    states.save()
    shown = tile(school, lesson_id)
    assert shown["battery"] == {"level": 12, "charging": False}
    assert shown["app"] == {"package": "org.kde.gcompris", "label": "GCompris"}
    assert tile(school, lesson_id, THREE)["battery"] is None


def test_the_receipt_of_the_last_gesture_is_honest(school: School, lesson_id: str, states: LiveStates) -> None:
    gesture_id = school.perform(lesson_id, "identify")
    school.ack(school.receipt(gesture_id, 1).id, AckStatus.DONE)
    school.ack(school.receipt(gesture_id, 2).id, AckStatus.FAILED, number=2, error="screen is off")
    gesture = school.board.gesture(lesson_id)
    assert gesture is not None
    assert gesture["counts"] == {"succeeded": 1, "failed": 1, "offline": 1}
    assert [(one["number"], one["status"], one["error"]) for one in gesture["problems"]] == [
        ("02", "failed", "screen is off"),
        ("03", "offline", None),
    ]


def test_what_is_wanted_is_applied_when_the_device_says_so_and_not_before(
    school: School, lesson_id: str, states: LiveStates
) -> None:
    school.perform(lesson_id, "eyes_up", message="Les yeux vers moi")
    assert tile(school, lesson_id)["applied"] is False
    assert tile(school, lesson_id)["eyes_up"] is True
    states.reported(ONE, Reported(9, None, school.desired().restrictions), school.clock.now())
    states.save()
    assert tile(school, lesson_id)["applied"] is True


def test_what_a_device_cannot_do_does_not_keep_the_rest_from_being_applied(
    school: School, lesson_id: str, states: LiveStates
) -> None:
    school.perform(lesson_id, "restrict", camera="blocked", sound="blocked")
    said = Reported(9, None, Restrictions(sound=Access.BLOCKED), unsupported=(Capability.CAMERA,))
    states.reported(ONE, said, school.clock.now())
    states.save()
    assert tile(school, lesson_id)["applied"] is True


def test_a_device_may_word_its_lock_and_sort_its_apps_in_its_own_way(
    school: School, lesson_id: str, states: LiveStates
) -> None:
    school.perform(lesson_id, "restrict", lock={"message": "Écoutez bien"}, apps=["b.b", "a.a"])
    own_way = replace(school.desired().restrictions, lock=Lock("Écoutez…"), apps=("a.a", "b.b"))
    states.reported(ONE, Reported(9, None, own_way), school.clock.now())
    states.save()
    assert tile(school, lesson_id)["applied"] is True
    states.reported(ONE, Reported(9, None, replace(own_way, apps=("a.a",))), school.clock.now())
    states.save()
    assert tile(school, lesson_id)["applied"] is False


def test_a_pupils_name_is_shown_where_the_class_says_so(school: School, lesson_id: str) -> None:
    classroom = Classroom.create(name="CE2", created_at=school.clock.now())
    Pupil.create(classroom=classroom, first_name="Léa", initial="B", device=ONE)
    assert tile(school, lesson_id)["pupil"] == "Léa B."
    assert tile(school, lesson_id, TWO)["pupil"] is None


def test_an_ended_lesson_keeps_the_tiles_it_ended_with(school: School, lesson_id: str) -> None:
    school.start(school.petit, [ONE], take_from=frozenset({lesson_id}))
    school.clock.pass_by(minutes=1)
    school.lessons.end(school.durand, lesson_id)
    snapshot = school.board.snapshot(lesson_id)
    assert [one["device_id"] for one in snapshot["tiles"]] == [TWO, THREE]
    assert snapshot["lesson"]["end_reason"] == "pressed"


def test_a_device_that_left_service_leaves_the_board_and_its_receipt_with_it(school: School, lesson_id: str) -> None:
    gesture_id = school.perform(lesson_id, "identify")
    release_devices([THREE], school.clock.now())
    Device.update(status="removed").where(Device.id == THREE).execute()
    gesture = school.board.gesture(lesson_id)
    assert gesture is not None
    assert (gesture["id"], gesture["targets"]) == (gesture_id, 2)


def test_a_lesson_that_never_was_has_no_board(school: School) -> None:
    with pytest.raises(NotFound):
        school.board.snapshot("no-such-lesson")


def test_the_board_says_who_took_tablets_over(school: School) -> None:
    lesson = school.start()
    school.start(school.petit, devices=[device_id(2)], take_from=frozenset({lesson}))
    (taken,) = school.board.snapshot(lesson)["taken"]
    assert (taken["by"], taken["numbers"]) == ("M. Petit", ["02"])
    assert school.board.snapshot(lesson)["requests"] == []


def test_after_the_lesson_a_tile_is_applied_only_when_the_device_is_free(school: School) -> None:
    lesson = school.start(devices=[device_id(1)])
    school.perform(lesson, "eyes_up", message="Ici")
    school.lessons.end(school.durand, lesson)
    (tile,) = school.board.snapshot(lesson)["tiles"]
    assert tile["restrictions"]["lock"] is None
    assert not tile["eyes_up"]


def test_each_reading_has_a_greater_number_even_while_the_clock_stands_still(school: School, lesson_id: str) -> None:
    numbers = [school.board.snapshot(lesson_id)["rev"] for _ in range(3)]
    school.clock.pass_by(seconds=1)
    numbers.append(Board(school.clock).snapshot(lesson_id)["rev"])  # as after a restart
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 2**53, "JavaScript counts no further"


def test_guests_come_after_the_class_and_screens_last_whatever_their_numbers(school: School) -> None:
    school.add_device(7, kind="screen")
    lesson = school.start()
    school.add_device(4, name="Invité 1", guest_lesson_id=lesson)
    LessonDevice.create(lesson=lesson, device=device_id(4), base={}, joined_at=school.clock.now())
    Device.update(number=0).where(Device.id == device_id(7)).execute()
    tiles = school.board.snapshot(lesson)["tiles"]
    assert [(one["name"], one["number"], one["guest"]) for one in tiles] == [
        ("Tablette 01", "01", False),
        ("Tablette 02", "02", False),
        ("Tablette 03", "03", False),
        ("Invité 1", "", True),
        ("Tablette 07", "", False),
    ]


def test_a_guest_is_called_by_its_name_in_the_line_under_a_gesture(school: School, lesson_id: str) -> None:
    school.add_device(4, name="Invité 1", guest_lesson_id=lesson_id)
    LessonDevice.create(lesson=lesson_id, device=device_id(4), base={}, joined_at=school.clock.now())
    school.perform(lesson_id, "identify")
    gesture = school.board.gesture(lesson_id)
    assert gesture is not None
    assert (gesture["problems"][-1]["number"], gesture["problems"][-1]["name"]) == ("", "Invité 1")


def test_a_screen_says_what_it_is_to_show_until_the_lesson_is_over(school: School) -> None:
    school.add_device(7, kind="screen")
    lesson = school.start()
    shown = {"show": "message", "text": "On range"}
    LessonDevice.update(display=shown).where(LessonDevice.device == device_id(7)).execute()
    assert school.board.snapshot(lesson)["tiles"][-1]["display"] == shown
    assert tile(school, lesson)["display"] is None
    school.lessons.end(school.durand, lesson)
    assert school.board.snapshot(lesson)["tiles"][-1]["display"] is None


def test_how_each_outcome_is_known_stands_in_the_gesture_and_on_the_tile(
    school: School, lesson_id: str, states: LiveStates
) -> None:
    gesture_id = school.perform(lesson_id, "message", text="Bonjour")
    for number, evidence in ((1, Evidence.OBSERVED), (2, Evidence.UNCONFIRMED), (3, None)):
        receipt = school.receipt(gesture_id, number)
        Receipt.update(state="succeeded", evidence=evidence).where(Receipt.id == receipt.id).execute()
    gesture = school.board.gesture(lesson_id)
    assert gesture is not None
    assert gesture["counts"] == {"succeeded": 2, "unconfirmed": 1}
    assert gesture["evidence"] == {"observed": 1, "confirmed": 1}
    assert [(one["number"], one["status"]) for one in gesture["problems"]] == [("02", "unconfirmed")]
    shown = tile(school, lesson_id)["receipt"]
    assert isinstance(shown, dict)
    assert (shown["status"], shown["evidence"]) == ("succeeded", "observed")


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ({"agent": "preau-page/1.0"}, "left_page"),
        ({"agent": "preau-sim/1.0"}, None),
    ],
    ids=["a page that nobody looks at", "a tablet at its home screen"],
)
def test_only_a_page_can_be_left(
    school: School, lesson_id: str, states: LiveStates, facts: dict[str, str], where: str | None
) -> None:
    Device.update(**facts).where(Device.id == ONE).execute()
    states.reported(ONE, Reported(1, None, school.desired().restrictions, foreground="web:preau"), school.clock.now())
    states.save()
    assert tile(school, lesson_id)["whereabouts"] is None
    states.reported(ONE, Reported(1, None, school.desired().restrictions, foreground=None), school.clock.now())
    states.save()
    assert tile(school, lesson_id)["whereabouts"] == where
    states.presence(ONE, Presence.OFFLINE, school.clock.now())
    states.save()
    assert tile(school, lesson_id)["whereabouts"] is None, "who is away is said to be away, and no more"


@pytest.mark.parametrize(
    ("presence", "agent", "where"),
    [
        (Presence.OFFLINE, AgentPresence.ASLEEP, "asleep"),
        (Presence.OFFLINE, AgentPresence.OFFLINE, None),
        (Presence.ONLINE, AgentPresence.READY, None),
        (Presence.ONLINE, AgentPresence.AWAY, "other_app"),
        (Presence.OFFLINE, AgentPresence.STALE, "silent"),
        (Presence.OFFLINE, AgentPresence.WITHHELD, "silent"),
        (Presence.ONLINE, AgentPresence.STALE, "unheld"),
        (Presence.ONLINE, AgentPresence.OFFLINE, "unheld"),
        (Presence.ONLINE, AgentPresence.ASLEEP, None),
    ],
)
def test_the_tile_of_a_kiosk_tablet_says_where_it_is(
    school: School, lesson_id: str, presence: Presence, agent: AgentPresence, where: str | None
) -> None:
    write_live([Live(device_id=ONE, presence=presence, agent=agent, seen_at=school.clock.now())])
    assert tile(school, lesson_id)["whereabouts"] == where


def test_the_code_that_lets_guests_in_is_on_the_board_while_the_door_is_open(school: School, lesson_id: str) -> None:
    assert school.board.snapshot(lesson_id)["welcome"] is None
    JoinCode.create(
        code="481502",
        lesson_id=lesson_id,
        created_at=school.clock.now(),
        expires_at=school.clock.now(),
        force_insert=True,
    )
    assert school.board.snapshot(lesson_id)["welcome"] == {"code": "481502"}
    school.lessons.end(school.durand, lesson_id)
    assert school.board.snapshot(lesson_id)["welcome"] is None
