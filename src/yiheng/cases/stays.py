"""ICU stays (重症监护): those that a case brings with it, as rows of their own table."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.cases.cells import Sheet
from yiheng.cases.column import Made, made
from yiheng.cases.finding import Finding
from yiheng.cases.layout import Layout
from yiheng.tables.contract import Column, contract

_SECONDS_OF_HOUR = 3600
_KINDS = {"ward_type": pa.string(), "entered": pa.timestamp("us"), "left": pa.timestamp("us"), "hours": pa.float64()}


def no_stays() -> pa.Table:
    """The table of ICU stays, empty."""
    return contract("icu").schema.empty_table()


def stays_of(layout: Layout, sheet: Sheet, columns: dict[str, pa.Array]) -> tuple[pa.Table, Made]:
    """The stays of all rows, and their hours by row as the note `icu_hours`.

    A stay's hours are as given, else from its two moments; a row without stays has none.
    """
    lists = {name: _list(layout, name, sheet) for name in layout.stays}
    findings: list[Finding] = [found for its in lists.values() for found in its.findings]
    entered = lists["entered"].values
    row = np.asarray(pc.list_parent_indices(entered), np.int64)
    flat = {name: _at(its.values, row) for name, its in lists.items()}
    hours = _hours(flat, len(row))
    made_up = {
        "hospital": columns["hospital"].take(pa.array(row)),
        "case_id": columns["case_id"].take(pa.array(row)),
        "stay_no": pa.array(_numbered(row), pa.int16()),
        **{name: flat.get(name, pa.nulls(len(row), kind)) for name, kind in _KINDS.items() if name != "hours"},
        "hours": hours,
        "source_file": pa.nulls(len(row), pa.string()),
        "source_row": pa.array(sheet.rows.numbers[row], pa.int64()),
    }
    schema = contract("icu").schema
    table = pa.table([made_up[name] for name in schema.names], schema=schema)
    return table, Made(pa.nulls(0), findings, {"icu_hours": _by_row(row, hours, sheet.size)})


def _list(layout: Layout, name: str, sheet: Sheet) -> Made:
    column = Column(name, pa.list_(_KINDS[name]), "", "", "")
    return made(layout.stays[name], column, sheet, layout.stays, None)


def _at(values: pa.Array, row: np.ndarray) -> pa.Array:
    """The items of lists at the places of `row`; a row whose list is unknown has none."""
    own = np.asarray(pc.list_parent_indices(values), np.int64)
    first, after = np.searchsorted(own, row, side="left"), np.searchsorted(own, row, side="right")
    place = first + _numbered(row) - 1
    return values.flatten().take(pa.array(place, mask=place >= after))


def _numbered(row: np.ndarray) -> np.ndarray:
    """1, 2, ... within each row."""
    starts = np.searchsorted(row, row, side="left")
    return np.asarray(np.arange(len(row)) - starts + 1)


def _hours(flat: dict[str, pa.Array], size: int) -> pa.Array:
    given = flat.get("hours", pa.nulls(size, pa.float64()))
    if "left" not in flat:
        return given
    seconds = pc.seconds_between(flat["entered"], flat["left"]).cast(pa.float64())
    return pc.coalesce(given, pc.divide(seconds, pa.scalar(float(_SECONDS_OF_HOUR))))


def _by_row(row: np.ndarray, hours: pa.Array, size: int) -> pa.Array:
    """The sum of each row's stays; unknown where there is none, or one of unknown duration."""
    total = np.bincount(row, weights=np.asarray(pc.fill_null(hours, 0.0)), minlength=size)
    unknown = np.bincount(row[np.asarray(pc.is_null(hours))], minlength=size) > 0
    return pa.array(total, pa.float64(), mask=unknown | (np.bincount(row, minlength=size) == 0))
