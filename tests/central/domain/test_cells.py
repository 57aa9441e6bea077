"""Small cells are merged, and cannot be found by subtraction."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.cells import FLOOR_INSIDE, FLOOR_OUTSIDE, Cell, CellKey, merged
from protocol.uplink_records import OTHERS


def _shown(counts: dict[str, int], floor: int) -> dict[str, int]:
    cells = [(CellKey("2026-11-23", "CE2", app), Cell(count, 60 * count)) for app, count in counts.items()]
    return {key.app: cell.device_days for key, cell in merged(cells, floor).items()}


@pytest.mark.parametrize(
    ("counts", "floor", "expected"),
    [
        ({"a": 20, "b": 6}, FLOOR_INSIDE, {"a": 20, "b": 6}),
        ({"a": 20, "b": 11}, FLOOR_OUTSIDE, {"a": 20, "b": 11}),
        ({"a": 20, "b": 6, "c": 7}, FLOOR_OUTSIDE, {"a": 20, OTHERS: 13}),
        # a lone small one takes the next smallest with it
        ({"a": 20, "b": 12, "c": 3}, FLOOR_OUTSIDE, {"a": 20, OTHERS: 15}),
        ({"a": 4}, FLOOR_INSIDE, {}),
        ({"a": 12, OTHERS: 3}, FLOOR_OUTSIDE, {OTHERS: 15}),
    ],
)
def test_merging(counts: dict[str, int], floor: int, expected: dict[str, int]) -> None:
    assert _shown(counts, floor) == expected


def test_the_same_cell_of_two_epochs_is_one() -> None:
    key = CellKey("2026-11-23", "CE2", "a")
    assert merged([(key, Cell(3, 10)), (key, Cell(4, 10))], FLOOR_INSIDE) == {key: Cell(7, 20)}


@given(st.lists(st.integers(1, 40), max_size=12), st.sampled_from([FLOOR_INSIDE, FLOOR_OUTSIDE]))
def test_nothing_below_the_floor_is_ever_shown_and_nothing_large_is_lost(counts: Sequence[int], floor: int) -> None:
    shown = _shown({f"app{n}": count for n, count in enumerate(counts)}, floor)
    assert all(count >= floor for count in shown.values())
    assert sum(shown.values()) in ({sum(counts)} if sum(counts) >= floor else {0})
