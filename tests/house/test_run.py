"""The two doors: ./run for people, .ci/run for the machine that checks what they send."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest


def call(root: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([root / "run", *words], cwd=cwd, capture_output=True, text=True, check=False)


def test_help_tells_every_command_there_is(root: Path, tmp_path: Path) -> None:
    branches = re.search(r"\ncase \$command in\n(.*)\nesac", (root / "run").read_text(encoding="utf-8"), re.DOTALL)
    assert branches
    patterns = re.findall(r"^([a-z |-]+)\)", branches.group(1), re.MULTILINE)
    there = {word for pattern in patterns for word in pattern.split(" | ")} - {"help", "-h", "--help"}
    told = re.findall(r"^  ([a-z]+)  ", call(root, "help", cwd=tmp_path).stdout, re.MULTILINE)
    assert sorted(told) == sorted(there)


def test_a_command_that_does_not_exist_is_refused_with_those_that_do(root: Path, tmp_path: Path) -> None:
    result = call(root, "dmeo", cwd=tmp_path)
    assert result.returncode == 1
    assert 'there is no command "dmeo"' in result.stderr
    assert "  demo  " in result.stderr


def test_run_works_from_a_folder_with_an_appliance_of_its_own_and_through_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "appliance.py").write_text("raise SystemExit('the wrong one')")
    (tmp_path / "link").symlink_to(root / "run")
    result = subprocess.run(
        [tmp_path / "link", "admin", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "device" in result.stdout


@pytest.mark.parametrize(
    ("exits", "status"),
    [((0, 0, 0), 0), ((1, 1, 0), 1), ((1, 0, 0), 0), ((0, 0, 1), 1), ((5, 0, 0), 1), ((1, 0, 1), 1)],
    ids=["none", "tests", "tests beside others only", "checks", "empty", "one of each"],
)
def test_ci_runs_both_tests_and_checks_and_fails_when_either_does(
    root: Path, tmp_path: Path, exits: tuple[int, int, int], status: int
) -> None:
    """`exits`: of the tests, of those tried again, of the checks."""
    tests, again, checks = exits
    (tmp_path / ".ci").mkdir()
    shutil.copy(root / ".ci/run", tmp_path / ".ci/run")
    door = tmp_path / "run"
    door.write_text(
        f'#!/bin/sh\necho "$*"\ncase "$*" in\ntest) exit {tests} ;;\ntest*) exit {again} ;;\nesac\nexit {checks}\n'
    )
    door.chmod(0o755)
    result = subprocess.run(
        ["bash", tmp_path / ".ci/run"], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    tried_again = ["test --last-failed -n 0"] if tests == 1 else []
    assert result.stdout.splitlines() == ["test", *tried_again, "check"]
    assert result.returncode == status
