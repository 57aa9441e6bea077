"""Clocks that are wrong, certificates that end: what the city signs is believed, and nothing stops for a date."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from protocol.times import parse_time
from tests.support.appliance import Appliance, wait_for
from tests.support.central import Central
from tests.support.faketime import wrong_clock
from tests.support.ports import free_ports
from tests.uplink.hand_box import HandBox, told
from uplink import renewal
from uplink.keys import Keys
from uplink.trouble import TroubleCode

NewBox = Callable[..., HandBox]


def let_time_pass(city: Central, when: str) -> None:
    city.stop()
    city.environment = wrong_clock(when)
    city.start()


def hub_says(box: HandBox, ahead: timedelta) -> None:
    """The keeper's file, as after a start of a machine whose clock is wrong by so much."""
    offset = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_BOOTTIME)
    (box.config.runtime_path / "clock").write_text(f"{offset + ahead.total_seconds():.3f}\n")


@pytest.mark.parametrize("days", [-20_000, -14, 200])
def test_a_box_whose_clock_is_wrong_joins_hears_the_time_and_sends(
    city: Central, uai: str, new_box: NewBox, days: int
) -> None:
    with new_box().opened() as box:
        hub_says(box, timedelta(days=days))
        box.join(city, uai)
        numbers = box.note(5)
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers
        signed = float((box.config.runtime_path / "city-time").read_text())
        now = datetime.fromtimestamp(signed + time.clock_gettime(time.CLOCK_BOOTTIME), UTC)
        assert abs(now - datetime.now(UTC)) < timedelta(seconds=3)  # noqa: TID251 - the city's clock is this machine's


def test_a_certificate_is_renewed_at_two_thirds_of_its_life(
    city: Central, uai: str, new_box: NewBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        keys = Keys(box.config.city_path)
        before, key = keys.certificate(), keys.key_path.read_bytes()
        box.turn(5)
        assert keys.certificate() == before
        life = keys.validity()
        due = life.begins + (life.ends - life.begins) * 0.67
        real = renewal.is_due

        def judged(known: Keys, _believed: datetime | None) -> bool:
            return known.certificate() == before and real(known, due)

        monkeypatch.setattr("uplink.process.is_due", judged)
        box.turn(5)
        assert keys.certificate() != before
        assert keys.key_path.read_bytes() == key and keys.are_whole()
        numbers = box.note(2)
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers


def test_an_appliance_that_woke_up_in_1970_tells_the_right_time_once_it_has_joined(
    city: Central, uai: str, tmp_path: Path
) -> None:
    extra, clock = ("--city-pace", "0.01"), wrong_clock("-20500d")
    http, mqtt, websocket = free_ports(3)
    box = Appliance(tmp_path / "data", http, mqtt, websocket, tmp_path / "log", extra, clock)
    box.start()
    try:
        assert hub_time(box).year < 1972
        done = box.admin("city-claim", city.claim_code(uai), "--address", city.url.removeprefix("https://"))
        assert done.returncode == 0, done.stderr
        wait_for(lambda: abs(hub_time(box) - datetime.now(UTC)) < timedelta(minutes=1), 15, "the hub believes the city")  # noqa: TID251 - the city's clock is this machine's
    finally:
        box.stop()


def hub_time(box: Appliance) -> datetime:
    return parse_time(requests.get(f"{box.url}/api/time", timeout=5).json()["now"])


def test_a_box_that_was_away_for_months_renews_and_after_years_a_person_must_help(
    city: Central, uai: str, new_box: NewBox
) -> None:
    """The last of this module: its city does not come back to the present."""
    with new_box().opened() as box:
        box.join(city, uai)
        keys = Keys(box.config.city_path)
        before = keys.certificate()
        numbers = box.note(3)
        let_time_pass(city, "+210d")
        box.until(lambda: not box.waiting() and not box.trouble())
        assert keys.certificate() != before and keys.are_whole()
        assert told(city, box.appliance) == numbers
        let_time_pass(city, "+900d")
        box.note(2)
        box.until(lambda: box.trouble() == TroubleCode.CERTIFICATE)
        box.turn(60)
        assert box.waiting() == 2
