"""One folder, copied: two boxes with one identity, until a person has chosen, and after."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from appliance.services.outbox import put
from protocol.uplink import Batch
from protocol.uplink_records import AuditBody, encode_body
from protocol.uplink_words import Lane, RecordType, Standing
from tests.support.central import Central
from tests.uplink.hand_box import HandBox, hellos, standing_at, told
from uplink.exchanging import rider_of
from uplink.hello import _hello
from uplink.keys import Keys
from uplink.line import Line, read_link
from uplink.trouble import Trouble, TroubleCode

NewBox = Callable[..., HandBox]


def mark_of(box: HandBox) -> str:
    """The word by which people know this one, while there are two."""
    status = box.services.city.status()
    return "" if status is None else status.mark


@pytest.fixture
def two_boxes(city: Central, uai: str, new_box: NewBox) -> tuple[HandBox, HandBox]:
    """One folder, copied; both have noted two lines since, under the same numbers. The copy knows that it is fenced."""
    box, copy = new_box(), new_box("copy")
    with box.opened():
        box.join(city, uai)
        box.note(5)
        box.until(lambda: not box.waiting())
    shutil.copytree(box.folder, copy.folder)
    with copy.opened():
        copy.turn()
        assert copy.standing() == "active", "nobody can tell yet"
        copy.note(2)
    with box.opened():
        box.note(2)
        box.turn(2)
        assert box.standing() == "active"
        box.turn(2)
    with copy.opened():
        copy.until(lambda: copy.standing() == "fenced")
        assert copy.trouble() == TroubleCode.FENCED
        copy.turn(5)
        assert copy.waiting(), "nothing of a fenced box is applied"
    return box, copy


def test_of_two_boxes_from_one_copy_one_is_fenced_and_both_ends_say_so(
    city: Central, two_boxes: tuple[HandBox, HandBox]
) -> None:
    marks = []
    for one in two_boxes:
        with one.opened():
            one.until(lambda one=one: mark_of(one))  # type: ignore[misc]  # mypy cannot read a lambda's default
            marks.append(mark_of(one))
            appliance = one.appliance
    assert len({mark.partition("-")[0] for mark in marks}) == 2, "over the telephone they are told apart"
    assert set(marks) == set(json.loads(city.done("appliance", "doubles", appliance, "--json"))["outside"])
    assert standing_at(city, appliance) == "fenced"
    assert told(city, appliance) == list(range(7))


def test_between_two_hellos_a_batch_of_the_other_box_is_noticed_at_once(
    city: Central, uai: str, new_box: NewBox
) -> None:
    """Both are active, and their numbers are the same: the one whose hello was not the last says another first."""
    with new_box().opened() as box:
        box.join(city, uai)
        copied = read_link()
        box.turn(1.1)
        assert copied is not None
        copy = Line(copied, Keys(box.config.city_path), box.services.clock, lambda: None)
        greeting = box.uplink._greeting
        assert copy.hello(_hello(greeting, copied, ()), ()).standing is Standing.ACTIVE, "its answer may have been lost"
        epoch = greeting.incarnations.now()
        assert epoch is not None
        nothing = rider_of(Batch(copied.appliance, epoch.epoch, Lane.LOGS, 0, 0, ()))
        assert copy.batch(nothing), "its hello was the last"
        urgent(box)
        before = hellos(city, box.appliance)
        box.turn()
        assert (box.waiting(), box.trouble(), hellos(city, box.appliance)) == (0, "", before + 1)
        with pytest.raises(Trouble, match="hello_first"):
            copy.batch(nothing)
        copy.close()


def test_each_time_that_ours_was_not_the_last_hello_another_one_is_said_at_once(
    city: Central, uai: str, new_box: NewBox
) -> None:
    """An echo of our own, each time: what was refused goes with the hello, so that no batch goes well in between."""
    with new_box().opened() as box:
        box.join(city, uai)
        box.turn(2)
        for _ in range(3):
            link = read_link()
            assert link is not None
            echo = Line(link, Keys(box.config.city_path), box.services.clock, lambda: None)
            echo.hello(_hello(box.uplink._greeting, link, ()), ())
            echo.close()
            urgent(box)
            box.turn()
            assert (box.waiting(), box.trouble()) == (0, "")


def urgent(box: HandBox) -> None:
    """What does not wait for the next hello."""
    body = encode_body(AuditBody("city", "instruction.refused", "", {"refusal": "altered"}))
    put(box.services.clock.now(), RecordType.SECURITY, body)


@pytest.mark.parametrize("chosen", [0, 1])
def test_whichever_is_chosen_goes_on_within_a_minute_and_loses_nothing_and_the_other_is_told(
    city: Central, two_boxes: tuple[HandBox, HandBox], chosen: int
) -> None:
    marks = []
    for one in two_boxes:
        with one.opened():
            one.turn(2)
            marks.append(mark_of(one))
            appliance = one.appliance
    city.done("appliance", "choose", appliance, marks[chosen])
    with two_boxes[1 - chosen].opened() as other:
        other.turn(1.1)
        status = other.services.city.status()
        assert status is not None
        assert (other.standing(), status.other_chosen, status.mark) == ("fenced", True, marks[1 - chosen])
    before = told(city, appliance)
    with two_boxes[chosen].opened() as box:
        box.turn(1.1)  # as long as one that waits for the choice lets pass
        assert (box.standing(), mark_of(box)) == ("active", "")
        later = box.note(1)
        box.until(lambda: not box.waiting())
    own = [0, 1] if chosen == 1 else []  # what the copy noted for itself has the numbers of other facts
    assert told(city, appliance) == sorted(before + own + later)


def test_a_box_that_is_put_outside_while_it_runs_sends_nothing_with_its_hellos(
    city: Central, uai: str, new_box: NewBox
) -> None:
    """What rode with the hello that hears of a choice would be taken under the epoch that the choice ends: twice."""
    with new_box().opened() as box:
        box.join(city, uai)
        box.note(5)
        box.until(lambda: not box.waiting())
        put_outside(city, box)
        sent = batches(box)
        box.note(3)
        for _ in range(3):
            box.uplink.look()
            box.turn(2)
        assert box.standing() == "fenced"
        assert batches(box) == sent
        assert box.waiting()


def test_a_person_at_a_box_that_is_outside_need_not_wait_for_its_minute(
    city: Central, uai: str, new_box: NewBox
) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        put_outside(city, box)
        assert box.is_asked_when_pressed()


def put_outside(city: Central, box: HandBox) -> None:
    with closing(sqlite3.connect(city.data_path / "city.db", timeout=10)) as store:
        store.execute("UPDATE appliance SET standing = 'fenced' WHERE id = ?", (box.appliance,))
        store.commit()
    box.until(lambda: box.standing() == "fenced")


def batches(box: HandBox) -> int:
    return len([one for one in box.services.exchanges.listed() if one.kind == "batch"])
