"""The published documents of the device protocol, as parsed YAML, and their schemas as validators."""

from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

DOCS = Path(__file__).parents[2] / "docs"


def load(name: str) -> dict[str, Any]:
    document = yaml.safe_load((DOCS / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


ASYNCAPI = load("asyncapi.yaml")
OPENAPI = load("openapi.yaml")


def resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node that `$ref` points to within the document, or the node itself."""
    while "$ref" in node:
        path = str(node["$ref"]).removeprefix("#/").split("/")
        node = document
        for step in path:
            node = node[step]
    return node


def validator(document: dict[str, Any], schema: str) -> Draft202012Validator:
    assert schema in document["components"]["schemas"]
    wrapped = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    return Draft202012Validator(wrapped)


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []
