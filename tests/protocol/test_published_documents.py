"""docs/asyncapi.yaml and docs/openapi.yaml say what protocol/device.py does, in both directions."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocol.device import (
    FROM_DEVICE,
    MAX_MESSAGE_CHARS,
    MAX_PAYLOAD_BYTES,
    RETAINED,
    TIME_TOPIC,
    Access,
    AckStatus,
    Capability,
    CommandType,
    Complaint,
    EventType,
    Kind,
    Leaf,
    Malformed,
    PackageAction,
    Presence,
    Reason,
    Show,
    read_object,
)
from tests.protocol.documents import ASYNCAPI, OPENAPI, references, resolve, validator
from tests.protocol.golden import MESSAGES, example_id, examples, message_name

HTTP_MESSAGES = {"enrollment", "enrollment_answer"}
WORDS: list[tuple[dict[str, Any], str, type[StrEnum]]] = [
    (ASYNCAPI, "presence", Presence),
    (ASYNCAPI, "access", Access),
    (ASYNCAPI, "ackStatus", AckStatus),
    (ASYNCAPI, "capability", Capability),
    (ASYNCAPI, "commandType", CommandType),
    (ASYNCAPI, "eventType", EventType),
    (ASYNCAPI, "packageAction", PackageAction),
    (ASYNCAPI, "show", Show),
    (OPENAPI, "capability", Capability),
    (OPENAPI, "kind", Kind),
    (OPENAPI, "enrollmentError", Complaint),
]


def instance_of(example: Path) -> object:
    return example.read_text(encoding="utf-8") if example.suffix == ".txt" else read_object(example.read_bytes())


def schema_of(example: Path) -> Draft202012Validator:
    name = message_name(example)
    return validator(OPENAPI if name in HTTP_MESSAGES else ASYNCAPI, name)


def is_readable(example: Path) -> bool:
    """Whether a schema has a say at all: what is no JSON object within the limits is refused before."""
    try:
        instance_of(example)
    except Malformed as error:
        return error.reason is Reason.WRONG_TYPE
    return True


def operation_of(address: str) -> dict[str, Any]:
    found = [
        operation
        for operation in ASYNCAPI["operations"].values()
        if resolve(ASYNCAPI, operation["channel"])["address"] == address
    ]
    assert len(found) == 1, address
    operation: dict[str, Any] = found[0]
    return operation


@pytest.mark.parametrize("leaf", Leaf)
def test_each_topic_is_published_with_its_direction_and_its_retained_flag(leaf: Leaf) -> None:
    operation = operation_of(f"devices/{{id}}/{leaf.value}")

    assert operation["action"] == ("receive" if leaf in FROM_DEVICE else "send")
    assert operation["bindings"]["mqtt"] == {"qos": 1, "retain": leaf in RETAINED}


def test_no_other_topic_is_published_but_the_hubs_time() -> None:
    addresses = {channel["address"] for channel in ASYNCAPI["channels"].values()}

    assert addresses == {f"devices/{{id}}/{leaf.value}" for leaf in Leaf} | {TIME_TOPIC}
    assert operation_of(TIME_TOPIC)["action"] == "send"
    assert operation_of(TIME_TOPIC)["bindings"]["mqtt"] == {"qos": 1, "retain": False}
    assert len(ASYNCAPI["operations"]) == len(ASYNCAPI["channels"])


def test_each_message_has_a_channel_and_each_channel_one_message() -> None:
    carried = [name for channel in ASYNCAPI["channels"].values() for name in channel["messages"]]

    assert sorted(carried) == sorted(set(MESSAGES) - HTTP_MESSAGES)
    for name in carried:
        assert ASYNCAPI["components"]["messages"][name]["payload"] == {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("document", "schema", "words"), WORDS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_enumeration_has_every_word_and_no_other(
    document: dict[str, Any], schema: str, words: type[StrEnum]
) -> None:
    assert document["components"]["schemas"][schema]["enum"] == [word.value for word in words]


def test_each_command_with_arguments_has_their_schema() -> None:
    conditions = ASYNCAPI["components"]["schemas"]["command"]["allOf"]
    described = {branch["if"]["properties"]["type"]["const"] for branch in conditions}

    assert described == {"open_link", "open_app", "open_document", "message"}
    assert set(CommandType) - described == {"identify", "report", "reboot", "wipe"}


def test_the_limits_are_the_codes() -> None:
    session = ASYNCAPI["components"]["serverBindings"]["session"]["mqtt"]

    assert session["sessionExpiryInterval"] == 86_400
    assert session["cleanSession"] is False
    assert session["lastWill"]["message"] == Presence.OFFLINE.value
    assert session["lastWill"]["retain"] is True
    assert ASYNCAPI["components"]["schemas"]["messageArgs"]["properties"]["text"]["maxLength"] == MAX_MESSAGE_CHARS
    assert f"{MAX_PAYLOAD_BYTES // 1024} KiB" in ASYNCAPI["info"]["description"]


@pytest.mark.parametrize("example", [*examples(), *examples("lenient")], ids=example_id)
def test_an_example_that_is_read_fits_its_schema(example: Path) -> None:
    schema_of(example).validate(instance_of(example))


@pytest.mark.parametrize("example", examples(), ids=example_id)
def test_a_display_is_one_that_is_published(example: Path) -> None:
    """Its place takes anything, so that a newer hub is heard: the displays of this version are held here."""
    display = instance_of(example).get("display") if message_name(example) == "desired" else None  # type: ignore[attr-defined]  # a desired state is an object
    assert display is None or validator(ASYNCAPI, "display").is_valid(display)


@pytest.mark.parametrize("example", [e for e in examples("invalid") if is_readable(e)], ids=example_id)
def test_an_example_that_is_refused_does_not_fit_its_schema(example: Path) -> None:
    try:
        instance = instance_of(example)
    except Malformed:
        instance = []
    assert not schema_of(example).is_valid(instance)


def test_the_schemas_are_schemas_and_every_reference_leads_somewhere() -> None:
    for document in (ASYNCAPI, OPENAPI):
        for schema in document["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)
        for reference in references(document):
            assert resolve(document, {"$ref": reference}) is not None


def test_the_routes_are_the_contracts_with_their_answers() -> None:
    routes = {
        (verb, path): set(operation["responses"])
        for path, operations in OPENAPI["paths"].items()
        for verb, operation in operations.items()
    }
    bulk = {"200", "206", "401", "404", "416", "503"}
    assert routes == {
        ("get", "/t/{token}"): {"200", "401"},
        ("post", "/api/devices"): {"201", "401", "422", "429"},
        ("get", "/api/time"): {"200"},
        ("get", "/packages/{sha256}"): bulk,
        ("get", "/documents/{sha256}"): bulk,
    }


def test_bulk_bytes_are_published_with_their_headers_and_their_credentials() -> None:
    for path in ("/packages/{sha256}", "/documents/{sha256}"):
        operation = OPENAPI["paths"][path]["get"]
        answer = resolve(OPENAPI, operation["responses"]["200"])
        assert set(answer["headers"]) == {"ETag", "Content-Length", "Cache-Control"}
        assert "Retry-After" in resolve(OPENAPI, operation["responses"]["503"])["headers"]
        assert operation["security"] == [{"device": []}]
    assert OPENAPI["components"]["securitySchemes"]["device"]["scheme"] == "basic"
    assert "Retry-After" in resolve(OPENAPI, OPENAPI["paths"]["/api/devices"]["post"]["responses"]["429"])["headers"]
