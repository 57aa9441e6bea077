"""How small a sum may be and still be shown. Device-days only: no pupil is known here.

Under five device-days nothing leaves a school; whoever is not of the city's IT reads cells of eleven and more.
What is under is added to « autres » (an empty `app`), which is left out, too, when it is still too small.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from central.domain.roles import Role, Viewer

FLOOR_CITY = 5
FLOOR_OTHERS = 11
OTHERS = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """`key`: what the table is cut by beside the app (a period, a level, a school)."""

    key: tuple[str, ...]
    app: str
    device_days: int
    seconds: int


def floor_of(viewer: Viewer) -> int:
    """A director is not of the city's IT: a small cell of one school is a small class."""
    return FLOOR_CITY if viewer.role in (Role.ADMINISTRATOR, Role.TECHNICIAN) else FLOOR_OTHERS


def shown_cells(cells: Iterable[Cell], floor: int) -> list[Cell]:
    """Those that reach the floor, and one of the rest for each key if that reaches it."""
    shown: list[Cell] = []
    rest: dict[tuple[str, ...], Cell] = {}
    for cell in cells:
        if cell.app != OTHERS and cell.device_days >= floor:
            shown.append(cell)
            continue
        before = rest.get(cell.key, Cell(cell.key, OTHERS, 0, 0))
        rest[cell.key] = replace(
            before, device_days=before.device_days + cell.device_days, seconds=before.seconds + cell.seconds
        )
    return [*shown, *(cell for cell in rest.values() if cell.device_days >= floor)]
