"""norms.items.spread: discrete quartiles between hospitals, those that do not use an item at 0."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.norms.items.spread import POINTS, spread

ROWS = st.lists(st.tuples(st.lists(st.integers(1, 20), max_size=9), st.integers(0, 4)), min_size=1, max_size=6)


def by_hand(values: list[float]) -> list[float]:
    """Least, the values at places ceil(n/4), ceil(n/2), ceil(3n/4), most."""
    ordered = sorted(values)
    places = [1, *(math.ceil(len(ordered) * k / 4) for k in (1, 2, 3)), len(ordered)]
    return [ordered[place - 1] for place in places]


def test_the_hospitals_that_use_nothing_count() -> None:
    found = spread(np.array([0, 0, 0]), np.array([0.75, 0.25, 0.5]), np.array([5]))
    assert [found.points[name].tolist() for name in POINTS] == [[0.0], [0.0], [0.25], [0.5], [0.75]]


def test_a_row_without_hospitals_has_no_points() -> None:
    found = spread(np.array([1]), np.array([2.0]), np.array([0, 1]))
    assert [math.isnan(found.points[name][0]) for name in POINTS] == [True] * 5
    assert [found.points[name][1] for name in POINTS] == [2.0] * 5


@pytest.mark.property
@given(ROWS, st.randoms(use_true_random=False))
def test_it_is_what_sorting_gives(rows: list[tuple[list[int], int]], chance: object) -> None:
    """Whatever the order of the values."""
    pairs = [(place, float(value)) for place, (values, _) in enumerate(rows) for value in values]
    chance.shuffle(pairs)  # type: ignore[attr-defined]
    hospitals = np.array([len(values) + zeros for values, zeros in rows])
    row, value = np.array([p for p, _ in pairs], np.int64), np.array([v for _, v in pairs], float)
    found = spread(row, value, hospitals)
    for place, (values, zeros) in enumerate(rows):
        if values or zeros:
            assert [found.points[name][place] for name in POINTS] == by_hand([0.0] * zeros + [float(v) for v in values])
