"""dip.catalogue.combination: names taken apart, and each number among the distinct ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.dip.catalogue.combination import distinct


@pytest.mark.property
@given(st.lists(st.integers(0, 60), max_size=40))
def test_distinct_numbers_are_those_of_numpy(numbers: list[int]) -> None:
    values, places = np.unique(np.array(numbers, np.int64), return_inverse=True)
    found, own = distinct(np.array(numbers, np.int64))
    assert (found.tolist(), own.tolist()) == (values.tolist(), places.tolist())
