"""Where the demonstration's city has everything: the same places and ports at each start."""

import dataclasses
from pathlib import Path

from protocol.uai import is_uai
from simulator.city.plan import SCHOOLS, CityPorts, Ports, Town, plan


def ports_of(town: Town) -> list[int]:
    """All of them."""
    every: list[CityPorts | Ports] = [town.city, *town.schools.values()]
    return [port for one in every for port in dataclasses.astuple(one)]


def test_a_second_start_finds_the_ports_of_the_first(tmp_path: Path) -> None:
    first = plan(tmp_path, 8080, 1883)
    assert plan(tmp_path, 8080, 1883) == first
    assert len(set(ports_of(first))) == len(ports_of(first)) == 3 + 6 * len(SCHOOLS)


def test_only_the_first_school_s_own_ports_follow_the_command_line(tmp_path: Path) -> None:
    first, second = plan(tmp_path, 8080, 1883), plan(tmp_path, 8081, 1884)
    tilleuls = second.schools["tilleuls"]
    assert (tilleuls.http, tilleuls.mqtt) == (8081, 1884)
    assert tilleuls.line == first.schools["tilleuls"].line
    assert [second.schools[one.word] for one in SCHOOLS[1:]] == [first.schools[one.word] for one in SCHOOLS[1:]]
    assert second.city == first.city


def test_schools_are_told_apart_and_have_true_codes() -> None:
    assert len({one.word for one in SCHOOLS} | {"ville"}) == len(SCHOOLS) + 1
    assert all(is_uai(one.uai) for one in SCHOOLS)
