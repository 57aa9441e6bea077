"""Desired state, its lease, and what a device reports."""

from datetime import timedelta

import pytest

from protocol import device as wire
from protocol.device import Access, Capability, Leaf, PackageAction, PackageOrder
from simulator import effects
from tests.simulator.workbench import LOCKED, Workbench, connected


@pytest.mark.contract("3.reported_on_connection", "6.inventory_on_connection_and_on_change")
def test_on_connection_it_says_that_it_is_there_what_it_is_and_how_it_is() -> None:
    bench = Workbench()
    bench.connect()
    said = [(message.leaf, message.retain) for message in bench.all(effects.Publish)]
    assert said == [(Leaf.PRESENCE, True), (Leaf.INVENTORY, True), (Leaf.REPORTED, True)]
    assert bench.all(effects.Publish)[0].payload == b"online"
    assert bench.reports()[0].version == 0


def test_a_lock_is_applied_and_reported_at_once() -> None:
    bench = connected()
    desired = bench.desire(4)
    assert [report.version for report in bench.reports()] == [4]
    assert bench.reports()[0].restrictions == LOCKED
    assert bench.all(effects.Applied) == [effects.Applied(desired)]


@pytest.mark.parametrize("version", [1, 3, 4])
@pytest.mark.contract("3.device_ignores_an_old_version")
def test_a_version_at_or_below_the_applied_one_is_ignored(version: int) -> None:
    bench = connected()
    bench.desire(4)
    bench.forget()
    bench.desire(version, wire.UNRESTRICTED)
    assert bench.effects == []
    assert bench.device.restrictions == LOCKED


@pytest.mark.contract("3.lease_lifts_without_the_hub")
def test_the_lease_ends_the_lock_without_the_hub_and_says_so_when_it_can() -> None:
    bench = connected()
    bench.desire(1, seconds=60)
    bench.device.disconnected()
    bench.forget()
    bench.pass_by(59)
    assert bench.device.restrictions == LOCKED
    bench.pass_by(1.5)
    assert bench.device.restrictions == wire.UNRESTRICTED
    assert bench.all(effects.Lifted) == [effects.Lifted(1)]
    bench.connect()
    assert bench.reports()[-1].restrictions == wire.UNRESTRICTED
    assert bench.reports()[-1].version == 1


def test_a_lifted_lock_does_not_come_back_when_the_hubs_time_steps_back() -> None:
    bench = connected()
    bench.desire(1, seconds=10)
    bench.pass_by(11)
    bench.device.receive(wire.TIME_TOPIC, wire.encode_hub_time(bench.hub_now - timedelta(hours=1)), False, bench.now)
    bench.pass_by(1)
    assert bench.device.restrictions == wire.UNRESTRICTED


def test_a_state_whose_lease_is_over_is_taken_without_its_restrictions() -> None:
    bench = connected()
    bench.desire(7, seconds=-1)
    assert bench.reports()[-1].version == 7
    assert bench.reports()[-1].restrictions == wire.UNRESTRICTED


@pytest.mark.contract("3.lease_is_in_the_hubs_time")
def test_a_clock_that_is_a_year_off_moves_no_lease() -> None:
    bench = connected("idle+wrong-clock")
    bench.desire(1, seconds=60)
    bench.pass_by(59)
    assert bench.device.restrictions == LOCKED
    bench.pass_by(2)
    assert bench.device.restrictions == wire.UNRESTRICTED
    said_at = bench.reports()[-1].at
    assert said_at is not None
    assert bench.hub_now - said_at > timedelta(days=360)


def test_the_lease_follows_the_hubs_time_when_it_is_corrected() -> None:
    bench = connected()
    bench.desire(1, seconds=600)
    later = bench.hub_now + timedelta(seconds=601)
    bench.device.receive(wire.TIME_TOPIC, wire.encode_hub_time(later), False, bench.now)
    assert bench.device.restrictions == wire.UNRESTRICTED


def test_a_time_that_the_broker_kept_is_not_believed() -> None:
    bench = connected()
    bench.desire(1, seconds=600)
    later = bench.hub_now + timedelta(hours=2)
    bench.device.receive(wire.TIME_TOPIC, wire.encode_hub_time(later), True, bench.now)
    assert bench.device.restrictions == LOCKED


def test_what_the_device_cannot_do_is_reported_and_not_pretended() -> None:
    bench = connected("idle+old")
    bench.desire(1, wire.Restrictions(sound=Access.BLOCKED, camera=Access.BLOCKED))
    report = bench.reports()[-1]
    assert report.unsupported == (Capability.CAMERA,)
    assert report.restrictions == wire.Restrictions(sound=Access.BLOCKED)


@pytest.mark.contract("3.reported_at_most_every_30_s", "3.reported_within_2_s_of_a_change")
def test_a_report_comes_every_thirty_seconds_and_within_two_of_a_change() -> None:
    bench = connected()
    bench.pass_by(29)
    assert bench.reports() == []
    bench.pass_by(1.5)
    assert len(bench.reports()) == 1
    bench.forget()
    bench.device.choose_app("org.kde.gcompris", bench.now)
    bench.pass_by(1.5)
    assert [report.foreground for report in bench.reports()] == ["org.kde.gcompris"]


def test_what_is_locked_after_a_restart_is_still_locked_and_still_ends() -> None:
    before = connected()
    before.desire(3, seconds=100)
    after = connected(memory=before.device.memory(before.now))
    assert after.device.restrictions == LOCKED
    assert after.device.reported(after.now).version == 3
    after.pass_by(101)
    assert after.device.restrictions == wire.UNRESTRICTED


def test_a_restart_brings_a_new_boot() -> None:
    bench = connected()
    bench.desire(3)
    boot = bench.device.boot
    bench.device.restart(bench.now)
    bench.connect()
    assert bench.reports()[-1].boot not in (None, boot)
    assert bench.reports()[-1].version == 3


def test_another_devices_message_and_garbage_change_nothing() -> None:
    bench = connected()
    bench.device.receive("devices/d-aaaaaaaa/desired", wire.encode_desired(_free(9)), False, bench.now)
    bench.hear(Leaf.DESIRED, b'{"version": "deux"}')
    bench.hear(Leaf.DESIRED, b"\xff{")
    assert {type(effect) for effect in bench.effects} == {effects.Ignored}
    assert bench.device.desired is None


def test_a_slow_device_makes_the_state_true_after_seconds() -> None:
    bench = connected("idle+slow")
    bench.desire(1)
    assert bench.device.restrictions == wire.UNRESTRICTED
    bench.pass_by(9)
    assert bench.device.restrictions == LOCKED


def test_a_device_that_says_all_twice_says_all_twice() -> None:
    bench = connected("idle+duplicates")
    bench.desire(1)
    assert [report.version for report in bench.reports()] == [1, 1]
    assert len(bench.all(effects.Applied)) == 1


def test_a_package_that_is_wanted_is_fetched_and_then_in_the_inventory() -> None:
    bench = connected()
    order = _package("org.supertux", size=1000)
    bench.desire(1, wire.UNRESTRICTED, packages=(order,))
    fetch = bench.all(effects.Fetch)[0]
    assert (fetch.url, fetch.size, fetch.sha256) == (order.url, 1000, order.sha256)
    bench.device.fetched(fetch.key, None, bench.now)
    bench.collect()
    inventory = bench.said(Leaf.INVENTORY, wire.parse_inventory)[-1]
    assert wire.InstalledPackage("org.supertux", 7, "0.7") in inventory.packages


def test_a_package_that_does_not_fit_is_an_error_in_the_report() -> None:
    bench = connected("idle+full-storage")
    bench.desire(1, wire.UNRESTRICTED, packages=(_package("org.supertux", size=90_000_000),))
    assert bench.all(effects.Fetch) == []
    assert bench.reports()[-1].errors == {"packages": "org.supertux: no space left"}


def test_a_package_that_is_not_wanted_any_more_is_removed() -> None:
    bench = connected()
    gone = PackageOrder("org.tuxpaint", 0, "", PackageAction.REMOVE)
    bench.desire(1, wire.UNRESTRICTED, packages=(gone,))
    inventory = bench.said(Leaf.INVENTORY, wire.parse_inventory)[-1]
    assert "org.tuxpaint" not in [package.name for package in inventory.packages]


def test_a_battery_that_runs_low_is_plugged_in() -> None:
    bench = connected("idle+low-battery")
    bench.pass_by(3600, step=5)
    levels = [report.battery for report in bench.reports() if report.battery]
    assert not levels[0].charging
    assert any(battery.charging for battery in levels)
    assert min(battery.level for battery in levels) >= 3


def _free(version: int) -> wire.Desired:
    return wire.Desired(version, Workbench().hub_now, wire.UNRESTRICTED, None, None)


def _package(name: str, size: int) -> PackageOrder:
    sha256 = "ab" * 32
    return PackageOrder(name, 7, "0.7", PackageAction.INSTALL, f"http://b/packages/{sha256}", size, sha256)
