"""The state file: devices survive a restart of the simulator; a damaged file is named and never replaced."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from protocol import device as wire
from protocol.device import Capability, CommandType, Leaf
from simulator import state_file
from simulator.fleet import Fleet
from simulator.state_file import UnreadableState
from tests.simulator.school import School, until
from tests.simulator.test_fleet import LOCKED, options


def test_a_restarted_simulator_has_the_same_devices_and_does_not_enroll_again(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first = asyncio.run(devices_of(school, path, 3))
    assert asyncio.run(devices_of(school, path, 3)) == first
    assert len(school.requests) == 3
    assert len(asyncio.run(devices_of(school, path, 5))) == 5
    assert len(school.requests) == 5


def test_fewer_devices_leave_the_others_in_the_file(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    asyncio.run(devices_of(school, path, 3))
    asyncio.run(devices_of(school, path, 1))
    assert len(state_file.load(path)) == 3


def test_the_file_is_for_its_owner_only(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    asyncio.run(devices_of(school, path, 1))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_device_remembers_its_lock_and_what_it_has_done(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    async def first() -> wire.Command:
        async with Fleet(school.link, 1, ["idle"], options(state_path=path)) as fleet:
            await fleet.all_up()
            (name,) = fleet.tablets
            await asyncio.to_thread(school.desire, name, 4, LOCKED)
            command = await asyncio.to_thread(school.order, name, CommandType.IDENTIFY)
            await until(lambda: school.statuses(name, command) == ["done"])
            await until(lambda: fleet[name].device.restrictions == LOCKED)
            return command

    async def second(command: wire.Command) -> None:
        async with Fleet(school.link, 1, ["idle"], options(state_path=path)) as fleet:
            (tablet,) = fleet.tablets.values()
            assert tablet.device.restrictions == LOCKED
            await fleet.all_up()
            await asyncio.to_thread(school.say, tablet.id, Leaf.COMMANDS, wire.encode_command(command))
            await until(lambda: school.statuses(tablet.id, command) == ["done", "done"])

    asyncio.run(second(asyncio.run(first())))


def test_devices_of_another_appliance_enroll_anew_with_the_same_serials(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    asyncio.run(devices_of(school, path, 1))
    content = json.loads(path.read_text())
    content["devices"][0]["base"] = "http://ailleurs"
    path.write_text(json.dumps(content))
    asyncio.run(devices_of(school, path, 1))
    assert school.requests[0].serial == school.requests[1].serial


def test_a_wiped_device_enrolls_anew_with_its_serial(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    async def wipe() -> None:
        async with Fleet(school.link, 1, ["idle"], options(state_path=path)) as fleet:
            await fleet.all_up()
            (name,) = fleet.tablets
            await asyncio.to_thread(school.order, name, CommandType.WIPE)
            await until(lambda: state_file.load(path)[0].base == "")

    asyncio.run(wipe())
    asyncio.run(devices_of(school, path, 1))
    assert [request.serial for request in school.requests] == [school.requests[0].serial] * 2


@pytest.mark.parametrize("content", ["", "{}", '{"version": 99, "devices": []}', '{"version": 1, "devices": [{}]}'])
def test_a_damaged_file_stops_the_start_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(UnreadableState, match=r"state\.json"):
        state_file.load(path)
    assert path.read_text() == content


async def devices_of(school: School, path: Path, count: int) -> list[str]:
    async with Fleet(school.link, count, ["idle"], options(state_path=path)) as fleet:
        await fleet.all_up()
        return list(fleet.tablets)


def test_devices_whose_broker_has_moved_enroll_anew(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    asyncio.run(devices_of(school, path, 2))
    content = json.loads(path.read_text())
    for device in content["devices"]:
        device["answer"]["mqtt"]["port"] = 9
    path.write_text(json.dumps(content))
    assert len(asyncio.run(devices_of(school, path, 2))) == 2
    assert len(school.requests) == 4
    assert len({request.serial for request in school.requests}) == 2


def test_a_profile_that_changes_what_the_device_can_do_enrolls_it_anew(school: School, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    asyncio.run(devices_of(school, path, 1))

    async def again(profile: str) -> None:
        async with Fleet(school.link, 1, [profile], options(state_path=path)) as fleet:
            await fleet.all_up()

    asyncio.run(again("idle+flaky"))
    assert len(school.requests) == 1
    asyncio.run(again("idle+old"))
    assert len(school.requests) == 2
    assert Capability.CAMERA not in school.requests[-1].capabilities
