"""Numbers in addresses and forms. What no id can be is no id: SQLite's integers end where Python's go on."""

from werkzeug.routing import IntegerConverter, Map

_LARGEST = 2**63 - 1


class BoundedIntegerConverter(IntegerConverter):
    """`<int:…>` of a route: a larger number is a page that does not exist."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=_LARGEST)


def number_of(text: str | None) -> int | None:
    """An id from a form or an address; None for none and for nonsense."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
