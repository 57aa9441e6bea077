"""Enrollment over HTTP (contract, section 1): the request, the answer, and why a request is refused.

Owns their form. Whether a token is good is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from protocol.device_topics import is_device_id
from protocol.device_words import Capability, Kind
from protocol.fields import Fields, Reader, flag, known_words, moment, text, whole, word
from protocol.strict_json import MAX_PAYLOAD_BYTES, Malformed, Reason, read_object, write_object
from protocol.times import format_time

MAX_SERIAL_CHARS = 64
_MAX_TOKEN_CHARS = 256
_MAX_LABEL_CHARS = 128
_MAX_ANSWER_CHARS = 2048


class Complaint(StrEnum):
    """What is wrong with a field, or with the body as a whole: the words of the 422 answer."""

    MISSING = "missing"
    EMPTY = "empty"
    WRONG_TYPE = "wrong_type"
    TOO_LONG = "too_long"
    UNPRINTABLE = "unprintable"
    UNKNOWN_VALUE = "unknown_value"
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    DUPLICATE_FIELD = "duplicate_field"
    OUT_OF_RANGE = "out_of_range"


class InvalidEnrollment(ValueError):
    """Per field of the request, one Complaint; under `body` when there are no fields to speak of."""

    def __init__(self, errors: Mapping[str, Complaint]) -> None:
        self.errors: dict[str, str] = dict(errors)
        super().__init__(", ".join(f"{name}={why}" for name, why in errors.items()))


@dataclass(frozen=True, slots=True)
class EnrollmentRequest:
    token: str = field(repr=False)
    serial: str
    manufacturer: str
    model: str
    kind: Kind
    os: str
    agent: str
    capabilities: frozenset[Capability]


@dataclass(frozen=True, slots=True)
class MqttAccess:
    host: str
    port: int
    tls: bool
    websocket: str | None
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnrollmentAnswer:
    id: str
    name: str
    school: str
    mqtt: MqttAccess
    ca: str | None
    time: datetime


def parse_enrollment(raw: bytes) -> EnrollmentRequest:
    try:
        fields = Fields(read_object(raw))
    except Malformed as error:
        raise InvalidEnrollment({"body": Complaint(error.reason.value)}) from None
    errors = {name: why for name in _FIELDS if (why := _complaint(fields, name)) is not None}
    if errors:
        raise InvalidEnrollment(errors)
    return EnrollmentRequest(
        token=fields.need("token", _read_token),
        serial=fields.need("serial", _read_serial),
        manufacturer=fields.need("manufacturer", _read_label),
        model=fields.need("model", _read_label),
        kind=fields.need("kind", word(Kind)),
        os=fields.need("os", _read_label),
        agent=fields.need("agent", _read_label),
        capabilities=frozenset(fields.need("capabilities", known_words(Capability))),
    )


def encode_enrollment(request: EnrollmentRequest) -> bytes:
    return write_object(
        {
            "token": request.token,
            "serial": request.serial,
            "manufacturer": request.manufacturer,
            "model": request.model,
            "kind": request.kind.value,
            "os": request.os,
            "agent": request.agent,
            "capabilities": [known.value for known in Capability if known in request.capabilities],
        }
    )


def parse_enrollment_answer(raw: bytes) -> EnrollmentAnswer:
    fields = Fields(read_object(raw))
    return EnrollmentAnswer(
        id=fields.need("id", _read_device_id),
        name=fields.need("name", text(_MAX_ANSWER_CHARS, 0)),
        school=fields.need("school", text(_MAX_ANSWER_CHARS, 0)),
        mqtt=fields.need("mqtt", _read_mqtt_access),
        ca=fields.maybe("ca", text(MAX_PAYLOAD_BYTES)),
        time=fields.need("time", moment),
    )


def encode_enrollment_answer(answer: EnrollmentAnswer) -> bytes:
    mqtt = answer.mqtt
    return write_object(
        {
            "id": answer.id,
            "name": answer.name,
            "school": answer.school,
            "mqtt": {
                "host": mqtt.host,
                "port": mqtt.port,
                "tls": mqtt.tls,
                "websocket": mqtt.websocket,
                "username": mqtt.username,
                "password": mqtt.password,
            },
            "ca": answer.ca,
            "time": format_time(answer.time),
        }
    )


def _read_mqtt_access(value: object, path: str) -> MqttAccess:
    fields = Fields(value, path)
    return MqttAccess(
        host=fields.need("host", text(_MAX_ANSWER_CHARS)),
        port=fields.need("port", whole(1, 65535)),
        tls=fields.need("tls", flag),
        websocket=fields.maybe("websocket", text(_MAX_ANSWER_CHARS)),
        username=fields.need("username", text(_MAX_ANSWER_CHARS)),
        password=fields.need("password", text(_MAX_ANSWER_CHARS)),
    )


def _read_device_id(value: object, path: str) -> str:
    device_id = text(_MAX_ANSWER_CHARS)(value, path)
    if not is_device_id(device_id):
        raise Malformed(Reason.UNKNOWN_VALUE, f"{path}: not a device id")
    return device_id


def _read_serial(value: object, path: str) -> str:
    """The one claim by which a device is known again: a person must be able to see all of it."""
    serial = text(MAX_SERIAL_CHARS, 0)(value, path)
    if not serial.isprintable():
        raise Malformed(Reason.UNPRINTABLE, f"{path}: not printable")
    return serial


_read_token = text(_MAX_TOKEN_CHARS, 0)
_read_label = text(_MAX_LABEL_CHARS, 0)  # a platform may not know its maker; hostile text is data, escaped where shown

_FIELDS: dict[str, Reader[object]] = {
    "token": _read_token,
    "serial": _read_serial,
    "manufacturer": _read_label,
    "model": _read_label,
    "kind": word(Kind),
    "os": _read_label,
    "agent": _read_label,
    "capabilities": known_words(Capability),
}
_NEVER_EMPTY = ("token", "serial")
_WHY = {Reason.MISSING_FIELD: Complaint.MISSING, Reason.OUT_OF_RANGE: Complaint.TOO_LONG}


def _complaint(fields: Fields, name: str) -> Complaint | None:
    try:
        value = fields.need(name, _FIELDS[name])
    except Malformed as error:
        return _WHY.get(error.reason) or Complaint(error.reason.value)
    return Complaint.EMPTY if name in _NEVER_EMPTY and not str(value).strip() else None
