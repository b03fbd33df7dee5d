"""The split of a total is the one of `base.money`."""

from typing import Any

import numpy as np
import pyarrow as pa

from yiheng.base.money import split
from yiheng.sample.fees import CATEGORIES, SHARE_UNIT, split_rows

Row = dict[str, Any]


def test_split_rows_is_money_split_row_by_row() -> None:
    rng = np.random.default_rng(3)
    totals = rng.integers(0, 10_000_000, 300)
    shares = rng.integers(0, SHARE_UNIT // 7, (300, 14)) * (rng.random((300, 14)) < 0.8)
    shares[:, 0] += 1
    for total, weights, parts in zip(totals, shares, split_rows(totals, shares), strict=True):
        expected = split(int(total), {name: int(weight) for name, weight in zip(CATEGORIES, weights, strict=True)})
        assert parts.tolist() == list(expected.values())


def test_ties_go_to_the_first_column() -> None:
    assert split_rows(np.array([2]), np.array([[1, 1, 1]])).tolist() == [[1, 1, 0]]


def test_fee_parts_add_up_on_every_case(cases: pa.Table) -> None:
    parts = [np.array([int(amount * 100) for amount in cases[name].to_pylist()[:5000]]) for name in CATEGORIES]
    total = np.array([int(amount * 100) for amount in cases["total_fee"].to_pylist()[:5000]])
    assert np.array_equal(np.sum(parts, axis=0), total)
    assert min(part.min() for part in parts) >= 0


def test_drugs_and_materials_are_their_categories(rows: list[Row]) -> None:
    for row in rows:
        assert row["drug_fee"] == row["fee_09"] + row["fee_10"] + row["fee_11"]
        assert row["material_fee"] == row["fee_08"]
        assert 0 <= row["excluded_fee"] <= row["fee_09"]
