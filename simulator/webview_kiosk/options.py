"""How the fake agents are asked for on the command line: `--switch owner=no,fgs=yes --trouble late twice`."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from simulator.webview_kiosk.switches import LockState, Route, Switches, Trouble

_YES, _NO = ("yes", "on", "true", "oui"), ("no", "off", "false", "non")
_FLAGS = frozenset({"fgs", "screen", "owner", "reorder", "pupil_agrees", "dims_on_lock_device"})
_LISTS = frozenset({"allowed", "restricted", "installed"})


class BadOption(ValueError):
    """The text says what was expected."""


def parse_switches(given: Sequence[str]) -> Switches:
    """`name=value`, several with commas between; the values of a list are joined by `+`."""
    known = {one.name for one in fields(Switches)}
    chosen: dict[str, Any] = {}
    for part in (part for text in given for part in text.split(",")):
        name, equals, value = part.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in known:
            raise BadOption(f"réglage inconnu : « {part} » (connus : {', '.join(sorted(known))})")
        chosen[name] = _parsed(name, value.strip())
    return Switches(**chosen)


def parse_troubles(given: Sequence[str]) -> set[Trouble]:
    try:
        return {Trouble(name) for name in given}
    except ValueError as error:
        raise BadOption(f"{error} (connus : {', '.join(Trouble)})") from None


def _parsed(name: str, value: str) -> Any:
    try:
        if name in _FLAGS:
            return _flag(value)
        if name in _LISTS:
            return tuple(value.split("+")) if value else ()
        return {"route": Route, "lock": LockState, "expiry": int}.get(name, str)(value)
    except ValueError:
        raise BadOption(f"valeur inconnue : « {name}={value} »") from None


def _flag(value: str) -> bool:
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise ValueError(value)
