"""docs/openapi-central.yaml says what the city's door does: its routes, its words, its messages."""

import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from central.bootstrap import build_services, open_databases
from central.clock import ServerClock
from central.config import Config
from central.store.models import database
from central.web.door import create_door
from protocol.uplink import MAX_BATCH_RECORDS
from protocol.uplink_words import Lane, RecordType, SignatureAlgorithm, Standing, StorageWord
from tests.protocol.documents import load, references, resolve, validator
from tests.protocol.golden import example_id
from tests.protocol.uplink_golden import examples, message_name

DOCUMENT = load("openapi-central.yaml")
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
ELSEWHERE = {"claim_file", "order", "ring", "configuration", "picture", "watch"}  # files, and bytes inside of others
WORDS: list[tuple[list[object], type[Enum]]] = [
    (SCHEMAS["lane"]["enum"], Lane),
    (SCHEMAS["standing"]["enum"], Standing),
    (SCHEMAS["storage"]["enum"], StorageWord),
    (SCHEMAS["recordType"]["enum"], RecordType),
    (
        SCHEMAS["instructions"]["properties"]["instructions"]["items"]["properties"]["signatures"]["items"][
            "properties"
        ]["algorithm"]["enum"],
        SignatureAlgorithm,
    ),
]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    config = Config(tmp_path_factory.mktemp("door"))
    open_databases(config)
    app = create_door(build_services(config, ServerClock()))
    if not database.is_closed():
        database.close()
    return app


def test_the_routes_are_those_of_the_real_door(door: Flask) -> None:
    real = {
        (verb.lower(), rule.rule)
        for rule in door.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    published = {(verb, path) for path, operations in DOCUMENT["paths"].items() for verb in operations}

    assert published == real


def test_every_route_without_a_certificate_is_published_as_such(door: Flask) -> None:
    for path, operations in DOCUMENT["paths"].items():
        for verb, operation in operations.items():
            answer = door.test_client().open(path, method=verb.upper(), data=b"{}")
            word = (answer.get_json(silent=True) or {}).get("error")
            assert (word == "certificate_missing") is ("security" not in operation), (path, verb, word)


@pytest.mark.parametrize(("published", "words"), WORDS)
def test_each_enumeration_has_every_word_and_no_other(published: list[object], words: type[Enum]) -> None:
    assert published == [word.value for word in words]


@pytest.mark.parametrize(
    "example",
    [one for one in (*examples(), *examples("lenient")) if message_name(one) not in ELSEWHERE],
    ids=example_id,
)
def test_an_example_fits_its_schema(example: Path) -> None:
    validator(DOCUMENT, message_name(example)).validate(json.loads(example.read_bytes()))


@pytest.mark.parametrize(
    "example",
    [one for one in examples("invalid") if message_name(one) not in ELSEWHERE and "range" not in one.name.split(".")[1]
     and "order" not in one.name.split(".")[1]],
    ids=example_id,
)  # fmt: skip
def test_an_example_that_is_refused_does_not_fit_its_schema(example: Path) -> None:
    """But for what a schema cannot say: the order of records and their range."""
    assert not validator(DOCUMENT, message_name(example)).is_valid(json.loads(example.read_bytes()))


def test_the_schemas_are_schemas_and_every_reference_leads_somewhere() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    for reference in references(DOCUMENT):
        assert resolve(DOCUMENT, {"$ref": reference}) is not None
    assert SCHEMAS["batch"]["properties"]["records"]["maxItems"] == MAX_BATCH_RECORDS
