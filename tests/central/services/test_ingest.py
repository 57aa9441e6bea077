import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from central.errors import CityError, Conflict, Denied
from central.store.database import connected
from central.store.desk_models import LogPart, LogRequest
from central.store.models import (
    Activity,
    Appliance,
    BatteryDay,
    Cart,
    Cursor,
    Device,
    Gap,
    LinkHour,
    ParkedRecord,
    SchoolAudit,
    StateRow,
    Usage,
)
from protocol.uplink import Batch, Origin, Record
from protocol.uplink_words import Lane
from tests.central.receiving import DEVICE, OTHER_UAI, UAI, Box, Place, add_school, audit, device, record, usage

NUL_IN_JSON = {"actor": "a\0b", "action": "x", "detail": {"\0": "\0", "quote": "';--", "deep": [[["\u202e"]]]}}


def cursor(lane: Lane, epoch: str) -> int:
    row = Cursor.get_or_none((Cursor.lane == int(lane)) & (Cursor.epoch == epoch))
    return 0 if row is None else int(row.up_to)


def actions() -> list[str]:
    return [row.action for row in SchoolAudit.select().order_by(SchoolAudit.epoch, SchoolAudit.seq)]


def parked() -> list[tuple[int, str]]:
    return [(row.seq, row.reason) for row in ParkedRecord.select().order_by(ParkedRecord.seq)]


def battery(seq: int, name: str, period: str = "2026-11-20") -> Record:
    return record(seq, "battery", {"period": period, "device": name, "lowest": 7, "highest": 100})


def code_of(call: Callable[[], Any]) -> tuple[str, dict[str, object]]:
    with pytest.raises(CityError) as caught:
        call()
    return caught.value.code, dict(caught.value.params)


def test_a_batch_is_applied_once_however_often_it_comes(box: Box) -> None:
    batch = box.batch(Lane.RECEIPTS, [audit(1), audit(2)])

    answers = [box.send(batch) for _ in range(3)]

    assert {one.up_to for one in answers} == {2}
    assert SchoolAudit.select().count() == 2
    assert LinkHour.get().batches == 3


def test_what_is_written_in_columns_is_what_is_written_one_by_one(place: Place) -> None:
    """One odd record of each type makes a batch be looked at record by record."""
    kept: list[list[list[Any]]] = []
    for uai, name, odd in ((UAI, "a-one", False), (OTHER_UAI, "a-two", True)):
        box = Box(place, add_school(uai, name), epoch="e")
        box.say_hello()
        lines = [audit(1), record(2, "security", {"actor": "é'\"\\{}", "action": "x", "target": "t", "detail": {}})]
        cells = [usage(1), usage(2, "NULL"), battery(3, f"d-{name}"), battery(4, f"d-{name}", "2026-W47")]
        if odd:
            lines += [record(3, "audit", {**NUL_IN_JSON, "action": "x"}), record(4, "security", {})]
            cells += [record(5, "usage", {}), record(6, "battery", {})]
        box.send(box.batch(Lane.RECEIPTS, lines))
        box.send(box.batch(Lane.STATISTICS, cells))
        kept.append([
            list(SchoolAudit.select().where(SchoolAudit.school == uai, SchoolAudit.seq < 3).order_by(SchoolAudit.seq)
                 .dicts()),
            list(Usage.select().where(Usage.school == uai).order_by(Usage.seq).dicts()),
            list(BatteryDay.select().where(BatteryDay.school == uai).order_by(BatteryDay.period).dicts()),
        ])  # fmt: skip
    theirs = str(kept[1]).replace(OTHER_UAI, UAI).replace("a-two", "a-one")
    assert [len(rows) for rows in kept[0]] == [2, 2, 2]
    assert str(kept[0]) == theirs


def test_overlapping_batches_add_only_what_is_new(box: Box) -> None:
    box.send(box.batch(Lane.RECEIPTS, [audit(1, "one"), audit(3, "three")]))
    box.send(box.batch(Lane.RECEIPTS, [audit(1, "altered"), audit(3, "altered"), audit(4, "four")]))

    assert actions() == ["one", "three", "four"]
    assert cursor(Lane.RECEIPTS, box.epoch) == 4


def test_a_batch_beyond_the_cursor_is_refused_with_the_cursor(box: Box) -> None:
    box.send(box.batch(Lane.RECEIPTS, [audit(1)]))

    refused = code_of(lambda: box.send(box.batch(Lane.RECEIPTS, [audit(5)], after=3)))

    assert refused == ("gap", {"cursor": 1})
    assert cursor(Lane.RECEIPTS, box.epoch) == 1


def test_an_older_batch_that_comes_late_takes_nothing_back(box: Box) -> None:
    first, second = (
        box.batch(Lane.STATE, [device(1, name="d-1")]),
        box.batch(Lane.STATE, [device(2, number=9)], after=1),
    )
    box.send(first)
    box.send(second)
    assert box.send(first).up_to == 2

    assert Device.get_by_id("d-1").number == 9


def test_a_hole_without_records_is_covered(box: Box) -> None:
    assert box.send(box.batch(Lane.STATE, [], up_to=40)).up_to == 40
    assert box.send(box.batch(Lane.STATE, [device(41)], after=40)).up_to == 41


def test_a_batch_of_another_box_is_refused(box: Box) -> None:
    batch = Batch("a-other", box.epoch, Lane.RECEIPTS, 0, 1, (audit(1),))
    with pytest.raises(Denied, match="foreign_appliance"):
        box.send(batch)
    assert SchoolAudit.select().count() == 0


def test_a_batch_of_an_epoch_that_is_not_the_present_one_waits_for_a_hello(box: Box) -> None:
    old = box.batch(Lane.RECEIPTS, [audit(1)])
    box.epoch = "the next one"
    with pytest.raises(Conflict, match="hello_first"):
        box.send(box.batch(Lane.RECEIPTS, [audit(1)]))
    box.say_hello()
    with pytest.raises(Conflict, match="hello_first"):
        box.send(old)


def test_a_restored_box_neither_doubles_nor_loses(box: Box) -> None:
    """It had got as far as 3; its backup was of 2; what it writes after that is new."""
    before = box.epoch
    box.send(box.batch(Lane.RECEIPTS, [audit(1, "one"), audit(2, "two"), audit(3, "lost with the box")]))
    box.epoch = "restored"
    box.say_hello()
    again = [audit(1, "one", Origin(before, 1)), audit(2, "two", Origin(before, 2)), audit(3, "new")]
    box.send(box.batch(Lane.RECEIPTS, again))

    assert sorted(actions()) == ["lost with the box", "new", "one", "two"]


def test_a_central_restored_meanwhile_takes_by_its_origin_what_it_had_lost(box: Box) -> None:
    before = box.epoch
    box.send(box.batch(Lane.RECEIPTS, [audit(1, "one")]))
    box.epoch = "restored"
    box.say_hello()
    box.send(box.batch(Lane.RECEIPTS, [audit(1, "one", Origin(before, 1)), audit(2, "two", Origin(before, 2))]))

    assert sorted(actions()) == ["one", "two"]
    assert (cursor(Lane.RECEIPTS, before), cursor(Lane.RECEIPTS, "restored")) == (2, 2)


def test_a_devices_row_follows_what_its_box_says_and_keeps_what_people_wrote(box: Box) -> None:
    cart = record(1, "cart", {"id": "7", "name": "Chariot bleu"}, "cart:7")
    box.send(box.batch(Lane.STATE, [cart, device(2, cart="7", battery=40), device(3, name="d-2")]))
    Device.update(remark="écran fendu").where(Device.id == "d-1").execute()
    box.send(box.batch(Lane.STATE, [device(4, cart="7", battery=80), record(5, "device", None, "device:d-2")], after=3))

    rows = list(Device.select())
    assert [(row.id, row.school_id, row.appliance, row.battery, row.remark) for row in rows] == [
        ("d-1", UAI, "a-one", 80, "écran fendu")
    ]
    assert "chariot bleu" in rows[0].search
    assert Cart.get().name == "Chariot bleu"
    assert {row.key for row in StateRow.select()} == {"cart:7", "device:d-1"}


def test_what_the_appliance_says_of_itself_is_in_its_row(box: Box) -> None:
    body = {
        "software": "0.2", "school_name": "x", "zone": "Europe/Paris", "storage": "coarse", "disk_total": 10**12,
        "disk_free": 10**9, "clock_ahead_seconds": -5, "booted_at": "2026-11-23T07:00:00Z", "devices": 30,
        "findings": ["disk_slow"],
    }  # fmt: skip
    box.send(box.batch(Lane.STATE, [record(1, "appliance", body, "appliance")]))

    row = Appliance.get_by_id("a-one")
    assert (row.software, row.storage, row.disk_free, row.devices, row.findings) == (
        "0.2",
        "coarse",
        10**9,
        30,
        ["disk_slow"],
    )


def test_a_box_cannot_write_over_the_device_of_another_school(box: Box) -> None:
    box.send(box.batch(Lane.STATE, [device(1)]))
    thief = Box(box.place, add_school(OTHER_UAI, "a-thief"))
    thief.say_hello()

    thief.send(thief.batch(Lane.STATE, [device(1, serial="stolen"), record(2, "device", None, "device:d-1")]))
    thief.send(
        thief.batch(
            Lane.STATISTICS,
            [record(1, "battery", {"period": "2026-11-20", "device": "d-1", "lowest": 1, "highest": 2})],
        )
    )

    assert (Device.get().serial, Device.get().school_id) == ("R52N", UAI)
    assert BatteryDay.select().count() == 0


def test_statistics_that_are_sent_again_replace_themselves(box: Box) -> None:
    activity = {
        "period": "2026-11-20", "lessons": 3, "lesson_minutes": 120, "devices": 30, "seen": 28, "enrollments": 1,
        "enrollment_failures": 0, "gestures": {"open_link": {"asked": 30, "done": 29, "failed": 1}},
    }  # fmt: skip
    battery = {"period": "2026-11-20", "device": "d-1", "lowest": 20, "highest": 90}
    facts = [usage(1), usage(2, "org.scratch"), record(3, "activity", activity), record(4, "battery", battery)]
    box.send(box.batch(Lane.STATISTICS, facts))
    Cursor.delete().execute()  # as after a restore of central
    box.send(box.batch(Lane.STATISTICS, facts))

    assert [(row.app, row.device_days) for row in Usage.select().order_by(Usage.seq)] == [
        ("org.gcompris", 7),
        ("org.scratch", 7),
    ]
    assert Activity.get().gestures["open_link"]["done"] == 29
    assert (BatteryDay.get().lowest, BatteryDay.get().highest) == (20, 90)


def test_receipts_go_to_the_orders_and_an_unknown_one_is_parked(box: Box) -> None:
    box.place.orders.add("i-1")
    told = {"instruction": "i-1", "state": "done", "at": "2026-11-23T08:00:00Z", "detail": "fait"}
    unknown = {**told, "instruction": "i-2"}

    answer = box.send(box.batch(Lane.RECEIPTS, [record(1, "receipt", told), record(2, "receipt", unknown), audit(3)]))

    assert [one.instruction for one in box.place.receipts] == ["i-1"]
    assert (answer.parked, parked(), actions()) == (1, [(2, "unknown_order")], ["device.retire"])


def test_security_and_gaps_are_kept(box: Box) -> None:
    gap = {"lane": 3, "after": 4, "up_to": 9, "count": 5, "reason": "disk_full"}
    attack = {"actor": "10.0.0.9", "action": "sign_in.throttled", "detail": {}}
    box.send(box.batch(Lane.RECEIPTS, [record(1, "gap", gap), record(2, "security", attack)]))

    assert (Gap.get().count, Gap.get().reason) == (5, "disk_full")
    assert SchoolAudit.get().is_security


def test_logs_are_kept_only_where_they_were_asked_for_and_while_they_may(box: Box) -> None:
    now = box.place.clock.now()
    for name, expires in (("l-1", now + timedelta(hours=1)), ("l-2", now)):
        LogRequest.create(id=name, appliance="a-one", account="dsi", asked_at=now, expires_at=expires)
    parts = [
        record(seq, "log", {"request": name, "part": 0, "parts": 2, "lines": ["une ligne"]})
        for seq, name in ((1, "l-1"), (2, "l-2"), (3, "l-3"))
    ]
    box.send(box.batch(Lane.LOGS, parts))

    assert [(row.request_id, row.lines) for row in LogPart.select()] == [("l-1", ["une ligne"])]
    assert LogRequest.get_by_id("l-1").parts == 2
    assert parked() == [(3, "not_asked")]


POISON: dict[str, tuple[Lane, Record]] = {
    "unknown_type": (Lane.RECEIPTS, record(2, "hologram", {"depth": 3})),
    "wrong_lane": (Lane.STATISTICS, record(2, "audit", {"actor": "a", "action": "b"})),
    "missing_field": (Lane.RECEIPTS, record(2, "audit", {"actor": "a"})),
    "no_body": (Lane.RECEIPTS, record(2, "audit", None)),
    "wrong_key": (Lane.STATE, record(2, "device", {**DEVICE, "id": "d-9"}, "device:d-8")),
    "does_not_fit": (Lane.STATISTICS, usage(2, days=2**40)),
    "bad_time": (
        Lane.STATISTICS,
        record(2, "usage", {"period": "yesterday", "level": "", "app": "", "device_days": 1, "seconds": 1}),
    ),
}


@pytest.mark.parametrize("reason", POISON)
def test_a_record_that_cannot_be_applied_is_parked_and_blocks_nothing(box: Box, reason: str) -> None:
    lane, poison = POISON[reason]
    good: dict[Lane, Callable[[int], Record]] = {
        Lane.RECEIPTS: audit,
        Lane.STATE: lambda seq: device(seq, f"d-{seq}"),
        Lane.STATISTICS: usage,
    }
    answer = box.send(box.batch(lane, [good[lane](1), poison, good[lane](3)]))

    assert (answer.up_to, answer.parked, parked()) == (3, 1, [(2, reason)])
    assert {Lane.RECEIPTS: SchoolAudit, Lane.STATE: Device, Lane.STATISTICS: Usage}[lane].select().count() == 2


def test_hostile_strings_are_kept_as_they_are(box: Box) -> None:
    answer = box.send(box.batch(Lane.RECEIPTS, [record(1, "audit", NUL_IN_JSON)]))

    assert answer.parked == 0
    assert SchoolAudit.get().detail == NUL_IN_JSON["detail"]
    assert SchoolAudit.get().actor == "a\N{REPLACEMENT CHARACTER}b"


def test_of_one_key_twice_in_a_batch_the_last_value_counts(box: Box) -> None:
    box.send(box.batch(Lane.STATE, [device(1, number=1), device(2, number=2), device(3, number=3)]))

    assert Device.get().number == 3
    box.send(box.batch(Lane.STATE, [record(4, "device", None, "device:d-1"), device(5, number=5)], after=3))
    assert Device.get().number == 5


def test_two_workers_with_the_same_batch_apply_it_once(box: Box) -> None:
    batch = box.batch(Lane.RECEIPTS, [audit(seq) for seq in range(1, 200)])
    answers: list[object] = []

    def work() -> None:
        with connected():
            answers.append(box.send(batch))

    workers = [threading.Thread(target=work) for _ in range(6)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)

    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert SchoolAudit.select().count() == 199
