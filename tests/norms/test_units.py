"""norms.units: the columns that name a unit."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.units import UNITS, with_units
from yiheng.tables.contract import contract
from yiheng.tables.engine import held


def test_the_units_of_the_contract() -> None:
    assert list(UNITS)[:7] == ["region", "county", "hospital", "dept", "physician", "group", "month"]


def test_an_unknown_unit_is_refused_with_the_known_ones(table: Any) -> None:
    with pytest.raises(Refusal) as refused:
        with_units(table([]), "ward")
    assert str(refused.value) == f"column --by, value ward: is no unit -> one of: {', '.join(UNITS)}"


def test_every_case_is_of_the_region(table: Any) -> None:
    found = with_units(table([{"hospital": "A"}, {"hospital": None}]), "region").to_pyarrow()
    assert found["region"].to_pylist() == ["all", "all"]


def test_a_month_is_that_of_the_discharge(table: Any) -> None:
    days = [date(2024, 2, 29), date(2024, 12, 31), None]
    found = with_units(table([{"discharge_date": day, "los": n} for n, day in enumerate(days)]), "month")
    assert found.order_by("los").to_pyarrow()["month"].to_pylist() == ["2024-02", "2024-12", None]


def test_a_county_is_that_of_the_hospital(table: Any, institution: Any) -> None:
    cases = table([{"hospital": code, "los": n} for n, code in enumerate("ACDB")])
    found = with_units(cases, "county", institution)
    assert found.columns == (*cases.columns, "county")
    assert found.order_by("los").to_pyarrow()["county"].to_pylist() == ["east", "west", None, "east"]


def test_a_hospital_that_moved_is_in_the_county_of_the_day(table: Any, backend: Any) -> None:
    rows = [{"code": "A", "county": "west", "valid_from": date(2020, 1, 1)},
            {"code": "A", "county": "east", "valid_from": date(2024, 7, 1)}]  # fmt: skip
    moved = held(backend, pa.Table.from_pylist(rows, schema=contract("institution").schema))
    days = [date(2024, 6, 30), date(2024, 7, 1), None, date(2019, 12, 31)]
    cases = table([{"hospital": "A", "discharge_date": day, "los": n} for n, day in enumerate(days)])
    found = with_units(cases, "county", moved).order_by("los").to_pyarrow()
    assert found["county"].to_pylist() == ["west", "east", "east", None]


def test_counties_without_institutions_are_refused(table: Any) -> None:
    with pytest.raises(Refusal, match="counties are known only to a DATA folder"):
        with_units(table([]), "county")


def test_a_county_that_the_source_gives_stays(table: Any) -> None:
    cases = table([{"hospital": "A"}]).mutate(county=table([]).count().cast("string"))
    assert with_units(cases, "county") is cases
