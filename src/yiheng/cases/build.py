"""Rows of a source as rows of a table (入库构建): each column by its recipe, each misfit a finding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.cases.cells import Sheet
from yiheng.cases.column import Made, made
from yiheng.cases.finding import Finding
from yiheng.cases.identity import Key
from yiheng.cases.kinds import unread_items
from yiheng.cases.layout import Layout
from yiheng.cases.newborns import newborns_apart
from yiheng.cases.parse import blank_to_null
from yiheng.cases.source import Rows
from yiheng.cases.stays import no_stays, stays_of
from yiheng.tables.contract import Column, Contract, contract

PARALLEL = (("dx", "dx_present"), ("proc", "proc_date"), ("proc", "proc_level"))


@dataclass(frozen=True)
class Built:
    """What became of some rows: the good ones as rows of a table, and why the others are not.

    `bad` counts rows, not findings. `given`: the columns that the source has, and what it calls them. `notes`: facts
    of the same rows that rules may ask for and nobody keeps. `stays`: ICU stays that came with them. `keys`: hospital
    and case id of rows that are bad, where they could be read.
    """

    table: pa.Table
    findings: list[Finding]
    bad: int
    given: Mapping[str, str]
    notes: pa.Table
    stays: pa.Table = field(default_factory=no_stays)
    keys: Mapping[int, tuple[str | None, str | None]] = field(default_factory=dict)


def build(layout: Layout, rows: Rows, file: str, key: Key | None = None) -> Built:
    """Apply a layout to text rows; `file` is the name that a row keeps as its source, `key` makes pseudonyms."""
    declared = contract(layout.table)
    sheet = Sheet(rows, layout.missing, layout.items_by)
    columns: dict[str, pa.Array] = {}
    notes: dict[str, pa.Array] = {}
    findings = [*rows.broken, *rows.hazards, *unread_items(layout, sheet)]
    for column in _own_order(layout.columns, declared):
        its = made(layout.columns[column.name], column, sheet, layout.columns, key)
        columns[column.name] = its.values
        findings += its.findings
        notes |= its.notes
    if "identity_born" in notes:
        newborns_apart(columns, notes)
    shown = {name: recipe.shown or name for name, recipe in layout.columns.items()}
    stays, more = stays_of(layout, sheet, columns) if layout.stays else (no_stays(), Made.nothing())
    columns |= {name: its for name, its in more.notes.items() if name not in columns}
    # A cell that several columns are made of is named once.
    told = list({(its.row, its.column, its.rule): its for its in reversed(findings + more.findings)}.values())[::-1]
    return finish(columns, rows.numbers, file, told, shown, layout.table, notes, stays)


def finish(
    columns: dict[str, pa.Array],
    numbers: np.ndarray,
    file: str,
    findings: list[Finding],
    shown: Mapping[str, str],
    table: str = "cases",
    notes: Mapping[str, pa.Array] | None = None,
    stays: pa.Table | None = None,
) -> Built:
    """Typed columns as rows of a table: fill in the year and the source, take out rows that break its own rules."""
    declared = contract(table)
    columns, given = dict(columns), {name: shown.get(name, name) for name in columns}
    needed = list(declared.key)
    if table == "cases":
        columns["year"] = _year(columns, len(numbers))
        needed.append("year")
    misfit = {found.row for found in findings}
    findings = findings + [
        found
        for found in _required(columns, needed, numbers, shown) + _parallel(columns, numbers, shown)
        if found.row not in misfit
    ]
    bad = {found.row for found in findings}
    columns["source_file"] = pa.array([file] * len(numbers), pa.string())
    columns["source_row"] = pa.array(numbers, pa.int64())
    good = pa.array(~np.isin(numbers, list(bad)), pa.bool_())
    # A table that does not keep the row it came from still tells it to the load.
    noted = dict(notes or {}) if "source_row" in declared.own else {"source_row": columns["source_row"]}
    whole = _conforming(columns, len(numbers), declared)
    return Built(
        whole.filter(good),
        findings,
        len(bad),
        given,
        pa.table(noted).filter(good) if noted else pa.table({}),
        _of_good(stays, numbers, good) if stays is not None else no_stays(),
        _keys(whole.filter(pc.invert(good))) if bad else {},
    )


def _of_good(stays: pa.Table, numbers: np.ndarray, good: pa.Array) -> pa.Table:
    return stays.filter(pc.is_in(stays["source_row"], value_set=pa.array(numbers, pa.int64()).filter(good)))


def _keys(bad: pa.Table) -> dict[int, tuple[str | None, str | None]]:
    """Hospital and case id of bad rows by row number."""
    if not {"hospital", "case_id"} <= set(bad.column_names):
        return {}
    names = ("source_row", "hospital", "case_id")
    return {
        row: (hospital, case_id) for row, hospital, case_id in zip(*(bad[n].to_pylist() for n in names), strict=True)
    }


def _own_order(columns: Iterable[str], declared: Contract) -> Iterable[Column]:
    return (column for column in declared.columns if column.name in columns)


def _year(columns: Mapping[str, pa.Array], count: int) -> pa.Array:
    """The year as given, else that of the discharge."""
    empty = pa.nulls(count, pa.int16())
    given = columns.get("year", empty)
    discharged = columns.get("discharge_date", pa.nulls(count, pa.date32()))
    return pc.coalesce(given, pc.year(discharged).cast(pa.int16()))


def _required(
    columns: Mapping[str, pa.Array], needed: list[str], numbers: np.ndarray, shown: Mapping[str, str]
) -> list[Finding]:
    # Where no year is given, it is the day of discharge that is missing.
    told = shown if "year" in shown else {**shown, "year": shown.get("discharge_date", "year")}
    return [
        Finding(int(numbers[place]), told.get(name, name), "", "required")
        for name in needed
        for place in np.flatnonzero(np.asarray(pc.is_null(columns[name])))
    ]


def _parallel(columns: Mapping[str, pa.Array], numbers: np.ndarray, shown: Mapping[str, str]) -> list[Finding]:
    found = []
    for first, second in PARALLEL:
        if first in columns and second in columns:
            leading = pc.fill_null(pc.list_value_length(columns[first]), 0)
            unequal = pc.not_equal(leading, pc.list_value_length(columns[second]))
            for place in np.flatnonzero(np.asarray(pc.fill_null(unequal, False))):
                value = _listed(columns[second][int(place)].as_py())
                found.append(Finding(int(numbers[place]), shown.get(second, second), value, "parallel"))
    return found


def _listed(items: list[object]) -> str:
    return "|".join("" if item is None else str(item) for item in items)


def _conforming(columns: Mapping[str, pa.Array], count: int, declared: Contract) -> pa.Table:
    schema = declared.schema
    return pa.table(
        [columns[field.name] if field.name in columns else pa.nulls(count, field.type) for field in schema],
        schema=schema,
    )


def typed(batch: pa.RecordBatch, first: int, file: str, table: str = "cases") -> Built:
    """A batch of a canonical Parquet file as rows of a table; its first row has the number `first`."""
    declared = contract(table)
    columns = {
        column.name: _as_declared(batch[column.name], column)
        for column in declared.columns
        if column.name in batch.schema.names and column.name not in declared.own
    }
    numbers = np.arange(first, first + batch.num_rows, dtype=np.int64)
    return finish(columns, numbers, file, [], {}, table)


def _as_declared(values: pa.Array, column: Column) -> pa.Array:
    """Values in the declared type; text is trimmed as in any other source, and the empty text is unknown."""
    typed = values.cast(column.type)
    return blank_to_null(typed) if pa.types.is_string(column.type) else typed
