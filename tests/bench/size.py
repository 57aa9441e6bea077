"""Size: how long the console's pages take with a whole city behind them, on PostgreSQL (without fsync).

Server time of one worker, from the request to the last byte, as an officer asks: pages, sorts, filters, searches for
words that are there, rare, and nowhere. Behind it lies a year: 400 journal lines a school, 50 more of the city, an
order every half day to a class, every tenth to all schools. The database is as autovacuum leaves it. Statistics are
drawn anew by each worker every ten minutes: that first reading is a row of its own.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from central.bootstrap import build_services, open_databases
from central.config import Config
from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.store.models import Device, School, database
from central.web.app import create_app
from tests.bench.numbers import spread
from tests.bench.result import Result, Row, Run, at_most
from tests.support.postgres import running_postgres
from tests.support.seeded_city import CitySize, seed_city, uai_of

_NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
_GOAL_MS = 300.0
_PAGES: dict[str, tuple[str, ...]] = {
    "fleet": ("/fleet", "/fleet?sort=name", "/fleet?q=ferry", "/fleet?state=down,late", "/fleet?sort=disk&page=5"),
    "one school": tuple(f"/schools/{uai_of(place)}" for place in (0, 2, 5, 7, 11)),
    "devices": ("/devices", "/devices?sort=name", "/devices?sort=seen", "/devices?sort=battery", "/devices?group=2"),
    "device search": (
        "/devices?q=R0007X0003", "/devices?q=tablette", "/devices?q=ferry+galaxy", "/devices?q=zzzz",
        "/devices?q=jaures+07&sort=seen",
    ),
    "one device": tuple(f"/devices/d-{place:05d}-001" for place in (0, 3, 7, 9, 11)),
    "alerts": ("/alerts", "/alerts?kind=device_silent", "/alerts?page=9", "/alerts?state=over",
               f"/alerts?school={uai_of(2)}"),
    "orders": ("/orders", "/orders?open=1", "/orders?page=5", f"/orders?school={uai_of(2)}", "/orders/past-10"),
    "journals": (
        "/journal", "/journal?page=9", "/journal/schools", f"/journal/schools?school={uai_of(2)}",
        "/journal/schools?what=cart.add&page=9", "/journal/schools?since=2026-03-01&until=2026-03-02",
    ),
    "statistics": ("/statistics", "/statistics?group=1", "/statistics?weeks=12", "/statistics?page=3", "/statistics"),
}  # fmt: skip
_PAST = (
    """INSERT INTO school_audit (appliance, epoch, seq, school, at, received_at, actor, action, target, is_security)
    SELECT a.id, a.epoch, 100 + n, a.school_id, {now} - n * {day} - mod(n * a.claimed_at, 997), {now},
    'user:' || mod(n, 7), (ARRAY['cart.add', 'device.enrolled', 'device.rename', 'user.invite'])[1 + mod(n, 4)],
    'device:d-' || mod(n, 90), false FROM appliance a, generate_series(1, 400) n""",
    """INSERT INTO journal (at, actor, action, target, school)
    SELECT {now} - n * {day} * 7, 'claire', 'alert.acknowledge', 'alert:' || n, uai
    FROM school, generate_series(1, 50) n""",
    """INSERT INTO "order" (id, kind, order_class, args, scope, account, created_at, not_after, second)
    SELECT 'past-' || n, 'report', 'routine', '{{}}', '{{}}', 'claire', {now} - n * {day} / 2, {now}, ''
    FROM generate_series(1, 700) n""",
    """INSERT INTO signed_order (id, order_id, body, signatures, signed_by) SELECT id, id, '{{}}', '[]', ''
    FROM "order" WHERE id LIKE 'past-%%'""",
    """INSERT INTO instruction (id, order_id, signed_id, appliance, school, device, state, detail, refusal, sent_at)
    SELECT 'past-' || n || d.id, 'past-' || n, 'past-' || n, d.appliance, d.school_id, d.id, 'done', '', '', {now}
    FROM generate_series(1, 700) n JOIN device d ON CASE WHEN mod(n, 10) = 0 THEN d.number = 1
    ELSE d.number <= 15 AND d.appliance = 'a-' || lpad(n::text, 5, '0') END""",
)


class _Clock:
    def now(self) -> datetime:
        return _NOW


def measure(run: Run) -> Result:
    size = CitySize(
        run.pick(1000, 12), run.pick(100, 10), run.pick(10, 1), days=run.pick(20, 5), hours=run.pick(72, 24)
    )
    rounds = run.pick(8, 1)
    with _city(size) as (client, engine):
        run.tell(
            f"{engine['schools']} schools, {engine['devices']} devices; "
            f"looking for alerts took {engine['alerts_seconds']:.1f} s"
        )
        first = _times(client, ("/statistics?weeks=36",), 0, counts_first=True)
        times = {name: _times(client, paths, rounds) for name, paths in _PAGES.items()}
    spreads = {name: spread(one) for name, one in times.items()}
    rows = tuple(
        Row(
            f"{name}, server time",
            f"p50 {one.p50:.0f} ms, p95 {one.p95:.0f} ms",
            **at_most(round(one.p95), _GOAL_MS, " ms"),
        )
        for name, one in spreads.items()
    )
    rows = (*rows, Row("statistics, drawn anew", f"{first[0]:.0f} ms"))
    data = {
        "statistics_anew_ms": round(first[0]),
        "spreads_ms": {name: one.as_json() for name, one in spreads.items()},
        **engine,
    }
    title = f"Size: the console with {engine['schools']:,} schools and {engine['devices']:,} devices"
    return Result("size", title, rows, data)


def _times(client: Any, paths: tuple[str, ...], rounds: int, counts_first: bool = False) -> list[float]:
    """Milliseconds of each request, after one of each that nobody counts."""
    found: list[float] = []
    for number in range(rounds + 1):
        for path in paths:
            started = time.perf_counter()
            answer = client.get(path, base_url="http://localhost:8090")
            taken = 1000 * (time.perf_counter() - started)
            assert answer.status_code == 200, (path, answer.status_code)
            if number or counts_first:
                found.append(taken)
    return found


@contextmanager
def _city(size: CitySize) -> Iterator[tuple[Any, dict[str, Any]]]:
    with tempfile.TemporaryDirectory(prefix="preau-size-") as folder, running_postgres() as server:
        config = Config(Path(folder), http_port=8090, database_url=server.new_database("size"), city="Ville")
        open_databases(config)
        database.connect(reuse_if_open=True)
        services = build_services(config, _Clock())
        seed_city(_NOW, size)
        for statement in _PAST:
            database.execute_sql(statement.format(now=int(_NOW.timestamp() * 1000), day="86400000::bigint"))
        database.execute_sql("ANALYZE")
        started = time.perf_counter()
        services.desk.alert_step.step()
        facts = {
            "schools": School.select().count(),
            "devices": Device.select().count(),
            "alerts_seconds": time.perf_counter() - started,
        }
        database.execute_sql("ANALYZE")
        account = services.accounts.add(CONSOLE, NewAccount("claire", "Claire", Role.ADMINISTRATOR))
        token = services.sessions.open(account, is_strong=True)
        database.close()
        client = create_app(services).test_client()
        client.set_cookie("preau-city-8090", token, domain="localhost")
        yield client, facts
        database.close()
        database.obj.close_all()
