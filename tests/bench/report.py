"""What is left of a run: JSON, a plot, and the tables in docs/benchmarks.md, between their marks."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.growth import SERIES
from tests.bench.plot import draw
from tests.bench.result import HEADINGS, Result, Row

_BEGIN, _END = "<!-- results: written by ./run bench -->", "<!-- end of results -->"


def write(results: Sequence[Result], facts: dict[str, object], folder: Path) -> None:
    """One file a benchmark: running one again leaves the others as they were."""
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        (folder / f"{result.name}.json").write_text(
            json.dumps({**asdict(result), "facts": facts}, indent=1, ensure_ascii=False) + "\n"
        )
        if result.name == "growth":
            (folder / "growth.svg").write_text(_plot(result.data))


def write_page(page: Path, folder: Path, names: Sequence[str]) -> None:
    """The tables anew from what the folder holds; the words around them stay."""
    text = page.read_text()
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    stored = [json.loads(path.read_text()) for path in (folder / f"{name}.json" for name in names) if path.exists()]
    sections = "\n".join(_section(one) for one in stored)
    page.write_text(f"{before}{_BEGIN}\n\n{sections}\n{_END}{after}")


def table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def table_of(result: Result) -> str:
    return table([HEADINGS, *(row.cells() for row in result.rows)])


def _section(stored: dict[str, Any]) -> str:
    rows = [Row(**row) for row in stored["rows"]]
    facts, versions = stored["facts"], stored["facts"]["versions"]
    machine = facts["machine"]
    said = (
        f"{facts['date']}, commit {facts['commit']}, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}, Python {versions['python']}, Mosquitto {versions['mosquitto']}, "
        f"load before: {machine['load_before']}."
    )
    plot = "\n![Growth](benchmarks/growth.svg)\n" if stored["name"] == "growth" else ""
    return f"### {stored['title']}\n\n{table([HEADINGS, *(row.cells() for row in rows)])}\n{plot}\n{said}\n"


def _plot(data: dict[str, Any]) -> str:
    medians = {name: [one["p50"] for one in spreads] for name, spreads in data["series_ms"].items()}
    titles = {name: f"{title} (n^{data['exponents'][name]:.2f})" for name, title in SERIES.items()}
    return draw(data["sizes"], medians, titles)
