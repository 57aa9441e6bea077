"""Every act that the code can write into a journal, read from the code itself: `record(at, who, "noun.verb", …)`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from protocol.uplink_words import InstructionState

ROOT = Path(__file__).parents[2]
# What a blank in an f-string of an action can be; a new one has to be declared here, or the reading fails.
_BLANKS = {
    "instruction.": tuple(state.value for state in InstructionState),
    "school_user.": ("activate", "deactivate"),
    "device.": ("retire", "revoke"),
    "gesture.": (
        "eyes_free", "eyes_up", "identify", "message", "open_app", "open_document", "open_link", "release", "report",
        "restrict",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """`fields`: the names of its detail; those of a `**mapping` are not seen."""

    action: str
    fields: frozenset[str]
    where: str


def acts_written_in(*folders: str) -> list[Written]:
    return [found for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) for found in _acts(path)]


def _acts(path: Path) -> Iterator[Written]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or len(node.args) < 3 or _name(node.func) != "record":
            continue
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        fields = frozenset(one.arg for one in node.keywords if one.arg not in (None, "school"))
        for action in _texts(node.args[2], where):
            yield Written(action, frozenset(field for field in fields if field), where)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _texts(node: ast.expr, where: str) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, where) + _texts(node.orelse, where)
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        start = str(node.values[0].value)
        return [start + verb for verb in _BLANKS[start]]
    raise AssertionError(f"{where}: an act that cannot be read from the code")
