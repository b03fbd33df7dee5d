"""norms.facts: what is counted of 20,000 cases against the plain computation; places by date; gaps stay gaps."""

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from yiheng.norms.facts import CATEGORIES, PARTS, with_unit
from yiheng.tables.contract import contract


def test_the_categories_are_those_of_the_settlement_list() -> None:
    assert tuple(f"fee_{number:02}" for number in range(1, 15)) == CATEGORIES
    assert (*CATEGORIES, "drug", "material") == PARTS


@pytest.mark.parity
def test_every_fact_of_every_case(region_facts: Any, plain_facts: list[dict[str, Any]]) -> None:
    found = region_facts.order_by("row").to_pyarrow().to_pylist()
    assert len(found) == len(plain_facts) == 20_000
    for got, wanted in zip(found, plain_facts, strict=True):
        assert got == wanted, got["case_id"]


def test_the_sample_has_what_is_tested(plain_facts: list[dict[str, Any]]) -> None:
    """A test on cases without a readmission, a death or a gap would say nothing."""
    for name, least in (("returned_any", 300), ("returned_same", 200), ("died", 50), ("away", 1000), ("outside", 3000)):
        assert sum(bool(row[name]) for row in plain_facts) > least
    for name in ("fee", "los", "died", "group", "month", "drug", "fee_03", "home", "returned_any", "dept"):
        assert any(row[name] is None for row in plain_facts), name
    assert {row["hospital_class"] for row in plain_facts} >= {"3甲", "3乙", "2甲", "1"}
    assert {row["county"] for row in plain_facts} >= {"演示东区", "演示新区"}


def test_without_places_nothing_is_known_of_hospitals(as_facts: Any, region_rows: list[dict[str, Any]]) -> None:
    found = as_facts(region_rows[:50], None).to_pyarrow()
    for name in ("county", "area", "hospital_class", "outside"):
        assert found[name].null_count == 50
    assert found["home"].null_count < 50


def test_a_county_that_the_source_gives_stays_where_there_are_no_places(as_cases: Any, region_rows: Any) -> None:
    from yiheng.norms.institutions import with_places

    cases = as_cases(region_rows[:3]).mutate(county=as_cases(region_rows[:3]).count().cast("string"))
    assert with_places(cases, None).to_pyarrow()["county"].to_pylist() == ["3", "3", "3"]


def case(number: int, hospital: str, day: date | None) -> dict[str, Any]:
    return {"row": number, "hospital": hospital, "case_id": str(number), "discharge_date": day, "year": 2024}


def institution(code: str, since: date | None, until: date | None, **its: Any) -> dict[str, Any]:
    return {"code": code, "valid_from": since, "valid_to": until, "county": "east", "area": "990101"} | its


def test_a_place_is_that_of_the_day(as_facts: Any) -> None:
    """Before the first and after the last nothing is known; without a day it is the last; where two hold, the later."""
    known = pa.Table.from_pylist(
        [
            institution("A", date(2024, 1, 1), date(2024, 6, 30), level=2, **{"class": "甲"}),
            institution("A", date(2024, 7, 1), date(2024, 12, 30), level=3, **{"class": "none"}),
            institution("B", None, None, county="west"),
            institution("B", date(2024, 5, 1), None, level=1),
        ],
        schema=contract("institution").schema,
    )
    days = {
        "A": [date(2023, 12, 31), date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 1), date(2024, 12, 31), None],
        "B": [date(1999, 1, 1), date(2024, 4, 30), date(2024, 5, 1), None],
        "C": [date(2024, 1, 1)],
    }
    rows = [case(n, code, day) for n, (code, day) in enumerate((c, d) for c, its in days.items() for d in its)]
    found = as_facts(rows, known).order_by("row").to_pyarrow()
    assert found["hospital_class"].to_pylist() == [None, "2甲", "2甲", "3", None, "3", None, None, "1", "1", None]
    assert found["county"].to_pylist() == [
        None, "east", "east", "east", None, "east", "west", "west", "east", "east", None,
    ]  # fmt: skip


def test_amounts_are_whole_fen_to_the_last_digit(as_facts: Any) -> None:
    fees = [Decimal("9999999999999.99"), Decimal("-0.01"), Decimal("0.00"), None]
    rows = [case(n, "A", None) | {"total_fee": fee} for n, fee in enumerate(fees)]
    assert as_facts(rows).order_by("row").to_pyarrow()["fee"].to_pylist() == [999999999999999, -1, 0, None]


def test_the_region_is_a_column_only_where_it_is_asked_for(region_facts: Any) -> None:
    assert with_unit(region_facts, ("hospital",)) is region_facts
    assert with_unit(region_facts, ("region",)).region.to_pyarrow().unique().to_pylist() == ["all"]
