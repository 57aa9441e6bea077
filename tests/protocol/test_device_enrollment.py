import json
from typing import Any

import pytest

from protocol.device import Capability, InvalidEnrollment, Kind, parse_enrollment, parse_enrollment_answer
from tests.protocol.golden import EXAMPLES

REQUEST: dict[str, Any] = json.loads((EXAMPLES / "enrollment.tablet.json").read_bytes())


def errors_of(raw: bytes) -> dict[str, str]:
    with pytest.raises(InvalidEnrollment) as caught:
        parse_enrollment(raw)
    return caught.value.errors


def errors_with(**fields: object) -> dict[str, str]:
    return errors_of(json.dumps(REQUEST | fields).encode())


def test_the_contracts_request_means_what_it_says() -> None:
    request = parse_enrollment(json.dumps(REQUEST).encode())

    assert (request.serial, request.manufacturer, request.model) == ("R52T90ABCDE", "samsung", "SM-X200")
    assert request.kind is Kind.TABLET
    assert request.capabilities == frozenset(Capability)


def test_every_field_at_fault_is_named_at_once() -> None:
    assert errors_of(b"{}") == dict.fromkeys(REQUEST, "missing")
    assert errors_with(serial="", kind="fridge", os=14) == {
        "serial": "empty",
        "kind": "unknown_value",
        "os": "wrong_type",
    }


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b"x" * 70_000, b"[" * 10_000])
def test_a_body_without_fields_is_named_as_a_whole(raw: bytes) -> None:
    assert list(errors_of(raw)) == ["body"]


@pytest.mark.parametrize(
    ("serial", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("9" * 65, "too_long"),
        ("R52\x1b[2J", "unprintable"),
        ("R52\n", "unprintable"),
        ("R52\u202e", "unprintable"),
        ("R52\0", "unprintable"),
        (None, "wrong_type"),
        (5290, "wrong_type"),
    ],
)
def test_a_serial_that_nobody_could_read_aloud_is_refused(serial: object, why: str) -> None:
    assert errors_with(serial=serial) == {"serial": why}


def test_sixty_four_characters_are_a_serial_whatever_they_spell() -> None:
    for serial in ("9" * 64, "'; DROP TABLE devices; --", "=HYPERLINK(1)", "<script>", "École 7"):
        assert parse_enrollment(json.dumps(REQUEST | {"serial": serial}).encode()).serial == serial


@pytest.mark.parametrize("name", ["manufacturer", "model", "os", "agent"])
def test_a_description_may_be_empty_or_hostile_but_not_endless(name: str) -> None:
    for value in ("", "<script>alert(1)</script>", "a\nb", "\x1b[2J", "\u202e", "x" * 128):
        request = parse_enrollment(json.dumps(REQUEST | {name: value}).encode())
        assert getattr(request, name) == value
    assert errors_with(**{name: "x" * 129}) == {name: "too_long"}
    assert errors_with(**{name: "x" * 10_000}) == {name: "too_long"}


def test_secrets_are_not_printed() -> None:
    request = parse_enrollment(json.dumps(REQUEST).encode())
    answer = parse_enrollment_answer((EXAMPLES / "enrollment_answer.tls.json").read_bytes())

    assert request.token not in repr(request)
    assert answer.mqtt.password not in repr(answer)


def test_the_contracts_answer_means_what_it_says() -> None:
    tls = parse_enrollment_answer((EXAMPLES / "enrollment_answer.tls.json").read_bytes())
    plain = parse_enrollment_answer((EXAMPLES / "enrollment_answer.plain.json").read_bytes())

    assert tls.id == tls.mqtt.username == "d-7k3m9q2x"
    assert tls.mqtt.tls
    assert tls.ca is not None
    assert not plain.mqtt.tls
    assert plain.ca is None
