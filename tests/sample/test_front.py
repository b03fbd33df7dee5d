"""Fees of the front page: they add up, and a part stays within its whole."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample.forms.lines import fen
from yiheng.sample.tables import table, words

ALL = sorted({*words("front_shares", "column"), *words("front_parts", "part")})


def added(cases: pa.Table, names: list[str]) -> list[int]:
    """The sum of columns, in fen."""
    found: list[int] = sum(fen(cases[name].combine_chunks()) for name in names).tolist()  # type: ignore[union-attr]
    return found


def test_every_fee_of_the_front_page_is_made(cases: pa.Table) -> None:
    assert sorted(name for name in cases.column_names if name.startswith("fp_")) == ALL
    assert all(cases[name].null_count == 0 for name in ALL)
    assert all(pc.min(cases[name]).as_py() >= 0 for name in ALL)


def test_items_add_up_to_the_total_and_drugs_to_their_categories(cases: pa.Table) -> None:
    parents = [name for name in ALL if name not in words("front_parts", "part")]
    assert added(cases, parents) == added(cases, ["total_fee"])
    for front, category in (("fp_769", "fee_09"), ("fp_772", "fee_10"), ("fp_771", "fee_11"), ("fp_763", "fee_06")):
        assert cases[front].equals(cases[category])
    assert added(cases, ["fp_778", "fp_779", "fp_780"]) == added(cases, ["fee_08"])


def test_parts_stay_within_their_whole(cases: pa.Table) -> None:
    for whole in set(words("front_parts", "whole")):
        parts = [row["part"] for row in table("front_parts") if row["whole"] == whole]
        assert all(part <= most for part, most in zip(added(cases, parts), added(cases, [whole]), strict=True))


def test_the_columns_are_those_of_the_document(shared: Path) -> None:
    with (shared / "data" / "fee_categories.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["scheme"].startswith("front_page")]
    assert [f"fp_{row['code'][1:]}" for row in rows] == ALL
    assert {(f"fp_{row['code'][1:]}", f"fp_{row['parent'][1:]}") for row in rows if row["parent"]} == {
        (row["part"], row["whole"]) for row in table("front_parts")
    }
