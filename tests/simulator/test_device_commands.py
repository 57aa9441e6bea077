"""Commands: carried out at most once, none after its end of life, and what the pupil and usage have to say."""

import json
from typing import Any

import pytest

from protocol import device as wire
from protocol.device import CommandType, EventType, Leaf
from simulator import effects
from simulator.commands import CommandDesk
from tests.simulator.workbench import Workbench, connected

DOCUMENT: dict[str, Any] = {
    "url": "http://b/documents/x",
    "name": "fractions.pdf",
    "mime": "application/pdf",
    "size": 48213,
    "sha256": "cd" * 32,
}


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        (CommandType.OPEN_LINK, {"url": "https://fr.vikidia.org/wiki/Loup"}),
        (CommandType.OPEN_APP, {"package": "org.kde.gcompris"}),
        (CommandType.MESSAGE, {"text": "Bravo", "from": "Mme Durand"}),
        (CommandType.IDENTIFY, {}),
        (CommandType.REPORT, {}),
    ],
)
@pytest.mark.contract("4.identify_makes_itself_seen", "4.report_publishes_inventory_and_state")
def test_what_can_be_done_at_once_is_done_at_once(kind: CommandType, args: dict[str, Any]) -> None:
    bench = connected()
    command = bench.order(kind, **args)
    assert bench.statuses() == ["done"]
    assert [finished.command for finished in bench.all(effects.Finished)] == [command]


@pytest.mark.contract("4.device_does_each_at_most_once")
def test_a_repeated_command_is_acknowledged_again_and_not_done_again() -> None:
    bench = connected()
    command = bench.order(CommandType.OPEN_APP, package="org.kde.gcompris")
    bench.device.choose_app("org.tuxpaint", bench.now)
    bench.hear(Leaf.COMMANDS, wire.encode_command(command))
    assert bench.statuses() == ["done", "done"]
    assert len(bench.all(effects.Finished)) == 1
    assert bench.device.front.app == "org.tuxpaint"


def test_a_repetition_after_the_end_of_life_still_hears_how_it_ended() -> None:
    bench = connected()
    command = bench.order(CommandType.MESSAGE, seconds=5, text="Bravo")
    bench.pass_by(10)
    bench.hear(Leaf.COMMANDS, wire.encode_command(command))
    assert bench.statuses() == ["done", "done"]


def test_an_expired_command_is_never_carried_out() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_APP, seconds=0, package="org.kde.gcompris")
    assert bench.statuses() == ["expired"]
    assert bench.device.front.app is None


def test_a_slow_device_says_received_first_and_gives_up_when_the_time_is_over() -> None:
    bench = connected("idle+slow")
    bench.order(CommandType.MESSAGE, command_id="c1", text="Bravo")
    bench.order(CommandType.MESSAGE, command_id="c2", seconds=2, text="Vite")
    assert (bench.statuses("c1"), bench.statuses("c2")) == (["received"], ["received"])
    bench.pass_by(9)
    assert (bench.statuses("c1"), bench.statuses("c2")) == (["received", "done"], ["received", "expired"])


def test_a_command_that_the_broker_kept_is_ignored() -> None:
    bench = connected()
    message = wire.Command("c1", CommandType.IDENTIFY, bench.hub_now, bench.hub_now.replace(hour=9), {})
    bench.hear(Leaf.COMMANDS, wire.encode_command(message), retained=True)
    assert bench.statuses() == []
    assert len(bench.all(effects.Ignored)) == 1


def test_an_app_that_is_not_there_or_not_allowed_is_an_honest_failure() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_APP, command_id="c1", package="org.absent")
    bench.desire(1, wire.Restrictions(apps=("org.tuxpaint",)))
    bench.order(CommandType.OPEN_APP, command_id="c2", package="org.kde.gcompris")
    bench.order(CommandType.OPEN_APP, command_id="c3", package="org.tuxpaint")
    assert [bench.statuses(name) for name in ("c1", "c2", "c3")] == [["failed"], ["failed"], ["done"]]


def test_a_command_of_a_newer_hub_is_answered_and_a_broken_one_too() -> None:
    bench = connected()
    message = json.loads(
        wire.encode_command(wire.Command("c1", CommandType.IDENTIFY, bench.hub_now, bench.hub_now, {}))
    )
    bench.hear(Leaf.COMMANDS, json.dumps(message | {"type": "dance"}).encode())
    bench.hear(Leaf.COMMANDS, json.dumps(message | {"id": "c2", "type": "open_link"}).encode())
    assert (bench.statuses("c1"), bench.statuses("c2")) == (["unsupported"], ["failed"])


def test_a_document_is_fetched_then_opened_and_the_hub_is_told() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_DOCUMENT, **DOCUMENT)
    assert bench.statuses() == ["received"]
    fetch = bench.all(effects.Fetch)[0]
    bench.device.fetched(fetch.key, None, bench.now)
    bench.collect()
    assert bench.statuses() == ["received", "done"]
    assert [(event.type, event.ref) for event in bench.events()] == [(EventType.DOCUMENT_OPENED, "cd" * 32)]
    assert bench.device.front.visible == "com.artifex.mupdf.viewer.app"


def test_a_document_that_does_not_come_is_a_failure_with_its_reason() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_DOCUMENT, **DOCUMENT)
    bench.device.fetched(bench.all(effects.Fetch)[0].key, "HTTP 404", bench.now)
    bench.collect()
    last = bench.said(Leaf.ACKS, wire.parse_ack)[-1]
    assert (last.status, last.error) == ("failed", "HTTP 404")


def test_a_document_that_comes_after_the_lesson_is_not_opened() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_DOCUMENT, seconds=5, **DOCUMENT)
    bench.pass_by(6)
    bench.device.fetched(bench.all(effects.Fetch)[0].key, None, bench.now)
    bench.collect()
    assert bench.statuses()[-1] == "expired"
    assert bench.events() == []


def test_a_full_tablet_says_that_there_is_no_space_left() -> None:
    bench = connected("idle+full-storage")
    bench.order(CommandType.OPEN_DOCUMENT, **DOCUMENT | {"size": 5_000_000})
    last = bench.said(Leaf.ACKS, wire.parse_ack)[-1]
    assert (last.status, last.error) == ("failed", "no space left")


def test_a_document_cut_short_by_a_restart_is_fetched_again_when_the_hub_repeats() -> None:
    bench = connected()
    command = bench.order(CommandType.OPEN_DOCUMENT, **DOCUMENT)
    bench.device.restart(bench.now)
    bench.connect()
    bench.forget()
    bench.hear(Leaf.COMMANDS, wire.encode_command(command))
    assert len(bench.all(effects.Fetch)) == 1


def test_a_file_that_was_asked_for_before_a_restart_opens_nothing_after_it() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_DOCUMENT, **DOCUMENT)
    key = bench.all(effects.Fetch)[0].key
    bench.device.restart(bench.now)
    bench.connect()
    bench.device.fetched(key, None, bench.now)
    bench.collect()
    assert bench.events() == []
    assert "done" not in bench.statuses()


def test_the_first_final_status_stands() -> None:
    bench = connected()
    desk = CommandDesk()
    command = wire.Command("c1", CommandType.IDENTIFY, bench.hub_now, bench.hub_now.replace(hour=9), {})
    desk.judge(command, bench.hub_now)
    assert desk.finish("c1", wire.AckStatus.DONE)
    assert not desk.finish("c1", wire.AckStatus.FAILED, "too late")
    assert desk.entries["c1"].status == "done"


def test_a_reboot_is_done_when_the_device_is_back_and_only_once() -> None:
    bench = connected()
    command = bench.order(CommandType.REBOOT)
    assert bench.statuses() == ["received"]
    assert bench.all(effects.Restart) == [effects.Restart()]
    bench.device.restart(bench.now)
    bench.connect()
    bench.hear(Leaf.COMMANDS, wire.encode_command(command))
    assert bench.statuses() == ["received", "done", "done"]
    assert len(bench.all(effects.Restart)) == 1


def test_acknowledgements_and_events_wait_for_the_connection() -> None:
    bench = connected("idle+slow")
    bench.order(CommandType.MESSAGE, text="Bravo")
    bench.device.disconnected()
    bench.forget()
    bench.pass_by(9)
    bench.device.raise_hand(bench.now)
    bench.collect()
    assert bench.all(effects.Publish) == []
    bench.connect()
    assert bench.statuses() == ["done"]
    assert [event.type for event in bench.events()] == [EventType.HAND_RAISED]


def test_what_was_done_is_remembered_over_a_stop_of_the_simulator() -> None:
    bench = connected()
    command = bench.order(CommandType.MESSAGE, text="Bravo")
    again = connected(memory=bench.device.memory(bench.now))
    again.hear(Leaf.COMMANDS, wire.encode_command(command))
    assert again.statuses() == ["done"]
    assert again.all(effects.Finished) == []


def test_ids_are_forgotten_after_a_day() -> None:
    bench = connected()
    desk = CommandDesk()
    command = wire.Command("c1", CommandType.IDENTIFY, bench.hub_now, bench.hub_now.replace(year=2027), {})
    desk.judge(command, bench.hub_now)
    desk.finish("c1", wire.AckStatus.DONE)
    day = bench.hub_now.replace(day=24)
    assert desk.judge(command, day.replace(hour=7, minute=59)) == "repeated"
    assert desk.judge(command, day) == "carry_out"


def test_a_hand_is_raised_once_and_goes_down_with_the_lesson() -> None:
    bench = connected()
    bench.desire(1)
    bench.device.raise_hand(bench.now)
    bench.device.raise_hand(bench.now)
    over = wire.Desired(2, bench.hub_now, wire.UNRESTRICTED, None, None)
    bench.hear(Leaf.DESIRED, wire.encode_desired(over))
    assert [event.type for event in bench.events()] == [EventType.HAND_RAISED, EventType.HAND_LOWERED]


def test_leaving_the_app_that_the_teacher_opened_is_told() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_APP, package="org.kde.gcompris")
    bench.device.choose_app("org.tuxpaint", bench.now)
    bench.device.choose_app("org.mozilla.firefox", bench.now)
    bench.collect()
    assert [(event.type, event.ref) for event in bench.events()] == [(EventType.LEFT_APP, "org.kde.gcompris")]


def test_a_locked_tablet_shows_nothing_and_lets_nothing_be_opened() -> None:
    bench = connected()
    bench.device.choose_app("org.tuxpaint", bench.now)
    bench.desire(1)
    assert bench.reports()[-1].foreground is None
    assert not bench.device.choose_app("org.kde.gcompris", bench.now)
    bench.desire(2, wire.UNRESTRICTED)
    assert bench.reports()[-1].foreground == "org.tuxpaint"


def test_usage_counts_what_is_in_front_and_stops_under_a_lock() -> None:
    bench = connected()
    bench.device.choose_app("org.tuxpaint", bench.now)
    bench.pass_by(20)
    bench.desire(1)
    bench.pass_by(20)
    assert [(record.app, record.seconds) for record in _records(bench)] == [("org.tuxpaint", 20)]


@pytest.mark.contract("5.web_pages_are_web_host", "5.no_address_name_or_content_travels")
def test_a_page_counts_under_its_host_only() -> None:
    bench = connected()
    bench.order(CommandType.OPEN_LINK, url="https://lea.durand@fr.vikidia.org/wiki/Loup?secret=1")
    bench.pass_by(10)
    bench.device.choose_app("org.tuxpaint", bench.now)
    bench.pass_by(1)
    assert [record.app for record in _records(bench)] == ["web:fr.vikidia.org"]


def test_records_are_sent_again_until_the_hub_has_covered_them() -> None:
    bench = connected()
    bench.device.choose_app("org.tuxpaint", bench.now)
    bench.pass_by(700)
    bench.device.disconnected()
    bench.forget()
    bench.connect()
    assert [record.seq for record in _records(bench)] == [1, 2]
    bench.hear(Leaf.USAGE_ACK, wire.encode_usage_ack(wire.UsageAck(bench.device.boot, 1)))
    bench.forget()
    bench.pass_by(61)
    assert [record.seq for record in _records(bench)] == [2]


@pytest.mark.contract("5.seq_grows_by_one_within_a_boot")
def test_after_a_restart_records_start_at_one_under_a_new_boot_and_the_old_ones_remain() -> None:
    bench = connected()
    bench.device.record_use("org.tuxpaint", 30, bench.now)
    old = bench.device.boot
    bench.device.restart(bench.now)
    bench.device.record_use("org.tuxpaint", 40, bench.now)
    bench.connect()
    assert [(batch.boot, [record.seq for record in batch.records]) for batch in bench.usage()] == [
        (old, [1]),
        (bench.device.boot, [1]),
    ]


def _records(bench: Workbench) -> list[wire.UsageRecord]:
    return [record for batch in bench.usage() for record in batch.records]
