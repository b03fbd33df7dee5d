"""The texts of a column: places of a list, items of a node, and which stand beside which."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from yiheng.cases.cells import Cells, Sheet, cells_of, unequal_findings
from yiheng.cases.finding import Finding
from yiheng.cases.layout import Recipe
from yiheng.cases.source import Rows


def sheet(missing: frozenset[str] = frozenset(), items_by: str = "|", **columns: list[str | None]) -> Sheet:
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    return Sheet(Rows(table, np.arange(11, 11 + table.num_rows, dtype=np.int64)), missing, items_by)


def placed(cells: Cells) -> list[tuple[int, int, str | None]]:
    """Row, place among the sources and text of each."""
    return list(zip(cells.row.tolist(), cells.origin.tolist(), cells.text.to_pylist(), strict=True))


def test_a_plain_column_has_one_text_a_row() -> None:
    cells = cells_of(Recipe(("a",)), sheet(frozenset({"-"}), a=[" x ", "", "-"]), {})
    assert placed(cells) == [(0, 0, "x"), (1, 0, None), (2, 0, None)]
    assert cells.listed is None


def test_constants_and_row_numbers() -> None:
    rows = sheet(a=["x", "y"])
    assert cells_of(Recipe(constant="k"), rows, {}).text.to_pylist() == ["k", "k"]
    assert cells_of(Recipe(row_number=True, prefix="R"), rows, {}).text.to_pylist() == ["R11", "R12"]


def test_several_columns_are_joined_where_all_are_there() -> None:
    cells = cells_of(Recipe(("a", "b"), between="-"), sheet(a=["1", "2", ""], b=["x", "", "z"]), {})
    assert cells.text.to_pylist() == ["1-x", None, None]


def test_a_cell_of_several_items_is_split() -> None:
    cells = cells_of(Recipe(("a",), split=";"), sheet(a=["x; y", "", "z;"]), {})
    assert placed(cells) == [(0, 0, "x"), (0, 0, "y"), (2, 0, "z"), (2, 0, None)]
    assert cells.listed.tolist() == [True, False, True]


def test_places_with_something_in_them_are_the_items() -> None:
    cells = cells_of(
        Recipe(("a", "b", "c"), as_list=True), sheet(a=["1", "", ""], b=["", "", "5"], c=["3", "", ""]), {}
    )
    assert placed(cells) == [(0, 0, "1"), (0, 2, "3"), (2, 1, "5")]
    assert cells.listed.tolist() == [True, False, True]


def test_a_list_beside_another_has_its_places() -> None:
    columns = {"dx": Recipe(("a", "b"), as_list=True), "on": Recipe(("p", "q"), as_list=True, beside="dx")}
    rows = sheet(a=["1", "", ""], b=["2", "3", ""], p=["x", "", ""], q=["", "y", ""])
    assert placed(cells_of(columns["on"], rows, columns)) == [(0, 0, "x"), (0, 1, None), (1, 1, "y")]
    assert placed(cells_of(columns["dx"], rows, columns)) == [(0, 0, "1"), (0, 1, "2"), (1, 1, "3")]


def test_a_place_without_a_column_is_empty() -> None:
    cells = cells_of(Recipe(("a", "", "c"), as_list=True), sheet(a=["1"], c=["3"]), {})
    assert placed(cells) == [(0, 0, "1"), (0, 2, "3")]


def test_places_whose_cells_hold_lists() -> None:
    cells = cells_of(Recipe(("a", "b"), as_list=True, split=","), sheet(a=["1,2", "", ""], b=["3", "4,5", ""]), {})
    assert placed(cells) == [(0, 0, "1"), (0, 0, "2"), (0, 1, "3"), (1, 1, "4"), (1, 1, "5")]
    assert cells.listed.tolist() == [True, True, False]


NODE: dict[str, Any] = {
    "code": ["a|b|c|d", "e", "", "x|y"],
    "kind": ["1|2|1|3", "2", "", "1|1"],
    "main": ["0|1|1|0", "1", "", "0|0"],
    "more": ["p||r|s", "t", "", "u|v"],
}


@pytest.mark.parametrize(
    ("recipe", "items", "listed"),
    [
        (
            Recipe(("code",), items=True),
            [(0, "a"), (0, "b"), (0, "c"), (0, "d"), (1, "e"), (3, "x"), (3, "y")],
            [True, True, False, True],
        ),
        (
            Recipe(("code",), items=True, where={"kind": ("1",)}),
            [(0, "a"), (0, "c"), (3, "x"), (3, "y")],
            [True, False, False, True],
        ),
        (
            Recipe(("code",), items=True, unless={"kind": ("1", "3")}),
            [(0, "b"), (1, "e")],
            [True, True, False, False],
        ),
        (
            Recipe(("code",), items=True, leading={"main": ("1",)}),
            [(0, "b"), (0, "c"), (0, "a"), (0, "d"), (1, "e"), (3, "x"), (3, "y")],
            [True, True, False, True],
        ),
        (
            Recipe(("code",), items=True, where={"kind": ("2",)}, total=True),
            [(0, "b"), (1, "e")],
            [True, True, False, True],
        ),
    ],
)
def test_items_of_a_node(recipe: Recipe, items: list[tuple[int, str]], listed: list[bool]) -> None:
    cells = cells_of(recipe, sheet(**NODE), {})
    assert [(row, text) for row, _, text in placed(cells)] == items
    assert cells.listed.tolist() == listed
    assert cells.unequal is None


def test_items_beside_others_follow_their_choice_and_order() -> None:
    columns = {
        "dx": Recipe(("code",), items=True, where={"kind": ("1", "2")}, leading={"main": ("1",)}),
        "on": Recipe(("more",), items=True, beside="dx"),
    }
    cells = cells_of(columns["on"], sheet(**NODE), columns)
    assert [(row, text) for row, _, text in placed(cells)] == [
        (0, None), (0, "r"), (0, "p"), (1, "t"), (3, "u"), (3, "v")
    ]  # fmt: skip


def test_node_columns_of_different_lengths_are_a_finding() -> None:
    """A column of which a row has nothing at all is one of empty items."""
    recipe = Recipe(("code",), items=True, where={"kind": ("1",)})
    cells = cells_of(recipe, sheet(code=["a|b", "c", "d"], kind=["1", "1", ""]), {})
    assert placed(cells) == [(1, 0, "c")]
    assert unequal_findings(cells, recipe, np.array([11, 12, 13])) == [Finding(11, "code", "", "parallel")]


def test_items_may_be_parted_by_another_sign() -> None:
    cells = cells_of(Recipe(("a",), items=True), sheet(items_by="\x1f", a=["1|2\x1f3", "\x1f"]), {})
    assert [(row, text) for row, _, text in placed(cells)] == [(0, "1|2"), (0, "3"), (1, None), (1, None)]
