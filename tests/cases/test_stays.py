"""ICU stays that come with a case: numbered, with hours given or worked out, one row each."""

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from yiheng.cases.build import build
from yiheng.cases.layout import Layout, Recipe
from yiheng.cases.source import Rows
from yiheng.cases.stays import no_stays
from yiheng.tables.contract import contract

KEYS = {"hospital": Recipe(constant="H"), "case_id": Recipe(("id",)), "year": Recipe(constant="2024")}
MOMENTS = ("%Y-%m-%d %H:%M",)
STAYS = {
    "ward_type": Recipe(("w1", "w2"), as_list=True, beside="entered"),
    "entered": Recipe(("e1", "e2"), as_list=True, dates=MOMENTS),
    "left": Recipe(("l1", "l2"), as_list=True, beside="entered", dates=MOMENTS),
    "hours": Recipe(("h1", "h2"), as_list=True, beside="entered", hours=True),
}
NAMES = ("id", "w1", "e1", "l1", "h1", "w2", "e2", "l2", "h2")
DAY = "2024-03-01"


def built(*rows: tuple[str, ...], without: tuple[str, ...] = ()) -> Any:
    table = pa.table({name: pa.array([row[place] for row in rows]) for place, name in enumerate(NAMES)})
    stays = {name: recipe for name, recipe in STAYS.items() if name not in without}
    return build(Layout(KEYS, stays=stays), Rows(table, np.arange(1, 1 + len(rows))), "a.csv")


def stays_in(its: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in its.stays.drop_columns(["hospital", "source_file"]).to_pylist()]


def at(hour: int) -> datetime:
    return datetime.fromisoformat(f"2024-03-01 {hour:02}:00")


def test_no_stays_are_an_empty_table() -> None:
    assert no_stays().schema == contract("icu").schema
    assert no_stays().num_rows == 0


def test_hours_are_as_given_else_from_the_two_moments() -> None:
    its = built(
        ("1", "A", f"{DAY} 08:00", f"{DAY} 10:00", "0/3/0", "B", f"{DAY} 12:00", f"{DAY} 13:30", ""),
        ("2", "", "", "", "", "", "", "", ""),
        ("3", "", "", "", "", "C", f"{DAY} 09:00", "", "0/0/30"),
    )
    assert stays_in(its) == [
        ("1", 1, "A", at(8), at(10), 3.0, 1),
        ("1", 2, "B", at(12), datetime.fromisoformat("2024-03-01 13:30"), 1.5, 1),
        ("3", 1, "C", at(9), None, 0.5, 3),
    ]
    assert its.table["icu_hours"].to_pylist() == [4.5, None, 0.5]


def test_a_row_without_some_column_takes_none_from_the_others() -> None:
    """Of a batch: the moments and kinds of other rows stay where they are."""
    its = built(
        ("1", "A", f"{DAY} 08:00", f"{DAY} 10:00", "", "", "", "", ""),
        ("2", "", f"{DAY} 08:00", "", "", "", f"{DAY} 09:00", "", ""),
        ("3", "", "", "", "", "B", f"{DAY} 11:00", f"{DAY} 12:00", ""),
    )
    assert stays_in(its) == [
        ("1", 1, "A", at(8), at(10), 2.0, 1),
        ("2", 1, None, at(8), None, None, 2),
        ("2", 2, None, at(9), None, None, 2),
        ("3", 1, "B", at(11), at(12), 1.0, 3),
    ]
    assert its.table["icu_hours"].to_pylist() == [2.0, None, 1.0]


def test_hours_of_a_case_are_unknown_where_one_of_its_stays_is() -> None:
    its = built(("1", "A", f"{DAY} 08:00", f"{DAY} 10:00", "", "B", f"{DAY} 12:00", "", ""))
    assert [stay[5] for stay in stays_in(its)] == [2.0, None]
    assert its.table["icu_hours"].to_pylist() == [None]


def test_a_source_without_exits_or_hours() -> None:
    its = built(("1", "A", f"{DAY} 08:00", f"{DAY} 10:00", "0/3/0", "", "", "", ""), without=("left", "hours"))
    assert stays_in(its) == [("1", 1, "A", at(8), None, None, 1)]


def test_stays_of_rows_that_stay_out_stay_out() -> None:
    its = built(
        ("", "A", f"{DAY} 08:00", f"{DAY} 10:00", "", "", "", "", ""),
        ("2", "A", f"{DAY} 08:00", "2024-02-30 10:00", "", "", "", "", ""),
        ("3", "A", f"{DAY} 08:00", f"{DAY} 10:00", "", "", "", "", ""),
    )
    assert [stay[0] for stay in stays_in(its)] == ["3"]
    assert {(found.row, found.column, found.rule) for found in its.findings} == {
        (1, "id", "required"),
        (2, "l1", "date"),
    }
