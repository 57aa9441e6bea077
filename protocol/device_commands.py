"""Commands, their acknowledgements, the pupil's events, presence and the hub's time (contract, sections 2, 4 and 7).

Owns their values and their form on the wire; whether a command may be sent or carried out is decided elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from protocol.device_state import MAX_REMARK_CHARS, read_package_name
from protocol.device_words import AckStatus, CommandType, EventType, Presence
from protocol.fields import Fields, moment, remark, sha256, text, whole, word
from protocol.strict_json import MAX_PAYLOAD_BYTES, Malformed, Reason, check_size, read_object, write_object
from protocol.times import format_time

MAX_MESSAGE_CHARS = 500
MAX_ID_CHARS = 64
_MAX_NAME_CHARS = 255


@dataclass(frozen=True, slots=True)
class Command:
    id: str
    type: CommandType
    issued_at: datetime
    expires_at: datetime
    args: dict[str, object]


@dataclass(frozen=True, slots=True)
class Ack:
    id: str
    status: AckStatus
    error: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    type: EventType
    at: datetime | None = None
    ref: str | None = None


def is_web_link(url: str) -> bool:
    """http and https only, with a host; blanks and control characters would let a browser read another address."""
    if not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def check_args(command_type: CommandType, args: dict[str, object]) -> None:
    """Raises Malformed when `args` are not those of the contract's table. Both ends ask: sender and receiver."""
    _ARGS[command_type](Fields(args, "args"))


def parse_command(raw: bytes) -> Command:
    fields = Fields(read_object(raw))
    command = Command(
        id=fields.need("id", text(MAX_ID_CHARS)),
        type=fields.need("type", word(CommandType)),
        issued_at=fields.need("issued_at", moment),
        expires_at=fields.need("expires_at", moment),
        args=fields.maybe("args", _read_args) or {},
    )
    check_args(command.type, command.args)
    return command


def encode_command(command: Command) -> bytes:
    check_args(command.type, command.args)
    return write_object(
        {
            "id": command.id,
            "type": command.type.value,
            "issued_at": format_time(command.issued_at),
            "expires_at": format_time(command.expires_at),
            "args": command.args,
        }
    )


def parse_ack(raw: bytes) -> Ack:
    fields = Fields(read_object(raw))
    return Ack(
        id=fields.need("id", text(MAX_ID_CHARS)),
        status=fields.need("status", word(AckStatus)),
        error=fields.maybe("error", remark(MAX_REMARK_CHARS)),
        at=fields.maybe("at", moment),
    )


def encode_ack(ack: Ack) -> bytes:
    return write_object({"id": ack.id, "status": ack.status.value, "error": ack.error, "at": _time_or_null(ack.at)})


def parse_event(raw: bytes) -> Event:
    fields = Fields(read_object(raw))
    return Event(
        type=fields.need("type", word(EventType)),
        at=fields.maybe("at", moment),
        ref=fields.maybe("ref", remark(_MAX_NAME_CHARS)),
    )


def encode_event(event: Event) -> bytes:
    return write_object({"type": event.type.value, "at": _time_or_null(event.at), "ref": event.ref})


def parse_presence(raw: bytes) -> Presence:
    """The one payload that is bare text."""
    check_size(raw)
    for presence in Presence:
        if raw == presence.value.encode("ascii"):
            return presence
    raise Malformed(Reason.UNKNOWN_VALUE, f"presence: not one of {', '.join(Presence)}")


def encode_presence(presence: Presence) -> bytes:
    return presence.value.encode("ascii")


def parse_hub_time(raw: bytes) -> datetime:
    return Fields(read_object(raw)).need("now", moment)


def encode_hub_time(now: datetime) -> bytes:
    """The payload of `hub/time` and the body of `GET /api/time`."""
    return write_object({"now": format_time(now)})


def _time_or_null(at: datetime | None) -> str | None:
    return None if at is None else format_time(at)


def _read_args(value: object, path: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Malformed(Reason.WRONG_TYPE, f"{path}: not an object")
    return value


def _check_open_link(args: Fields) -> None:
    if not is_web_link(args.need("url", text(MAX_PAYLOAD_BYTES))):
        raise Malformed(Reason.UNKNOWN_VALUE, "args.url: not an http or https address")


def _check_open_app(args: Fields) -> None:
    args.need("package", read_package_name)


def _check_open_document(args: Fields) -> None:
    if not is_web_link(args.need("url", text(MAX_PAYLOAD_BYTES))):
        raise Malformed(Reason.UNKNOWN_VALUE, "args.url: not an http or https address")
    args.need("name", text(_MAX_NAME_CHARS))
    args.need("mime", text(_MAX_NAME_CHARS))
    args.need("size", whole())
    args.need("sha256", sha256)


def _check_message(args: Fields) -> None:
    args.need("text", text(MAX_MESSAGE_CHARS))
    args.maybe("from", remark(_MAX_NAME_CHARS))


def _check_nothing(_args: Fields) -> None:
    """These commands take no argument; one that a newer hub adds is ignored."""


_ARGS: dict[CommandType, Callable[[Fields], None]] = {
    CommandType.OPEN_LINK: _check_open_link,
    CommandType.OPEN_APP: _check_open_app,
    CommandType.OPEN_DOCUMENT: _check_open_document,
    CommandType.MESSAGE: _check_message,
    CommandType.IDENTIFY: _check_nothing,
    CommandType.REPORT: _check_nothing,
    CommandType.REBOOT: _check_nothing,
    CommandType.WIPE: _check_nothing,
}
