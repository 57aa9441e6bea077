"""Instructions on the box: carried out at most once, told in the transaction of each change, whatever comes between."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.services.enrollment import credentials
from appliance.services.intake import Batch, Intake
from appliance.services.outgoing import Outgoing
from appliance.store.city_models import Instruction, OutboxRecord
from appliance.store.live import live_database, open_live
from appliance.store.models import Cart, Device, Lesson, LessonDevice, Receipt, database
from protocol.device import Ack, AckStatus
from protocol.uplink_words import InstructionState
from tests.services.school import ADMIN, add_device, add_people
from tests.support.city_orders import target
from tests.support.store import HandClock, opened_store
from tests.uplink.ordered import OrderedBox, commands, deeds, receipts, state_of


@pytest.fixture
def box(tmp_path: Path) -> Iterator[OrderedBox]:
    with opened_store(tmp_path):
        open_live(tmp_path / "live.db")
        yield OrderedBox(tmp_path, HandClock())
        live_database.close()


def begin_lesson(device: str) -> None:
    add_people()
    Lesson.create(
        id="l-1",
        teacher=ADMIN.user_id,
        title="Essai",
        started_at=Device.get_by_id(device).enrolled_at,
        ends_at=Device.get_by_id(device).enrolled_at + timedelta(hours=2),
        force_insert=True,
    )
    LessonDevice.create(lesson="l-1", device=device, base={}, joined_at=Device.get_by_id(device).enrolled_at)


def states(*given: str) -> list[tuple[str, str]]:
    return [(name, "") for name in given]


def test_a_device_is_asked_and_its_answer_is_the_city_s(box: OrderedBox) -> None:
    device = add_device()
    box.put_online(device)
    one = box.give("identify", args={"device": device})
    box.run()
    assert commands() == [(device, "identify", box.clock.now() + timedelta(hours=8))]
    assert state_of(one) == ("started", "")
    box.answer(device, "succeeded")
    box.run()
    assert receipts(one) == states("received", "started", "done")
    (line,) = deeds("instruction.done")
    assert (line["kind"], line["by"]) == ("identify", "m.durand")


def test_only_an_answer_that_the_city_may_wait_for_hurries_the_uplink(box: OrderedBox) -> None:
    device, intake = add_device(), Intake()
    box.put_online(device)
    heard = Batch(acks=[(device, Ack("c-of-a-teacher", AckStatus.DONE))])
    assert not intake.record(heard, box.clock.now()).is_for_city
    box.give("identify", args={"device": device})
    box.run()
    (command,) = [str(row.id) for row in Receipt.select()]
    done = Batch(acks=[(device, Ack(command, AckStatus.DONE))])
    assert intake.record(done, box.clock.now()).is_for_city
    assert not intake.record(Batch(dropped={(device, "flood"): 1}), box.clock.now()).is_for_city
    box.run()
    assert not intake.record(done, box.clock.now()).is_for_city, "nothing is waited for any more"


@pytest.mark.parametrize(
    ("answer", "state", "detail"),
    [("failed", "failed", "no battery"), ("rejected", "failed", "unsupported"), ("timed_out", "unknown", "no_answer")],
)
def test_what_a_device_answers_is_told_as_it_is(box: OrderedBox, answer: str, state: str, detail: str) -> None:
    device = add_device()
    box.put_online(device)
    one = box.give("identify", args={"device": device})
    box.run()
    box.answer(device, answer, "no battery")
    box.run()
    assert state_of(one) == (state, detail)


@pytest.mark.parametrize("state", ["sent", "acknowledged"])
def test_what_has_left_may_be_done_though_the_device_came_back_and_never_answered(box: OrderedBox, state: str) -> None:
    device, outgoing = add_device(), Outgoing("http", 80)
    box.put_online(device)
    one = box.give("identify", args={"device": device})
    box.run()
    Receipt.update(state=state, tries=1).execute()
    outgoing.retry_at_once([device])
    box.clock.pass_by(hours=8)
    assert outgoing.expire(box.clock.now()) == 1
    box.run()
    assert state_of(one) == ("unknown", "no_answer")


def test_a_device_that_is_away_is_waited_for_until_the_end_and_it_is_shown_so(box: OrderedBox) -> None:
    device = add_device()
    one, other = (box.give("identify", args={"device": device}) for _ in range(2))
    box.run()
    assert state_of(one) == ("received", "device_away") and commands() == []
    assert receipts(one) == [("received", ""), ("received", "device_away")]
    box.put_online(device)
    box.run()
    assert state_of(one)[0] == "started"
    third = box.give("identify", args={"device": add_device(2)})
    box.run()
    box.clock.pass_by(hours=8)
    box.run()
    assert state_of(third) == ("expired", "device_away")
    assert state_of(other)[0] == "started"  # the bridge lets the command end; then it is looked at


def test_a_reboot_that_brought_another_boot_is_done_though_nobody_answered(box: OrderedBox) -> None:
    device = add_device()
    box.put_online(device, boot="boot-1")
    one = box.give("reboot", "operator", args={"device": device})
    box.run()
    Receipt.update(tries=1, state="sent").execute()
    box.run()
    assert state_of(one)[0] == "started"
    box.put_online(device, boot="boot-2")
    box.run()
    assert state_of(one) == ("done", "seen")


def test_a_device_that_leaves_service_meanwhile_is_not_said_to_be_wiped(box: OrderedBox) -> None:
    device = add_device()
    box.put_online(device)
    one = box.give("wipe", "vault", args={"device": device})
    box.run()
    Device.update(status="retired", credential=None).execute()
    box.run()
    assert state_of(one) == ("unknown", "device_gone")


def test_nothing_restarts_under_a_teachers_hands_unless_it_was_asked_and_the_receipt_says_so(box: OrderedBox) -> None:
    device = add_device()
    box.put_online(device)
    begin_lesson(device)
    waits = box.give("reboot", "pk", args={"device": device})
    box.run()
    assert state_of(waits) == ("received", "in_lesson") and commands() == []
    now = box.give("reboot", "pk", args={"device": device, "during_lesson": True})
    box.run()
    assert receipts(now)[-1] == ("started", "during_lesson")
    LessonDevice.update(left_at=box.clock.now()).execute()
    box.run()
    assert state_of(waits)[0] == "started"


def test_a_city_s_command_outlives_the_lesson_in_which_its_device_is(box: OrderedBox) -> None:
    from appliance.services.lessons import release_devices

    device = add_device()
    box.put_online(device)
    begin_lesson(device)
    box.give("identify", args={"device": device})
    box.run()
    with database.atomic("IMMEDIATE"):
        release_devices([device], box.clock.now())
    assert [row.state for row in Receipt.select()] == ["queued"]


def test_names_carts_and_the_end_of_service_are_changed_here_and_told(box: OrderedBox) -> None:
    device, cart = add_device(), Cart.create(name="Chariot B", created_at=box.clock.now())
    renamed = box.give("rename", args={"device": device, "name": "Tablette du fond"})
    moved = box.give("move", args={"device": device, "cart": str(cart.id)})
    box.run()
    row = Device.get_by_id(device)
    assert (row.name, row.cart_id) == ("Tablette du fond", cart.id)
    out = box.give("revoke", "operator", args={"device": device})
    box.run()
    assert Device.get_by_id(device).status == "removed" and device not in credentials()
    assert [state_of(one)[0] for one in (renamed, moved, out)] == ["done"] * 3
    assert deeds("device.rename") and deeds("device.revoke")


@pytest.mark.parametrize(
    ("kind", "args", "why"),
    [
        ("rename", {"name": "x"}, "no_device"),
        ("rename", {"device": "d-0", "name": "x"}, "no_device"),
        ("move", {"device": "here", "cart": "77"}, "no_cart"),
        ("rename", {"device": "here", "name": "a\u202eb"}, "bad_name"),
        ("fetch_logs", {"hours": "all"}, "bad_instruction"),
    ],
)
def test_what_cannot_be_done_fails_with_its_reason(
    box: OrderedBox, kind: str, args: dict[str, object], why: str
) -> None:
    device = add_device()
    told = {name: device if value == "here" else value for name, value in args.items()}
    one = box.give(kind, args=told)
    box.run()
    assert state_of(one) == ("failed", why)


def test_a_guest_is_none_of_the_city_s_business(box: OrderedBox) -> None:
    device = add_device(guest_lesson_id="l-1")
    box.put_online(device)
    one = box.give("identify", args={"device": device})
    box.run()
    assert state_of(one) == ("failed", "no_device") and commands() == []


def test_a_report_tells_all_anew_and_asks_every_device(box: OrderedBox) -> None:
    devices = [add_device(number) for number in (1, 2)]
    one = box.give("report")
    box.run()
    keys = {row.key for row in OutboxRecord.select().where(OutboxRecord.type == "device")}
    assert keys == {f"device:{name}" for name in devices}
    assert sorted(device for device, kind, _ in commands() if kind == "report") == sorted(devices)
    assert state_of(one) == ("done", "devices=2")


def test_the_last_hours_of_the_log_go_and_what_is_older_stays(box: OrderedBox) -> None:
    logs = box.folder / "logs"
    logs.mkdir()
    old, new = (f"{box.clock.now() - timedelta(hours=h):%Y-%m-%dT%H:%M:%SZ}" for h in (30, 1))
    (logs / "web.log").write_text(f"{old} web INFO old\n{new} web INFO fresh\nno stamp\n")
    (logs / "bridge.log.1").write_text(f"{new} bridge INFO also\n")
    one = box.give("fetch_logs", args={"request": "r-1", "hours": 6})
    box.run()
    (row,) = OutboxRecord.select().where(OutboxRecord.type == "log")
    told = json.loads(str(row.body))
    assert told == {
        "request": "r-1",
        "part": 0,
        "parts": 1,
        "lines": [f"{new} bridge INFO also", f"{new} web INFO fresh"],
    }
    assert state_of(one) == ("done", "parts=1")


def test_a_long_log_is_cut_into_parts_that_a_record_holds_and_to_its_end(box: OrderedBox) -> None:
    logs, stamp = box.folder / "logs", f"{box.clock.now() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    logs.mkdir()
    (logs / "web.log").write_text("".join(f"{stamp} web INFO n={n:05d} {'é' * 450}\n" for n in range(6000)))
    box.give("fetch_logs", args={"request": "r-1", "hours": 6})
    box.run()
    parts = [json.loads(str(row.body)) for row in OutboxRecord.select().where(OutboxRecord.type == "log")]
    assert [part["part"] for part in parts] == list(range(parts[0]["parts"]))
    lines = [line for part in parts for line in part["lines"]]
    assert len(lines) == 5000 and "n=05999" in lines[-1] and "n=01000" in lines[0]


def test_what_waits_is_canceled_and_what_has_left_is_not(box: OrderedBox) -> None:
    away, here = add_device(1), add_device(2)
    box.put_online(here)
    waits, unsent, gone = (box.give("identify", args={"device": one}) for one in (away, here, here))
    box.run()
    Receipt.update(tries=1, state="sent").where(Receipt.id == Instruction.get_by_id(gone).progress["command"]).execute()
    cancels = [box.give("cancel", args={"instruction": one}) for one in (waits, unsent, gone, "i-unknown")]
    box.run()
    assert [state_of(one)[0] for one in (waits, unsent, gone)] == ["canceled", "canceled", "started"]
    assert [state_of(one) for one in cancels] == [
        ("done", ""),
        ("done", ""),
        ("failed", "too_late:started"),
        ("failed", "unknown_instruction"),
    ]
    assert Receipt.get_by_id(Instruction.get_by_id(unsent).progress["command"]).state == "canceled"


def test_one_signature_for_many_devices_makes_an_instruction_of_each(box: OrderedBox) -> None:
    devices = [add_device(number) for number in (1, 2, 3)]
    for one in devices:
        box.put_online(one)
    targets = (*(target(f"t-{one}", one) for one in devices), target("t-x", "d-x", "a-other"))
    box.give("reboot", "pk", audience="", targets=targets)
    box.run()
    assert sorted(device for device, _, _ in commands()) == sorted(devices)
    assert {row.id for row in Instruction.select()} == {f"t-{one}" for one in devices}


def test_while_the_time_is_unknown_a_reboot_waits_and_a_report_goes_on(box: OrderedBox) -> None:
    """C8: after a restart without a line."""
    device = add_device()
    box.put_online(device)
    reboot, report = box.give("reboot", "operator", args={"device": device}), box.give("report")
    box.is_time_known = False
    box.run()
    assert state_of(reboot) == ("received", "clock_unknown") and state_of(report)[0] == "done"
    box.is_time_known = True
    box.run()
    assert state_of(reboot)[0] == "started"


def test_a_box_whose_clock_runs_ahead_does_what_is_in_time_by_the_city_s(box: OrderedBox) -> None:
    """The device goes by the box's clock: it is told the end in that."""
    device = add_device()
    box.put_online(device)
    box.clock.pass_by(days=1)
    box.ahead = timedelta(days=1)
    end = box.believed()
    assert end is not None
    one = box.give("identify", args={"device": device}, not_after=end + timedelta(hours=2))
    box.run()
    assert state_of(one) == ("started", "")
    assert commands() == [(device, "identify", box.clock.now() + timedelta(hours=2))]


def test_a_box_whose_clock_is_behind_does_nothing_that_is_too_late_by_the_city_s(box: OrderedBox) -> None:
    box.ahead = timedelta(days=-1)
    late = box.give("report", not_after=box.clock.now() + timedelta(hours=8))
    assert state_of(late) == ("refused", "too_late")
    waits = box.give("identify", args={"device": add_device()}, not_after=box.clock.now() + timedelta(hours=25))
    box.run()
    box.clock.pass_by(hours=2)
    box.run()
    assert state_of(waits)[0] == "expired"


def test_what_ended_by_the_floor_is_not_carried_out_though_the_time_is_unknown(box: OrderedBox) -> None:
    one = box.give("rename", args={"device": add_device(), "name": "x"})
    box.is_time_known = False
    box.clock.pass_by(hours=9)
    box.run()
    assert state_of(one)[0] == "expired" and not deeds("device.rename")


def test_two_who_look_at_the_same_moment_carry_out_once(box: OrderedBox) -> None:
    device = add_device()
    box.put_online(device)
    one = box.give("identify", args={"device": device})
    row = Instruction.get_by_id(one)
    box.run()
    assert box.instructions._look_at(row) is False  # as it was read before the other one started it
    assert len(commands()) == 1 and state_of(one)[0] == InstructionState.STARTED
