"""Hiding: what is shown never says what is hidden; the tests look at it in another way than the module does."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.tables.hiding import HIDDEN, TOTAL, hide, with_totals

LEAST = 3
Cells = dict[tuple[str | None, ...], int]


def table_of(cells: Cells, **more: list[int]) -> pa.Table:
    """Cells with their totals; the keys are a and b."""
    keys = ["a", "b"][: len(next(iter(cells)))]
    columns = {name: [key[place] for key in cells] for place, name in enumerate(keys)}
    counts = {"n": list(cells.values()), **more}
    made = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return with_totals(pa.table(made | {name: pa.array(its, pa.int64()) for name, its in counts.items()}), keys)


def seen(table: pa.Table, **named: Any) -> dict[tuple[str | None, ...], int | None]:
    """What a viewer sees of n, by key."""
    keys = [name for name in ("a", "b") if name in table.column_names]
    rows = hide(table, keys, ["n"], LEAST, **named).to_pylist()
    return {tuple(row[name] for name in keys): row["n"] for row in rows}


def grids(most: int = 7, lowest: int = 1) -> st.SearchStrategy[Cells]:
    """Tables of up to 3 x 3 cells, some without a row."""
    keys = [(a, b) for a in "xyz" for b in ["1", "2", None]]
    return st.dictionaries(st.sampled_from(keys), st.integers(lowest, most), min_size=1)


# By hand


def test_a_small_cell_takes_the_next_smallest_with_it() -> None:
    assert seen(table_of({("x",): 30, ("y",): 2, ("z",): 50})) == {
        ("x",): None, ("y",): None, ("z",): 50, (TOTAL,): 82,
    }  # fmt: skip


def test_two_small_cells_need_no_third() -> None:
    shown = seen(table_of({("x",): 1, ("y",): 2, ("z",): 50}))
    assert shown == {("x",): None, ("y",): None, ("z",): 50, (TOTAL,): 53}


def test_small_cells_that_are_small_together_take_a_third() -> None:
    shown = seen(table_of({("v",): 1, ("w",): 1, ("x",): 40, ("y",): 50}))
    assert shown == {("v",): None, ("w",): None, ("x",): None, ("y",): 50, (TOTAL,): 92}


def test_ones_that_add_up_to_their_number_take_the_total_with_them() -> None:
    """The total would say that each is one."""
    assert set(seen(table_of({(str(place),): 1 for place in range(5)})).values()) == {None}


def test_a_rectangle_covers_one_small_cell() -> None:
    cells = dict(zip(product("xyz", "123"), (30, 2, 50, 20, 22, 25, 60, 70, 80), strict=True))
    shown = seen(table_of(cells))
    assert {key for key, n in shown.items() if n is None} == {("x", "1"), ("x", "2"), ("y", "1"), ("y", "2")}
    assert shown[TOTAL, TOTAL] == 359


def test_nothing_small_hides_nothing() -> None:
    table = table_of({("x", "1"): 3, ("y", "2"): 4})
    found = hide(table, ["a", "b"], ["n"], LEAST)
    assert found.drop_columns([HIDDEN]).equals(table)
    assert found[HIDDEN].to_pylist() == [False] * 7


def test_every_other_column_of_a_hidden_row_goes_too() -> None:
    table = table_of({("x",): 30, ("y",): 2, ("z",): 50}, fee=[1, 2, 3])
    rows = hide(table, ["a"], ["n"], LEAST).to_pylist()
    assert rows[1] == {"a": "y", "n": None, "fee": None, HIDDEN: True}
    assert rows[2] == {"a": "z", "n": 50, "fee": 3, HIDDEN: False}


def test_a_row_is_hidden_for_any_of_its_counts() -> None:
    table = table_of({("x",): 30, ("y",): 20, ("z",): 50, ("w",): 10}, deaths=[9, 1, 8, 6])
    rows = {row["a"]: row for row in hide(table, ["a"], ["n", "deaths"], LEAST).to_pylist()}
    assert [name for name, row in rows.items() if row[HIDDEN]] == ["y", "w"]
    assert rows["y"] == {"a": "y", "n": None, "deaths": None, HIDDEN: True}


def test_own_rows_are_shown_and_cover_nothing() -> None:
    """Hospital y sees its own 2, so that two others must cover what is small elsewhere."""
    table = table_of({("x",): 1, ("y",): 2, ("z",): 50, ("w",): 60})
    assert seen(table, own=("a", "y")) == {("x",): None, ("y",): 2, ("z",): None, ("w",): 60, (TOTAL,): 113}


def test_without_rows_there_is_nothing() -> None:
    empty = with_totals(pa.table({"a": pa.array([], pa.string()), "n": pa.array([], pa.int64())}), ["a"])
    assert hide(empty, ["a"], ["n"], LEAST).num_rows == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("x", "1", 4)], "the total is missing"),
        ([("x", "1", 4), ("x", TOTAL, 4), (TOTAL, "1", 4), (TOTAL, TOTAL, 5)], "not the sum of its cells"),
        ([("x", "1", 4), ("x", "1", 4)], "the same keys twice"),
        ([(TOTAL, TOTAL, 0)], "a total without cells"),
    ],
)
def test_a_table_that_does_not_add_up_is_an_error(rows: list[tuple[str, str, int]], said: str) -> None:
    table = pa.Table.from_pylist([dict(zip("abn", row, strict=True)) for row in rows])
    with pytest.raises(ValueError, match=said):
        hide(table, ["a", "b"], ["n"], LEAST)


def test_three_keys_are_an_error() -> None:
    with pytest.raises(ValueError, match="one or two keys"):
        hide(pa.table({"a": ["x"], "b": ["y"], "c": ["z"], "n": [9]}), ["a", "b", "c"], ["n"], LEAST)


# Laws


@pytest.mark.property
@given(grids(lowest=0), st.sampled_from([None, ("a", "x"), ("b", "1")]))
@settings(max_examples=60)
def test_nothing_under_the_minimum_is_shown(cells: Cells, own: Any) -> None:
    for key, n in seen(table_of(cells), own=own).items():
        foreign = [cell for cell in cells if _counts(key, cell) and (own is None or cell["ab".index(own[0])] != own[1])]
        assert n is None or n >= LEAST or not foreign


@pytest.mark.property
@given(grids(lowest=0), st.sampled_from([None, ("a", "x"), ("b", "1")]))
@settings(max_examples=60)
def test_no_hidden_count_follows_by_adding_and_taking_away(cells: Cells, own: Any) -> None:
    """A hidden count would follow if its unit vector lay in the space that the shown sums span: Gauss, in fractions."""
    shown = seen(table_of(cells), own=own)
    inner = list(cells)
    known = [[Fraction(_counts(key, cell)) for cell in inner] for key, n in shown.items() if n is not None]
    rank = _rank(known)
    for key, n in shown.items():
        if n is None:
            assert _rank([*known, [Fraction(_counts(key, cell)) for cell in inner]]) == rank + 1, key


@pytest.mark.property
@given(grids(lowest=0), st.sampled_from([None, ("a", "x"), ("b", "1")]))
@settings(max_examples=60)
def test_every_hidden_count_could_be_another_with_at_least_one_in_each_cell(cells: Cells, own: Any) -> None:
    """All ways to move hidden cells by one, tried out."""
    shown = seen(table_of(cells), own=own)
    inner = [key for key in cells if shown[key] is None]
    moves = np.array(list(product((-1, 0, 1), repeat=len(inner))), dtype=np.int64).reshape(3 ** len(inner), len(inner))
    moves = moves[((np.array([cells[key] for key in inner]) + moves) >= [min(cells[key], 1) for key in inner]).all(1)]
    changes = {key: moves @ np.array([_counts(key, cell) for cell in inner], dtype=np.int64) for key in shown}
    for key, n in shown.items():
        if n is not None:
            moves_on = changes[key] == 0
            changes = {other: its[moves_on] for other, its in changes.items()}
    for key, n in shown.items():
        assert n is not None or changes[key].any(), key


@pytest.mark.property
@given(grids())
@settings(max_examples=60)
def test_hidden_cells_of_a_line_are_together_not_under_the_minimum(cells: Cells) -> None:
    shown = seen(table_of(cells))
    for total in [key for key in shown if TOTAL in key and shown[key] is not None]:
        line = [key for key in cells if _counts(total, key)]
        hidden = sum(cells[key] for key in line if shown[key] is None)
        assert hidden == 0 or hidden >= LEAST


@pytest.mark.property
@given(grids(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_rows_changes_nothing(cells: Cells, chance: Any) -> None:
    table = table_of(cells)
    order = list(range(table.num_rows))
    chance.shuffle(order)
    assert seen(table.take(order)) == seen(table)


@pytest.mark.property
@given(grids())
def test_what_need_not_be_hidden_is_not(cells: Cells) -> None:
    """A table whose cells are all large is shown whole."""
    large = {key: n + LEAST for key, n in cells.items()}
    assert None not in seen(table_of(large)).values()


def test_a_region_is_hidden_in_no_time() -> None:
    """25 hospitals and 300 groups, two thirds of the cells small."""
    chance = np.random.default_rng(1)
    sizes = np.ceil(chance.lognormal(1.5, 1.5, 7500)).astype(int).tolist()
    cells = {(f"h{place % 25}", f"g{place // 25}"): size for place, size in enumerate(sizes)}
    shown = seen(table_of(cells))
    small = sum(size < LEAST for size in sizes)
    hidden = sum(n is None for n in shown.values())
    assert small <= hidden <= small * 1.5
    assert shown[TOTAL, TOTAL] == sum(sizes)


def _counts(total: tuple[str | None, ...], cell: tuple[str | None, ...]) -> int:
    """1 where a cell is part of this row of the table, which may be itself."""
    return int(all(part in (TOTAL, its) for part, its in zip(total, cell, strict=True)))


def _rank(rows: list[list[Fraction]]) -> int:
    rows, rank = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows[rank:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        for row in rows[rank + 1 :]:
            factor = row[column] / pivot[column]
            row[:] = [one - factor * other for one, other in zip(row, pivot, strict=True)]
        rank += 1
    return rank
