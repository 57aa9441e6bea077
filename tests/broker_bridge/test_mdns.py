"""The announcement, over real multicast on this machine."""

from pathlib import Path

from zeroconf import Zeroconf

from appliance.broker_bridge.mdns import HOST_NAME, Announcement, is_announced
from appliance.config import Config


def test_a_box_on_loopback_tells_the_network_nothing() -> None:
    assert not is_announced(Config(Path("x"), "127.0.0.1"))
    assert not is_announced(Config(Path("x"), "localhost"))
    assert is_announced(Config(Path("x"), "192.0.2.7"))


def test_the_box_is_found_by_its_name_and_again_when_its_address_changes() -> None:
    addresses = ["192.0.2.10"]
    announcement = Announcement(Config(Path("x"), http_port=8123, mqtt_port=1899), lambda: list(addresses))
    try:
        assert announcement.step()
        assert not announcement.step()
        assert _found() == (["192.0.2.10"], 8123)
        addresses[:] = ["192.0.2.99"]
        assert announcement.step()
        assert _found() == (["192.0.2.99"], 8123)
    finally:
        announcement.stop()


def test_a_machine_without_an_address_announces_later() -> None:
    addresses: list[str] = []
    announcement = Announcement(Config(Path("x")), lambda: list(addresses))
    assert not announcement.step()
    addresses.append("192.0.2.11")
    try:
        assert announcement.step()
    finally:
        announcement.stop()


def _found() -> tuple[list[str], int]:
    browser = Zeroconf()
    try:
        info = browser.get_service_info("_preau._tcp.local.", Announcement.name() + "._preau._tcp.local.", 5000)
        assert info is not None
        assert info.server == HOST_NAME
        return info.parsed_addresses(), info.port or 0
    finally:
        browser.close()
