"""Tables as files for a spreadsheet: what a name holds must not become a formula there."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

# A spreadsheet takes a cell that starts with one of these for a formula; OWASP's advice is a quote in front.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(value: object) -> str:
    text = "" if value is None else str(value)
    return (
        f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA_STARTS) or text.startswith(_FORMULA_STARTS) else text
    )


def as_csv(name: str, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """UTF-8 with its mark and semicolons: what a French spreadsheet opens by a double click."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([harmless(cell) for cell in heading])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    response = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
