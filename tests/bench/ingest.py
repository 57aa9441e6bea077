"""Ingest: records into the database through the door, beside the same rows by COPY, or on SQLite by executemany.

Four boxes send what a week left them, over mutual TLS, packed, each on one connection, as boxes do. The reference takes
the very rows that this left in the tables, into the same tables with the same indexes, emptied: one COPY for each
table, in one transaction; on SQLite one executemany for each. PostgreSQL runs without fsync on both sides.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from central.store.models import Activity, BatteryDay, Cursor, Device, SchoolAudit, StateRow, Usage, database
from central.store.models import Row as Table
from tests.bench.city import City, Line, bound, greet, running_city
from tests.bench.result import Result, Row, Run
from tests.bench.week import packed_batches, records

_BOXES = 4
_GOAL = 0.3
_TABLES: tuple[type[Table], ...] = (StateRow, Device, Usage, Activity, BatteryDay, SchoolAudit)


def measure(run: Run) -> Result:
    rows: list[Row] = []
    data: dict[str, Any] = {}
    for engine, by in (("postgresql", "COPY"), ("sqlite", "executemany")):
        with running_city(engine, _BOXES) as city:
            sent, seconds = _send(city, run.pick(12, 1))
            city.central.stop()  # the reference has the machine and the tables for itself
            kept, reference = (_copy if engine == "postgresql" else _executemany)(city)
        ours, floor = sent / seconds, kept / reference
        run.tell(f"{engine}: {sent} records in {seconds:.1f} s, {kept} rows in {reference:.2f} s by {by}")
        goal: dict[str, Any] = {"goal": f"≥ {_GOAL}", "met": ours / floor >= _GOAL} if engine == "postgresql" else {}
        rows.append(
            Row(f"records into {engine}, beside {by}", f"{ours:,.0f}/s", f"{floor:,.0f} rows/s", ours / floor, **goal)
        )
        data[engine] = {"records": sent, "seconds": seconds, "rows": kept, "reference_seconds": reference}
    return Result("ingest", "Ingest: records a second, through the door", tuple(rows), data)


def _send(city: City, copies: int) -> tuple[int, float]:
    """Records, seconds. What is sent is ready before the clock starts."""
    lines = [Line(city, box) for box in city.boxes]
    batches = [packed_batches(box, records(number, copies)) for number, box in enumerate(city.boxes)]
    for line, box in zip(lines, city.boxes, strict=True):
        greet(line, box)
    with ThreadPoolExecutor(len(lines)) as pool:
        began = time.perf_counter()
        list(pool.map(_send_all, lines, batches))
        seconds = time.perf_counter() - began
    total = sum(count for own in batches for count, _ in own)
    _check(city, total)
    return total, seconds


def _send_all(line: Line, own: Sequence[tuple[int, bytes]]) -> None:
    for _, body in own:
        line.post("batch", body, packed=True)
    line.close()


def _check(city: City, total: int) -> None:
    """All of it arrived, and was applied."""
    with bound(city.url, city.central.data_path):
        kept = sum(table.select().count() for table in _TABLES if table is not StateRow)
        moved = sum(row.up_to for row in Cursor.select())
    assert (kept, moved) == (total, total), (kept, moved, total)


def _copy(city: City) -> tuple[int, float]:
    with psycopg.connect(city.url) as connection:
        kept = {name: _out(connection, name) for name in _names()}
        connection.execute("TRUNCATE " + ", ".join(f'"{name}"' for name in kept))
        connection.commit()
        count = sum(raw.count(b"\n") for name, raw in kept.items() if name != "state_row")
        began = time.perf_counter()
        for name, raw in kept.items():
            with connection.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
                copy.write(raw)
        connection.commit()
        return count, time.perf_counter() - began


def _out(connection: "psycopg.Connection[Any]", name: str) -> bytes:
    with connection.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:
        return b"".join(bytes(part) for part in copy)


def _executemany(city: City) -> tuple[int, float]:
    with bound("", city.central.data_path):
        kept = {name: database.execute_sql(f'SELECT * FROM "{name}"').fetchall() for name in _names()}  # noqa: S608 - our own names
        kept = {name: rows for name, rows in kept.items() if rows}
        with database.atomic():
            for name in kept:
                database.execute_sql(f'DELETE FROM "{name}"')  # noqa: S608 - names of our own models
        count = sum(len(rows) for name, rows in kept.items() if name != "state_row")
        began = time.perf_counter()
        with database.atomic():
            for name, rows in kept.items():
                places = ", ".join("?" * len(rows[0]))
                database.cursor().executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)  # noqa: S608 - our own names
        return count, time.perf_counter() - began


def _names() -> list[str]:
    return [table._meta.table_name for table in _TABLES]
