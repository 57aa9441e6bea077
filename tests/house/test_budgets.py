"""How much script a page fetches at its first visit, compressed as it travels: a fact of the files, not a timing."""

import gzip
import re
from pathlib import Path

import pytest

from appliance.web.compressed import without_remarks

_KB = 1000
_OF_TEMPLATE = re.compile(r"""filename=['"](js/[^'"]+\.js)['"]""")
_EXTENDS = re.compile(r'{% extends "([^"]+)" %}')
# What is imported at once, and the worker; what `import("…")` fetches when it is needed is not of the first visit.
_FETCHED = re.compile(r'(?:\bfrom|\bimport|new URL\()\s*"([^"]+\.m?js)"')


def of_template(web: Path, name: str) -> set[Path]:
    """The scripts that a template and those it extends name themselves."""
    text = (web / "templates" / name).read_text(encoding="utf-8")
    found = {web / "static" / one for one in _OF_TEMPLATE.findall(text)}
    for base in _EXTENDS.findall(text):
        found |= of_template(web, base)
    return found


def fetched(web: Path, name: str) -> dict[str, int]:
    """Compressed size by script, of all that a page of this template fetches."""
    sizes: dict[str, int] = {}
    waiting = [path.resolve() for path in of_template(web, name)]
    assert waiting, f"{name} names no script"
    while waiting:
        path = waiting.pop()
        if str(path) in sizes:
            continue
        text = path.read_text(encoding="utf-8")
        if "vendor" not in path.parts:
            text = without_remarks(text)
            waiting += [_place(web, path, one) for one in _FETCHED.findall(text)]
        sizes[str(path)] = len(gzip.compress(text.encode(), 9))
    return sizes


def _place(web: Path, of: Path, name: str) -> Path:
    return (web / name.lstrip("/") if name.startswith("/") else of.parent / name).resolve()


@pytest.mark.parametrize(
    ("template", "kilobytes", "holds"),
    [
        ("pupil/page.html", 150, ["pupil/main.js", "agent/worker.js", "vendor/mqtt.esm.js"]),
        ("pupil/join.html", 150, ["face/join.js"]),
        ("lessons/board.html", 120, ["board/main.js", "socket.io.esm.min.js"]),
    ],
)
def test_a_page_keeps_to_its_budget_of_scripts(root: Path, template: str, kilobytes: int, holds: list[str]) -> None:
    sizes = fetched(root / "appliance" / "web", template)
    for name in holds:
        assert any(path.endswith(name) for path in sizes), f"{name} was not found: is it imported in another way?"
    largest = sorted(sizes.items(), key=lambda one: -one[1])[:12]
    assert sum(sizes.values()) <= kilobytes * _KB, f"{sum(sizes.values())} bytes: {largest}"
