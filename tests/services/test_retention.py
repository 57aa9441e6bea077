"""What the store forgets by itself, and when."""

from datetime import timedelta

from appliance.services.retention import CODES, COUNTERS, JOURNAL, LESSONS, RAW_USAGE, make_room_for_usage, prune
from appliance.store.city_models import Instruction
from appliance.store.models import (
    Device,
    Dropped,
    EnrollmentToken,
    Gesture,
    Handover,
    JoinCode,
    Journal,
    Lesson,
    LessonDevice,
    Receipt,
    UsageMark,
    UsageRecord,
    database,
)
from tests.support.classroom import School, device_id

ONE = device_id(1)


def prune_all(school: School) -> None:
    for _ in range(200):
        if not prune(school.clock.now()):
            return
    raise AssertionError("it never came to its end")


def teach(school: School) -> str:
    lesson_id = school.start()
    school.perform(lesson_id, "message", text="Xanthippe, pose ta tablette")
    school.perform(lesson_id, "restrict", lock={"message": "Xanthippe, regarde-moi"})
    school.perform(lesson_id, "eyes_up", message="Xanthippe, lève les yeux")
    school.lessons.end(school.durand, lesson_id)
    return lesson_id


def test_what_was_said_to_pupils_is_gone_thirty_days_after_the_lesson(school: School) -> None:
    old = teach(school)
    Handover.create(lesson=old, device=ONE, asker=school.durand.user_id, asked_at=school.clock.now())
    school.clock.pass_by(days=15)
    recent = teach(school)
    prune_all(school)
    assert {row.id for row in Lesson.select()} == {old, recent}

    school.clock.at += LESSONS - timedelta(days=15, seconds=-1)
    prune_all(school)

    assert [row.id for row in Lesson.select()] == [recent]
    assert {row.lesson_id for row in Gesture.select()} == {row.lesson_id for row in LessonDevice.select()} == {recent}
    assert {row.gesture_id for row in Receipt.select()} == {row.id for row in Gesture.select()}
    assert Handover.select().count() == 0

    assert b"Xanthippe" in content_of_store(school)
    school.clock.at += LESSONS
    prune_all(school)
    assert b"Xanthippe" not in content_of_store(school), "a card that is lost tells nothing of it either"


def content_of_store(school: School) -> bytes:
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return b"".join(path.read_bytes() for path in school.runtime_path.glob("store.db*"))


def test_a_lesson_in_progress_stays_however_old(school: School) -> None:
    lesson_id = school.start()
    school.clock.pass_by(days=400)
    prune_all(school)
    assert [row.id for row in Lesson.select()] == [lesson_id]
    assert LessonDevice.select().count() == 3


def test_the_journal_remembers_thirteen_months(school: School) -> None:
    teach(school)
    lines = Journal.select().count()
    school.clock.at += JOURNAL
    prune_all(school)
    assert Journal.select().count() == lines
    school.clock.pass_by(seconds=1)
    prune_all(school)
    assert Journal.select().count() == 0


def test_counters_are_kept_for_ninety_days_and_usage_itself_for_longer(school: School) -> None:
    now = school.clock.now()
    Dropped.create(device_id=ONE, reason="not_json", day="2026-11-23", count=3, last_at=now, force_insert=True)
    UsageMark.create(device=ONE, boot="b", up_to=9, updated_at=now, force_insert=True)
    add_usage(school, 9)
    school.clock.at += COUNTERS
    prune_all(school)
    assert (Dropped.select().count(), UsageMark.select().count()) == (1, 1)
    school.clock.pass_by(seconds=1)
    prune_all(school)
    assert (Dropped.select().count(), UsageMark.select().count()) == (0, 0)
    assert UsageRecord.select().count() == 9


def add_usage(school: School, count: int, boot: str = "b") -> None:
    now = school.clock.now()
    with database.atomic("IMMEDIATE"):
        for seq in range(count):
            UsageRecord.create(
                device=ONE, boot=boot, seq=seq, app="app:x", started_at=now, seconds=1, received_at=now,
                force_insert=True,
            )  # fmt: skip


def test_room_for_usage_is_made_of_what_is_older_than_two_months_only(school: School) -> None:
    add_usage(school, 3, "old")
    school.clock.at += RAW_USAGE
    add_usage(school, 2, "new")
    make_room_for_usage(ONE, school.clock.now())
    assert UsageRecord.select().count() == 5
    school.clock.pass_by(seconds=1)
    make_room_for_usage(device_id(2), school.clock.now())
    assert UsageRecord.select().count() == 5
    make_room_for_usage(ONE, school.clock.now())
    assert {row.boot for row in UsageRecord.select()} == {"new"}


def test_free_pages_go_back_to_the_disk(school: School) -> None:
    add_usage(school, 5000)
    UsageRecord.delete().execute()
    free = database.execute_sql("PRAGMA freelist_count").fetchone()[0]
    assert free > 20
    prune_all(school)
    assert database.execute_sql("PRAGMA freelist_count").fetchone()[0] == 0


def test_a_slice_is_a_few_lessons_so_that_nobody_waits_for_it(school: School) -> None:
    for _ in range(12):
        teach(school)
    school.clock.at += LESSONS + timedelta(seconds=1)
    before = Lesson.select().count()
    prune(school.clock.now())
    assert before - Lesson.select().count() == 5


def test_what_short_codes_left_is_gone_an_hour_after_it_opens_nothing(school: School) -> None:
    now = school.clock.now()
    for maker in ("code", "user:1"):
        token = EnrollmentToken.create(
            token_hash=maker, uses=1, created_at=now, created_by=maker, expires_at=now, device_id=ONE
        )
    Device.update(token=EnrollmentToken.get(EnrollmentToken.created_by == "code")).where(Device.id == ONE).execute()
    JoinCode.create(code="480502", device_id=ONE, created_at=now, expires_at=now, force_insert=True)
    school.clock.at += CODES
    prune_all(school)
    assert EnrollmentToken.select().count() == 2
    school.clock.pass_by(seconds=1)
    prune_all(school)
    assert [row.id for row in EnrollmentToken.select()] == [token.id], "links that people made stay to be seen"
    assert JoinCode.select().count() == 0
    assert Device.get_by_id(ONE).token_id is None


def test_the_city_s_orders_go_ninety_days_after_their_end_and_open_ones_never(school: School) -> None:
    now = school.clock.now()
    for name, state, see in (
        ("whole", "done", ""),
        ("part", "started", "whole"),
        ("open", "received", ""),
        ("over", "expired", ""),
        ("forged", "refused", ""),
    ):
        Instruction.create(
            id=name, kind="report", by="x", envelope={"see": see} if see else {"order": "{}", "signatures": []},
            state=state, received_at=now, not_after=now + timedelta(days=7 if name != "forged" else 36_500),
            finished_at=None if state in {"started", "received"} else now, force_insert=True,
        )  # fmt: skip
    school.clock.at += timedelta(days=97)
    prune_all(school)
    assert Instruction.select().where(Instruction.id != "forged").count() == 4
    school.clock.pass_by(seconds=1)
    prune_all(school)
    assert sorted(row.id for row in Instruction.select()) == ["open", "part", "whole"]
    Instruction.update(state="done", finished_at=now).where(Instruction.id == "part").execute()
    prune_all(school)
    assert [row.id for row in Instruction.select()] == ["open"]
