"""A line whose packets the kernel loses, slows and cuts: what was written for the city is there once, in the end."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.bad_proxy import bad_proxy
from tests.support.central import HOST, Central
from tests.support.veth import Line, line_to
from tests.uplink.hand_box import HandBox, told

NewBox = Callable[..., HandBox]


@pytest.fixture
def line(city: Central) -> Iterator[Line]:
    with line_to(HOST, city.uplink_port) as line:
        yield line


def test_every_tenth_packet_lost_costs_time_and_nothing_else(
    city: Central, uai: str, new_box: NewBox, line: Line
) -> None:
    with new_box(port=line.port).opened() as box:
        box.join(city, uai)
        line.lose(one_in=10)
        numbers = box.note(2000, weight=200)
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers
        assert not box.trouble()
        assert line.lost > 5


def test_a_plug_that_is_pulled_again_and_again_amid_batches_loses_and_doubles_nothing(
    city: Central, uai: str, new_box: NewBox, line: Line
) -> None:
    over, pulled = threading.Event(), []

    def play() -> None:
        while not over.wait(0.5):
            line.pull()
            over.wait(0.1)
            line.plug()
            pulled.append(True)

    with new_box(port=line.port).opened() as box:
        box.join(city, uai)
        line.narrow(64_000)
        numbers = box.note(500, weight=200)
        hand = threading.Thread(target=play)
        hand.start()
        try:
            box.until(lambda: not box.waiting())
        finally:
            over.set()
            hand.join()
        assert told(city, box.appliance) == numbers
        assert pulled, "nobody pulled it"


def test_a_line_of_sixteen_kilobytes_a_second_carries_what_waits(
    city: Central, uai: str, new_box: NewBox, line: Line
) -> None:
    with new_box(port=line.port).opened() as box:
        box.join(city, uai)
        line.narrow(16_000)
        numbers = box.note(400, weight=200)
        began = time.monotonic()
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers
        assert not box.trouble()
        assert time.monotonic() - began > 3, "eighty kilobytes that cannot be packed: the line was not narrow"


def test_without_a_carrier_the_box_waits_and_goes_on_when_it_is_back(
    city: Central, uai: str, new_box: NewBox, line: Line
) -> None:
    with new_box(port=line.port).opened() as box:
        line.pull()
        box.ask_to_join(city.claim_code(uai))
        box.turn(5)
        assert box.trouble()
        line.plug()
        box.until(lambda: box.services.city.status() is not None)
        numbers = box.note(50)
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers


def test_a_proxy_that_ends_what_is_silent_costs_a_connection_and_no_more(
    city: Central, uai: str, new_box: NewBox
) -> None:
    with bad_proxy(HOST, city.uplink_port) as proxy, new_box(port=proxy.port).opened() as box:
        box.join(city, uai)
        numbers: list[int] = []
        for _ in range(3):
            box.until(lambda: not box.waiting())
            assert proxy.hang_up() == 1, "the line is not kept open"
            numbers += box.note(5)
            box.turn(1)
            assert not box.trouble()
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers
