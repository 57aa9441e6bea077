"""`./run bench [NAME…] [--quick]`: runs benchmarks, tells how far they are, and writes what they found."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import (
    back,
    cold,
    connected,
    documents,
    fanout,
    growth,
    herd,
    ingest,
    line,
    machine,
    memory,
    order,
    report,
    size,
    visible,
)
from tests.bench.result import Result, Run
from tests.support.appliance import ROOT

_FOLDER = ROOT / "docs" / "benchmarks"
BENCHMARKS: dict[str, Callable[[Run], Result]] = {
    "fanout": fanout.measure,
    "return": back.measure,
    "documents": documents.measure,
    "memory": memory.measure,
    "growth": growth.measure,
    "visible": visible.measure,
    "cold": cold.measure,
    "connected": connected.measure,
    "ingest": ingest.measure,
    "herd": herd.measure,
    "line": line.measure,
    "order": order.measure,
    "size": size.measure,
}


def main(arguments: Sequence[str]) -> int:
    """0 also when a goal is missed; what does not work raises."""
    options = _read(arguments)
    folder = options.out or (Path(tempfile.mkdtemp(prefix="preau-bench-")) if options.quick else _FOLDER)
    facts = machine.facts()
    results = [_run_one(name, options.quick) for name in options.names or BENCHMARKS]
    report.write(results, facts, folder)
    if folder == _FOLDER:
        report.write_page(_FOLDER.with_suffix(".md"), _FOLDER, list(BENCHMARKS))
    missed = [f"{result.name}: {row.what}" for result in results for row in result.rows if row.met is False]
    print(f"Written to {folder}.")
    print("\n".join(["Goals missed in this run:", *missed]) if missed else "All goals met in this run.")
    return 0


def _run_one(name: str, quick: bool) -> Result:
    started = time.perf_counter()
    _tell(f"{name} …")
    result = BENCHMARKS[name](Run(quick, _tell))
    _tell(f"{name} took {time.perf_counter() - started:.0f} s")
    print(f"\n{result.title}\n{report.table_of(result)}\n", flush=True)
    return result


def _tell(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="small and short: does it work? Not for comparing")
    parser.add_argument("--out", type=Path, help="where to write (default: docs/benchmarks, with --quick a new folder)")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown benchmark: {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
