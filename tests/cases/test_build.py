"""Columns are made by their recipes, and what breaks a rule of the table itself is taken out."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from yiheng.cases.build import build, finish
from yiheng.cases.finding import Finding
from yiheng.cases.layout import Layout, Recipe
from yiheng.cases.source import Rows
from yiheng.tables.contract import contract

KEYS = {"hospital": Recipe(constant="H"), "case_id": Recipe(row_number=True), "year": Recipe(constant="2023")}


def rows(*cells: str, broken: tuple[Finding, ...] = (), first: int = 1) -> Rows:
    numbers = np.arange(first, first + len(cells), dtype=np.int64)
    return Rows(pa.table({"x": pa.array(cells, pa.string())}), numbers, list(broken))


@pytest.mark.parametrize(
    ("band", "lower"),
    [
        ("0 to 17", 0), ("50 to 69", 50), ("90+", 90), ("80 and over", 80), ("70 or older", 70), ("5-9", 5), ("5–9", 5),
        ("66", 66), ("66岁", 66), ("60～69", None), ("60~69岁", 60), ("60至69岁", 60), ("60岁到69岁", 60),
        ("70岁以上", 70), ("70岁及以上", 70), ("70 以上", 70), ("about 5", None), ("5 to", None), ("-5", None),
        ("岁", None),
    ],
)  # fmt: skip
def test_a_band_becomes_its_lower_bound(band: str, lower: int | None) -> None:
    built = build(Layout(KEYS | {"age": Recipe(("x",), band=True)}), rows(band), "a.csv")
    assert built.table["age"].to_pylist() == ([] if lower is None else [lower])
    assert built.findings == ([Finding(1, "x", band, "band")] if lower is None else [])


@pytest.mark.parametrize(
    ("factor", "text", "fee"),
    [
        ("10000", "1.234567", "12345.67"), ("10000", "-0.5", "-5000.00"), ("10000", "1.2000000", "12000.00"),
        ("10000", "1.", "10000.00"), ("0.01", "150", "1.50"), ("0.01", "1", "0.01"), ("10000", "1e2", None),
        ("10000", "1.0000001", None), ("0.01", "0.5", None), ("10000", "一万", None), ("10000", "1,5", None),
    ],
)  # fmt: skip
def test_units_are_converted_exactly_or_not_at_all(factor: str, text: str, fee: str | None) -> None:
    built = build(Layout(KEYS | {"total_fee": Recipe(("x",), times=factor)}), rows(text), "a.csv")
    assert [str(value) for value in built.table["total_fee"].to_pylist()] == ([] if fee is None else [fee])
    assert built.bad == (fee is None)


def test_rows_that_were_broken_before_are_counted_once() -> None:
    broken = (Finding(3, "", "a,b", "columns"),)
    built = build(Layout(KEYS | {"age": Recipe(("x",)), "sex": Recipe(("x",))}), rows("1", "x", broken=broken), "a.csv")
    assert built.bad == 2
    assert built.findings == [*broken, Finding(2, "x", "x", "whole_number")]
    assert built.table.schema == contract("cases").schema
    assert built.table.select(["case_id", "source_file", "source_row", "age"]).to_pylist() == [
        {"case_id": "1", "source_file": "a.csv", "source_row": 1, "age": 1}
    ]


@pytest.mark.parametrize(
    ("dx", "present", "fits"),
    [
        (["a", "b"], [1, 2], True), (["a"], [1, 2], False), (["a"], None, True), (None, None, True), (None, [1], False),
        ([], [], True), (["a"], [None], True), (["a"], [], False),
    ],
)  # fmt: skip
def test_lists_that_go_together_have_one_length(dx: list[str] | None, present: list[int] | None, fits: bool) -> None:
    columns = {
        "hospital": pa.array(["H"]),
        "case_id": pa.array(["1"]),
        "year": pa.array([2023], pa.int16()),
        "dx": pa.array([dx], pa.list_(pa.string())),
        "dx_present": pa.array([present], pa.list_(pa.int8())),
    }
    built = finish(columns, np.array([7]), "a.csv", [], {})
    assert (built.table.num_rows, built.bad) == ((1, 0) if fits else (0, 1))
    assert [(found.row, found.column, found.rule) for found in built.findings] == (
        [] if fits else [(7, "dx_present", "parallel")]
    )


def test_the_year_is_given_or_that_of_the_discharge() -> None:
    columns = {
        "hospital": pa.array(["H"] * 3),
        "case_id": pa.array(["1", "2", "3"]),
        "year": pa.array([2022, None, None], pa.int16()),
        "discharge_date": pa.array([date(2024, 1, 1), date(2024, 1, 1), None]),
    }
    built = finish(columns, np.arange(1, 4), "a.csv", [], {"year": "年度"})
    assert built.table["year"].to_pylist() == [2022, 2024]
    assert built.findings == [Finding(3, "年度", "", "required")]


def test_several_columns_become_one() -> None:
    table = pa.table({"a": ["1", "", " 3 "], "b": ["x", "y", ""], "c": ["", "", "z"]})
    recipes = {
        "hospital": Recipe(constant="H"),
        "case_id": Recipe(row_number=True, prefix="R"),
        "year": Recipe(constant="2023"),
        "dx": Recipe(("a", "b", "c"), as_list=True),
        "group": Recipe(("a", "b"), between="-"),
        "dept": Recipe(("b",)),
    }
    built = build(Layout(recipes, missing=frozenset({"x"})), Rows(table, np.arange(1, 4)), "a.csv")
    assert built.table.select(["case_id", "group", "dx", "dept"]).to_pylist() == [
        {"case_id": "R1", "group": None, "dx": ["1"], "dept": None},
        {"case_id": "R2", "group": None, "dx": ["y"], "dept": "y"},
        {"case_id": "R3", "group": None, "dx": ["3", "z"], "dept": None},
    ]
    whole = build(Layout(recipes), Rows(table, np.arange(1, 4)), "a.csv").table
    assert whole["group"].to_pylist() == ["1-x", None, None]
    assert whole["dx"].to_pylist() == [["1", "x"], ["y"], ["3", "z"]]
