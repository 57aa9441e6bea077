import pytest

from tests.bench.numbers import exponent, percentile, spread
from tests.bench.plot import draw


def test_a_percentile_lies_between_its_neighbours_in_proportion() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([10, 20], 0.95) == pytest.approx(19.5)
    assert percentile([7], 0.99) == 7


def test_a_spread_is_ordered_and_counts_its_values() -> None:
    found = spread([float(value) for value in range(101)])

    assert (found.p50, found.p95, found.p99, found.count) == (50, 95, 99, 101)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_law_is_its_power(power: float) -> None:
    sizes = [30.0, 100.0, 300.0, 600.0]

    assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_linear_growth_is_drawn_parallel_to_the_grey_line() -> None:
    drawn = draw([10, 100], {"a": [1.0, 10.0]}, {"a": "A & B"})

    grey, line = [part for part in drawn.splitlines() if 'fill="none"' in part]
    assert "A &amp; B" in drawn
    assert grey.split('"')[1] == line.split('"')[1]
