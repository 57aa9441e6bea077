"""Small counts tell of few children: cells below a floor are merged before anybody sees them.

Who is of the city's IT sees cells of 5 device-days and more; everybody else those of 11 and more.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from protocol.uplink_records import OTHERS, SMALLEST_CELL

FLOOR_INSIDE, FLOOR_OUTSIDE = SMALLEST_CELL, 11


class CellKey(NamedTuple):
    period: str
    level: str
    app: str


@dataclass(frozen=True, slots=True)
class Cell:
    device_days: int
    seconds: int

    def plus(self, other: "Cell") -> "Cell":
        return Cell(self.device_days + other.device_days, self.seconds + other.seconds)


def merged(cells: Iterable[tuple[CellKey, Cell]], floor: int) -> dict[CellKey, Cell]:
    """Small cells go to « others » of their period and level; what is too small even there is left out.

    A lone small cell must not be found by subtraction: when « others » itself stays under the floor, the smallest
    cell that was shown joins it.
    """
    summed: dict[CellKey, Cell] = defaultdict(lambda: Cell(0, 0))
    for key, cell in cells:
        summed[key] = summed[key].plus(cell)
    groups: dict[tuple[str, str], dict[str, Cell]] = defaultdict(dict)
    for key, cell in summed.items():
        groups[key.period, key.level][key.app] = cell
    shown: dict[CellKey, Cell] = {}
    for (period, level), apps in groups.items():
        shown.update({CellKey(period, level, app): cell for app, cell in _merged_group(apps, floor).items()})
    return shown


def _merged_group(apps: dict[str, Cell], floor: int) -> dict[str, Cell]:
    kept = {app: cell for app, cell in apps.items() if app != OTHERS and cell.device_days >= floor}
    others = apps.get(OTHERS, Cell(0, 0))
    for app, cell in apps.items():
        if app != OTHERS and app not in kept:
            others = others.plus(cell)
    while kept and 0 < others.device_days < floor:
        smallest = min(kept, key=lambda app: (kept[app].device_days, app))
        others = others.plus(kept.pop(smallest))
    return {**kept, **({OTHERS: others} if others.device_days >= floor else {})}
