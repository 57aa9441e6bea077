"""Documents: 100 MB to thirty devices at once, whole and resumed, beside Debian's nginx serving the same file.

The same process downloads from both, in turns, with the devices' credentials (which nginx does not look at). Another
one meanwhile asks for `/api/time`, to see what a teacher's page feels.
"""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from appliance.bootstrap import build_services, open_databases
from appliance.domain.people import Actor, Role
from appliance.store.models import database
from tests.bench.downloads import Outcome, Plan
from tests.bench.nginx import running_nginx
from tests.bench.numbers import percentile, spread
from tests.bench.result import Result, Row, Run
from tests.bench.school import School, running_school
from tests.bench.teacher import Connection
from tests.support.appliance import ROOT
from tests.support.documents import store_upload

_MIB = 1024 * 1024
_PAGE_EVERY_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    mib_per_second: float
    page_ms: list[float]


def measure(run: Run) -> Result:
    count, size = run.pick(30, 3), run.pick(100, 4) * _MIB
    with running_school(count) as school:
        path = _hand_in(school, size)
        with running_nginx(path.parent) as port:
            found = asyncio.run(_all(school, path, port, run))
    rows = [row for kind in ("whole", "resumed") for row in _rows(found, kind, f"{size // _MIB} MiB, {count} devices")]
    idle, busy = found["idle"][0].page_ms, [one for sample in found["whole"] for one in sample.page_ms]
    rows.append(
        Row(
            "page meanwhile (GET /api/time), p95; reference: nothing else going on",
            f"{percentile(busy, 0.95):.1f} ms",
            f"{percentile(idle, 0.95):.1f} ms",
            percentile(busy, 0.95) / percentile(idle, 0.95),
        )
    )
    data = {name: [_json(one) for one in samples] for name, samples in found.items()}
    return Result("documents", "Documents beside nginx", tuple(rows), {"bytes": size, "devices": count, **data})


def _rows(found: dict[str, list[Sample]], kind: str, what: str) -> list[Row]:
    ours = spread([sample.mib_per_second for sample in found[kind]])
    nginx = spread([sample.mib_per_second for sample in found[f"{kind}_nginx"]])
    return [
        Row(
            f"{what}, {kind}: throughput, median of {ours.count}",
            f"{ours.p50:.0f} MiB/s",
            f"{nginx.p50:.0f} MiB/s",
            ours.p50 / nginx.p50,
            "measured",
        )
    ]


def _json(sample: Sample) -> dict[str, Any]:
    pages = spread(sample.page_ms).as_json() if sample.page_ms else None
    return {"seconds": round(sample.seconds, 3), "mib_per_second": round(sample.mib_per_second), "page_ms": pages}


def _hand_in(school: School, size: int) -> Path:
    """A document as a teacher's upload would leave it; where its file is."""
    open_databases(school.config)
    documents = build_services(school.config).documents
    with database.connection_context():
        content = io.BytesIO(b"%PDF-1.7\n" + os.urandom(size - 9))
        stored = store_upload(documents, content, "fractions.pdf", Actor(1, "Mme Durand", Role.TEACHER))
        return documents.path_of(stored.sha256)


async def _all(school: School, path: Path, nginx_port: int, run: Run) -> dict[str, list[Sample]]:
    size = path.stat().st_size
    logins = list(school.credentials.items())
    teacher = await Connection.open(school.teacher())
    plans = {}
    for kind, start in (("whole", 0), ("resumed", size // 3)):
        plans[kind] = Plan(school.box.http_port, f"/documents/{path.name}", size, start, logins)
        plans[f"{kind}_nginx"] = Plan(nginx_port, f"/{path.name}", size, start, logins)
    found: dict[str, list[Sample]] = {name: [] for name in plans}
    found["idle"] = [await _watched(teacher, _idle(run.pick(200, 20) * _PAGE_EVERY_SECONDS))]
    wanted = run.pick(7, 1)
    for turn in range(wanted):
        for name, plan in plans.items():
            found[name].append(await _watched(teacher, _download(plan)))
        run.tell(f"documents: {turn + 1} of {wanted} rounds of {len(plans)}")
    teacher.close()
    return found


async def _watched(teacher: Connection, act: Awaitable[Outcome]) -> Sample:
    pages: list[float] = []
    acting = asyncio.ensure_future(act)
    while not acting.done():
        reply = await teacher.ask("GET", "/api/time")
        assert reply.status == 200, reply.body
        pages.append(reply.seconds * 1000)
        await asyncio.sleep(_PAGE_EVERY_SECONDS)
    outcome = await acting
    return Sample(outcome.seconds, outcome.bytes / _MIB / outcome.seconds, pages)


async def _idle(seconds: float) -> Outcome:
    await asyncio.sleep(seconds)
    return Outcome(seconds, 0)


async def _download(plan: Plan) -> Outcome:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.downloads",
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate(json.dumps(asdict(plan)).encode())
    assert process.returncode == 0, "the downloads failed (see above)"
    return Outcome(**json.loads(said))
