"""norms.items.departures: what cases lack and have beside or above the standard; against a plain computation."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.money import fen_of, half_up, yuan_of
from yiheng.norms.items.build import standard_table
from yiheng.norms.items.days import DAYS, PATH, Profile, profile
from yiheng.norms.items.departures import SCHEMA, departures
from yiheng.norms.items.gather import gather
from yiheng.norms.items.measure import measure
from yiheng.norms.items.months import line_files
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.rules import RULES, Rules, rules_of
from yiheng.norms.items.standards import SCHEMA as STANDARDS
from yiheng.policy.loader import scheme
from yiheng.tables.snapshot import Snapshot

Row = dict[str, Any]
Open = Callable[[Path], tuple[Snapshot, Roster]]
PACKAGED = rules_of(scheme(RULES), date(2025, 12, 31))
SMALL = replace(PACKAGED, cases=2, fee_share=Fraction(1, 2), departure=100)
KEYS = ("hospital", "case_id", "departure", "item_code", "category", "day")


def made(opened: Open, root: Path, rules: Rules, with_days: bool = True) -> tuple[pa.Table, Profile, list[Row]]:
    """The standards of DATA, its days, and what of it departs from them."""
    snapshot, its = opened(root)
    months = line_files(snapshot)
    found = gather(snapshot, its, months)
    standards = standard_table(found, rules).to_pyarrow().cast(STANDARDS)
    days = profile(snapshot, found, months, rules) if with_days else Profile(DAYS.empty_table(), PATH.empty_table())
    of = measure(snapshot.backend, its, found.names, standards, days.days, days.path, rules)
    table = departures(snapshot, its, of, months, rules).to_pyarrow()
    assert table.schema.names == SCHEMA.names
    return standards, days, table.to_pylist()


def plain_departures(cases: Iterable[Row], lines: Iterable[Row], standards: list[Row], rules: Rules) -> list[Row]:
    """The definitions written out, but for days; amounts in fen."""
    group = {(row["hospital"], row["case_id"]): row["group"] for row in cases if row["group"] is not None}
    enough = {row["group"] for row in standards if row["cases"] >= rules.cases}
    norm: dict[str, dict[str, Row]] = defaultdict(dict)
    means: Any = defaultdict(lambda: defaultdict(int))
    count = {row["group"]: row["cases"] for row in standards}
    category = {row["item_code"]: row["category"] for row in standards}
    for row in standards:
        means[row["group"]][row["category"]] += fen_of(row["amount"])
        if row["standard"]:
            norm[row["group"]][row["item_code"]] = row
    nets: Any = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in lines:
        if (key := (row["hospital"], row["case_id"])) in group:
            its = nets[key][row["item_code"]]
            its[0] += int((row["quantity"] or 0) * 10_000)
            its[1] += fen_of(row["amount"])
    found = []
    for key, items in nets.items():
        used = {code: its for code, its in items.items() if any(its)}
        if group[key] in enough and used:
            its_means = {name: half_up(Fraction(total, count[group[key]])) for name, total in means[group[key]].items()}
            found += [(*key, *each) for each in of_case(used, norm[group[key]], its_means, category, rules)]
    return [
        dict(zip(("hospital", "case_id", "departure", "item_code", "category", "amount"), each, strict=True))
        for each in found
    ]


def of_case(used: Any, norm: dict[str, Row], means: dict[str, int], category: dict[str, str], rules: Rules) -> Any:
    """departure, item, category, amount in fen."""
    its = {code: figures for code, figures in used.items() if code is not None}
    for code, (quantity, amount) in its.items():
        kind, above = ("more", excess(quantity, amount, norm[code], rules)) if code in norm else ("beyond", amount)
        if abs(above) >= rules.departure:
            yield kind, code, category[code], above
    for code, row in norm.items():
        usual = half_up(Fraction(fen_of(row["amount"]), row["using"]))
        if code not in used and abs(usual) >= rules.departure:
            yield "missing", code, category[code], -usual
    for name, mean in means.items():
        apart = sum(amount for code, (_, amount) in its.items() if category[code] == name) - mean
        if name is not None and abs(apart) >= rules.departure and abs(apart) > rules.category_over * abs(mean):
            yield "category", None, name, apart


def excess(quantity: int, amount: int, row: Row, rules: Rules) -> int:
    """What a case was charged above the standard's quantity, in fen; 0 where that is no departure."""
    each = half_up(Fraction(row["quantity"]) * 10_000 / row["using"])
    if each <= 0 or quantity <= each * rules.quantity_over:
        return 0
    return max(amount - half_up(Fraction(amount * each, quantity)), 0)


def in_order(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    return sorted(tuple(str(row[key]) for key in (*KEYS[:5], "amount")) for row in rows)


@pytest.mark.slow
def test_the_sample_region(opened: Open, sample_data: Path, sample_cases: pa.Table, sample_lines: pa.Table) -> None:
    """Every departure but those of days, to the fen."""
    standards, _, found = made(opened, sample_data, PACKAGED, with_days=False)
    plain = plain_departures(sample_cases.to_pylist(), sample_lines.to_pylist(), standards.to_pylist(), PACKAGED)
    for row in plain:
        row["amount"] = yuan_of(row["amount"])
    assert {row["departure"] for row in plain} == {"missing", "beyond", "more", "category"}
    assert in_order(found) == in_order(plain)
    assert all(row["amount"] == row["actual"] - row["standard"] for row in found)


LINES = [
    ("1", "a", 1, "1", "10"), ("2", "a", 1, "1", "10"), ("3", "a", 1, "6", "60"), ("1", "b", 2, "2", "4.01"),
    ("2", "b", 2, "1", "2"), ("3", "x", 2, "1", "5"), ("3", "y", 2, "1", "0.99"),
]  # fmt: skip


def test_every_kind_by_hand(opened: Open, by_hand: Any) -> None:
    """Standard: a (mean 8/3, 26.67 yuan), b (1.5, 3.01 yuan). 3 has more of a, no b, and x; y is under a yuan."""
    cases = [
        {"hospital": "A", "case_id": n, "group": "g", "los": 2, "discharge_date": date(2025, 6, 30)} for n in "123"
    ]
    lines = [
        {"hospital": "A", "case_id": case, "item_code": code, "item_name": code, "day_no": day, "category": "01",
         "quantity": Decimal(q), "amount": Decimal(amount), "is_drug": False, "is_material": False}
        for case, code, day, q, amount in LINES
    ]  # fmt: skip
    _, days, found = made(opened, by_hand(cases, lines), SMALL)
    assert days.path.filter(days.path["in_path"])["item_code"].to_pylist() == ["a", "b"]
    shown = (
        "case_id",
        "departure",
        "item_code",
        "day",
        "quantity",
        "standard_quantity",
        "actual",
        "standard",
        "amount",
    )
    of_three = [tuple(str(row[name]) for name in shown) for row in found if row["case_id"] == "3"]
    assert of_three == [
        ("3", "missing", "b", "None", "0.0000", "1.5000", "0.00", "3.01", "-3.01"),
        ("3", "beyond", "x", "None", "1.0000", "None", "5.00", "0.00", "5.00"),
        ("3", "more", "a", "None", "6.0000", "2.6667", "60.00", "26.67", "33.33"),
        ("3", "category", "None", "None", "None", "None", "65.99", "30.67", "35.32"),
        ("3", "day", "None", "1", "None", "None", "60.00", "26.67", "33.33"),
        ("3", "day", "None", "2", "None", "None", "5.99", "4.00", "1.99"),
        ("3", "missing_on_day", "b", "2", "None", "None", "0.00", "3.01", "-3.01"),
    ]
    others = [
        (row["case_id"], row["departure"], row["day"], str(row["amount"])) for row in found if row["case_id"] < "3"
    ]
    assert others == [
        ("1", "more", None, "1.00"), ("1", "category", None, "-16.66"), ("1", "day", 1, "-16.67"),
        ("2", "category", None, "-18.67"), ("2", "day", 1, "-16.67"), ("2", "day", 2, "-2.00"),
    ]  # fmt: skip


def test_a_group_with_few_cases_has_no_standard(opened: Open, by_hand: Any) -> None:
    case = {"hospital": "A", "case_id": "1", "group": "g", "los": 1, "discharge_date": date(2025, 6, 30)}
    line = {"hospital": "A", "case_id": "1", "item_code": "a", "quantity": Decimal(1), "amount": Decimal(900)}
    standards, _, found = made(opened, by_hand([case], [line | {"day_no": 1}]), SMALL)
    assert (standards["standard"].to_pylist(), found) == ([False], [])
