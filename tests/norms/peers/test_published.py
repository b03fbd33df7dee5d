"""What others may see of 20,000 cases by hospital and group."""

from collections import Counter
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pytest

from yiheng.norms.peers.published import KEYS, published
from yiheng.norms.sums import sums
from yiheng.tables.hiding import TOTAL

Row = dict[str, Any]
LEAST = 10


@pytest.mark.parity
def test_what_is_shown_is_true_and_not_small(sample_facts: ir.Table, sample_rows: list[Row]) -> None:
    table = published(sums(sample_facts, KEYS), LEAST)
    assert table.column_names == [
        "hospital", "group", "n", "fee_cases", "fee", "mean_fee", "los_cases", "los", "mean_los", "hidden",
    ]  # fmt: skip
    counts: Counter[tuple[str | None, str | None]] = Counter()
    fees: dict[tuple[str | None, str | None], Decimal] = {}
    for row in sample_rows:
        for key in ((row["hospital"], row["group"]), (row["hospital"], TOTAL), (TOTAL, row["group"]), (TOTAL, TOTAL)):
            counts[key] += 1
            fees[key] = fees.get(key, Decimal(0)) + row["total_fee"]
    found = {(row["hospital"], row["group"]): row for row in table.to_pylist()}
    assert found.keys() == counts.keys()
    for key, row in found.items():
        if row["hidden"]:
            assert {value for name, value in row.items() if name not in (*KEYS, "hidden")} == {None}
        else:
            assert row["n"] == counts[key] >= LEAST
            assert row["fee"] == fees[key]
            assert row["mean_fee"] == pytest.approx(float(fees[key] / counts[key]), rel=1e-11)
    small = sum(count < LEAST for count in counts.values())
    assert small <= table["hidden"].to_pylist().count(True) < small * 1.1
    assert found[TOTAL, TOTAL]["n"] == len(sample_rows)


def test_a_hospital_sees_its_own(sample_facts: ir.Table, sample_rows: list[Row]) -> None:
    hospital = sample_rows[0]["hospital"]
    counts = Counter(row["group"] for row in sample_rows if row["hospital"] == hospital)
    rows = published(sums(sample_facts, KEYS), LEAST, hospital).to_pylist()
    own = {row["group"]: row["n"] for row in rows if row["hospital"] == hospital}
    assert own == counts | {TOTAL: sum(counts.values())}
    others = [row for row in rows if row["hospital"] not in (hospital, TOTAL)]
    assert all(row["hidden"] or row["n"] >= LEAST for row in others)
