"""Arrow columns from numpy arrays."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa

from yiheng.sample import columns


def test_money_is_the_same_integer_in_yuan() -> None:
    fen = np.array([0, 1, 123_456, -5, 90_071_992_547_409])
    expected = ["0.00", "0.01", "1234.56", "-0.05", "900719925474.09"]
    assert columns.money(fen).to_pylist() == [Decimal(text) for text in expected]


def test_numbers_dates_and_text_are_null_where_unknown() -> None:
    known = np.array([True, False])
    assert columns.numbers(np.array([3, 4]), pa.int16(), known).to_pylist() == [3, None]
    assert columns.dates(np.array([0, 366]), known).to_pylist() == [date(1970, 1, 1), None]
    assert columns.chosen(["a", "b"], np.array([1, -1])).to_pylist() == ["b", None]
    assert columns.serial("C", np.array([12, 13]), known).to_pylist() == ["C12", None]


def test_lists_are_cut_by_count_and_may_be_null() -> None:
    values = pa.array(["x", "y", "z"])
    assert columns.lists(values, np.array([2, 0, 1])).to_pylist() == [["x", "y"], [], ["z"]]
    known = np.array([True, False, True])
    assert columns.lists(values, np.array([2, 0, 1]), known).to_pylist() == [["x", "y"], None, ["z"]]


def test_tokens_are_opaque_and_one_to_one() -> None:
    tokens = columns.tokens("demo-", 7, np.arange(10_000)).to_pylist()
    assert len(set(tokens)) == 10_000
    assert all(len(token) == 21 and token.startswith("demo-") for token in tokens)
    assert columns.tokens("demo-", 8, np.arange(3)).to_pylist() != tokens[:3]
    assert columns.tokens("demo-", 7, np.array([5])).to_pylist() == [tokens[5]]
