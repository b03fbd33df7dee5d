"""norms.items.halves: exact quotients of whole numbers, a half away from zero."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base import money
from yiheng.norms.items.halves import half_up

PAIRS = st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(1, 10**15)), min_size=1, max_size=30)


@pytest.mark.property
@given(PAIRS)
def test_as_money_is_rounded(pairs: list[tuple[int, int]]) -> None:
    above, below = (np.array(numbers, np.int64) for numbers in zip(*pairs, strict=True))
    assert half_up(above, below).tolist() == [money.half_up(Fraction(a, b)) for a, b in pairs]


def test_halves_go_away_from_zero() -> None:
    assert half_up(np.array([5, -5, 4, 0]), np.array([2, 2, 3, 7])).tolist() == [3, -3, 1, 0]
    assert half_up(np.array([], np.int64), np.array([], np.int64)).tolist() == []


def test_products_larger_than_a_machine_word() -> None:
    above = np.array([10**18], np.int64).astype(object) * 10**12
    assert half_up(above, np.array([10**12], np.int64)).tolist() == [10**18]
