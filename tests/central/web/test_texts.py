"""Every refusal that a person can meet in the console has its own sentence, and every field its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import central
from central.web.parked_words import REASONS as PARKED_REASONS
from central.web.parked_words import TYPES
from central.web.texts import REASONS, TEXTS
from protocol.strict_json import Reason
from protocol.uplink_words import RecordType

_ROOT = Path(central.__file__).parent
_ERRORS = {
    "Invalid", "NotSignedIn", "Denied", "NotFound", "Conflict", "TooLarge", "WrongVersion", "TooMany", "Unavailable",
}  # fmt: skip
# Said to boxes at their door, or on the command line: no page shows them.
_NO_PAGE = {
    "gap", "hello_first", "late_hello", "not_level", "foreign_appliance", "not_a_replacement", "cut", "not_packed",
    "snapshot_altered", "snapshot_too_large", "unknown_encoding", "busy", "no_configuration", "no_ring", "no_snapshot",
    "wrong_version", "backup_exists", "no_folder", "no_next_key", "next_key_unsigned",
}  # fmt: skip


def _calls() -> Iterator[tuple[ast.Call, str]]:
    for folder in ("services", "domain", "web"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            nodes = ast.walk(ast.parse(path.read_text()))
            yield from ((node, f"{path.name}:{node.lineno}") for node in nodes if isinstance(node, ast.Call))


def _raised() -> Iterator[tuple[str, ast.Call, str]]:
    for call, where in _calls():
        first = call.args[0] if call.args else None
        if isinstance(call.func, ast.Name) and call.func.id in _ERRORS and isinstance(first, ast.Constant):
            yield str(first.value), call, where


def test_every_refusal_has_its_own_sentence() -> None:
    raised = {code: where for code, _, where in _raised()}
    assert len(raised) > 80
    assert {code: where for code, where in raised.items() if code not in TEXTS and code not in _NO_PAGE} == {}
    assert set(raised) >= _NO_PAGE, "one that nobody says any more"


def test_every_field_that_is_wrong_has_a_reason() -> None:
    words = {
        str(value.value): where
        for _, call, where in _raised()
        for argument in call.args[1:]
        if isinstance(argument, ast.Dict)
        for value in argument.values
        if isinstance(value, ast.Constant)
    }
    assert len(words) > 5
    assert {word: where for word, where in words.items() if word not in REASONS} == {}


def test_what_is_put_aside_says_what_it_is_and_why() -> None:
    given = [one for call in _why_unfit() for one in call.args[:2]]
    why = {str(one.value) for one in given if isinstance(one, ast.Constant)}
    assert len(why) > 4
    assert why | {reason.value for reason in Reason} == set(PARKED_REASONS)
    assert {kind.value for kind in RecordType} == set(TYPES)


def _why_unfit() -> list[ast.Call]:
    return [call for call, _ in _calls() if isinstance(call.func, ast.Name) and call.func.id in ("Unfit", "_Unfit")]
