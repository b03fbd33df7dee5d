"""Units held against the norm (与区域均值对照): the columns that tables by hospital or department share."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from yiheng.base.words import Word
from yiheng.reports.figures import Kind, Value, share
from yiheng.reports.shape import Column, column, listed

Row = Mapping[str, Any]

# Each mean or index stands behind the count that it was made from.
MEASURES = (
    column("n", Kind.COUNT),
    column("grouped_cases", Kind.COUNT),
    column("weight_cases", Kind.COUNT),
    column("cmi", Kind.INDEX),
    column("fee_cases", Kind.COUNT),
    column("mean_cost", Kind.YUAN),
    column("los_cases", Kind.COUNT),
    column("mean_los", Kind.DAYS),
    column("cost_cases", Kind.COUNT),
    column("cost_index", Kind.INDEX),
    column("time_cases", Kind.COUNT),
    column("time_index", Kind.INDEX),
    column("difference", Kind.YUAN),
)

BALANCE = (
    column("n", Kind.COUNT),
    column("cost_cases", Kind.COUNT),
    Column("fee", column("actual_fee").title, Kind.YUAN, column("fee", Kind.YUAN).unit),
    column("norm_fee", Kind.YUAN),
    column("difference", Kind.YUAN),
    column("difference_rate", Kind.RATIO),
)


def rows_of(table: pa.Table | None) -> list[Row]:
    """The rows of a table by unit with what a page adds; no rows where there is no table."""
    return [] if table is None else [_completed(row) for row in table.to_pylist()]


def _completed(row: dict[str, Any]) -> Row:
    rate = share(row["difference"], row["norm_fee"])
    return {**row, "grouped_cases": row["grouped"], "difference_rate": rate}


def merged(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[tuple[Column, ...], tuple[Word, ...]]:
    """The columns without counts that only repeat an earlier count, and a note that says which were left out.

    A mean must show its count, but four equal columns of counts hide the figures between them.
    """
    kept: dict[tuple[Value, ...], Column] = {}
    left_out: list[tuple[Column, Column]] = []
    for each in columns:
        if each.kind is Kind.COUNT and rows:
            first = kept.setdefault(tuple(row[each.id] for row in rows), each)
            left_out += [(each, first)] if first is not each else []
    gone = {each for each, _ in left_out}
    return tuple(each for each in columns if each not in gone), tuple(_merged_notes(left_out))


def _merged_notes(left_out: Sequence[tuple[Column, Column]]) -> list[Word]:
    by_first: dict[Column, list[Word]] = {}
    for each, first in left_out:
        by_first.setdefault(first, []).append(each.title)
    return [_merged_note(listed(titles, most=len(titles)), first.title) for first, titles in by_first.items()]


def _merged_note(titles: Word, first: Word) -> Word:
    return Word(f"{titles.zh}与{first.zh}逐行相同，不另列。", f"{titles.en}: the same as {first.en} in every row.")


def ordered(rows: Sequence[Row], by: str, *keys: str, falling: bool = False) -> list[Row]:
    """The rows by one value, nulls last, ties by the unit's codes; so the order never depends on the engine's."""
    known = sorted((row for row in rows if row[by] is not None), key=lambda row: tuple(str(row[key]) for key in keys))
    known.sort(key=lambda row: row[by], reverse=falling)
    return known + sorted(
        (row for row in rows if row[by] is None), key=lambda row: tuple(str(row[key]) for key in keys)
    )


def total(rows: Sequence[Row], name: str) -> Any:
    """The sum of the values that are there; null where none is."""
    values = [row[name] for row in rows if row[name] is not None]
    return sum(values) if values else None
