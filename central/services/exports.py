"""Lists that leave as files: CSV row by row, however long; ODS up to a bound. Only the columns that its reader sees.

Headings are the page's: they are in the reader's language. A cell is never a formula.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from central.domain.roles import Column, Viewer
from central.domain.spreadsheets import harmless, printable
from central.errors import TooLarge
from central.services.alerts import PAGE, AlertFilter, Alerts
from central.services.device_search import DeviceLine, DeviceSearch, Wanted
from central.services.fleet import Fleet, FleetFilter, SchoolLine
from central.services.naming import cart_names, people_names
from central.services.school_view import AlertLine

if TYPE_CHECKING:
    from odfdo import Row

MOST_ODS_ROWS = 20_000
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_AT_ONCE = 1000
_MOST_ALERT_PAGES = 200

Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns`: words that the page turns into headings, as it turns codes and moments into what people read.

    `rows` are made while they are read.
    """

    columns: tuple[str, ...]
    rows: Iterable[Cells]


_DEVICE_COLUMNS: tuple[tuple[str, Column | None], ...] = (
    ("uai", None), ("school", None), ("number", None), ("name", Column.DEVICE), ("kind", None),
    ("manufacturer", None), ("model", None), ("serial", Column.SERIAL), ("cart", None), ("seen_at", None),
    ("battery", Column.BATTERY), ("by_hand", None), ("id", Column.SERIAL),
)  # fmt: skip


class Exports:
    def __init__(self, fleet: Fleet, search: DeviceSearch, alerts: Alerts) -> None:
        self._fleet, self._search, self._alerts = fleet, search, alerts

    def devices(self, wanted: Wanted, viewer: Viewer) -> Sheet:
        columns = tuple(name for name, needs in _DEVICE_COLUMNS if needs is None or viewer.sees(needs))
        lines = self._all_devices(wanted, viewer)
        return Sheet(columns, ([getattr(line, name) for name in columns] for line in lines))

    def _all_devices(self, wanted: Wanted, viewer: Viewer) -> Iterator[DeviceLine]:
        """Page after page: one that is read for an hour holds no transaction open."""
        page = replace(wanted, after="", limit=_AT_ONCE)
        while True:
            found = self._search.found(page, viewer)
            carts = cart_names({line.uai for line in found.lines if line.cart})
            yield from (replace(line, cart=carts.get((line.uai, line.cart), "")) for line in found.lines)
            if found.next is None:
                return
            page = replace(page, after=found.next)

    def schools(self, wanted: FleetFilter, now: datetime) -> Sheet:
        """For who sees the fleet."""
        columns = ("uai", "school", "group", "state", "hello_at", "software", "disk", "backlog", "devices", "alerts")
        lines = [line for line in self._fleet.lines(now) if wanted.keeps(line)]
        return Sheet(columns, (_school_cells(line) for line in lines))

    def alerts(self, wanted: AlertFilter, viewer: Viewer) -> Sheet:
        columns = ("kind", "uai", "school", "device", "began_at", "ended_at", "acknowledged_at")
        shown = (*columns, "acknowledged_by", "remark") if viewer.sees(Column.REMARK) else columns
        lines = self._all_alerts(wanted, viewer)
        return Sheet(shown, ([getattr(line, name) for name in shown] for line in lines))

    def _all_alerts(self, wanted: AlertFilter, viewer: Viewer) -> Iterator[AlertLine]:
        for page in range(1, _MOST_ALERT_PAGES + 1):
            lines, _ = self._alerts.listed(replace(wanted, page=page), viewer)
            people = people_names(line.acknowledged_by for line in lines)
            yield from (replace(line, acknowledged_by=_by(line, people)) for line in lines)
            if len(lines) < PAGE:
                return


def _by(line: AlertLine, people: Mapping[str, str]) -> str:
    return people.get(line.acknowledged_by, line.acknowledged_by)


def _school_cells(line: SchoolLine) -> list[object]:
    box = line.box
    of_box = (
        ("", "", "", "")
        if box is None
        else (
            box.hello_at,
            box.software,
            None if box.disk is None else round(100 * box.disk),
            box.backlog_records,
        )
    )
    return [line.uai, line.name, line.group, line.state.value, *of_box, line.devices, sum(line.alerts.values())]


def csv_bytes(headings: Sequence[str], rows: Iterable[Cells]) -> Iterator[bytes]:
    """UTF-8 with its mark, semicolons, CRLF: what a French spreadsheet opens by a double click."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    out.write("\ufeff")
    writer.writerow([harmless(cell) for cell in headings])
    for count, row in enumerate(rows, 1):
        writer.writerow([harmless(cell) for cell in row])
        if count % 500 == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8")


def ods_bytes(name: str, headings: Sequence[str], rows: Iterable[Cells]) -> bytes:
    """Raises TooLarge beyond 20,000 rows: a file of this kind is built in memory."""
    # Here, because it is seldom asked for, and every process of the server would carry a large library.
    from odfdo import Document, Row, Table

    table = Table(name)
    table.append(_filled(Row(), headings))
    for count, row in enumerate(rows, 1):
        if count > MOST_ODS_ROWS:
            raise TooLarge("export_too_large", limit=MOST_ODS_ROWS)
        table.append(_filled(Row(), row))
    document = Document("spreadsheet")
    document.body.clear()
    document.body.append(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _filled(row: "Row", cells: Iterable[object]) -> "Row":
    row.set_values([printable(cell) for cell in cells])
    return row
