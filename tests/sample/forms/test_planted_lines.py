"""Planted errors of lines and stays: each is what its kind says, held against plain Python."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from yiheng.sample.fees import CATEGORIES
from yiheng.sample.forms.lines import charge_lines
from yiheng.sample.forms.planted_lines import ICU_KINDS, LINE_KINDS, PlantedRows, plant_icu, plant_lines
from yiheng.sample.forms.told import Told
from yiheng.sample.tables import table

Row = dict[str, Any]


@pytest.fixture(scope="module")
def few(some: pa.Table) -> pa.Table:
    return some.slice(0, 3000)


@pytest.fixture(scope="module")
def planted(few: pa.Table) -> PlantedRows:
    return plant_lines(9, pa.Table.from_batches([charge_lines(20, few)]), few)


def broken(rows: list[Row], cases: dict[str, Row]) -> dict[int, set[str]]:
    """The rules that each row breaks by itself, or as one of its item."""
    net: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    seen: set[tuple[str, int]] = set()
    found: dict[int, set[str]] = defaultdict(set)
    for number, row in enumerate(rows, 1):
        quantity, price, amount = row["quantity"], row["unit_price"], row["amount"]
        own = cases.get(row["case_id"])
        for rule, wrong in {
            "line_unknown_case": own is None,
            "line_item": row["item_code"] is None,
            "line_category": row["category"] not in [name[-2:] for name in CATEGORIES],
            "line_class": row["list_class"] not in ("A", "B", "own"),
            "line_quantity": quantity == 0 or quantity * amount < 0,
            "line_price": price < 0,
            "line_amount": abs(quantity * price - amount) > Decimal("0.01"),
            "line_day_outside_stay": own is not None and not 1 <= row["day_no"] <= own["los"],
            "line_duplicate": (row["case_id"], row["line_no"]) in seen,
        }.items():
            if wrong:
                found[number].add(rule)
        seen.add((row["case_id"], row["line_no"]))
        net[row["case_id"], row["item_code"]][0] += quantity
        net[row["case_id"], row["item_code"]][1] += amount
    for number, row in enumerate(rows, 1):
        if min(net[row["case_id"], row["item_code"]]) < 0:
            found[number].add("line_refund")
    return found


def unequal(rows: list[Row], cases: dict[str, Row]) -> dict[str, set[str]]:
    """The cases whose lines do not add up; a line that stands twice counts once."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in {(row["case_id"], row["line_no"]): row for row in rows}.values():
        sums[row["case_id"], row["category"]] += row["amount"]
    found: dict[str, set[str]] = defaultdict(set)
    for case_id, case in cases.items():
        if any(abs(sums[case_id, name[-2:]] - case[name]) > Decimal("0.01") for name in CATEGORIES):
            found[case_id].add("line_sum_category")
        total = sum(amount for (own, _), amount in sums.items() if own == case_id) if case_id in found else None
        if total is not None and total != case["total_fee"]:
            found[case_id].add("line_sum_total")
    return found


@pytest.mark.slow
def test_each_error_breaks_its_rule_and_no_other(few: pa.Table, planted: PlantedRows) -> None:
    cases = {row["case_id"]: row for row in few.to_pylist()}
    rows = planted.rows.to_pylist()
    by_row, by_case = broken(rows, cases), unequal(rows, cases)
    truth = planted.truth.to_pylist()
    assert {error["kind"] for error in truth} == set(LINE_KINDS)
    for error in truth:
        assert rows[error["row"] - 1]["case_id"] == error["case_id"]
        if error["rule"].startswith("line_sum"):
            assert by_case.pop(error["case_id"]) == set(filter(None, [error["rule"], error["also"]])), error["kind"]
        else:
            assert by_row.pop(error["row"]) == {error["rule"]}, error["kind"]
    assert not by_row
    assert not by_case


def test_stays_are_wrong_in_the_way_of_their_kind(whole: Told) -> None:
    wrong = plant_icu(3, whole.icu)
    before, after = whole.icu.to_pylist(), wrong.rows.to_pylist()
    assert [error["kind"] for error in wrong.truth.to_pylist()] == list(ICU_KINDS)
    changed = {number for number, (one, other) in enumerate(zip(before, after, strict=True), 1) if one != other}
    assert changed == set(wrong.truth["row"].to_pylist())
    by_kind = {error["kind"]: after[error["row"] - 1] for error in wrong.truth.to_pylist()}
    assert by_kind["stay_of_a_case_that_is_not_there"]["case_id"] not in whole.cases["case_id"].to_pylist()
    reversed_stay = by_kind["left_before_entered"]
    assert reversed_stay["left"] < reversed_stay["entered"]
    for kind, row in by_kind.items():
        hours = (row["left"] - row["entered"]).total_seconds() / 3600
        assert (abs(hours - row["hours"]) > 1) == (kind == "duration_not_from_entry_to_exit")


def test_every_kind_is_in_the_table() -> None:
    assert set(LINE_KINDS) == {row["kind"] for row in table("planted") if row["level"] == "line"}
    assert list(ICU_KINDS) == [row["kind"] for row in table("planted") if row["level"] == "icu"]
