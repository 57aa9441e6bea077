"""What a teacher can do to devices: the kinds, their arguments, what each asks of a device."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from appliance.domain.restrictions import Hold, changed, in_force, message_text, package_name
from appliance.errors import Invalid
from protocol.device import (
    UNRESTRICTED,
    Access,
    Capability,
    CommandType,
    Restrictions,
    is_web_link,
    restrictions_as_json,
)


class GestureKind(StrEnum):
    EYES_UP = "eyes_up"
    EYES_FREE = "eyes_free"
    RESTRICT = "restrict"
    RELEASE = "release"  # everything, when a lesson ends
    OPEN_LINK = "open_link"
    OPEN_APP = "open_app"
    OPEN_DOCUMENT = "open_document"
    MESSAGE = "message"
    IDENTIFY = "identify"
    REPORT = "report"


STATE_KINDS = frozenset({GestureKind.EYES_UP, GestureKind.EYES_FREE, GestureKind.RESTRICT, GestureKind.RELEASE})

COMMANDS: dict[GestureKind, CommandType] = {
    GestureKind.OPEN_LINK: CommandType.OPEN_LINK,
    GestureKind.OPEN_APP: CommandType.OPEN_APP,
    GestureKind.OPEN_DOCUMENT: CommandType.OPEN_DOCUMENT,
    GestureKind.MESSAGE: CommandType.MESSAGE,
    GestureKind.IDENTIFY: CommandType.IDENTIFY,
    GestureKind.REPORT: CommandType.REPORT,
}

# What a device must be able to do for a command to be sent at all. identify and report have no
# capability word in the contract: they are sent, and the device's ack says "unsupported" if need be.
_NEEDED: dict[GestureKind, Capability] = {
    GestureKind.OPEN_LINK: Capability.OPEN_LINK,
    GestureKind.OPEN_APP: Capability.OPEN_APP,
    GestureKind.OPEN_DOCUMENT: Capability.OPEN_DOCUMENT,
    GestureKind.MESSAGE: Capability.MESSAGE,
}

# What a gesture of each kind may say; `restrict` names restrictions.
ASKED: dict[GestureKind, frozenset[str]] = {
    GestureKind.EYES_UP: frozenset({"message"}),
    GestureKind.OPEN_LINK: frozenset({"url"}),
    GestureKind.OPEN_APP: frozenset({"package"}),
    GestureKind.OPEN_DOCUMENT: frozenset({"sha256"}),
    GestureKind.MESSAGE: frozenset({"text"}),
}

_MAX_URL = 2000
_ALL_BUT_APPS = tuple(map(str, (Capability.LOCK, Capability.SOUND, Capability.CAMERA, Capability.INTERNET)))
_RESTRICTIONS = (*_ALL_BUT_APPS, str(Capability.APPS))
_OTHER_SCHEMES = ("javascript:", "data:", "file:", "mailto:", "about:", "tel:", "blob:")


def is_possible(kind: GestureKind, capabilities: frozenset[str]) -> bool:
    needed = _NEEDED.get(kind)
    return needed is None or needed in capabilities


@lru_cache(maxsize=1024)
def missing_for(restrictions: Restrictions, capabilities: frozenset[str]) -> tuple[str, ...]:
    """Which of the wanted restrictions this device cannot do."""
    return tuple(name for name in in_force(restrictions) if name not in capabilities)


def restrictions_asked(kind: GestureKind, args: Mapping[str, object]) -> tuple[str, ...]:
    """Which restrictions the gesture itself puts on a device, by their capability's name; lifting asks for none."""
    if kind is GestureKind.EYES_UP:
        return _ALL_BUT_APPS
    if kind is not GestureKind.RESTRICT:
        return ()
    return tuple(name for name in _RESTRICTIONS if args.get(name) not in (None, Access.ALLOWED))


def restrictions_lifted(kind: GestureKind, args: Mapping[str, object], hold: Hold) -> tuple[str, ...]:
    """Which restrictions the gesture takes off a device that is to be as `hold` says."""
    if kind is GestureKind.EYES_FREE:
        named: tuple[str, ...] = _ALL_BUT_APPS
    else:
        named = tuple(name for name in _RESTRICTIONS if name in args and args[name] in (None, Access.ALLOWED))
    held = in_force(hold.restrictions)
    return tuple(name for name in named if name not in held)


def hold_after(kind: GestureKind, args: Mapping[str, object], before: Hold) -> Hold:
    """What a lesson wants of a device after a state gesture. Raises Invalid for arguments that make no sense."""
    if kind is GestureKind.EYES_UP:
        return Hold(before.base, message_text(args.get("message")))
    if kind is GestureKind.EYES_FREE:
        return Hold(before.base)
    if kind is GestureKind.RELEASE:
        return Hold()
    return Hold(changed(before.base, args), before.eyes_up)


def refuse_unknown(kind: GestureKind, args: Mapping[str, object]) -> None:
    """`changed` does the same for restrictions."""
    if kind is not GestureKind.RESTRICT and set(args) - ASKED.get(kind, frozenset()):
        raise Invalid("bad_gesture", {"args": "unknown_value"})


def state_args(kind: GestureKind, args: Mapping[str, object]) -> dict[str, object]:
    """What a state gesture asks, as it was checked: nothing else is kept, or sent to other pages."""
    if kind is GestureKind.EYES_UP:
        return {"message": message_text(args.get("message"))}
    if kind is not GestureKind.RESTRICT:
        return {}
    checked = restrictions_as_json(changed(UNRESTRICTED, args))
    return {name: checked[name] for name in _RESTRICTIONS if name in args}


def command_args(kind: GestureKind, args: Mapping[str, object], teacher: str) -> dict[str, object]:
    """The contract's `args` of a command, checked. open_document is completed by its service (url, size, …)."""
    if kind is GestureKind.OPEN_LINK:
        return {"url": web_address(args.get("url"))}
    if kind is GestureKind.OPEN_APP:
        return {"package": package_name(args.get("package"))}
    if kind is GestureKind.MESSAGE:
        return {"text": message_text(args.get("text"), "text"), "from": teacher}
    return {}


def web_address(value: object, field: str = "url") -> str:
    """http and https only, with a host, no user name or password in it. `education.fr/x` gets https:// in front."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise Invalid("bad_link", {field: "missing"})
    if len(text) > _MAX_URL:
        raise Invalid("bad_link", {field: "too_long"})
    if "://" not in text and not text.lower().startswith(_OTHER_SCHEMES):
        text = "https://" + text
    if not is_web_link(text) or _has_odd_authority(text):
        raise Invalid("bad_link", {field: "unknown_value"})
    return text


def _has_odd_authority(url: str) -> bool:
    """`https://education.fr@evil.example` reads like one host and leads to another; `https://a:b` to none."""
    parts = urlsplit(url)
    try:
        return parts.username is not None or parts.port == 0
    except ValueError:
        return True
