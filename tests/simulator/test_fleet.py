"""Simulated devices against a real broker: enrollment, the whole protocol over the wire, and the ways back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from appliance.broker.credentials import hash_password
from protocol import device as wire
from protocol.device import Access, Capability, CommandType, Leaf
from simulator.fleet import Fleet, FleetOptions
from simulator.link import Backoff
from simulator.profiles import Act, Profile
from simulator.tablet import Hooks, Tablet
from tests.simulator.school import School, until

LOCKED = wire.Restrictions(lock=wire.Lock("Les yeux vers moi"))
QUICK = Backoff(first_seconds=0.2, longest_seconds=0.5)


def options(**more: object) -> FleetOptions:
    return FleetOptions(**{"seed": 1, "backoff": QUICK, "tell": lambda _text: None} | more)  # type: ignore[arg-type]  # any of its fields, by name


def run_with_one(
    school: School, story: Callable[[Tablet], Awaitable[None]], profile: str = "idle", version: int = 5
) -> None:
    async def run() -> None:
        async with Fleet(school.link, 1, [profile], options(mqtt_version=version)) as fleet:
            await fleet.all_up()
            await story(next(iter(fleet.tablets.values())))

    asyncio.run(run())


def test_a_class_enrolls_connects_and_says_what_it_is(school: School) -> None:
    async def run() -> None:
        async with Fleet(school.link, 5, ["idle"], options()) as fleet:
            await fleet.all_up()
            await until(lambda: all(school.heard(name, Leaf.INVENTORY) for name in fleet.tablets))
            for name in fleet.tablets:
                assert school.heard(name, Leaf.PRESENCE) == [b"online"]
                assert wire.parse_inventory(school.heard(name, Leaf.INVENTORY)[0]).agent == "preau-sim/1.0"

    asyncio.run(run())
    assert len({request.serial for request in school.requests}) == 5
    assert {request.agent for request in school.requests} == {"preau-sim/1.0"}
    assert all(request.capabilities == frozenset(Capability) for request in school.requests)


def test_an_end_with_ctrl_c_is_a_good_bye_and_not_a_will(school: School) -> None:
    async def story(_tablet: Tablet) -> None:
        """Nothing more."""

    run_with_one(school, story)
    school.hub.wait_for(b"offline")
    assert school.heard("d-00000001", Leaf.PRESENCE) == [b"online", b"offline"]
    assert "d-00000001 disconnected" in school.broker.log or "Received DISCONNECT" in school.broker.log


def test_a_lock_reaches_the_device_and_its_report_comes_back(school: School) -> None:
    applied: list[tuple[str, int]] = []
    hooks = Hooks(on_applied=lambda name, desired, _now: applied.append((name, desired.version)))

    async def run() -> None:
        async with Fleet(school.link, 2, ["idle"], options(), hooks) as fleet:
            await fleet.all_up()
            await asyncio.to_thread(school.desire, "d-00000002", 3, LOCKED)
            await until(lambda: [report.version for report in school.reports("d-00000002")] == [0, 3])

    asyncio.run(run())
    assert school.reports("d-00000002")[-1].restrictions == LOCKED
    assert applied == [("d-00000002", 3)]


def test_mqtt_3_devices_are_served_alike(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        await asyncio.to_thread(school.desire, tablet.id, 1, LOCKED)
        await until(lambda: school.reports(tablet.id)[-1].restrictions == LOCKED)
        tablet.go_offline()
        await until(lambda: school.heard(tablet.id, Leaf.PRESENCE)[-1] == b"offline")

    run_with_one(school, story, version=3)


def test_a_command_that_is_said_twice_is_done_once_and_answered_twice(school: School) -> None:
    done: list[str] = []
    hooks = Hooks(on_done=lambda _name, command, _now: done.append(command.id))

    async def run() -> None:
        async with Fleet(school.link, 1, ["idle"], options(), hooks) as fleet:
            await fleet.all_up()
            (name,) = fleet.tablets
            command = await asyncio.to_thread(school.order, name, CommandType.OPEN_APP, package="org.tuxpaint")
            await asyncio.to_thread(school.say, name, Leaf.COMMANDS, wire.encode_command(command))
            await until(lambda: school.statuses(name, command) == ["done", "done"])
            assert done == [command.id]
            await until(lambda: school.reports(name)[-1].foreground == "org.tuxpaint")

    asyncio.run(run())


def test_what_is_out_of_reach_is_caught_up_when_it_comes_back(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        tablet.go_offline()
        await until(lambda: school.heard(tablet.id, Leaf.PRESENCE) == [b"online", b"offline"])
        command = await asyncio.to_thread(school.order, tablet.id, CommandType.MESSAGE, text="Bravo")
        await asyncio.to_thread(school.desire, tablet.id, 1, LOCKED)
        tablet.raise_hand()
        assert not tablet.send_raw(Leaf.EVENTS, b"{}")
        tablet.come_back()
        await until(lambda: school.statuses(tablet.id, command) == ["done"])
        await until(lambda: school.reports(tablet.id)[-1].restrictions == LOCKED)
        events = [wire.parse_event(raw).type for raw in school.heard(tablet.id, Leaf.EVENTS)]
        assert events == [wire.EventType.HAND_RAISED]

    run_with_one(school, story)


def test_devices_come_back_by_themselves_after_the_broker_died(school: School) -> None:
    async def run() -> None:
        async with Fleet(school.link, 20, ["idle"], options()) as fleet:
            await fleet.all_up()
            await asyncio.to_thread(school.lose_broker)
            await until(lambda: fleet.up_count == 0)
            await asyncio.to_thread(school.heal_broker)
            await fleet.all_up()
            await asyncio.to_thread(school.desire, "d-00000020", 1, LOCKED)
            await until(lambda: school.reports("d-00000020")[-1].version == 1)

    asyncio.run(run())


def test_a_sleeping_tablet_hears_nothing_and_catches_up_when_it_wakes(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        other = await asyncio.to_thread(school.order, tablet.id, CommandType.IDENTIFY)
        await until(lambda: school.statuses(tablet.id, other) == ["done"])
        tablet.fall_asleep()
        command = await asyncio.to_thread(school.order, tablet.id, CommandType.IDENTIFY)
        with pytest.raises(TimeoutError):
            await until(lambda: school.statuses(tablet.id, command) or not tablet.link.up, seconds=1)
        tablet.wake_up()
        await until(lambda: school.statuses(tablet.id, command) == ["done"])

    run_with_one(school, story)


def test_a_reboot_ends_with_a_new_boot_and_is_then_done(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        boot = tablet.device.boot
        command = await asyncio.to_thread(school.order, tablet.id, CommandType.REBOOT)
        await until(lambda: school.statuses(tablet.id, command) == ["received", "done"])
        assert school.reports(tablet.id)[-1].boot not in (None, boot)
        assert b"offline" in school.heard(tablet.id, Leaf.PRESENCE)

    run_with_one(school, story)


def test_a_wiped_device_says_done_and_is_gone(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        command = await asyncio.to_thread(school.order, tablet.id, CommandType.WIPE)
        await until(lambda: school.statuses(tablet.id, command) == ["done"])
        await until(lambda: school.heard(tablet.id, Leaf.PRESENCE)[-1] == b"offline")
        tablet.come_back()
        await until(lambda: not tablet.link.up)

    run_with_one(school, story)


def test_usage_is_sent_and_sent_again_until_it_is_covered(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        assert tablet.use_app("org.kde.gcompris", 312)
        await until(lambda: school.heard(tablet.id, Leaf.USAGE))
        batch = wire.parse_usage(school.heard(tablet.id, Leaf.USAGE)[0])
        assert [(record.app, record.seconds) for record in batch.records] == [("org.kde.gcompris", 312)]
        covered = wire.encode_usage_ack(wire.UsageAck(batch.boot, batch.records[-1].seq))
        await asyncio.to_thread(school.say, tablet.id, Leaf.USAGE_ACK, covered)
        await until(lambda: not tablet.device.front.log.kept)

    run_with_one(school, story)


def test_an_old_tablet_says_that_its_camera_cannot_be_blocked(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        await asyncio.to_thread(school.desire, tablet.id, 1, wire.Restrictions(camera=Access.BLOCKED))
        await until(lambda: school.reports(tablet.id)[-1].unsupported == (Capability.CAMERA,))

    run_with_one(school, story, profile="idle+old")
    assert Capability.CAMERA not in school.requests[0].capabilities


def test_any_bytes_can_be_sent_to_try_the_hub(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        assert tablet.send_raw(Leaf.REPORTED, b"\xff\x00[[[")
        await until(lambda: b"\xff\x00[[[" in school.heard(tablet.id, Leaf.REPORTED))

    run_with_one(school, story)


def test_a_document_is_really_downloaded_and_resumed_after_each_cut(school: School) -> None:
    async def story(tablet: Tablet) -> None:
        served, args = school.shelve("fractions.pdf", bytes(range(256)) * 4000)
        served.cuts.extend((300_000, 200_000))
        command = await asyncio.to_thread(school.order, tablet.id, CommandType.OPEN_DOCUMENT, **args)
        await until(lambda: school.statuses(tablet.id, command) == ["received", "done"])
        starts = [int(asked[len("bytes=") : -1]) if asked else 0 for asked in served.ranges]
        assert len(starts) == 3
        assert starts[0] == 0 < starts[1] <= 300_000
        assert starts[1] < starts[2] <= starts[1] + 200_000
        opened = [wire.parse_event(raw) for raw in school.heard(tablet.id, Leaf.EVENTS)]
        assert [(event.type, event.ref) for event in opened] == [(wire.EventType.DOCUMENT_OPENED, args["sha256"])]

    run_with_one(school, story)


def test_a_profile_that_stays_away_enrolls_and_never_connects(school: School) -> None:
    async def run() -> None:
        async with Fleet(school.link, 2, ["offline", "idle"], options()) as fleet:
            await fleet.all_up()
            assert fleet.up_count == 1
            assert not fleet["d-00000001"].link.up

    asyncio.run(run())
    assert len(school.requests) == 2
    assert school.heard("d-00000001", Leaf.PRESENCE) == []


def test_two_devices_with_one_identity_do_not_kick_each_other_out_for_ever(school: School, tmp_path: Path) -> None:
    """The copy has the same id and password, as from a cloned state file."""
    path = tmp_path / "state.json"
    eager = Backoff(first_seconds=0.05, longest_seconds=30)

    async def run() -> None:
        async with Fleet(school.link, 1, ["idle"], options(state_path=path, backoff=eager)) as first:
            await first.all_up()
            kept = path.read_text()
            copy = tmp_path / "copy.json"
            copy.write_text(kept)
            async with Fleet(school.link, 1, ["idle"], options(state_path=copy, backoff=eager)):
                await until(lambda: first.up_count == 0)
                with pytest.raises(TimeoutError):
                    await until(lambda: school.heard("d-00000001", Leaf.PRESENCE).count(b"online") > 20, seconds=3)

    asyncio.run(run())


def test_a_device_that_the_broker_refuses_says_so_once_and_keeps_trying(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with Fleet(school.link, 1, ["idle"], options()) as fleet:
            await fleet.all_up()
            await asyncio.to_thread(school.broker.remove, "d-00000001")
            await until(lambda: "fact=not_connected" in caplog.text)
            password = school.broker.passwords["d-00000001"]
            school.broker.credentials["d-00000001"] = hash_password(password)
            await asyncio.to_thread(school.broker.apply)
            await fleet.all_up()

    asyncio.run(run())
    assert caplog.text.count("fact=not_connected") == 1
    assert "Not authorized" in caplog.text


def test_devices_of_every_kind_live_through_a_fast_day_and_all_are_free_in_the_end(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    kinds = [*(name for name in Profile if name is not Profile.OFFLINE), "flaky+restarts+duplicates", "sleepy+flaky"]

    async def run() -> None:
        async with Fleet(school.link, 2 * len(kinds), kinds, options(speed=100.0)) as fleet:
            await fleet.all_up()
            _served, args = school.shelve("fractions.pdf", bytes(300_000))
            for version in range(1, 6):
                for name in fleet.tablets:
                    await asyncio.to_thread(school.desire, name, version, LOCKED, 3)
                    await asyncio.to_thread(school.order, name, CommandType.OPEN_DOCUMENT, **args)
            awake = [one for one in fleet.tablets.values() if Act.FALL_ASLEEP not in one.device.behaviour.habits]
            await until(lambda: all(one.device.restrictions.is_free for one in awake))

    asyncio.run(run())
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_a_fleet_that_breaks_ends_with_the_reason_and_not_in_silence(school: School) -> None:
    def break_down(*_facts: object) -> None:
        raise RuntimeError("a hook that fails")

    async def run() -> None:
        async with Fleet(school.link, 1, ["idle+slow"], options(), Hooks(on_applied=break_down)) as fleet:
            await fleet.all_up()
            await asyncio.to_thread(school.desire, "d-00000001", 1, LOCKED)
            await fleet.last(asyncio.Event(), 20)

    with pytest.raises(RuntimeError, match="a hook that fails"):
        asyncio.run(run())
    school.hub.wait_for(b"offline")
