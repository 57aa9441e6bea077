"""The plot of growth as SVG: both axes logarithmic, so that linear growth is a straight line at a known slope."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 360, 30, 55
_COLOURS = ("#0b5cad", "#b3541e", "#2b7a3d", "#7a3b9c")
_DASHES = ("", "8 4", "2 4", "10 3 2 3")
_MARKS = ("●", "■", "▲", "◆")


@dataclass(frozen=True, slots=True)
class Scale:
    """Values to pixels, logarithmically. Both ends of a y axis are powers of ten."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return round(self.start + share * (self.end - self.start), 1)


def draw(sizes: Sequence[int], series: Mapping[str, Sequence[float]], titles: Mapping[str, str]) -> str:
    """One line a series of milliseconds, and a grey one for linear growth."""
    values = [value for line in series.values() for value in line]
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))
    x = Scale(sizes[0], sizes[-1], _LEFT, WIDTH - _RIGHT)
    y = Scale(low, high, HEIGHT - _BOTTOM, _TOP)
    parts = [_head(), *_grid(x, y, sizes), *_linear(x, y, sizes)]
    for number, (name, line) in enumerate(series.items()):
        parts += _line(number, [(x.at(size), y.at(value)) for size, value in zip(sizes, line, strict=True)])
        parts.append(_legend(number, f"{_MARKS[number]} {titles[name]}"))
    return "\n".join([*parts, "</svg>", ""])


def _head() -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="13" role="img" aria-label="Milliseconds by number of devices, both axes logarithmic">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    )


def _grid(x: Scale, y: Scale, sizes: Sequence[int]) -> list[str]:
    lines = []
    for size in sizes:
        lines.append(_rule(x.at(size), _TOP, x.at(size), HEIGHT - _BOTTOM))
        lines.append(_text(x.at(size), HEIGHT - _BOTTOM + 20, str(size), "middle"))
    for power in range(round(math.log10(y.low)), round(math.log10(y.high)) + 1):
        at = y.at(10.0**power)
        lines.append(_rule(_LEFT, at, WIDTH - _RIGHT, at))
        lines.append(_text(_LEFT - 8, at + 4, f"{10.0**power:g}", "end"))
    lines.append(_text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 12, "devices", "middle"))
    return [*lines, _text(_LEFT, _TOP - 12, "milliseconds, median", "start")]


def _linear(x: Scale, y: Scale, sizes: Sequence[int]) -> list[str]:
    """From the lower left corner at slope one, as far as it stays inside."""
    end = min(sizes[-1], sizes[0] * y.high / y.low)
    return [
        f'<path d="M{x.at(sizes[0])},{y.at(y.low)} L{x.at(end)},{y.at(y.low * end / sizes[0])}" '
        'stroke="#767676" stroke-width="6" stroke-opacity="0.3" fill="none"/>',
        _text(WIDTH - _RIGHT + 18, HEIGHT - _BOTTOM, "grey: linear growth", "start", "#595959"),
    ]


def _line(number: int, points: Sequence[tuple[float, float]]) -> list[str]:
    colour = _COLOURS[number]
    path = " L".join(f"{left},{top}" for left, top in points)
    dash = f' stroke-dasharray="{_DASHES[number]}"' if _DASHES[number] else ""
    marks = [_text(left, top + 4, _MARKS[number], "middle", colour) for left, top in points]
    return [f'<path d="M{path}" stroke="{colour}" stroke-width="2"{dash} fill="none"/>', *marks]


def _legend(number: int, title: str) -> str:
    return _text(WIDTH - _RIGHT + 18, _TOP + 18 + 24 * number, title, "start", _COLOURS[number])


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1},{y1} L{x2},{y2}" stroke="#d0d0d0" stroke-width="1"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#222222") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
