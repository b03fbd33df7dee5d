"""norms.statistic: how floats are shown, and the coefficient of variation of E19."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.norms.statistic import coefficient_of_variation, quotient, ratio, rounded, statistic, within

E19 = [8000, 9500, 10000, 10500, 12000]


@pytest.mark.golden
def test_e19_coefficient_of_variation() -> None:
    """Sample CV 0.145774 (n - 1), not the population's 0.130384; the same in fen."""
    for scale in (1, 100):
        values = [scale * value for value in E19]
        found = coefficient_of_variation(5, sum(values), sum(value * value for value in values))
        assert found == pytest.approx(0.145774, abs=5e-7)
        assert found == 0.145773797371


def test_there_is_no_cv_of_one_value_or_around_nothing() -> None:
    assert coefficient_of_variation(1, 5, 25) is None
    assert coefficient_of_variation(0, 0, 0) is None
    assert coefficient_of_variation(2, 0, 2) is None
    assert coefficient_of_variation(2, -6, 20) is None
    assert coefficient_of_variation(2, 10, 50) == 0.0


def test_twelve_digits() -> None:
    assert rounded(1 / 3) == 0.333333333333
    assert rounded(Fraction(2, 3)) == 0.666666666667
    assert quotient(2, 3) == 0.666666666667
    assert quotient(1, 0) is None
    assert quotient(10**30, 10**30 - 1) == 1.0


def test_nothing_to_divide_by_is_null() -> None:
    assert ratio(np.array([1, 1, 0]), np.array([3, 0, 0])).to_pylist() == [0.333333333333, None, None]
    shown = statistic(np.array([1.0, np.nan, np.inf, 2.0]), np.array([True, True, True, False]))
    assert shown.to_pylist() == [1.0, None, None, None]


@pytest.mark.property
@given(st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=30), st.integers(1, 1000))
def test_squares_around_the_mean_are_exact_and_scale(values: list[int], by: int) -> None:
    mean = Fraction(sum(values), len(values))
    found = within(len(values), sum(values), sum(value * value for value in values))
    assert found == sum((value - mean) ** 2 for value in values)
    scaled = [by * value for value in values]
    assert within(len(values), sum(scaled), sum(value * value for value in scaled)) == found * by * by
    cv = coefficient_of_variation(len(values), sum(values), sum(value * value for value in values))
    assert coefficient_of_variation(len(values), sum(scaled), sum(v * v for v in scaled)) == (
        cv if cv is None else pytest.approx(cv, rel=1e-11)
    )
