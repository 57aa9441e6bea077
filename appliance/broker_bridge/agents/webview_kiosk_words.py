"""Webview Kiosk's words on the wire (its contract, section 3), typed: bytes to values and values to bytes. No decision.

Addresses are whole here and nowhere else: what leaves the translation is the host.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from appliance.broker_bridge.agents.translation import Publish
from appliance.domain.webview_kiosk import Value, checked_settings
from protocol.device import Malformed, Reason, read_object

COMMAND_SECONDS, SETTINGS_SECONDS = 10, 60
EVENTS, RESPONSES, WILL = "event/", "response/", "will"
_MAX_NAME_CHARS = 80
_MAX_HOST_CHARS = 250  # with the word before it, it is what a device may say that is in front
PACKAGES = ("uk.nktnet.webviewkiosk", "com.nktnet.webview_kiosk")  # its own names: F-Droid and GitHub, Google Play


class EventType(StrEnum):
    CONNECTED = "connected"
    DISCONNECTING = "disconnecting"
    URL_CHANGED = "url_changed"
    LOCK = "lock"
    UNLOCK = "unlock"
    APP_FOREGROUND = "app_foreground"
    APP_BACKGROUND = "app_background"
    SCREEN_ON = "screen_on"
    SCREEN_OFF = "screen_off"
    USER_PRESENT = "user_present"
    POWER_PLUGGED = "power_plugged"
    POWER_UNPLUGGED = "power_unplugged"
    RESTRICTIONS_CHANGED = "application_restrictions_changed"


class RequestType(StrEnum):
    STATUS = "get_status"
    SETTINGS = "get_settings"
    SYSTEM_INFO = "get_system_info"
    LAUNCHABLE = "get_launchable_packages"


class CommandWord(StrEnum):
    GO_TO_URL = "go_to_url"
    GO_HOME = "go_home"
    LOCK = "lock"
    UNLOCK = "unlock"
    LAUNCH = "launch_package"
    TOAST = "toast"
    RECONNECT = "reconnect"


class LockType(StrEnum):
    NONE = "NONE"
    LOCK_TASK = "LOCK_TASK"
    SCREEN_PINNING = "SCREEN_PINNING"
    UNKNOWN = "UNKNOWN"


ERROR = "error"
STOPPED = "SYSTEM_ACTIVITY_STOPPED"


@dataclass(frozen=True, slots=True)
class Status:
    """`url`: in memory only, to be compared; `host` is what may be kept."""

    url: str = ""
    lock: LockType = LockType.UNKNOWN
    is_locked: bool = False
    battery: int | None = None
    is_lit: bool | None = None

    def __repr__(self) -> str:
        return f"Status(host={host_of(self.url)!r}, lock={self.lock!r})"


@dataclass(frozen=True, slots=True)
class Message:
    """An event (`request_id` None) or an answer. `kind`: its type's word, known to us or not."""

    kind: str
    is_answer: bool
    username: str | None
    instance: str | None
    request_id: str | None = None
    id: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Message({self.kind!r})"


def parse(leaf: str, payload: bytes) -> Message:
    """Raises Malformed. Unknown fields are ignored, unknown types are passed on: the agent may be newer than we are."""
    is_answer = leaf.startswith(RESPONSES)
    if not is_answer and not leaf.startswith(EVENTS):
        raise Malformed(Reason.UNKNOWN_TOPIC)
    document = read_object(payload)
    kind = document.get("responseType" if is_answer else "eventType")
    if not isinstance(kind, str):
        raise Malformed(Reason.MISSING_FIELD, "the message's type")
    data = document.get("data")
    return Message(
        kind,
        is_answer,
        _short(document.get("username")),
        _short(document.get("appInstanceId")),
        _short(document.get("requestMessageId")),
        _short(document.get("messageId")),
        data if isinstance(data, dict) else {},
    )


def read_status(data: Mapping[str, object]) -> Status:
    """Whatever is missing or odd is not known; a lock is believed only when it is said in so many words."""
    lock = next((word for word in LockType if word == data.get("lockStateType")), LockType.UNKNOWN)
    level, lit = data.get("batteryPercentage"), data.get("isDeviceInteractive")
    return Status(
        url=_text(data.get("currentUrl")) or "",
        lock=lock,
        is_locked=data.get("isLocked") is True and lock is LockType.LOCK_TASK,
        battery=level if isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 100 else None,
        is_lit=lit if isinstance(lit, bool) else None,
    )


def read_settings(data: Mapping[str, object]) -> Mapping[str, object]:
    settings = data.get("settings")
    return settings if isinstance(settings, dict) else {}


def read_packages(data: Mapping[str, object]) -> frozenset[str]:
    packages = data.get("packages")
    return frozenset(one for one in packages if isinstance(one, str)) if isinstance(packages, list) else frozenset()


def read_part(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def parse_array(text: str) -> object:
    """An array that came back as a text; None: there is none in it. A text may be as deep as a message is long."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def command(word: CommandWord, message_id: str, **data: object) -> Publish:
    document: dict[str, object] = {"command": word.value, "messageId": message_id}
    return Publish("command", _encode({**document, "data": data} if data else document), COMMAND_SECONDS)


def request(kind: RequestType, message_id: str, **data: object) -> Publish:
    document: dict[str, object] = {"requestType": kind.value, "messageId": message_id}
    return Publish("request", _encode({**document, "data": data} if data else document), COMMAND_SECONDS)


def settings(changes: Mapping[str, Value], message_id: str) -> Publish:
    """Values only: nothing is shown and nothing is rebuilt. Raises Unfit for what a tablet would not take."""
    checked = {
        key: list(value) if isinstance(value, tuple) else value for key, value in checked_settings(changes).items()
    }
    if not checked:
        raise ValueError("a message without settings reloads the page")
    return _settings(checked, message_id, rebuild=False)


def rebuild(message_id: str) -> Publish:
    """The page is built again with the values in force; its state is lost."""
    return _settings({}, message_id, rebuild=True)


def _settings(changes: Mapping[str, object], message_id: str, *, rebuild: bool) -> Publish:
    document = {"data": {"settings": changes}, "messageId": message_id, "showToast": False, "reloadActivity": rebuild}
    return Publish("settings", _encode(document), SETTINGS_SECONDS)


def host_of(url: str) -> str:
    """What is longer than any name of a host is none: it would go on to the store and to every board."""
    try:
        host = (urlsplit(url).hostname or "") if url else ""
    except ValueError:
        return ""
    return host if len(host) <= _MAX_HOST_CHARS and host.isprintable() else ""


def is_same_address(asked: str, seen: str) -> bool:
    """But for a trailing slash, which the agent leaves out."""
    return bool(seen) and asked.rstrip("/") == seen.rstrip("/")


def is_same_site(asked: str, seen: str) -> bool:
    """It may have sent the reader on to a page of its own."""
    return _site(asked) == _site(seen) != ""


def _site(url: str) -> str:
    return host_of(url).removeprefix("www.")


def _short(value: object) -> str | None:
    """Names and numbers: what is longer than any of them may be cut, and then fits nothing."""
    return value[:_MAX_NAME_CHARS] if isinstance(value, str) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _encode(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
