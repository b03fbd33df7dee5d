"""Stays in intensive care lie inside their hospital stay and add up."""

from datetime import UTC

import pyarrow as pa
import pytest

from yiheng.sample.forms.icu import icu_stays
from yiheng.sample.forms.told import Told
from yiheng.sample.tables import words
from yiheng.tables.contract import contract


def test_hours_add_up_and_lie_in_the_stay(whole: Told) -> None:
    assert whole.icu.schema.equals(contract("icu").schema)
    spent: dict[str, list[dict[str, object]]] = {}
    for row in whole.icu.to_pylist():
        spent.setdefault(row["case_id"], []).append(row)
        assert row["hours"] == pytest.approx((row["left"] - row["entered"]).total_seconds() / 3600, abs=1e-9)
        assert row["ward_type"] in words("wards", "ward_type")
    came = dict(
        zip(whole.cases["case_id"].to_pylist(), zip(whole.clock.came, whole.clock.left, strict=True), strict=True)
    )
    for row in whole.cases.select(["case_id", "icu_hours"]).to_pylist():
        own = spent.get(row["case_id"], [])
        assert sum(stay["hours"] for stay in own) == pytest.approx(row["icu_hours"], abs=1e-9)  # type: ignore[misc]
        assert [stay["stay_no"] for stay in own] == list(range(1, len(own) + 1))
        for stay in own:
            first, last = (stay[name].replace(tzinfo=UTC).timestamp() // 60 for name in ("entered", "left"))  # type: ignore[attr-defined]
            assert came[row["case_id"]][0] <= first < last <= came[row["case_id"]][1]
    assert max(len(own) for own in spent.values()) == 2


def test_the_same_cases_have_the_same_stays(some: pa.Table) -> None:
    parts = [icu_stays(20, some.slice(first, 5000)) for first in (0, 5000, 10_000)]
    assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([icu_stays(20, some)]))
    undated = some.slice(0, 50).set_column(
        some.column_names.index("admit_date"), "admit_date", pa.nulls(50, pa.date32())
    )
    assert icu_stays(20, undated).num_rows == 0
