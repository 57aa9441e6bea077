"""What is installed is what was locked: every file by its hash, from whichever registry the machine uses."""

import json
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.sources import imported_packages

LOCKS = ("requirements.lock", "requirements-central.lock", "requirements-dev.lock")


def pinned(lock: Path) -> dict[str, list[str]]:
    """Each pinned line, without its hashes, and its hashes."""
    requirements: dict[str, list[str]] = {}
    for line in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not line.startswith("#"):
            requirement, *hashes = line.split("--hash=")
            requirements[requirement.strip()] = [value.strip() for value in hashes]
    return requirements


def name_of(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match.group()).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_python_package_is_pinned_with_hashes(root: Path, lock: str) -> None:
    requirements = pinned(root / lock)
    assert len(requirements) > 20
    for requirement, hashes in requirements.items():
        assert re.match(r"[a-z0-9._-]+==[0-9][^ ;]*( ;.*)?$", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_python_lock_names_no_index_and_no_file(root: Path, lock: str) -> None:
    text = (root / lock).read_text(encoding="utf-8")
    assert re.findall(r"://|@ |--(?:extra-)?index|--find-links|--trusted", text) == []


def test_each_lock_adds_to_the_one_before_and_changes_nothing(root: Path) -> None:
    """It may want on all Pythons what the other wants on some: what follows the semicolon is left aside."""
    runtime, central, development = (
        {(requirement.partition(" ;")[0], *hashes) for requirement, hashes in pinned(root / lock).items()}
        for lock in LOCKS
    )
    assert runtime <= central <= development


def test_every_declared_python_dependency_is_locked(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, declared in zip(LOCKS, (project["dependencies"], extras["central"], extras["dev"]), strict=True):
        locked = {name_of(requirement) for requirement in pinned(root / lock)}
        assert {name_of(requirement) for requirement in declared} <= locked


def test_every_browser_library_is_locked_by_hash_and_names_no_registry(root: Path) -> None:
    packages = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    ours = packages.pop("")
    declared = json.loads((root / "package.json").read_text(encoding="utf-8"))
    assert (ours["dependencies"], ours["devDependencies"]) == (declared["dependencies"], declared["devDependencies"])
    assert {f"node_modules/{name}" for name in declared["dependencies"]} <= packages.keys()
    for path, package in packages.items():
        assert package["integrity"].startswith("sha512-"), path
        assert "resolved" not in package, path


def test_every_dependency_has_its_line_in_the_decisions(root: Path) -> None:
    decisions = (root / "docs/decisions/dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    browser = json.loads((root / "package.json").read_text(encoding="utf-8"))
    extras = project["optional-dependencies"]
    declared = {name_of(line) for line in project["dependencies"] + extras["central"] + extras["dev"]}
    declared |= browser["dependencies"].keys() | browser["devDependencies"].keys()
    told = set(re.findall(r"`([^`]+)`", "\n".join(re.findall(r"^\| ([^|]+) \|", decisions, re.MULTILINE))))
    assert declared == told


def test_every_dependency_of_the_appliance_is_imported_by_it(root: Path) -> None:
    """Or by another on its behalf: Flask-SocketIO looks for simple-websocket by itself."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name_of(requirement) for requirement in project["dependencies"]} - {"simple-websocket"}
    imported = {
        name_of(distribution)
        for module in imported_packages(root / "appliance")
        | imported_packages(root / "signatures")
        | imported_packages(root / "simulator")
        | imported_packages(root / "uplink")
        for distribution in packages_distributions().get(module, [])
    }
    assert declared - imported == set()


def test_every_dependency_of_central_alone_is_imported_by_it(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name_of(requirement) for requirement in project["optional-dependencies"]["central"]}
    imported = {
        name_of(distribution)
        for module in imported_packages(root / "central")
        for distribution in packages_distributions().get(module, [])
    }
    assert declared - imported == set()
