"""dip.catalogue.counter: what it counts is what the statistics say, however the cases are cut into batches."""

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue import caseset
from yiheng.dip.catalogue.counted import from_statistics, to_statistics
from yiheng.dip.catalogue.counter import Counter
from yiheng.dip.catalogue.statistics import KEYS, STATISTICS, entering, statistics
from yiheng.dip.plan import Plan, plan
from yiheng.tables.contract import contract

Row = dict[str, Any]
DAY = date(2024, 12, 31)
YEARS = (2022, 2023, 2024)
EXTRAS = [
    {"id": "XQ1", "kind": "early", "zh": "移植", "en": "transplant", "proc": "36.06/99.2+88.5"},
    {"id": "FZ1", "kind": "tumour", "zh": "化疗", "en": "chemo", "dx": ["C34"], "other_dx": ["E11"]},
]
OUT = dict.fromkeys(("self_paid", "out_of_area_cases", "day_cases", "bed_day_cases", "excluded_fees"), "out")
SCHEMES: tuple[dict[str, object], ...] = (
    {},
    {"combination": "main_related", "dx_key_chars": 3},
    {"extra_groups": EXTRAS},
    {**OUT, "least_days": 3, "most_days": 25},
)
COLUMNS = (
    "dx", "proc", "dx_edition", "proc_edition", "total_fee", "los", "year", "drug_fee", "material_fee", "excluded_fee",
    "payer", "out_of_area", "care_type", "pay_method",
)  # fmt: skip


def batch(rows: list[Row], names: tuple[str, ...] = COLUMNS) -> pa.RecordBatch:
    schema = pa.schema([contract("cases").schema.field(name) for name in names])
    return pa.RecordBatch.from_pylist([{name: row.get(name) for name in names} for row in rows], schema=schema)


def counted(made: Plan, batches: list[pa.RecordBatch]) -> tuple[pa.Table, dict[str, int]]:
    counter = Counter(made, YEARS)
    for each in batches:
        counter.count(each)
    return to_statistics(counter.counted()), dict(counter.left_out)


def varied(rows: list[Row]) -> list[Row]:
    """The cases with all that a choice may ask for, some of it not known, and codes of every spelling."""
    found = []
    for number, row in enumerate(rows):
        parts = {
            "drug_fee": None if number % 5 == 0 else Decimal(number).scaleb(-2),
            "material_fee": None if number % 7 == 0 else Decimal(-number).scaleb(-2),
            "excluded_fee": None if number % 3 == 0 else Decimal(number % 50).scaleb(-2),
            "payer": [None, "self", "employee"][number % 3], "out_of_area": [None, 0, 1, 2][number % 4],
            "care_type": [None, 1, 2][number % 3], "pay_method": [None, "5", "4", "bedday"][number % 4],
            "dx_edition": [None, "ICD-10", "CCSR"][number % 3], "proc_edition": [None, "CCSR"][number % 2],
            "year": None if number % 97 == 0 else row["year"],
        }  # fmt: skip
        codes = {"dx": ["ｃ34.9", " e11.9"]} if number % 11 == 0 else {}
        found.append(row | parts | codes)
    return found


@pytest.mark.parity
@pytest.mark.parametrize("values", SCHEMES)
@pytest.mark.parametrize("parts", [1, 7])
def test_it_counts_what_the_statistics_say(
    table: Any, random_cases: Any, with_value: Any, values: dict[str, object], parts: int
) -> None:
    rows, made = varied(random_cases(3, 1400)), plan(with_value(**values), DAY)
    size = len(rows) // parts
    found, left_out = counted(made, [batch(rows[start : start + size]) for start in range(0, len(rows), size)])
    cases = table(rows)
    within = cases.filter(cases.year.isin(YEARS) | cases.year.isnull())
    wanted = statistics(entering(within, made)).order_by(*KEYS).to_pyarrow().cast(STATISTICS)
    assert found.sort_by([(name, "ascending") for name in KEYS]).combine_chunks().equals(wanted.combine_chunks())
    why = within.mutate(why=caseset.left_out(within, made)).group_by("why").agg(n=ibis._.count()).to_pyarrow()
    assert left_out == {row["why"]: row["n"] for row in why.to_pylist() if row["why"] is not None}


def test_statistics_and_back(random_cases: Any, with_value: Any) -> None:
    counter = Counter(plan(with_value(), DAY), YEARS)
    counter.count(batch(random_cases(5, 500)))
    its = counter.counted()
    again = from_statistics(to_statistics(its))
    assert (again.names.equals(its.names), again.extra.equals(its.extra), again.years) == (True, True, its.years)
    assert (again.n == its.n).all()
    assert (again.fee == its.fee).all()
    assert to_statistics(again).equals(to_statistics(its))


def test_squares_of_the_largest_fees_are_exact(with_value: Any) -> None:
    fees = [10**15 + 1, 2**32, 2**31 - 1, -3, 0]
    rows = [{"dx": ["I21.9"], "total_fee": Decimal(fen).scaleb(-2), "year": 2024} for fen in fees]
    (row,) = counted(plan(with_value(), DAY), [batch(rows)])[0].to_pylist()
    assert int(row["square"]) == sum(fen * fen for fen in fees)
    assert (row["n"], row["fee"], row["least"], row["most"]) == (5, sum(fees), -3, 10**15 + 1)


def test_amounts_that_might_not_fit_are_refused(with_value: Any) -> None:
    rows = [{"dx": ["I21.9"], "total_fee": Decimal(9 * 10**17).scaleb(-2), "year": 2024}] * 11
    counter = Counter(plan(with_value(), DAY), YEARS)
    with pytest.raises(Refusal, match="column fee: amounts are too large to be added up"):
        counter.count(batch(rows))
    assert counter.counted().names.to_pylist() == []


def test_a_year_that_is_not_given_is_that_of_the_discharge(with_value: Any) -> None:
    names = ("dx", "total_fee", "year", "discharge_date")
    case = {"dx": ["I21.9"], "total_fee": Decimal("1.00")}
    days = [(2024, date(2022, 1, 1)), (None, date(2023, 6, 1)), (None, None)]
    rows = [{**case, "year": year, "discharge_date": day} for year, day in days]
    found, left_out = counted(plan(with_value(), DAY), [batch(rows, names)])
    assert [(row["year"], row["n"]) for row in found.to_pylist()] == [(2023, 1), (2024, 1)]
    assert left_out == {"no_year": 1}
    alone, _ = counted(plan(with_value(), DAY), [batch(rows, ("dx", "total_fee", "discharge_date"))])
    assert [(row["year"], row["n"]) for row in alone.to_pylist()] == [(2022, 1), (2023, 1)]


def test_nothing_counts_to_nothing(with_value: Any) -> None:
    found, left_out = counted(plan(with_value(), DAY), [batch([])])
    assert (found.num_rows, found.schema, left_out) == (0, STATISTICS, {})
