"""What is known of devices at this moment, and how long it is believed."""

import threading

import pytest
from peewee import OperationalError

from appliance.services import live_state as module
from appliance.services.live_state import LiveStates
from appliance.store.live import live_database, read_live
from protocol.device import Access, Battery, Event, EventType, Presence, Reported, Restrictions
from tests.support.store import HandClock

pytestmark = pytest.mark.usefixtures("live")
ONE, TWO = "d-aaaaaaaa", "d-bbbbbbbb"
ONLINE, OFFLINE = Presence.ONLINE, Presence.OFFLINE


@pytest.fixture
def states() -> LiveStates:
    return LiveStates()


def test_a_device_comes_online_once_and_goes_with_its_last_will(states: LiveStates, clock: HandClock) -> None:
    assert states.presence(ONE, ONLINE, clock.now())
    assert not states.presence(ONE, ONLINE, clock.now())
    assert states.online == {ONE}
    states.presence(ONE, OFFLINE, clock.now())
    assert states.online == set()


def test_any_fresh_message_is_a_sign_of_life(states: LiveStates, clock: HandClock) -> None:
    states.presence(ONE, OFFLINE, clock.now())
    assert states.heard(ONE, clock.now())
    assert states.online == {ONE}


def test_a_retained_copy_does_not_make_a_device_seen_just_now(states: LiveStates, clock: HandClock) -> None:
    seen = clock.now()
    states.presence(ONE, ONLINE, seen)
    clock.pass_by(hours=2)
    states.presence(ONE, OFFLINE, clock.now(), fresh=False)
    states.reported(ONE, Reported(1, None, None), clock.now(), fresh=False)
    states.save()
    assert read_live()[ONE].seen_at == seen


def test_a_report_is_kept_and_silence_on_the_battery_does_not_erase_it(states: LiveStates, clock: HandClock) -> None:
    muted = Restrictions(sound=Access.BLOCKED)
    states.reported(
        ONE, Reported(7, None, muted, battery=Battery(85, True), storage_free=5, foreground="a.b"), clock.now()
    )
    states.reported(ONE, Reported(8, None, muted), clock.now())
    states.save()
    row = read_live()[ONE]
    assert (row.version, row.battery_level, row.charging, row.foreground) == (8, 85, True, None)
    assert row.applied["sound"] == "blocked"
    assert states.versions() == {ONE: 8}


def test_a_hand_stays_up_since_it_was_first_raised_and_falls_with_the_connection(
    states: LiveStates, clock: HandClock
) -> None:
    raised = clock.now()
    states.event(ONE, Event(EventType.HAND_RAISED), raised)
    clock.pass_by(seconds=9)
    states.event(ONE, Event(EventType.HAND_RAISED), clock.now())
    states.save()
    assert read_live()[ONE].hand_at == raised
    states.event(ONE, Event(EventType.HAND_LOWERED), clock.now())
    states.event(TWO, Event(EventType.HAND_RAISED), clock.now())
    states.presence(TWO, OFFLINE, clock.now())
    states.save()
    assert [row.hand_at for row in read_live().values()] == [None, None]


def test_a_new_process_knows_what_the_one_before_knew_and_doubts_it(states: LiveStates, clock: HandClock) -> None:
    for one in (ONE, TWO):
        states.presence(one, ONLINE, clock.now())
        states.event(one, Event(EventType.HAND_RAISED), clock.now())
    states.save()
    later = LiveStates()
    later.load()
    assert later.online == {ONE, TWO}
    later.presence(ONE, ONLINE, clock.now(), fresh=False)
    assert later.drop_doubtful() == {TWO}
    assert later.online == {ONE}
    later.save()
    rows = read_live()
    assert (rows[ONE].hand_at, rows[TWO].hand_at) == (clock.now(), None)
    assert rows[TWO].presence == "offline"


def test_who_shows_itself_after_the_broker_was_lost_is_believed_again(states: LiveStates, clock: HandClock) -> None:
    for one in (ONE, TWO):
        states.presence(one, ONLINE, clock.now())
    states.doubt()
    assert states.online == {ONE, TWO}, "a short loss does not make the whole class flicker"
    states.heard(TWO, clock.now())
    assert states.drop_doubtful() == {ONE}
    assert states.drop_doubtful() == set()
    assert states.online == {TWO}


def test_a_removed_device_is_forgotten_here_and_for_the_pages(states: LiveStates, clock: HandClock) -> None:
    states.presence(ONE, ONLINE, clock.now())
    states.save()
    states.presence(ONE, ONLINE, clock.now())
    states.doubt()
    states.forget([ONE, "d-unknown0"])
    assert not states.save()
    assert states.drop_doubtful() == set()
    assert (states.online, read_live()) == (set(), {})


def test_only_what_changed_is_written(states: LiveStates, clock: HandClock) -> None:
    states.presence(ONE, ONLINE, clock.now())
    assert states.save()
    assert not states.save()


def test_what_cannot_be_written_now_is_written_later(
    states: LiveStates, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_rows: object) -> None:
        raise OperationalError("database or disk is full")

    states.presence(ONE, ONLINE, clock.now())
    with monkeypatch.context() as disk:
        disk.setattr(module, "write_live", full)
        assert not states.save()
    assert states.save()
    assert set(read_live()) == {ONE}


def test_one_thread_may_forget_what_another_is_writing(states: LiveStates, clock: HandClock) -> None:
    """The outbox forgets removed devices while the inbox hears them and writes."""
    ids = [f"d-{number:08d}" for number in range(60)]
    errors: list[BaseException] = []
    stop = threading.Event()

    def forget_again_and_again() -> None:
        try:
            with live_database.connection_context():
                while not stop.is_set():
                    states.forget(ids)
        except BaseException as error:
            errors.append(error)

    other = threading.Thread(target=forget_again_and_again)
    other.start()
    for _ in range(60):
        for one in ids:
            states.heard(one, clock.now())
        states.save()
    stop.set()
    other.join()
    assert errors == []
