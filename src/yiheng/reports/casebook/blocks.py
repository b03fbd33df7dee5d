"""Blocks of a page (页面构件): columns and tables from rows of the engines, so that every page builds them alike."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from yiheng.base.words import Word, word
from yiheng.reports.figures import Kind, Value, days, shown, yuan
from yiheng.reports.shape import Chart, Column, Table, Tile, column
from yiheng.tables.contract import contract

Row = Mapping[str, Any]
Get = Callable[[Row], Value]


def named(id_: str, term: str, kind: Kind = Kind.TEXT) -> Column:
    """A column whose name in the engine's table is not its term of the glossary."""
    its = column(term, kind)
    return Column(id_, its.title, kind, its.unit)


def table_of(
    id_: str,
    columns: Iterable[Column],
    rows: Iterable[Row],
    empty: str,
    *,
    title: str = "",
    notes: Iterable[str] = (),
    charts: Iterable[Chart] = (),
    words: Mapping[str, Get] | None = None,
    half: bool = False,
) -> Table:
    """A table of the rows' values by the ids of columns, all of them shown; `words` makes the cells that rows lack."""
    columns, made, rows = tuple(columns), words or {}, list(rows)
    cells = tuple(tuple(made[each.id](row) if each.id in made else row[each.id] for each in columns) for row in rows)
    return Table(
        id_,
        word(title or id_.replace("-", "_")),
        columns,
        cells,
        word(empty),
        tuple(word(note) for note in notes) if cells else (),
        tuple(charts) if cells else (),
        shown=max(len(cells), 1),
        half=half,
    )


def tile(term: str, value: Value, kind: Kind, *counts: tuple[str, Any]) -> Tile:
    """A figure with the counts that it stands on, each a term and a whole number."""
    its = column(term, kind)
    notes = tuple(Word(f"{word(name).zh} {shown(n, Kind.COUNT)}", f"{word(name).en} {shown(n, Kind.COUNT)}")
                  for name, n in counts)  # fmt: skip
    return Tile(its.title, value, kind, its.unit, notes)


def category(name: str) -> Word:
    """A category of fees, fee_01 and so on, by its title in the case contract."""
    its = contract("cases").column(name)
    return Word(its.zh, its.en)


def item_kind(kind: str | None) -> Word | None:
    """Treatment, drug or consumable; None where no line says it."""
    return None if kind is None else word(f"item_kind_{kind}")


def span(low: float | None, high: float | None, write: Callable[[float], str]) -> str | None:
    """An interval in one cell: 120.50 ~ 310.00."""
    return None if low is None or high is None else f"{write(low)} ~ {write(high)}"


def yuan_span(measure: str) -> Get:
    """The interval of a saving of fees."""
    return lambda row: span(row[f"{measure}_low"], row[f"{measure}_high"], yuan)


def days_span(measure: str) -> Get:
    """The interval of a saving of days."""
    return lambda row: span(row[f"{measure}_low"], row[f"{measure}_high"], days)
