"""Which points of the city's map carry their name, and where: those in trouble first, never one over another."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MOST = 14
_LONGEST = 24
_LETTER, _LINE, _BESIDE = 6.4, 13.0, 9.0  # of the map's own units, at the size of its text
_KIND = re.compile(
    r"^(?:École|Ecole)(?: (?:maternelle|élémentaire|primaire))? (?:du |des |de la |de l[’'] ?|de |d[’'])?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    anchor: str  # of SVG
    text: str


_Box = tuple[float, float, float, float]  # left, top, right, bottom


def labels(points: Sequence[Point], width: float) -> list[Label]:
    """`points`: those that may have one, the most wanted first. What finds no room has its name where the mouse is."""
    taken: list[_Box] = [(one.x - 7, one.y - 7, one.x + 7, one.y + 7) for one in points]
    found: list[Label] = []
    for point in points:
        if len(found) == _MOST:
            break
        text = short(point.name)
        for label, box in _places(point, text):
            others = [one for one in taken if one != (point.x - 7, point.y - 7, point.x + 7, point.y + 7)]
            if box[0] >= 0 and box[2] <= width and not any(_overlap(box, one) for one in others):
                taken.append(box)
                found.append(label)
                break
    return found


def short(name: str) -> str:
    """Without what all of them begin with."""
    text = _KIND.sub("", name).strip() or name
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip(" -") + "…"


def _places(point: Point, text: str) -> Iterable[tuple[Label, _Box]]:
    """On its right, else on its left."""
    wide, top, bottom = _LETTER * len(text), point.y - _LINE / 2, point.y + _LINE / 2
    right, left = point.x + _BESIDE, point.x - _BESIDE
    yield Label(right, point.y + 4, "start", text), (right, top, right + wide, bottom)
    yield Label(left, point.y + 4, "end", text), (left - wide, top, left, bottom)


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
