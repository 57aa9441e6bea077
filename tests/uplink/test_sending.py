"""Whatever the line, the box and the server do: what was written for the city is there once, in the end."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.domain.people import CONSOLE
from appliance.services.outbox import Outbox, put
from appliance.services.settings import read_setting, write_setting
from appliance.store.city_models import CityLink, OutboxRecord
from appliance.store.models import Journal, database
from appliance.store.restore import restore
from protocol.uplink_records import BatteryBody, encode_body
from protocol.uplink_words import Lane, RecordType
from tests.services.link import join_city
from tests.support.bad_proxy import bad_proxy
from tests.support.central import HOST, Central
from tests.support.store import HandClock, opened_store
from tests.uplink.hand_box import HandBox, asked, quiet_hours, standing_at, told
from uplink.line import note_reconciled
from uplink.sending import Sending
from uplink.trouble import TroubleCode

NewBox = Callable[..., HandBox]


def test_days_without_a_line_are_told_in_order_and_once(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        line.down = True
        numbers = box.note(3000)
        box.turn(5)
        assert box.trouble() == TroubleCode.CUT
        line.down = False
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers
        assert not box.trouble()


def test_answers_that_are_lost_double_nothing(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        numbers = box.note(200)
        line.lost_answers = 9
        box.until(lambda: not box.waiting())
        assert line.lost == 9
        assert told(city, box.appliance) == numbers


def test_a_line_that_breaks_in_every_request_still_gets_something_through(
    city: Central, uai: str, new_box: NewBox
) -> None:
    """Each connection is cut after a few kilobytes: small batches first, and every try brings some through."""
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        numbers = box.note(1500, weight=200)
        line.cut_after = 25_000
        seen = [1500]
        while seen[-1] and len(seen) < 20:
            box.turn(20)
            seen.append(box.waiting())
        assert len(seen) > 3, "it was never cut"
        assert seen == sorted(set(seen), reverse=True), "a line that came back brought nothing"
        assert told(city, box.appliance) == numbers


def test_a_record_that_no_city_takes_is_put_aside_and_the_others_go_on(
    city: Central, uai: str, new_box: NewBox
) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        before = box.note(40)
        poison = OutboxRecord.select().where(OutboxRecord.lane == Lane.RECEIPTS).order_by(OutboxRecord.seq.desc()).get()
        OutboxRecord.update(type="x" * 40).where(
            (OutboxRecord.lane == poison.lane) & (OutboxRecord.seq == poison.seq)
        ).execute()
        after = box.note(40)
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == before[:-1] + after
        assert box.services.outbox.parked() == 1
        gaps = asked(city, "SELECT count, reason FROM gap WHERE appliance = ?", box.appliance)
        assert gaps == [(1, "parked")]
        OutboxRecord.update(type="audit").where(OutboxRecord.parked != "").execute()
        box.turn(5)
        assert box.services.outbox.parked() == 1
        write_setting("uplink_ends", "0.1.0 an older city")  # as of the last hello: one of both ends is new since
        box.until(lambda: told(city, box.appliance) == before + after)
        assert box.services.outbox.parked() == 0 and "central/" in read_setting("uplink_ends")


def test_in_quiet_hours_orders_and_state_go_on_and_the_rest_waits(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        box.until(lambda: not box.waiting())
        quiet_hours(is_quiet=True)
        with database.atomic("IMMEDIATE"):
            now = box.services.clock.now()
            put(now, RecordType.CART, {"id": "7", "name": "Classe mobile"}, "cart:7")
            put(now, RecordType.BATTERY, encode_body(BatteryBody("2026-11-20", "d-1", 20, 90)))
        numbers = box.note(5)
        assert box.services.backups.automatic(now) is not None
        for _ in range(3):
            box.turn(2)
        assert told(city, box.appliance) == numbers
        assert asked(city, "SELECT name FROM cart WHERE appliance_id = ?", box.appliance) == [("Classe mobile",)]
        waits = {lane for lane, one in box.services.outbox.backlog().items() if one.records}
        assert waits == {Lane.STATISTICS} and not snapshots(city, box)
        quiet_hours(is_quiet=False)
        box.until(lambda: not box.waiting() and snapshots(city, box))


def snapshots(city: Central, box: HandBox) -> list[tuple[object, ...]]:
    return asked(city, "SELECT 1 FROM snapshot WHERE appliance = ?", box.appliance)


def test_what_a_hello_brings_grows_step_by_step_however_many_lanes_it_brings(tmp_path: Path) -> None:
    clock, outbox = HandClock(), Outbox()
    with opened_store(tmp_path):
        join_city(clock.now())
        for number in range(300):
            put(clock.now(), RecordType.AUDIT, {"actor": "hub", "action": "device.rename"})
            put(clock.now(), RecordType.CART, {"id": f"{number}"}, f"cart:{number}")
            put(clock.now(), RecordType.BATTERY, encode_body(BatteryBody("2026-11-20", f"d-{number}", 20, 90)))
        sending, sizes = Sending(outbox, clock), []
        sending.look(0.0)
        for _ in range(2):
            riders = sending.riders(0.0, turn=True)
            sizes.append([len(rider.batch.records) for rider in riders])
            for rider in riders:
                rider.up_to = rider.batch.up_to
            sending.arrived(riders)
        assert sizes == [[64] * 3, [128] * 3]


def test_a_city_that_comes_back_from_an_older_backup_is_told_again(
    tmp_path_factory: pytest.TempPathFactory, city: Central, uai: str, new_box: NewBox
) -> None:
    aside = tmp_path_factory.mktemp("aside")
    with new_box().opened() as box:
        box.join(city, uai)
        first = box.note(30)
        box.until(lambda: not box.waiting())
        city.stop()
        for file in city.data_path.glob("city.db*"):
            shutil.copy(file, aside)
        city.start()
        second = box.note(30)
        box.until(lambda: not box.waiting() and not box.trouble())
        assert told(city, box.appliance) == first + second
        city.stop()
        for file in city.data_path.glob("city.db*"):
            file.unlink()
        for file in aside.glob("city.db*"):
            shutil.copy(file, city.data_path)
        city.start()
        assert told(city, box.appliance) == first
        third = box.note(5)
        box.until(lambda: told(city, box.appliance) == first + second + third)
        assert box.standing() == "active"


def test_a_box_that_is_restored_begins_an_epoch_and_doubles_nothing(city: Central, uai: str, new_box: NewBox) -> None:
    box = new_box()
    with box.opened():
        box.join(city, uai)
        kept = box.note(10)
        saved, _ = box.services.backups.create(CONSOLE)
        later = box.note(10)
        box.until(lambda: not box.waiting())
        now = box.services.clock.now()
    restore(box.config, saved, now)
    with box.opened():
        box.until(lambda: not box.waiting() and not box.trouble())
        again = box.note(3)
        box.until(lambda: not box.waiting())
        assert box.standing() == "active"
        assert told(city, box.appliance) == kept + later + again


def test_a_store_that_went_back_a_little_is_noticed_and_what_it_writes_since_arrives(
    city: Central, uai: str, new_box: NewBox
) -> None:
    """A card that lied about having written: older facts, under the token that the city gave last."""
    box = new_box()
    with box.opened():
        box.join(city, uai)
        first = box.note(20)
        box.until(lambda: not box.waiting())
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(box.config.store_path, box.folder / "older.db")
        lost = box.note(50)
        box.until(lambda: not box.waiting())
        newest = str(CityLink.get_by_id(1).token)
    for ending in ("-wal", "-shm"):
        box.config.store_path.with_name(box.config.store_path.name + ending).unlink(missing_ok=True)
    shutil.copy(box.folder / "older.db", box.config.store_path)
    with box.opened():
        CityLink.update(token=newest).execute()
        fresh = box.note(60)  # more than were lost: the city's cursor is not even ahead of the newest of them
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == [*first, *lost, *fresh]
        assert box.standing() == "active" and standing_at(city, box.appliance) == "active"
        assert Journal.select().where(Journal.action == "city.rolled_back").count() == 1
    with box.opened():
        again = box.note(5)
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == [*first, *lost, *fresh, *again]
        assert Journal.select().where(Journal.action == "city.rolled_back").count() == 1


def test_a_person_at_the_box_is_answered_at_once_also_when_it_waits(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        line.down = True
        box.turn(2)
        assert box.trouble()
        line.down = False
        box.turn()
        assert box.trouble(), "it waits for its next try"
        box.now += 4
        box.services.city.ask_now()
        box.turn()
        assert not box.trouble()


def test_a_person_at_the_box_is_answered_also_while_all_is_well(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        assert box.is_asked_when_pressed()


def test_the_whole_inventory_is_compared_once_a_day_and_mended(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        box.services.carts.add("Classe mobile A", CONSOLE)
        box.services.carts.add("Classe mobile B", CONSOLE)
        box.until(lambda: not box.waiting())
        assert len(asked(city, "SELECT name FROM cart WHERE appliance_id = ?", box.appliance)) == 2
        lost = OutboxRecord.get(OutboxRecord.key.startswith("cart:"))
        OutboxRecord.delete().where((OutboxRecord.lane == lost.lane) & (OutboxRecord.seq == lost.seq)).execute()
        note_reconciled("2020-01-01")
        box.until(lambda: len(asked(city, "SELECT name FROM cart WHERE appliance_id = ?", box.appliance)) == 1)


def test_what_was_sent_can_be_read_to_the_letter(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        box.note(1)
        box.until(lambda: not box.waiting())
        lines = box.services.exchanges.listed()
        batch = next(line for line in lines if line.kind == "batch" and line.lane == Lane.RECEIPTS)
        assert batch.outcome == "200"
        assert b"device.rename" in (box.services.exchanges.body(batch.id) or b"")
        assert [line.kind for line in lines].count("hello") == 1


@pytest.mark.parametrize("place", ["acknowledge", "rewind", "next_batch"])
def test_kill_9_between_sending_and_marking_doubles_nothing(
    city: Central, uai: str, new_box: NewBox, place: str
) -> None:
    box = new_box()
    with box.opened():
        box.join(city, uai)
        numbers = box.note(60)
    child = os.fork()
    if child == 0:
        try:
            with box.opened():
                setattr(Outbox, place, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
                box.until(lambda: not box.waiting(), 3)
        finally:
            os._exit(1)  # it should have been killed
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with box.opened():
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers


def test_who_was_revoked_says_so_and_knocks_four_times_an_hour_at_most(
    city: Central, uai: str, new_box: NewBox
) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        city.done("appliance", "revoke", box.appliance)
        box.note(1)
        box.until(lambda: box.trouble() == TroubleCode.REVOKED)
        assert box.services.city.status().standing == "revoked"  # type: ignore[union-attr]  # None fails the test
        knocks = []
        for _ in range(120):
            before = line.up
            box.uplink.look()  # nobody hurries a refusal
            box.turn(1)
            knocks.append(line.up > before)
        assert 0 < sum(knocks) <= 8


def test_in_a_trouble_a_look_is_tried_soon_but_not_each_time(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        line.down = True
        box.until(lambda: box.trouble() != "")
        line.down = False
        box.uplink.look()
        box.turn(0.2)
        assert not box.trouble(), "the bridge says that the city is there: no quarter of an hour is waited for"
