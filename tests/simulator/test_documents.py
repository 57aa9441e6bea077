"""docs/simulator.md tells what the program has, all of it and nothing else."""

import re
from pathlib import Path

from simulator.__main__ import build_parser
from simulator.profiles import CLASS, Profile

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_every_profile_has_its_row_and_every_row_its_profile() -> None:
    section = PAGE.split("\n## Profiles")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z][a-z-]*)` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted(Profile)


def test_every_option_is_told() -> None:
    options = {option for action in build_parser()._actions for option in action.option_strings} - {"-h", "--help"}
    first, _, agents, *_rest = PAGE.split("\n## ")
    told = set(re.findall(r"--[a-z][a-z-]*", first + agents))
    assert told == options


def test_the_class_of_fifteen_is_as_described() -> None:
    places = {number: name for number, name in enumerate(CLASS, 1) if name != "steady"}
    expected = {3: "hand-raiser", 4: "offline", 7: "slow", 9: "low-battery", 11: "old", 13: "flaky"}
    assert places == expected
