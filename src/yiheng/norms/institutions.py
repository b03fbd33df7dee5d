"""Places as they stood on a day (机构归属): which row of a dated list holds, and what it says of a case's hospital.

A row holds from its `valid_from` to its `valid_to`, both included, at most until the next row of the same place begins:
after the latest has ended none holds, also where an earlier one was left open. Two that begin together are refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.refusal import Refusal

PLACE = ("county", "area", "hospital_class")
NO_CLASS = "none"
# The rows of institutions with the days that each holds for; `last` marks the latest of its place.
PLACES = pa.schema(
    [("its_code", pa.string()), *((name, pa.string()) for name in PLACE),
     ("since", pa.date32()), ("until", pa.date32()), ("last", pa.bool_())]
)  # fmt: skip
Row = dict[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Span:
    """A row and the first and last day that it holds for; None where it is open."""

    row: Row
    since: date | None
    until: date | None
    last: bool


def spans(table: pa.Table, key: Sequence[str]) -> Iterator[Span]:
    """The rows of a list of places that ever hold, place by place; `key` names a place."""
    places: dict[Key, list[Row]] = {}
    for row in sorted(table.to_pylist(), key=lambda row: (_first(row), str(row))):
        places.setdefault(tuple(row[name] for name in key), []).append(row)
    for rows in places.values():
        for row, after in pairwise(rows):
            _check_begins_later(row, after, key)
            until = min(row["valid_to"] or date.max, _first(after) - timedelta(days=1))
            yield Span(row, row["valid_from"], until, last=False)
        yield Span(rows[-1], rows[-1]["valid_from"], rows[-1]["valid_to"], last=True)


def holding(table: pa.Table, key: Sequence[str], day: date) -> dict[Key, Row]:
    """The rows of a list of places that hold on `day`, by place."""
    return {
        tuple(its.row[name] for name in key): its.row
        for its in spans(table, key)
        if (its.since or date.min) <= day <= (its.until or date.max)
    }


def place_table(institution: pa.Table) -> pa.Table:
    """PLACES of a list of institutions: county, area (6 digits) and class ("3甲", "2")."""
    rows = [
        {"its_code": its.row["code"], "county": its.row["county"], "area": its.row["area"],
         "hospital_class": _class(its.row), "since": its.since, "until": its.until, "last": its.last}
        for its in spans(institution, ("code",))
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=PLACES)


def with_places(cases: ir.Table, places: ir.Table | None) -> ir.Table:
    """The cases with the columns PLACE of their hospital on the day of discharge; without a day, of its latest row.

    `places` as of `place_table`. All three are null where no row holds, or there are no places: then a county of the
    source stays.
    """
    own = [name for name in cases.columns if name not in PLACE]
    if places is None:
        given = cases.county if "county" in cases.columns else ibis.null("string")
        return cases.select(*own, county=given, area=ibis.null("string"), hospital_class=ibis.null("string"))
    day = cases.discharge_date
    then = (places.since.isnull() | (day >= places.since)) & (places.until.isnull() | (day <= places.until))
    found = cases.left_join(places, [cases.hospital == places.its_code, ibis.ifelse(day.isnull(), places.last, then)])
    return found.select(*own, *PLACE)


def _check_begins_later(row: Row, after: Row, key: Sequence[str]) -> None:
    """Refuse two rows of a place that begin on one day: DATA holds none, a list given as a file may."""
    if _first(row) == _first(after):
        day = row["valid_from"]
        place = ":".join(str(row[name]) for name in key)
        begun = "without a first day" if day is None else f"from {day} on"
        raise Refusal(f"stands there twice {begun}", column=key[-1], value=place, cure="one row for each beginning")


def _first(row: Row) -> date:
    return row["valid_from"] or date.min


def _class(row: Row) -> str | None:
    """Level and class in one; a hospital that is not graded has none."""
    grade = "" if row["class"] in (None, NO_CLASS) else row["class"]
    return None if row["level"] is None else f"{row['level']}{grade}"
