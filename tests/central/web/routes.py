"""Every route of the console, with an address of it that exists or not."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from flask import Flask
from werkzeug.routing import Rule

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def path_of(app: Flask, rule: Rule, uai: str, rows: Mapping[str, object]) -> str:
    """`uai` where a school is named, `rows` by the argument's name; of anything else an address that no row has."""
    values: dict[str, object] = {}
    for name, kind in rule._converters.items():
        nothing: object = 999_999 if "Integer" in type(kind).__name__ else "x"
        values[name] = uai if name == "uai" else rows.get(name, nothing)
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=sorted(rule.methods or {"GET"})[0])


def routes(app: Flask, uai: str, rows: Mapping[str, object] = MappingProxyType({})) -> Iterator[tuple[str, str, str]]:
    """(method, path, endpoint)."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ("static", "house"):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, path_of(app, rule, uai, rows), rule.endpoint
