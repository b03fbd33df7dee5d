"""norms.significant: many floats rounded at once are what each one's digits say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.norms.significant import significant

EDGES = [
    0.0,
    -0.0,
    1.0,
    10.0,
    0.1,
    1e11,
    1e12,
    1e22,
    1e23,
    999999999999.5,
    99999999999.95,
    123456789012.5,
    5e-324,
    1e308,
]


def one_by_one(values: list[float], digits: int) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


@pytest.mark.property
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=50), st.integers(1, 15))
def test_any_floats(values: list[float], digits: int) -> None:
    assert significant(np.array(values, float), digits).tolist() == one_by_one(values, digits)


@pytest.mark.property
@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), st.integers(1, 10**6)), max_size=50))
def test_ratios_of_whole_numbers(parts: list[tuple[int, int]]) -> None:
    values = [above / below for above, below in parts]
    assert significant(np.array(values, float), 12).tolist() == one_by_one(values, 12)


def test_edges_and_halves() -> None:
    """Powers of ten, the largest and smallest, and numbers whose last digit is half a unit."""
    values = [*EDGES, *(number + 0.5 for number in range(10**11, 10**11 + 20)), *(n * 1e-13 * 5 for n in range(50))]
    values += [-value for value in values]
    assert significant(np.array(values), 12).tolist() == one_by_one(values, 12)
    assert np.isnan(significant(np.array([np.nan]), 12)).all()
    assert significant(np.array([np.inf]), 12).tolist() == [np.inf]
