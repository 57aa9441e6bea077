from pathlib import Path

import pytest

from appliance.domain.hardware import Hardware
from appliance.services.incarnation import Incarnations
from appliance.services.machine import look_at_machine
from appliance.store.epochs import Reason
from tests.support.store import HandClock

HERE = Hardware("board-1", "id", ("aa:bb",))


@pytest.mark.usefixtures("store")
def test_a_store_s_life_goes_on_over_restarts_and_begins_anew_on_another_machine(clock: HandClock) -> None:
    first = Incarnations(clock, lambda: HERE).ensure()
    again = Incarnations(clock, lambda: Hardware("board-1", "id", ())).ensure()
    elsewhere = Incarnations(clock, lambda: Hardware("board-2", "id", ("aa:bb",))).ensure()
    assert (first.reason, elsewhere.reason) == (Reason.CREATED, Reason.MOVED)
    assert first == again
    assert first.epoch != elsewhere.epoch
    assert Incarnations(clock, lambda: HERE).now() == elsewhere


@pytest.mark.usefixtures("store")
def test_before_the_first_start_there_is_no_life(clock: HandClock) -> None:
    assert Incarnations(clock, lambda: HERE).now() is None


def test_the_machine_is_read_from_its_files(tmp_path: Path) -> None:
    for path, text in {
        "proc/device-tree/serial-number": "10000000a1b2\0",
        "etc/machine-id": "4f1e\n",
        "sys/class/net/eth0/address": "dc:a6:32:01:02:03\n",
        "sys/class/net/eth0/addr_assign_type": "0\n",
        "sys/class/net/eth0/device/x": "",
        "sys/class/net/docker0/address": "02:42:00:00:00:01\n",
        "sys/class/net/docker0/addr_assign_type": "3\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert look_at_machine(tmp_path) == Hardware("10000000a1b2", "4f1e", ("dc:a6:32:01:02:03",))
    assert look_at_machine(tmp_path / "nowhere") == Hardware()
