"""drg.compare.impact: which cases another pack moves, their weights, and each hospital's CMI; edits move their own."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.drg.case import case_of
from yiheng.drg.compare.impact import Impact, impact
from yiheng.drg.kernel.applied import one_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group

Packs = Callable[..., Pack]
SCHEMA = pa.schema(
    [("hospital", pa.string()), ("case_id", pa.string()), ("sex", pa.int8()), ("age", pa.int16()),
     ("dx", pa.list_(pa.string())), ("proc", pa.list_(pa.string())), ("total_fee", pa.decimal128(18, 2))]
)  # fmt: skip
IDS = ["hospital", "case_id"]


def batch_of(*cases: tuple[str, str, list[str], list[str], str | None]) -> pa.RecordBatch:
    rows = [
        {"hospital": hospital, "case_id": case_id, "sex": 1, "age": 60, "dx": dx, "proc": proc,
         "total_fee": None if fee is None else Decimal(fee)}
        for hospital, case_id, dx, proc, fee in cases
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


CASES = [
    ("A", "1", ["B01"], ["01.1"], "3000.00"),
    ("A", "2", ["B01"], ["01.2"], "1000.00"),
    ("B", "1", ["B01"], ["01.2"], "1000.00"),
    ("B", "2", ["C01"], [], "1000.00"),
    ("B", "3", ["X01"], [], None),
]


def effect(before: Pack, after: Pack, *batches: pa.RecordBatch) -> tuple[Impact, list[dict[str, Any]]]:
    moved: list[pa.RecordBatch] = []
    found = impact(batches, one_pack(before), one_pack(after), IDS, moved.append)
    return found, [row for each in moved for row in found.weighed(each).to_pylist()]


@pytest.mark.slow
def test_moves_weights_and_case_mix(pack_of: Packs) -> None:
    before = pack_of()
    after = pack_of(adrg_list=["BB1,ss,01.1", "BB1,ss,01.2", "BR1,zd,B01", "CR1,zd,C01"])
    found, moved = effect(before, after, batch_of(*CASES[:3]), batch_of(*CASES[3:]))
    assert (found.cases, found.moved) == (5, 2)
    # Before: mean fee 1500; BB15 3000, BR19 1000, CR19 1000. After: BB15 (3000 + 1000 + 1000) / 3.
    assert found.moves.to_pylist() == [
        {"before": "BR19", "after": "BB15", "n": 2, "weight_before": 0.666666666667, "weight_after": 1.11111111111}
    ]
    assert found.hospitals.to_pylist() == [
        {"hospital": "A", "n": 2, "moved": 1, "weighed_before": 2, "cmi_before": 1.33333333333,
         "weighed_after": 2, "cmi_after": 1.11111111111},
        {"hospital": "B", "n": 3, "moved": 1, "weighed_before": 2, "cmi_before": 0.666666666667,
         "weighed_after": 2, "cmi_after": 0.888888888889},
    ]  # fmt: skip
    assert moved == [
        {"hospital": hospital, "case_id": case_id,
         "status_before": "grouped", "mdc_before": "B", "adrg_before": "BR1", "drg_before": "BR19",
         "status_after": "grouped", "mdc_after": "B", "adrg_after": "BB1", "drg_after": "BB15",
         "weight_before": 0.666666666667, "weight_after": 1.11111111111}
        for hospital, case_id in (("A", "2"), ("B", "1"))
    ]  # fmt: skip


def test_a_packs_own_weights_go_first_and_cases_without_a_weight_count_in_no_index(
    folder_of: Callable[..., Path], pack_of: Packs
) -> None:
    (folder_of() / "weights.csv").write_text("drg,weight\nBB15,2.5\nBR19,0.5\n", encoding="utf-8")
    before = pack_of()
    after = pack_of(adrg_list=["BB1,ss,01.1", "CR1,zd,C01"])
    found, _ = effect(before, after, batch_of(*CASES))
    assert found.moves.to_pylist() == [
        {"before": "BR19", "after": "ungroupable", "n": 2, "weight_before": 0.5, "weight_after": None}
    ]
    rows = [list(row.values()) for row in found.hospitals.to_pylist()]
    assert rows == [["A", 2, 1, 2, 1.5, 1, 2.5], ["B", 3, 1, 1, 0.5, 0, None]]


def test_nothing_moves_under_the_same_pack(pack_of: Packs) -> None:
    found, moved = effect(pack_of(), pack_of(), batch_of(*CASES))
    assert (found.cases, found.moved, found.moves.num_rows, moved) == (5, 0, 0, [])


def test_a_file_without_hospitals_or_fees_is_one_unit_without_weights(pack_of: Packs) -> None:
    batch = batch_of(*CASES).select(["case_id", "sex", "age", "dx", "proc"])
    after = pack_of(adrg_list=["BB1,ss,01.1", "CR1,zd,C01"])
    found = impact([batch], one_pack(pack_of()), one_pack(after), ["case_id"], lambda _: None)
    assert [list(row.values()) for row in found.hospitals.to_pylist()] == [["", 5, 2, 0, None, 0, None]]


def test_no_cases_are_refused(pack_of: Packs) -> None:
    with pytest.raises(Refusal, match="there are no cases"):
        effect(pack_of(), pack_of())


DX = st.lists(st.sampled_from(["B01", "B02", "C01", "M01", "M02", "X01"]), min_size=1, max_size=4)
PROC = st.lists(st.sampled_from(["01.1", "01.2", "99.9"]), max_size=3)
LISTED = ["BB1,ss,01.1", "BB1,ss,99.9", "BR1,zd,B01", "BR1,zd,B02", "CR1,zd,C01"]


@pytest.mark.slow
@pytest.mark.property
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.lists(st.tuples(DX, PROC), min_size=1, max_size=30), edited=st.sampled_from(LISTED))
def test_an_edit_of_a_list_moves_only_cases_with_its_code(
    pack_of: Packs, cases: list[tuple[list[str], list[str]]], edited: str
) -> None:
    before = pack_of(adrg_list=LISTED)
    after = pack_of(adrg_list=[row for row in LISTED if row != edited])
    batch = batch_of(*(("A", str(place), dx, proc, "1.00") for place, (dx, proc) in enumerate(cases)))
    _, moved = effect(before, after, batch)
    code = edited.rsplit(",", 1)[1]
    assert all(code in [*cases[int(row["case_id"])][0], *cases[int(row["case_id"])][1]] for row in moved)


@pytest.mark.property
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.lists(st.tuples(DX, PROC), min_size=1, max_size=30), level=st.sampled_from(["cc", "false", "true"]))
def test_an_edit_of_a_group_moves_only_cases_of_its_rule(
    pack_of: Packs, cases: list[tuple[list[str], list[str]]], level: str
) -> None:
    rows = ["BR1,BR1,BR19,treated,1,true", "CR1,CR1,CR19,eyes treated,1,true", "BB1,BB1,BB15,operated,2,true"]
    before, after = pack_of(drg=["BB1,BB1,BB11,a,1,mcc", *rows]), pack_of(drg=[f"BB1,BB1,BB11,a,1,{level}", *rows])
    for dx, proc in cases:
        case = case_of({"sex": 1, "age": 60, "dx": dx, "proc": proc})
        one, other = group(before, case), group(after, case)
        assert one == other or (one.adrg, other.adrg) == ("BB1", "BB1")
