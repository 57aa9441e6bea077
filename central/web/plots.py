"""Small plots, drawn here as SVG: numbers that people compare. Shapes and classes only; colours are the stylesheet's.

Each is an image with a text in its place for who cannot see it, or stands beside the same numbers in a table.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from central.domain.fleet import RANK, ApplianceState
from central.services.device_view import BatteryPoint
from central.services.fleet import SchoolLine
from central.web.map_labels import Point, labels

_GOOD, _FAIR = 0.9, 0.5
_CELL = 12


def quality_class(share: float | None) -> str:
    if share is None:
        return "q-void"
    if share <= 0:
        return "q-none"
    return "q-good" if share >= _GOOD else "q-fair" if share >= _FAIR else "q-poor"


_STRETCHED = frozenset({"strip", "share", "amount", "states"})  # they hold no text


def _image(width: float, height: float, kind: str, label: str, parts: Iterable[Markup]) -> Markup:
    fit = "none" if kind in _STRETCHED else "xMinYMin meet"
    return Markup(
        '<svg class="plot plot-{}" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="{}">{}</svg>'
    ).format(kind, round(width, 1), round(height, 1), label, fit, Markup("").join(parts))


_Box = tuple[float, float, float, float]  # x, y, width, height


def _rect(box: _Box, name: str, title: str = "") -> Markup:
    inner = Markup("<title>{}</title>").format(title) if title else ""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}">{}</rect>').format(
        *(round(one, 2) for one in box), name, inner
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(round(x, 1), round(y, 1), anchor, text)


def line_strip(shares: Sequence[float | None], label: str) -> Markup:
    """The last hours of a school's line: one bar an hour; an hour in which nothing came is a mark on the ground.

    One path a quality, not one element an hour: a page has a hundred of these.
    """
    paths: dict[str, list[str]] = {}
    for place, share in enumerate(shares):
        if share is not None:
            height = max(2.0, 20 * share)
            paths.setdefault(quality_class(share), []).append(f"M{2 * place} 20V{20 - height:.1f}h1.6V20z")
    parts = [Markup('<path class="{}" d="{}"/>').format(name, "".join(bars)) for name, bars in paths.items()]
    return _image(2 * len(shares), 20, "strip", label, parts)


def line_week(shares: Sequence[float | None], days: Sequence[str], label: str, title: Callable[[int], str]) -> Markup:
    """One row a day, one cell an hour: what happens every day at the same hour is a column."""
    left, top, rows = 64, 18, -(-len(shares) // 24)
    cells = [
        _rect((left + _CELL * (place % 24), top + 16 * (place // 24), 11, 14), quality_class(share), title(place))
        for place, share in enumerate(shares)
    ]
    hours = [_text(left + _CELL * hour, 11, f"{hour}") for hour in range(0, 24, 4)]
    names = [_text(left - 6, top + 11 + 16 * row, day, "end") for row, day in enumerate(days[:rows])]
    return _image(left + _CELL * 24, top + 16 * rows, "week", label, [*hours, *names, *cells])


def battery_days(points: Sequence[BatteryPoint], label: str) -> Markup:
    """One bar a day, from the lowest to the highest level; a day that ended empty is marked."""
    left, width = 34, 10
    lines = [
        Markup('<line x1="{}" x2="{}" y1="{}" y2="{}" class="grid"/>').format(
            left, left + width * max(48, len(points)), y, y
        )
        for y in (5, 55, 105)
    ]
    names = [_text(left - 5, y + 4, text, "end") for y, text in ((5, "100 %"), (55, "50 %"), (105, "0 %"))]
    bars = [
        _rect(
            (left + width * place + 2, 105 - one.highest, 6, max(2, one.highest - one.lowest)),
            "b-low" if one.lowest <= 10 else "b-day",
            f"{one.period[8:]}/{one.period[5:7]} : {one.lowest} – {one.highest} %",
        )
        for place, one in enumerate(points)
    ]
    return _image(left + width * max(48, len(points)) + 4, 112, "battery", label, [*lines, *names, *bars])


def share_bar(share: float | None, label: str, steps: tuple[float, float] = (0.75, 0.9)) -> Markup:
    """How full something is; the words stand beside it."""
    if share is None:
        return Markup("")
    name = "s-full" if share >= steps[1] else "s-much" if share >= steps[0] else "s-fine"
    return _image(
        100, 8, "share", label, [_rect((0, 0, 100, 8), "s-ground"), _rect((0, 0, max(2, 100 * share), 8), name)]
    )


def amount_bar(value: float, most: float, label: str) -> Markup:
    return _image(
        100, 10, "amount", label, [_rect((0, 0, 0 if most <= 0 else max(0.5, 100 * value / most), 10), "a-bar")]
    )


def columns(values: Sequence[tuple[str, float]], label: str) -> Markup:
    """One column a day, the highest named."""
    most = max((value for _, value in values), default=0) or 1
    step = 12 if len(values) <= 70 else 5
    bars = [
        _rect((40 + step * place, 90 - height, step - 2, height), "a-bar", f"{name} : {value:g}")
        for place, (name, value) in enumerate(values)
        for height in (max(1.0, 80 * value / most),)
    ]
    width = 44 + step * max(24, len(values))
    ground = Markup('<line x1="40" x2="{}" y1="90.5" y2="90.5" class="grid"/>').format(width)
    ends = [_text(40, 104, values[0][0]), _text(38 + step * len(values), 104, values[-1][0], "end")] if values else []
    if len(values) < 8:
        ends = ends[:1]
    scale = [_text(34, 16, f"{most:g}", "end"), _text(34, 93, "0", "end")]
    return _image(width, 108, "columns", label, [ground, *scale, *bars, *ends])


def states_bar(counts: Sequence[tuple[ApplianceState, int]], label: str) -> Markup:
    """All schools in one bar; each part is at least wide enough to be seen."""
    total = sum(count for _, count in counts) or 1
    parts, x = [], 0.0
    for state, count in counts:
        width = max(0.8, 100 * count / total) if count else 0
        parts.append(_rect((x, 0, max(0.0, width - 0.2), 10), f"m-{state.value}"))
        x += width
    return _image(max(100.0, x), 10, "states", label, parts)


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    line: SchoolLine


_WIDTH, _HEIGHT, _EDGE = 560.0, 360.0, 16.0
_FEW = 12  # schools that all carry their names
_DOT = (
    '<a href="%s" tabindex="-1" aria-label="%s"><g transform="translate(%.1f %.1f) scale(%s)">%s</g>'
    "<title>%s</title></a>"
)
_MAP = Markup('<svg class="plot plot-map" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>')
_SHAPES = {
    ApplianceState.DOWN: Markup('<path d="M0-7 7 6H-7Z" class="m-down"/>'),
    ApplianceState.FENCED: Markup('<path d="M-6-6H6V6H-6Z" class="m-fenced"/>'),
    ApplianceState.LATE: Markup('<path d="M0-6 6 0 0 6-6 0Z" class="m-late"/>'),
    ApplianceState.NEW: Markup('<circle r="4" class="m-new"/>'),
    ApplianceState.ABSENT: Markup('<circle r="2.5" class="m-absent"/>'),
    ApplianceState.REVOKED: Markup('<circle r="3" class="m-revoked"/>'),
    ApplianceState.UP: Markup('<circle r="4.5" class="m-up"/>'),
}


def overview(lines: Sequence[SchoolLine], label: str, href: Callable[[str], str], word: Callable[[str], str]) -> Markup:
    """The city: schools at their places when most are known, else in rows by group. Trouble is drawn last, on top.

    Links here are a shortcut for a mouse: the table below holds the same, so that Tab does not pass a thousand dots.
    """
    placed = [line for line in lines if line.latitude is not None and line.longitude is not None]
    is_map = len(placed) * 2 > len(lines)
    dots, height = (_placed(placed), _HEIGHT) if is_map else _in_rows(lines)
    scale = 1.0 if len(dots) <= 300 else 0.6
    words = {state: word(state.value) for state in ApplianceState}
    shown = sorted(dots, key=lambda dot: -RANK[dot.line.state])
    marks = []
    for dot in shown:
        state = dot.line.state
        name = escape(f"{dot.line.name} : {words[state]}")
        size = scale if state is ApplianceState.UP else max(0.8, scale)
        marks.append(_DOT % (escape(href(dot.line.uai)), name, dot.x, dot.y, size, _SHAPES[state], name))
    if is_map:
        marks += _names(dots)
    # each part is escaped above; a thousand times `Markup.format` costs a tenth of a second
    return _MAP.format(round(_WIDTH), round(height), label, Markup("".join(marks)))  # noqa: S704 - escaped each


def _names(dots: Sequence[Dot]) -> list[Markup]:
    """Of the schools in trouble; of all where there are few."""
    named = [dot for dot in dots if dot.line.state is not ApplianceState.UP or len(dots) <= _FEW]
    named.sort(key=lambda dot: RANK[dot.line.state])
    points = [Point(dot.x, dot.y, dot.line.name) for dot in named]
    return [
        Markup('<text class="map-label" x="{}" y="{}" text-anchor="{}" aria-hidden="true">{}</text>').format(
            round(one.x, 1), round(one.y, 1), one.anchor, one.text
        )
        for one in labels(points, _WIDTH)
    ]


def _placed(lines: Sequence[SchoolLine]) -> list[Dot]:
    """Equirectangular: within a city the earth is flat."""
    spots = [(line.longitude or 0.0, line.latitude or 0.0) for line in lines]
    west, east = min(x for x, _ in spots), max(x for x, _ in spots)
    south, north = min(y for _, y in spots), max(y for _, y in spots)
    narrow = math.cos(math.radians((south + north) / 2)) or 1.0
    width, height = max((east - west) * narrow, 1e-6), max(north - south, 1e-6)
    scale = min((_WIDTH - 2 * _EDGE) / width, (_HEIGHT - 2 * _EDGE) / height)
    left, top = (_WIDTH - scale * width) / 2, (_HEIGHT - scale * height) / 2
    return [
        Dot(left + (x - west) * narrow * scale, top + (north - y) * scale, line)
        for (x, y), line in zip(spots, lines, strict=True)
    ]


def _in_rows(lines: Sequence[SchoolLine]) -> tuple[list[Dot], float]:
    step = 18.0 if len(lines) <= 400 else 12.0
    across = int((_WIDTH - 2 * _EDGE) // step)
    dots: list[Dot] = []
    row = 0
    for group in sorted({line.group for line in lines}):
        members = [line for line in lines if line.group == group]
        dots += [
            Dot(_EDGE + step * (n % across) + step / 2, _EDGE + step * (row + n // across), line)
            for n, line in enumerate(members)
        ]
        row += -(-len(members) // across) + 1
    return dots, max(60.0, _EDGE * 2 + step * row)
