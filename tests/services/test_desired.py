"""Desired states: one per device, versions that only grow, whatever teachers, time and a restored backup do."""

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from appliance.errors import Conflict, PreauError
from appliance.services.desired import bump
from appliance.store.database import open_store
from appliance.store.models import Device, Gesture, Handover, Lesson, LessonDevice, Receipt, database
from protocol.device import UNRESTRICTED, encode_desired, parse_desired
from tests.support.classroom import School, device_id
from tests.support.store import HandClock


@pytest.mark.contract("3.desired_has_the_shape")
def test_what_is_wanted_of_a_device_can_be_said_and_read_again(school: School) -> None:
    school.perform(school.start(), "eyes_up", message="Les yeux vers moi")
    desired = school.desired()
    assert parse_desired(encode_desired(desired)) == desired
    assert desired.name == "Tablette 01"
    assert desired.packages == ()


def test_only_devices_in_service_are_wanted_anything_of(school: School) -> None:
    Device.update(status="removed").where(Device.id == device_id(2)).execute()
    assert set(school.states.versions()) == {device_id(1), device_id(3)}
    assert {one.device_id for one in school.states.wanted()} == {device_id(1), device_id(3)}


@pytest.mark.contract("3.version_grows_with_every_change")
def test_a_bump_raises_each_named_device_and_no_other(school: School) -> None:
    before = school.states.versions()
    bump([device_id(1), device_id(3)], school.clock.now())
    after = school.states.versions()
    assert [after[one] - before[one] for one in school.ids] == [1, 0, 1]


@pytest.mark.contract("3.version_never_goes_back")
def test_a_restored_hub_goes_above_what_its_devices_have_applied(school: School) -> None:
    now = school.clock.now()
    seen = {device_id(1): 50, device_id(2): school.states.versions()[device_id(2)], "d-stranger": 90}
    assert school.states.catch_up(seen, now) == [device_id(1)]
    assert school.states.versions()[device_id(1)] == 51
    assert school.states.catch_up(seen, now) == []


def test_a_device_cannot_push_its_version_out_of_reach(school: School) -> None:
    nonsense = {device_id(1): 2**53 - 1, device_id(2): -5}
    before = school.states.versions()
    assert school.states.catch_up(nonsense, school.clock.now()) == []
    assert school.states.versions() == before


class Teaching(RuleBasedStateMachine):
    """Two teachers, four devices, time, and a backup that is restored now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="preau-test-"))
        self.open()
        self.clock = HandClock()
        self.school = School(self.clock, self.folder, devices=4)
        self.highest = dict(self.school.states.versions())
        self.applied = dict(self.highest)
        self.backup: bytes | None = None

    def open(self) -> None:
        open_store(self.folder / "store.db")
        database.connect()

    def teardown(self) -> None:
        database.close()
        shutil.rmtree(self.folder)

    teachers = st.sampled_from(["durand", "petit", "head"])
    some = st.sets(st.integers(1, 4), min_size=1).map(lambda numbers: [device_id(n) for n in sorted(numbers)])

    @initialize()
    def one_lesson_runs(self) -> None:
        self.school.start(minutes=20)

    @rule(teacher=teachers, devices=some, minutes=st.integers(1, 60), takes=st.booleans())
    def start(self, teacher: str, devices: list[str], minutes: int, takes: bool) -> None:
        taken = frozenset(one.id for one in Lesson.select()) if takes else frozenset()
        self.tried(lambda: self.school.start(getattr(self.school, teacher), devices, minutes=minutes, take_from=taken))

    @rule(
        kind=st.sampled_from(["eyes_up", "eyes_free", "mute", "unmute", "identify"]),
        devices=st.none() | some,
        number=st.integers(0, 3),
    )
    def gesture(self, kind: str, devices: list[str] | None, number: int) -> None:
        words: dict[str, tuple[str, dict[str, Any]]] = {
            "eyes_up": ("eyes_up", {"message": "Ici"}),
            "mute": ("restrict", {"sound": "blocked"}),
            "unmute": ("restrict", {"sound": "allowed"}),
        }
        name, args = words.get(kind, (kind, {}))
        self.tried(lambda: self.school.perform(self.some_lesson(number), name, devices, **args))

    @rule(teacher=teachers, number=st.integers(0, 3), minutes=st.integers(1, 30))
    def extend(self, teacher: str, number: int, minutes: int) -> None:
        actor = getattr(self.school, teacher)
        self.tried(lambda: self.school.lessons.extend(actor, self.some_lesson(number), minutes))

    @rule(teacher=teachers, number=st.integers(0, 3))
    def end(self, teacher: str, number: int) -> None:
        self.tried(lambda: self.school.lessons.end(getattr(self.school, teacher), self.some_lesson(number)))

    @rule(teacher=teachers, devices=some, granted=st.booleans())
    def ask_and_answer(self, teacher: str, devices: list[str], granted: bool) -> None:
        self.tried(lambda: self.school.lessons.ask(getattr(self.school, teacher), devices))
        for asked in list(Handover.select().where(Handover.device.in_(devices))):
            self.tried(partial(self.school.lessons.answer, self.school.head, asked.id, granted))

    @rule(seconds=st.integers(1, 1800))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_by(seconds=seconds)
        self.school.lessons.end_due()
        self.school.outgoing.expire(self.clock.now())

    @rule(number=st.integers(1, 4))
    def a_device_applies_what_is_wanted(self, number: int) -> None:
        desired = self.school.desired(number)
        assert desired.version >= self.applied[device_id(number)], "a device would ignore this"
        self.applied[device_id(number)] = desired.version
        self.school.report(number)

    @rule()
    def back_up(self) -> None:
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.backup = (self.folder / "store.db").read_bytes()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        """The bare file, without what the restore service does: devices' reports alone must bring versions up."""
        assert self.backup is not None
        database.close()
        (self.folder / "store.db").write_bytes(self.backup)
        self.open()
        self.school.states.catch_up(self.applied, self.clock.now())
        known = self.school.states.versions()
        for one, seen in self.applied.items():
            assert known[one] >= seen
        self.highest = {one: max(self.applied[one], known[one]) for one in known}

    @invariant()
    def versions_only_grow(self) -> None:
        now = self.school.states.versions()
        for one, version in now.items():
            assert version >= self.highest[one]
        self.highest = now

    @invariant()
    def no_device_is_in_two_open_lessons(self) -> None:
        held = [part.device_id for part in self.school.lessons.held()]
        assert len(held) == len(set(held))

    @invariant()
    def whoever_is_restricted_has_a_lease_that_is_its_lessons_end(self) -> None:
        for one in self.school.states.wanted():
            if one.desired.lesson is None:
                assert one.desired.restrictions == UNRESTRICTED
            if one.desired.restrictions != UNRESTRICTED:
                assert one.desired.lesson is not None
                lesson = Lesson.get_by_id(one.desired.lesson.id)
                assert one.desired.restrictions_until == lesson.ends_at

    @invariant()
    def nothing_of_a_lesson_is_open_after_its_end(self) -> None:
        over = Lesson.select(Lesson.id).where(Lesson.ended_at.is_null(False))
        assert not LessonDevice.select().where(LessonDevice.lesson.in_(over) & LessonDevice.left_at.is_null()).exists()
        assert not Handover.select().where(Handover.lesson.in_(over) & Handover.answered_at.is_null()).exists()
        waiting = (
            Receipt.select()
            .join(Gesture)
            .where(Gesture.lesson.in_(over) & Receipt.state.in_(["queued", "sent", "acknowledged"]))
        )
        assert not waiting.exists()

    def some_lesson(self, number: int) -> str:
        lessons = list(Lesson.select().order_by(Lesson.started_at.desc(), Lesson.id).limit(4))
        return str(lessons[number % len(lessons)].id)

    def tried(self, act: Any) -> None:
        """Refusals are fine; what matters is what is true afterwards."""
        try:
            act()
        except PreauError as error:
            assert isinstance(error, Conflict) or error.status in (403, 404, 422)


TestTeaching = Teaching.TestCase
TestTeaching.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
