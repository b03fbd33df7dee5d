"""norms.items.days: who is there on each day, what it comes to, what most are given; against a plain computation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from yiheng.norms.items.days import CATEGORIES, DAYS, PATH, Profile, profile
from yiheng.norms.items.gather import named
from yiheng.norms.items.months import line_files
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.rules import RULES, Rules, rules_of
from yiheng.policy.loader import scheme
from yiheng.tables.snapshot import Snapshot

Row = dict[str, Any]
Open = Callable[[Path], tuple[Snapshot, Roster]]
PACKAGED = rules_of(scheme(RULES), date(2025, 12, 31))
SMALL = replace(PACKAGED, cases=1, days=4, day_items=1)


def profile_of(opened: Open, root: Path, rules: Rules) -> Profile:
    snapshot, its = opened(root)
    found = profile(snapshot, named(snapshot.backend, its, snapshot.table("lines")), line_files(snapshot), rules)
    assert (found.days.schema, found.path.schema) == (DAYS, PATH)
    return found


def plain_profile(cases: Iterable[Row], lines: Iterable[Row], names: dict[str, Row], rules: Rules) -> tuple[Any, Any]:
    """(group, day) -> (present, using, amounts by category); (group, day, item) -> (using, quantity, amount)."""
    of = {(row["hospital"], row["case_id"]): row for row in cases if row["group"] is not None}
    by_day: Any = defaultdict(lambda: [Decimal(0), Decimal(0)])
    whole: Any = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in lines:
        key = (row["hospital"], row["case_id"])
        if key in of and row["item_code"] is not None:
            for place, value in enumerate((row["quantity"] or 0, row["amount"] or 0)):
                by_day[key, row["item_code"], row["day_no"]][place] += value
                whole[key, row["item_code"]][place] += value
    used = [
        (key, code, day, quantity, amount)
        for (key, code, day), (quantity, amount) in by_day.items()
        if any(whole[key, code]) and (quantity > 0 or (quantity == 0 and amount > 0))
    ]
    last: dict[Any, int] = defaultdict(int)
    for key, _, day, _, _ in used:
        last[key] = max(last[key], day or 0, of[key]["los"] or 1, 1)
    present = Counter((of[key]["group"], day) for key, stay in last.items() for day in range(1, stay + 1))
    users: Any = defaultdict(set)
    items: Any = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for key, code, day, quantity, amount in used:
        users[of[key]["group"], day].add(key)
        for place, value in enumerate((1, quantity, amount)):
            items[of[key]["group"], day, code][place] += value
    money: Any = defaultdict(lambda: defaultdict(Decimal))
    for (key, code, day), (_, amount) in by_day.items():
        category = names[code]["category"]
        money[of[key]["group"], day][category if category in CATEGORIES else "other"] += amount
    days = {at: (n, len(users[at]), money[at]) for at, n in present.items() if at[1] <= rules.days}
    return days, items


@pytest.mark.soak
@pytest.mark.slow
def test_the_sample_region(opened: Open, sample_data: Path, sample_cases: pa.Table, sample_lines: pa.Table) -> None:
    """Every day of every group, and every item of a path."""
    snapshot, its = opened(sample_data)
    names = {row["item_code"]: row for row in named(snapshot.backend, its, snapshot.table("lines")).names.to_pylist()}
    found = profile_of(opened, sample_data, PACKAGED)
    days, items = plain_profile(sample_cases.to_pylist(), sample_lines.to_pylist(), names, PACKAGED)
    rows = {(row["group"], row["day"]): row for row in found.days.to_pylist()}
    assert list(rows) == sorted(days)
    for at, (present, using, money) in days.items():
        row, amount = rows[at], sum(money.values(), Decimal(0))
        assert (row["present"], row["using"], row["amount"]) == (present, using, amount), at
        assert row["amount_per_present"] == float(f"{float(Fraction(amount) / present):.12g}")
        assert {name: row[f"amount_{name}"] for name in (*CATEGORIES, "other")} == {
            name: money.get(name, Decimal(0)) for name in (*CATEGORIES, "other")
        }
    assert_paths(found, rows, items, PACKAGED)


def assert_paths(found: Profile, rows: dict[Any, Row], items: Any, rules: Rules) -> None:
    """The items of a day by how many use them, then by code; those of the path, and the first few."""
    by_day = defaultdict(list)
    for (group, day, code), figures in items.items():
        if (group, day) in rows:
            by_day[group, day].append((code, *figures))
    wanted = []
    for (group, day), its in sorted(by_day.items()):
        present = rows[group, day]["present"]
        for place, (code, using, quantity, amount) in enumerate(sorted(its, key=lambda each: (-each[1], each[0])), 1):
            inside = present >= rules.cases and Fraction(using, present) >= rules.day_use_share
            if inside or place <= rules.day_items:
                wanted.append((group, day, code, present, using, quantity, amount, place, inside))
    shown = ("group", "day", "item_code", "present", "using", "quantity", "amount", "place", "in_path")
    assert [tuple(row[name] for name in shown) for row in found.path.to_pylist()] == wanted
    inside = Counter((row["group"], row["day"]) for row in found.path.to_pylist() if row["in_path"])
    assert {at: row["path_items"] for at, row in rows.items()} == {at: inside[at] for at in rows}


def test_days_by_hand(opened: Open, by_hand: Any) -> None:
    """Case 1 stays 2 days but is given something on day 3; 2 is given b back on another day; day 5 is not listed."""
    cases = [
        {"hospital": "A", "case_id": n, "group": "g", "los": los, "discharge_date": date(2025, 6, 30)}
        for n, los in (("1", 2), ("2", 5))
    ]
    said = [
        ("1", "a", 1, 1, 10),
        ("1", "a", 3, 2, 20),
        ("2", "a", 1, 1, 10),
        ("2", "b", 2, 1, 7),
        ("2", "b", 4, -1, -7),
    ]
    said += [("2", "a", 5, 1, 10)]
    lines = [
        {"hospital": "A", "case_id": case, "item_code": code, "day_no": day, "quantity": Decimal(q),
         "amount": Decimal(amount), "category": "01" if code == "a" else "x"}
        for case, code, day, q, amount in said
    ]  # fmt: skip
    found = profile_of(opened, by_hand(cases, lines), SMALL)
    shown = ("day", "present", "using", "amount", "amount_01", "amount_other", "amount_per_present", "path_items")
    assert [tuple(row[name] for name in shown) for row in found.days.to_pylist()] == [
        (1, 2, 2, Decimal(20), Decimal(20), Decimal(0), 10.0, 1),
        (2, 2, 0, Decimal(7), Decimal(0), Decimal(7), 3.5, 0),
        (3, 2, 1, Decimal(20), Decimal(20), Decimal(0), 10.0, 1),
        (4, 1, 0, Decimal(-7), Decimal(0), Decimal(-7), -7.0, 0),
    ]
    path = [
        (row["day"], row["item_code"], row["using"], row["use_share"], row["in_path"]) for row in found.path.to_pylist()
    ]
    assert path == [(1, "a", 2, 1.0, True), (3, "a", 1, 0.5, True)]
