"""What a lesson forbids on one device, and how gestures change it.

A device in a lesson has *base* restrictions, set one by one, and above them *eyes up*, which forbids
everything at once and gives the base back when it is lifted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from appliance.errors import Invalid
from protocol.device import MAX_MESSAGE_CHARS, UNRESTRICTED, Access, Capability, Lock, Restrictions

_SWITCHES = ("sound", "camera", "internet")
MAX_APPS = 50
_KEPT_SIGNS = "\n\u200c\u200d"  # a line's end, and the joiners that emoji and some scripts need


@dataclass(frozen=True, slots=True)
class Hold:
    """What a lesson wants of one device. `eyes_up`: the message shown, or None."""

    base: Restrictions = UNRESTRICTED
    eyes_up: str | None = None

    @property
    def restrictions(self) -> Restrictions:
        if self.eyes_up is None:
            return self.base
        blocked = Access.BLOCKED
        return replace(self.base, lock=Lock(self.eyes_up), sound=blocked, camera=blocked, internet=blocked)


def in_force(restrictions: Restrictions) -> tuple[str, ...]:
    """Which restrictions forbid something, by their capability's name."""
    found = {
        Capability.LOCK: restrictions.lock is not None,
        Capability.SOUND: restrictions.sound is Access.BLOCKED,
        Capability.CAMERA: restrictions.camera is Access.BLOCKED,
        Capability.INTERNET: restrictions.internet is Access.BLOCKED,
        Capability.APPS: restrictions.apps is not None,
    }
    return tuple(str(name) for name, is_on in found.items() if is_on)


def changed(base: Restrictions, args: Mapping[str, object]) -> Restrictions:
    """`base` with the parts named in `args` replaced. Raises Invalid with the field's name."""
    unknown = set(args) - {"lock", "apps", *_SWITCHES}
    if unknown or not args:
        raise Invalid("bad_restriction", dict.fromkeys(sorted(unknown) or ["args"], "unknown_value"))
    changes: dict[str, object] = {name: _access(name, args[name]) for name in _SWITCHES if name in args}
    if "lock" in args:
        changes["lock"] = _lock(args["lock"])
    if "apps" in args:
        changes["apps"] = _apps(args["apps"])
    return replace(base, **changes)  # type: ignore[arg-type]  # each value was made by its own parser above


def message_text(value: object, field: str = "message") -> str:
    """A text for pupils: 1 to 500 characters once trimmed, no control characters but the line break."""
    if not isinstance(value, str):
        raise Invalid("bad_message", {field: "wrong_type"})
    text = "".join(c for c in value.replace("\t", " ") if c in _KEPT_SIGNS or c.isprintable()).strip()
    if not text:
        raise Invalid("bad_message", {field: "missing"})
    if len(text) > MAX_MESSAGE_CHARS:
        raise Invalid("bad_message", {field: "too_long"})
    return text


def _access(name: str, value: object) -> Access:
    try:
        return Access(str(value))
    except ValueError:
        raise Invalid("bad_restriction", {name: "unknown_value"}) from None


def _lock(value: object) -> Lock | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise Invalid("bad_restriction", {"lock": "wrong_type"})
    return Lock(message_text(value.get("message"), "lock"))


def _apps(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_APPS:
        raise Invalid("bad_restriction", {"apps": "wrong_type"})
    return tuple(dict.fromkeys(package_name(app, "apps") for app in value))


def package_name(value: object, field: str = "package") -> str:
    """An Android package name or a `web:` host; letters, digits and `._:-` only."""
    if not isinstance(value, str) or not 1 <= len(value) <= 200:
        raise Invalid("bad_package", {field: "wrong_type"})
    if not all(c.isascii() and (c.isalnum() or c in "._:-") for c in value):
        raise Invalid("bad_package", {field: "unknown_value"})
    return value
