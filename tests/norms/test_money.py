"""norms.money: fen as yuan, unknown where unknown."""

from decimal import Decimal

import numpy as np

from yiheng.norms.money import MONEY, money


def test_what_is_not_known_is_null() -> None:
    found = money(np.array([0, -1, 999999999999999, 5]), np.array([True, True, True, False]))
    assert found.type == MONEY
    assert found.to_pylist() == [Decimal("0.00"), Decimal("-0.01"), Decimal("9999999999999.99"), None]


def test_of_nothing_there_is_nothing() -> None:
    assert money(np.array([], dtype=np.int64), np.array([], dtype=bool)).to_pylist() == []
