from dataclasses import replace
from datetime import timedelta

import pytest

from central.errors import Conflict, Denied, NotFound
from central.services.certificates import KnownAppliance
from central.services.contestants import Contestant, milliseconds
from central.store.models import Appliance, Epoch, LinkHour
from protocol.uplink_words import Lane, Standing
from tests.central.receiving import UAI, Box, Place, add_school, audit, prove


@pytest.fixture
def box(place: Place) -> Box:
    """It has yet to say hello."""
    return Box(place, add_school())


def row() -> Appliance:
    found: Appliance = Appliance.get_by_id("a-one")
    return found


def test_a_first_hello_is_answered_with_where_central_is(box: Box) -> None:
    answer = box.say_hello()

    assert (answer.standing, answer.pending, answer.turn) == (Standing.ACTIVE, 3, True)
    assert answer.cursors == dict.fromkeys(Lane, 0)
    assert answer.at == box.place.clock.now()
    assert (row().epoch, row().hardware, row().software) == (box.epoch, "hw-1", "0.1")


def test_a_hello_for_another_box_is_refused(box: Box) -> None:
    stranger = KnownAppliance("a-two", UAI, Standing.ACTIVE, "2")
    with pytest.raises(Denied, match="foreign_appliance"):
        box.place.receiving.hellos.hear(stranger, box.hello())


def test_answers_that_are_lost_fence_nobody(box: Box) -> None:
    for is_heard in (False, False, True, False, True, True, False, False, True):
        box.place.clock.advance(60)
        assert box.say_hello(is_heard=is_heard).standing is Standing.ACTIVE


def test_of_two_boxes_with_one_identity_the_second_hello_of_the_second_is_noticed(box: Box) -> None:
    box.say_hello()
    twin = Box(box.place, box.known, box.epoch, box.hardware, box.token)

    assert [one.say_hello().standing for one in (box, twin)] == [Standing.ACTIVE, Standing.ACTIVE]
    assert [one.say_hello().standing for one in (box, twin)] == [Standing.ACTIVE, Standing.FENCED]
    assert row().standing == Standing.FENCED
    assert box.say_hello().standing is Standing.FENCED
    with pytest.raises(Denied, match="fenced"):
        box.send(box.batch(Lane.RECEIPTS, [audit(1)]))


def test_a_copied_card_that_woke_on_other_hardware_is_noticed_when_the_first_speaks(box: Box) -> None:
    box.say_hello()
    copy = Box(box.place, box.known, "another-epoch", "hw-2", box.token)

    assert copy.say_hello().standing is Standing.ACTIVE
    assert box.say_hello().standing is Standing.FENCED


def test_a_box_restored_from_an_old_backup_goes_on(box: Box) -> None:
    box.say_hello()
    old_token = box.token
    for _ in range(5):
        box.say_hello()
    restored = Box(box.place, box.known, "after-restore", box.hardware, old_token)

    assert restored.say_hello(is_heard=False).standing is Standing.ACTIVE
    assert restored.say_hello().standing is Standing.ACTIVE
    left = Epoch.get((Epoch.appliance == "a-one") & (Epoch.epoch == box.epoch)).left_at
    assert left is not None


def test_a_central_restored_from_an_old_backup_knows_its_own_tokens(box: Box) -> None:
    box.say_hello()
    backup = row()
    for _ in range(5):
        box.say_hello()
    Appliance.update(token_number=backup.token_number, token_before=backup.token_before).execute()

    assert box.say_hello(is_heard=False).standing is Standing.ACTIVE
    assert box.say_hello().standing is Standing.ACTIVE


def test_a_token_that_is_not_ours_is_noticed(box: Box) -> None:
    box.say_hello()
    box.token = "999.0123456789abcdef.x." + prove(b"guess")[:32]

    assert box.say_hello().standing is Standing.FENCED


def test_a_request_that_waited_too_long_in_a_queue_fences_nobody(box: Box) -> None:
    box.say_hello()
    delayed = box.hello()
    for _ in range(3):
        box.place.clock.advance(60)
        box.say_hello()

    with pytest.raises(Conflict, match="late_hello"):
        box.place.receiving.hellos.hear(box.known, delayed)
    assert box.say_hello().standing is Standing.ACTIVE


def test_whoever_comes_late_again_and_again_is_another_box(box: Box) -> None:
    """A twin whose clock is behind is refused at first, then noticed."""
    box.say_hello()
    twin = Box(box.place, box.known, box.epoch, box.hardware, box.token)
    for _ in range(2):
        box.place.clock.advance(60)
        box.say_hello()
    behind = box.place.clock.now() - timedelta(seconds=90)
    for _ in range(3):
        with pytest.raises(Conflict, match="late_hello"):
            box.place.receiving.hellos.hear(box.known, twin.hello(at=behind))
    answer = box.place.receiving.hellos.hear(box.known, twin.hello(at=behind))

    assert answer.standing is Standing.FENCED


def two_boxes(box: Box) -> Box:
    """The other one of two with the same folder; both are outside."""
    box.say_hello()
    twin = Box(box.place, box.known, box.epoch, box.hardware, box.token)
    for one in (twin, box, twin, box, twin):
        one.say_hello()
    return twin


def marks_of(*boxes: Box) -> list[str]:
    return [one.say_hello().mark for one in boxes]


@pytest.mark.parametrize("chosen", [0, 1])
def test_a_person_chooses_and_only_the_other_stays_outside(box: Box, chosen: int) -> None:
    both = (box, two_boxes(box))
    marks = marks_of(*both)
    box.place.receiving.fences.choose("dsi", "a-one", marks[chosen])

    answers = [one.say_hello() for _ in range(3) for one in both]

    standings = [one.standing for one in answers[:2]]
    assert (standings[chosen], standings[1 - chosen]) == (Standing.ACTIVE, Standing.FENCED)
    assert [one.standing for one in answers] == standings * 3
    assert [one.other_chosen for one in answers[:2]] == [one is Standing.FENCED for one in standings]


def test_each_of_two_boxes_has_a_word_of_its_own_that_stays(box: Box) -> None:
    twin = two_boxes(box)
    first = marks_of(box, twin)

    assert len({mark.partition("-")[0] for mark in first}) == 2
    assert [marks_of(box, twin), marks_of(box, twin)] == [first, first]


def test_an_officer_sees_whence_each_calls_and_where_its_page_is(box: Box) -> None:
    twin = two_boxes(box)
    known, hello = replace(box.known, address="203.0.113.7"), replace(twin.hello(), page="http://192.168.1.9:8080")
    answer = box.place.receiving.hellos.hear(known, hello)
    box.place.clock.advance(60)
    box.say_hello()

    told = {one.mark: one for one in box.place.receiving.fences.contest("a-one").outside}

    one = told[answer.mark]
    assert (one.address, one.page, one.known_hardware) == ("203.0.113.7", "http://192.168.1.9:8080", "hw-1")
    other = next(other for mark, other in told.items() if mark != answer.mark)
    assert other.last_heard - one.last_heard == timedelta(seconds=60)


def test_hardware_that_tells_nothing_of_itself_is_unknown() -> None:
    said = ("000000000000", "", "10b2", "0000000000000000-a5be2d4f10b2-", "0000-0000-10b2")
    told = [Contestant("e", hardware, 1, "b", 0, 0).known_hardware for hardware in said]
    assert told == ["", "", "10b2", "a5be2d4f10b2", "10b2"]


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_copy_that_calls_first_passes_for_no_older_than_its_original(box: Box, is_moved: bool) -> None:
    box.say_hello()
    box.place.clock.advance(7200)
    copied_at = milliseconds(box.place.clock.now())
    copy = Box(box.place, box.known, "another" if is_moved else box.epoch, "hw-2" if is_moved else "hw-1", box.token)
    for one in (copy, box, copy, box):
        box.place.clock.advance(60)
        one.say_hello()

    outside = box.place.receiving.fences.contest("a-one").outside
    parted = [one.first_at for one in outside]
    assert len(parted) == 2 and parted[0] == parted[1] > copied_at


def test_a_box_outside_asks_each_minute_for_an_hour_then_slower_and_again_after_a_choice(box: Box) -> None:
    twin = two_boxes(box)
    assert twin.say_hello().poll_seconds == 60
    box.place.clock.advance(3601)
    assert twin.say_hello().poll_seconds == 300
    box.place.receiving.fences.choose("dsi", "a-one", box.say_hello().mark)
    assert twin.say_hello().poll_seconds == 60


def test_who_chose_may_think_again_and_both_hear_it(box: Box) -> None:
    both = (box, two_boxes(box))
    marks = marks_of(*both)
    fences = box.place.receiving.fences
    fences.choose("dsi", "a-one", marks[0])
    assert [one.say_hello().standing for one in both] == [Standing.ACTIVE, Standing.FENCED]

    fences.choose("dsi", "a-one", marks[1])

    answers = [one.say_hello() for one in (*both, *both)]
    assert [one.standing for one in answers] == [Standing.FENCED, Standing.ACTIVE] * 2
    assert (answers[0].mark, answers[0].other_chosen) == (marks[0], True)
    contest = fences.contest("a-one")
    assert contest.chosen is not None
    assert (contest.chosen.mark, [one.mark for one in contest.outside]) == (marks[1], [marks[0]])


def test_a_choice_of_nobody_who_asked_is_refused(box: Box) -> None:
    two_boxes(box)
    with pytest.raises(NotFound, match="no_contestant"):
        box.place.receiving.fences.choose("dsi", "a-one", "merle-00")


def test_no_more_than_the_places_hold_a_turn_and_it_ends_by_itself(city_db: str) -> None:
    place = Place(at_once=2)
    boxes = [Box(place, add_school(appliance=f"a-{number}")) for number in range(4)]

    answers = [one.say_hello(heavy=["backlog"]) for one in boxes]
    assert [one.turn for one in answers] == [True, True, False, False]
    assert answers[3].poll_seconds == 90
    boxes[0].say_hello()  # it has done what was heavy
    assert boxes[2].say_hello(heavy=["snapshot"]).turn
    assert not boxes[3].say_hello(heavy=["snapshot"]).turn
    place.clock.advance(65)  # as long as a snapshot may take
    assert boxes[3].say_hello(heavy=["snapshot"]).turn


def test_the_line_is_judged_by_its_hellos_and_its_silences(box: Box) -> None:
    for seconds in (0, 60, 60, 600, 60):
        box.place.clock.advance(seconds)
        box.say_hello()

    hour = LinkHour.get(LinkHour.appliance == "a-one")
    assert (hour.hellos, hour.late_seconds) == (5, 600)
    assert row().stable_since == box.place.clock.now() - timedelta(seconds=60)
