"""dip.catalogue.linked: the share of a further operation from charge lines."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue.build import build
from yiheng.dip.catalogue.linked import Items, items_of, linked_shares
from yiheng.dip.plan import Plan, plan
from yiheng.policy.loader import scheme
from yiheng.tables.contract import contract
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)
LISTED = [[["88.55", "88.56"], ["X1"]], [["00.66"], ["Y"]]]


@pytest.fixture(scope="module")
def lines_plan(with_value: Any) -> Plan:
    return plan(with_value(related_items=LISTED), DAY)


def case(number: int, proc: list[str | None], fee: str, year: int = 2024, **more: Any) -> dict[str, Any]:
    return {"hospital": "A", "case_id": str(number), "dx": ["I21.900"], "proc": proc, "year": year,
            "total_fee": Decimal(fee), **more}  # fmt: skip


def line(number: int, item: str, amount: str) -> dict[str, Any]:
    return {"hospital": "A", "case_id": str(number), "item_code": item, "amount": Decimal(amount)}


def shares(backend: Any, table: Any, its: Plan, cases: list[Any], lines: list[Any]) -> dict[str, tuple[Fraction, int]]:
    declared = contract("lines").schema
    schema = pa.schema([declared.field(name) for name in ("hospital", "case_id", "item_code", "amount")])
    told = held(backend, pa.Table.from_pylist(lines, schema=schema))
    return linked_shares(table(cases), told, its, {2023: 2, 2024: 7})


def test_amounts_over_fees_weighted_by_year(backend: Any, table: Any, lines_plan: Plan) -> None:
    cases = [
        case(1, ["36.0600x004", "88.5500", "88.55"], "1000.00"), case(2, ["36.06", None, "88.55"], "500.00", 2023),
        case(3, ["36.06"], "9000.00"), case(4, ["88.55", "36.06"], "100.00"), case(5, ["36.06", "88.55"], "9.00", 2022),
        case(6, ["36.06", "88.55"], "9.00", proc_edition="CCSR"),
    ]  # fmt: skip
    lines = [line(1, "X1", "200.00"), line(1, "X15", "50.50"), line(1, "X1", "-50.50"), line(1, "Y1", "400.00"),
             line(2, "X1", "100.00"), line(3, "X1", "7.00")]  # fmt: skip
    found = shares(backend, table, lines_plan, cases, lines)
    assert found == {"I21.9:36.06+88.55": (Fraction(7 * 200 + 2 * 100, 7 * 1000 + 2 * 500), 2)}


def test_items_without_lines_have_no_share_and_refunds_none_below_nothing(
    backend: Any, table: Any, lines_plan: Plan
) -> None:
    cases = [case(1, ["36.06", "88.56"], "1000.00"), case(2, ["36.06", "00.66"], "1000.00")]
    found = shares(backend, table, lines_plan, cases, [line(2, "Y", "-5.00")])
    assert found == {"I21.9:36.06+88.56": (0, 1), "I21.9:36.06+00.66": (0, 1)}


def test_lists_that_are_none_are_refused(with_value: Any) -> None:
    assert items_of(plan(with_value(related_items=LISTED), DAY))[1] == Items(("00.66",), ("Y",))
    with pytest.raises(Refusal, match="related_items: lines name no operation: list the items of each"):
        items_of(plan(scheme("dip/national-1.0"), DAY))
    with pytest.raises(Refusal, match="related_items: is no pair of lists"):
        items_of(plan(with_value(related_items=[[["36.06"]]]), DAY))


def test_a_catalogue_by_charge_lines(backend: Any, table: Any, with_value: Any) -> None:
    """By its mean 88.55 takes nothing; by its items a fifth, so that it makes a group of its own."""
    scheme_of = {"combination": "main_related", "related_by": "lines", "related_items": LISTED, "match": "main_related"}
    cases = [case(n, ["36.06"], "1000.00") for n in range(15)] + [
        case(n, ["36.06", "88.55"], "1000.00") for n in range(20, 35)
    ]
    lines = [line(n, "X1", "200.00") for n in range(20, 35)]
    schema = pa.schema(
        [contract("lines").schema.field(name) for name in ("hospital", "case_id", "item_code", "amount")]
    )
    told = held(backend, pa.Table.from_pylist(lines, schema=schema))
    by_lines = build(backend, table(cases), with_value(**scheme_of), lines=told).groups.to_pylist()
    assert [(row["group"], row["n"], row["related_share"]) for row in by_lines] == [
        ("I21.9:36.06", 15, None), ("I21.9:36.06+88.55", 15, 0.2),
    ]  # fmt: skip
    by_means = build(backend, table(cases), with_value(**scheme_of | {"related_by": "means"}), lines=told).groups
    assert by_means["group"].to_pylist() == ["I21.9:36.06"]
    with pytest.raises(Refusal, match="related_by: these cases have no charge lines -> load their lines into DATA"):
        build(backend, table(cases), with_value(**scheme_of))
