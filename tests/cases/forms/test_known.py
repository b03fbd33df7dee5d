"""The known forms say what the official column lists say, and every column that they read is in those."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from yiheng.base.packaged import packaged_rows
from yiheng.base.refusal import Refusal
from yiheng.cases.forms import KNOWN, PLACES, known_form
from yiheng.cases.layout import Recipe
from yiheng.tables.contract import contract

OFFICIAL = {
    "frontpage-hqms": ("hqms_columns.csv", 346),
    "frontpage-2019": ("hqms_columns_2019.csv", 642),
    "settlement": ("settlement_list_fields.csv", 124),
}


def reads(form_id: str) -> Iterator[str]:
    layout = known_form(form_id).layout
    assert layout is not None
    recipes: list[Recipe] = [*layout.columns.values(), *layout.stays.values()]
    for naming in layout.names:
        recipes += [naming.code, naming.zh, naming.en]
    for recipe in recipes:
        yield from recipe.reads


def test_every_table_and_every_official_form_is_known() -> None:
    assert ("cases", "lines", "icu", *PLACES, *OFFICIAL) == KNOWN
    assert [known_form(each).format for each in KNOWN] == [
        "canonical", "lines", "icu", *["places"] * len(PLACES), "frontpage", "frontpage", "settlement"
    ]  # fmt: skip
    assert known_form("withdrawn").format == "withdrawn"


def test_another_id_is_refused_and_shown_the_known_ones() -> None:
    with pytest.raises(Refusal) as caught:
        known_form("frontpage")
    assert str(caught.value) == f"value frontpage: there is no such form -> one of: {', '.join(KNOWN)}"


@pytest.mark.parametrize("form_id", OFFICIAL)
def test_every_column_that_a_form_reads_is_in_its_official_list(form_id: str) -> None:
    known = known_form(form_id).columns
    assert [name for name in reads(form_id) if name not in known] == []


@pytest.mark.parametrize("form_id", OFFICIAL)
def test_no_code_stands_twice_in_a_list(form_id: str) -> None:
    codes = [row["code"] for row in packaged_rows("yiheng.policy", f"forms/{form_id}.csv")]
    assert len(codes) == len(set(codes)) == OFFICIAL[form_id][1]
    assert "" not in codes


@pytest.mark.parametrize("form_id", OFFICIAL)
def test_no_column_is_read_for_two_places_of_one_list(form_id: str) -> None:
    layout = known_form(form_id).layout
    assert layout is not None
    for name, recipe in layout.columns.items():
        assert len(set(recipe.sources)) == len(recipe.sources), name


@pytest.mark.parametrize("form_id", OFFICIAL)
def test_what_a_form_needs_is_the_key_and_the_discharge(form_id: str) -> None:
    assert (
        known_form(form_id).needed
        == {
            "frontpage-hqms": ("P900", "P3", "P2", "P25"),
            "frontpage-2019": ("A01", "A48", "A49", "B15"),
            "settlement": ("fixmedins_code", "setl_id", "dscg_time"),
        }[form_id]
    )


@pytest.mark.parametrize("table", ["cases", "lines", "icu", *PLACES, "withdrawn"])
def test_a_table_is_a_form_of_its_own_columns(table: str) -> None:
    form = known_form(table)
    own = contract(table).own
    assert list(form.columns) == [name for name in contract(table).schema.names if name not in own]
    assert (form.table, form.needed, form.layout) == (table, contract(table).key, None)


@pytest.mark.parametrize("form_id", ["frontpage-hqms", "frontpage-2019"])
def test_the_lists_are_those_of_the_documents(form_id: str, shared: Path) -> None:
    with (shared / "data" / OFFICIAL[form_id][0]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    said = {cell.strip() for row in rows for cell in row}
    assert [code for code in known_form(form_id).columns if code not in said] == []
