"""Documents say what is true: their links lead somewhere, their commands exist, their rules are the checks' own."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools import sizes

LINK = re.compile(r"\]\((?!\w+:)([^)#]+)")
# A path in backquotes; a hyphenated or starred one is a pattern or belongs to somebody else.
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|\w+\.(?:md|toml|json))`")
COMMAND = re.compile(r"\./run ([a-z]+)")


def documents(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def commands(root: Path) -> set[str]:
    result = subprocess.run([root / "run", "help"], capture_output=True, check=True, text=True)
    return set(re.findall(r"^  ([a-z]+) ", result.stdout, re.MULTILINE)) | {"help"}


def test_every_relative_link_in_a_document_leads_to_a_file(root: Path) -> None:
    broken = [
        f"{document.relative_to(root)}: {target}"
        for document in documents(root)
        for target in LINK.findall(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_place_the_house_documents_name_exists(root: Path, name: str) -> None:
    named = set(PATH.findall((root / name).read_text(encoding="utf-8")))
    assert len(named) > 3
    missing = [place for place in sorted(named) if not (root / place).exists()]
    assert not missing, missing


def test_every_command_a_document_names_exists(root: Path) -> None:
    named = {name for path in documents(root) for name in COMMAND.findall(path.read_text(encoding="utf-8"))}
    assert {"demo", "test", "check"} <= named
    assert named - commands(root) == set()


def test_the_sizes_that_contributing_tells_are_those_that_are_checked(root: Path) -> None:
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lint = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert f"at most {sizes.FUNCTION_LINES} lines" in text
    assert f"a Python module {sizes.MODULE_LINES['.py']}" in text
    assert f"style sheet {sizes.MODULE_LINES['.css']}; nesting {lint['pylint']['max-nested-blocks']}" in text
    assert f"complexity {lint['mccabe']['max-complexity']}, parameters {lint['pylint']['max-args']}" in text


def test_the_layers_drawn_in_the_architecture_are_those_that_are_checked(root: Path) -> None:
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    checked = [set(re.findall(r"\w+", line)) for line in contracts["contracts"][0]["layers"]]
    drawing = re.search(r"## Layers.*?```\n(.*?)```", text, re.DOTALL)
    assert drawing
    drawn = [set(re.findall(r"appliance\.(\w+)", line)) for line in drawing.group(1).splitlines()]
    assert drawn == checked


def test_every_document_a_source_names_exists(root: Path) -> None:
    sources = [
        path
        for name in ("appliance", "protocol", "simulator", "tests", "tools")
        for path in (root / name).rglob("*.py")
    ]
    named = {word for path in sources for word in re.findall(r"docs/[\w/-]+\.\w+", path.read_text(encoding="utf-8"))}
    assert len(named) > 3
    missing = [name for name in sorted(named) if not (root / name).exists()]
    assert not missing, missing
