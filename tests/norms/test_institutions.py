"""norms.institutions: of a dated list one row a place holds on a day; cases and comparisons read it alike."""

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.norms.institutions import PLACES, holding, place_table, spans, with_places
from yiheng.tables.contract import contract
from yiheng.tables.engine import held

Row = dict[str, Any]
FIRST = date(2024, 1, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(-1, 12)]


def institutions(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=contract("institution").schema)


def row(code: str, since: date | None, until: date | None = None, **its: Any) -> Row:
    return {"code": code, "valid_from": since, "valid_to": until} | its


def test_a_row_gives_way_to_the_next_of_its_place() -> None:
    table = institutions(
        [row("A", date(2024, 1, 5), name="new"), row("A", None, name="old"), row("B", FIRST, date(2024, 1, 3))]
    )
    found = [(its.row["code"], its.row["name"], its.since, its.until, its.last) for its in spans(table, ("code",))]
    assert found == [
        ("A", "old", None, date(2024, 1, 4), False),
        ("A", "new", date(2024, 1, 5), None, True),
        ("B", None, FIRST, date(2024, 1, 3), True),
    ]


def test_an_open_row_does_not_come_back_after_a_later_one_has_ended() -> None:
    table = institutions([row("A", FIRST, level=2), row("A", date(2024, 1, 5), date(2024, 1, 6), level=3)])
    assert [its["level"] if (its := holding(table, ("code",), day).get(("A",))) else None for day in DAYS] == [
        None, 2, 2, 2, 2, 3, 3, None, None, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(("since", "said"), [(None, "without a first day"), (FIRST, "from 2024-01-01 on")])
def test_two_rows_that_begin_together_are_refused(since: date | None, said: str) -> None:
    table = institutions([row("A", since, name="y"), row("B", since), row("A", since, name="x")])
    with pytest.raises(Refusal, match=f"column code, value A: stands there twice {said} -> one row for each beginning"):
        list(spans(table, ("code",)))


@pytest.mark.parametrize(
    ("level", "grade", "said"),
    [(3, "甲", "3甲"), (2, "none", "2"), (2, None, "2"), (None, "甲", None), (None, None, None)],
)
def test_a_class_is_level_and_grade(level: int | None, grade: str | None, said: str | None) -> None:
    found = place_table(institutions([row("A", None, level=level, **{"class": grade})]))
    assert found.schema == PLACES
    assert found["hospital_class"].to_pylist() == [said]


day = st.sampled_from([None, *DAYS])


@pytest.mark.property
@given(st.lists(st.tuples(st.sampled_from("AB"), day, day), unique_by=lambda its: its[:2], max_size=5))
@settings(max_examples=30)
def test_cases_and_comparisons_see_the_same_row(backend: Backend, rows: list[tuple[str, date | None, Any]]) -> None:
    """The row that began last, if it has not ended; the same for every day and in whichever order the rows stand."""
    listed = [row(*its, county=str(number)) for number, its in enumerate(rows)]
    table = institutions(listed)
    wanted = {}
    for code in "AB":
        for when in DAYS:
            begun = [its for its in table.to_pylist() if its["code"] == code and (its["valid_from"] or when) <= when]
            latest = max(begun, key=lambda its: its["valid_from"] or date.min, default=None)
            holds = latest is not None and (latest["valid_to"] or when) >= when
            wanted[code, when] = latest["county"] if holds else None
    for its in (table, institutions(listed[::-1])):
        found = {when: holding(its, ("code",), when) for when in DAYS}
        assert {(c, when): found[when].get((c,), {}).get("county") for c, when in wanted} == wanted
    cases = pa.table({"hospital": [c for c, _ in wanted], "discharge_date": [when for _, when in wanted]})
    placed = with_places(held(backend, cases), held(backend, place_table(table))).to_pyarrow().to_pylist()
    assert {(its["hospital"], its["discharge_date"]): its["county"] for its in placed} == wanted
