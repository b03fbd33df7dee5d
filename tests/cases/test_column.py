"""A column by its recipe: steps on single values and on lists, sums, ages, and what stands in for an empty cell."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.cases.cells import Sheet
from yiheng.cases.column import Made, made
from yiheng.cases.finding import Finding
from yiheng.cases.layout import Recipe
from yiheng.cases.source import Rows
from yiheng.tables.contract import contract


def column(recipe: Recipe, name: str, beside: dict[str, Recipe] | None = None, **columns: list[str]) -> Made:
    table = pa.table({key: pa.array(values, pa.string()) for key, values in columns.items()})
    sheet = Sheet(Rows(table, np.arange(1, 1 + table.num_rows, dtype=np.int64)), frozenset(), "|")
    return made(recipe, contract("cases").column(name), sheet, beside or {}, None)


def test_single_value_steps_work_on_each_item_of_a_list() -> None:
    recipe = Recipe(("a", "b"), as_list=True, translate={"甲": "1", "乙": "2"})
    its = column(recipe, "proc_level", a=["甲", "丙"], b=["乙", "甲"])
    assert its.values.to_pylist() == [[1, 2], [None, 1]]
    assert its.findings == [Finding(2, "a", "丙", "translate")]


def test_dates_in_the_first_form_that_fits() -> None:
    recipe = Recipe(("a", "b"), as_list=True, dates=("%Y-%m-%d", "%Y%m%d"))
    its = column(recipe, "proc_date", a=["2024-02-29", "20230229"], b=["20240301", "2023-03-01"])
    assert its.values.to_pylist() == [[date(2024, 2, 29), date(2024, 3, 1)], [None, date(2023, 3, 1)]]
    assert its.findings == [Finding(2, "a", "20230229", "date")]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0/0/0", 0.0), ("1/13/24", 37.4), ("0/0/1", 1 / 60), ("10/0/0", 240.0), ("99999/9999/99999", 2411641.65),
        ("1/13", None), ("1/13/24/5", None), ("-1/0/0", None), ("1.5/0/0", None), ("100000/0/0", None), ("x", None),
    ],
)  # fmt: skip
def test_durations_become_hours(text: str, hours: float | None) -> None:
    its = column(Recipe(("a",), hours=True), "vent_hours", a=[text])
    assert its.values.to_pylist() == [hours]
    assert its.findings == ([Finding(1, "a", text, "duration")] if hours is None else [])


@pytest.mark.parametrize(
    ("born", "on", "years", "days"),
    [
        ("2000-02-29", "2001-02-28", 0, 365), ("2000-02-29", "2001-03-01", 1, None), ("2000-03-01", "2000-03-01", 0, 0),
        ("2000-03-01", "2000-03-29", 0, 28), ("2000-03-02", "2000-03-01", None, None),
        ("1900-01-01", "2024-01-01", 124, None),
        ("", "2024-01-01", None, None), ("2024-01-01", "", None, None), ("2023-03-01", "2024-02-29", 0, 365),
    ],
)  # fmt: skip
def test_ages_from_birth_to_a_day(born: str, on: str, years: int | None, days: int | None) -> None:
    assert column(Recipe(("b", "o"), life="years"), "age", b=[born], o=[on]).values.to_pylist() == [years]
    assert column(Recipe(("b", "o"), life="days"), "age_days", b=[born], o=[on]).values.to_pylist() == [days]


def test_a_day_that_does_not_exist_gives_no_age() -> None:
    its = column(Recipe(("b", "o"), life="years"), "age", b=["2000-02-30"], o=["2024-01-01"])
    assert its.values.to_pylist() == [None]
    assert [(found.row, found.column, found.rule) for found in its.findings] == [(1, "b", "date")]


def test_another_recipe_stands_in_where_a_cell_is_empty() -> None:
    recipe = Recipe(("a",), instead=Recipe(("b", "o"), life="years"))
    its = column(
        recipe, "age", a=["40", "", "x", ""], b=["2000-01-01"] * 3 + ["2000-13-01"], o=["2024-01-01"] * 4
    )  # fmt: skip
    assert its.values.to_pylist()[:2] == [40, 24]
    assert [(found.row, found.column, found.rule) for found in its.findings] == [
        (3, "a", "whole_number"),
        (4, "b", "date"),
    ]


def test_a_list_beside_another_with_nothing_in_it_is_unknown() -> None:
    columns = {"dx": Recipe(("a", "b"), as_list=True), "on": Recipe(("p", "q"), as_list=True, beside="dx")}
    its = column(
        columns["on"], "dx_present", columns, a=["x", "x", ""], b=["y", "y", ""], p=["", "1", ""], q=["", "", ""]
    )
    assert its.values.to_pylist() == [None, [1, None], None]


def test_of_items_the_first_is_the_value_of_a_plain_column() -> None:
    recipe = Recipe(("c",), items=True, where={"k": ("2",)})
    assert column(recipe, "tcm_dx", c=["a|b|c", "d", ""], k=["1|2|2", "1", ""]).values.to_pylist() == ["b", None, None]


MOST = "9999999999999999.99"


@pytest.mark.parametrize(
    ("cells", "total", "rule"),
    [
        ("0.10|0.20", "0.30", ""), ("", None, ""), ("5.00|-5.00", "0.00", ""), (f"{MOST}|-{MOST}|0.01", "0.01", ""),
        (MOST, MOST, ""), (f"-{MOST}", f"-{MOST}", ""), (f"{MOST}|0.01", None, "range"),
        (f"-{MOST}|-0.01", None, "range"),
        ("|".join([MOST] * 150), None, "range"), (f"{MOST}|1.005", None, "money"),
    ],
)  # fmt: skip
def test_sums_are_exact_or_a_finding(cells: str, total: str | None, rule: str) -> None:
    its = column(Recipe(("a",), items=True, total=True), "total_fee", a=[cells, "1.00"])
    assert its.values.to_pylist()[1] == Decimal("1.00")
    assert [found.rule for found in its.findings] == ([rule] if rule else [])
    if rule != "money":
        assert its.values.to_pylist()[0] == (None if total is None else Decimal(total))


def test_a_sum_that_is_too_large_names_its_largest_column() -> None:
    recipe = Recipe(("a", "b", "c"), as_list=True, total=True)
    its = column(recipe, "drug_fee", a=["1.00"], b=[f"-{MOST}"], c=["-2.00"])
    assert its.values.to_pylist() == [None]
    assert its.findings == [Finding(1, "b", f"-{MOST}", "range")]


def test_a_sum_of_whole_numbers_keeps_to_its_column() -> None:
    recipe = Recipe(("a", "b"), as_list=True, total=True)
    its = column(recipe, "nurse_days_0", a=["32767", "1", ""], b=["1", "2", ""])
    assert its.values.to_pylist() == [None, 3, None]
    assert its.findings == [Finding(1, "a", "32767", "range")]


@pytest.mark.property
@given(rows=st.lists(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), max_size=12), min_size=1, max_size=5))
def test_sums_agree_with_plain_python(rows: Any) -> None:
    cells = ["|".join(f"{Decimal(fen).scaleb(-2):.2f}" for fen in row) for row in rows]
    its = column(Recipe(("a",), items=True, total=True), "total_fee", a=cells)
    fits = [bool(row) and abs(sum(row)) < 10**18 for row in rows]
    assert its.values.to_pylist() == [
        Decimal(sum(row)).scaleb(-2) if fit else None for row, fit in zip(rows, fits, strict=True)
    ]
    assert [found.row for found in its.findings] == [
        number for number, (row, fit) in enumerate(zip(rows, fits, strict=True), 1) if row and not fit
    ]
