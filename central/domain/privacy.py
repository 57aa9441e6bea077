"""How small a sum each viewer may read, in device-days. How small cells are merged: `domain.cells`."""

from central.domain.cells import FLOOR_INSIDE, FLOOR_OUTSIDE
from central.domain.roles import Viewer


def floor_of(viewer: Viewer) -> int:
    """A director is not of the city's IT: a small cell of one school is a small class."""
    return FLOOR_INSIDE if viewer.is_of_the_city else FLOOR_OUTSIDE
