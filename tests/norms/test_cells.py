"""norms.cells: counts and sums by unit and group."""

from decimal import Decimal
from typing import Any

import pyarrow as pa

from yiheng.norms.cells import SUMS, cell_table, cells

ROWS = [
    {"hospital": "B", "dept": "01", "group": "g", "total_fee": Decimal("10.05"), "los": 3},
    {"hospital": "B", "dept": "01", "group": "g", "total_fee": None, "los": 4},
    {"hospital": "A", "dept": None, "group": None, "total_fee": Decimal("0.00"), "los": None},
    {"hospital": "A", "dept": "01", "group": "h", "total_fee": Decimal("-2.50"), "los": 0},
    {"hospital": "A", "dept": "02", "group": "g", "total_fee": Decimal("9999999999999.99"), "los": 1},
]


def test_a_cell_counts_what_is_there(table: Any) -> None:
    found = cell_table(table(ROWS), ("hospital",), "group").order_by("hospital", "grp").to_pyarrow()
    assert found.column_names == ["hospital", "grp", *SUMS]
    assert sorted(found.to_pylist(), key=lambda row: (row["hospital"], row["grp"] or "")) == [
        {"hospital": "A", "grp": None, "n": 1, "fee_cases": 1, "fee": 0, "los_cases": 0, "los": 0},
        {"hospital": "A", "grp": "g", "n": 1, "fee_cases": 1, "fee": 999999999999999, "los_cases": 1, "los": 1},
        {"hospital": "A", "grp": "h", "n": 1, "fee_cases": 1, "fee": -250, "los_cases": 1, "los": 0},
        {"hospital": "B", "grp": "g", "n": 2, "fee_cases": 1, "fee": 1005, "los_cases": 2, "los": 7},
    ]
    assert all(found.schema.field(name).type == pa.int64() for name in SUMS)


def test_units_stand_in_order_with_the_unnamed_first(table: Any) -> None:
    made = cells(cell_table(table(ROWS), ("hospital", "dept"), "group"), ("hospital", "dept"))
    assert made.units.to_pylist() == [
        {"hospital": "A", "dept": None},
        {"hospital": "A", "dept": "01"},
        {"hospital": "A", "dept": "02"},
        {"hospital": "B", "dept": "01"},
    ]
    assert made.unit.tolist() == [0, 1, 2, 3]
    assert made.groups == ["g", "h"]
    assert made.group.tolist() == [-1, 1, 0, 0]
    assert made.n.tolist() == [1, 1, 1, 2]


def test_the_same_department_of_two_hospitals_is_two_units(table: Any) -> None:
    rows = [{**ROWS[0], "hospital": code} for code in "AB"]
    assert cells(cell_table(table(rows), ("hospital", "dept"), "group"), ("hospital", "dept")).units.num_rows == 2


def test_finer_cells_add_up_to_coarser_ones(table: Any) -> None:
    fine = cell_table(table(ROWS), ("hospital", "dept"), "group")
    added, direct = cells(fine, ("hospital",)), cells(cell_table(table(ROWS), ("hospital",), "group"), ("hospital",))
    assert added.units.equals(direct.units)
    for name in SUMS:
        assert getattr(added, name).tolist() == getattr(direct, name).tolist()


def test_a_group_may_itself_be_the_unit_or_stand_in_a_unit_column(table: Any) -> None:
    by_group = cells(cell_table(table(ROWS), ("group",), "group"), ("group",))
    assert by_group.units.to_pylist() == [{"group": None}, {"group": "g"}, {"group": "h"}]
    same = cells(cell_table(table(ROWS), ("hospital", "dept"), "dept"), ("hospital", "dept"))
    assert same.groups == ["01", "02"]
    assert same.n.tolist() == [1, 1, 1, 2]
    named = cells(cell_table(table(ROWS), ("group",), "dept"), ("group",))
    assert named.units.to_pylist() == [{"group": None}, {"group": "01"}, {"group": "02"}]


def test_a_group_that_is_a_number_is_named_by_its_text(table: Any) -> None:
    assert cells(cell_table(table(ROWS), ("hospital",), "los"), ("hospital",)).groups == ["0", "1", "3", "4"]
