"""The agent's settings on one tablet: what is stored, what the page was last built with, what another owner has fixed.

Owns how a value is taken or not (types, limits, managed keys). It must not know when: `tablet.py` does.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from simulator.webview_kiosk.keys import KEYS, QOS_NUMBERS, SECRET, Key, Kind, Value
from simulator.webview_kiosk.lenient import Unreadable, parse_object


def parse_import(text: str) -> dict[str, Any]:
    """What a person pastes into the agent's import: flat JSON, or the same in Base64. Raises Unreadable."""
    stripped = text.strip()
    if not stripped.startswith("{"):
        try:
            stripped = base64.b64decode(stripped, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Unreadable(str(error)) from None
    return parse_object(stripped.encode())


class Settings:
    """`restricted`: keys that managed configuration holds; MQTT changes nothing there and is not told."""

    def __init__(self, imported: Mapping[str, Any] | None = None) -> None:
        self._stored: dict[str, Value] = {name: key.default for name, key in KEYS.items()}
        self.restricted: set[str] = set()
        self.apply(imported or {})
        self._in_force = dict(self._stored)

    def apply(self, values: Mapping[str, Any]) -> None:
        """Unknown keys are ignored; a value of the wrong kind leaves the old one, or the default for a choice."""
        for name, given in values.items():
            key = KEYS.get(name)
            if key is not None and name not in self.restricted:
                self._stored[name] = _taken(key, given, self._stored[name])

    def rebuild(self, values: "Mapping[str, Value] | None" = None) -> None:
        """The page is built anew, with what is stored now or with an earlier copy."""
        self._in_force = dict(self._stored if values is None else values)

    def copy(self) -> dict[str, Value]:
        return dict(self._stored)

    def flag(self, name: str) -> bool:
        """As the page was built."""
        return self._in_force[name] is True

    def text(self, name: str) -> str:
        return str(self._in_force[name])

    def stored_text(self, name: str) -> str:
        return str(self._stored[name])

    def stored_number(self, name: str) -> int:
        value = self._stored[name]
        return value if isinstance(value, int) else 0

    def stored_flag(self, name: str) -> bool:
        return self._stored[name] is True

    def qos(self, purpose: str) -> int:
        return QOS_NUMBERS[self.stored_text(f"mqtt.{purpose}.qos")]

    def told(self, asked: Iterable[Any] | None, fill: Mapping[str, str]) -> dict[str, Any]:
        """For `get_settings`: all of them, or those asked for by name or by `{"key", "parseAsArray", …}`."""
        wanted = [{"key": name} for name in KEYS] if not asked else [_wish(one) for one in asked]
        return {
            wish["key"]: self._told_value(wish, fill)
            for wish in wanted
            if wish["key"] in KEYS and wish["key"] not in SECRET
        }

    def _told_value(self, wish: Mapping[str, Any], fill: Mapping[str, str]) -> Any:
        value: Any = self._stored[wish["key"]]
        if wish.get("evaluateVariables") and isinstance(value, str):
            value = filled(value, fill)
        if wish.get("parseAsArray") and isinstance(value, str):
            return _as_array(value)
        return value


def filled(text: str, variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        text = text.replace("${" + name + "}", value)
    return text


def _wish(one: Any) -> dict[str, Any]:
    return one if isinstance(one, dict) and isinstance(one.get("key"), str) else {"key": str(one)}


def _as_array(value: str) -> list[Any]:
    try:
        parsed = json.loads(value)
    except ValueError:
        return value.split("\n")
    return parsed if isinstance(parsed, list) else [value]


def _taken(key: Key, given: Any, old: Value) -> Value:
    match key.kind:
        case Kind.BOOLEAN:
            return _taken_flag(given, old)
        case Kind.INTEGER:
            return _taken_number(key, given, old)
        case Kind.CHOICE:
            return given if given in key.choices else key.default
        case _:
            # A null becomes the word, an array its text: traps of the agent, not of this fake.
            return given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))


def _taken_flag(given: Any, old: Value) -> Value:
    if isinstance(given, bool):
        return given
    return {"true": True, "false": False}.get(given.lower(), old) if isinstance(given, str) else old


def _taken_number(key: Key, given: Any, old: Value) -> Value:
    if isinstance(given, bool) or not isinstance(given, int | str):
        return old
    try:
        number = int(given)
    except ValueError:
        return old
    return max(key.low, min(key.high, number))
