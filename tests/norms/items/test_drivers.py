"""Drivers: the items for which a hospital's cases of a group cost more than elsewhere, as computed plainly."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from yiheng.norms.items.drivers import SCHEMA, drivers
from yiheng.norms.items.gather import gather
from yiheng.norms.items.months import line_files
from yiheng.norms.items.roster import roster
from yiheng.norms.statistic import rounded
from yiheng.tables.data import Data
from yiheng.tables.snapshot import Snapshot

from .conftest import case, line

Row = dict[str, Any]


def found(backend: Any, root: Path, cases_least: int, shown: int) -> list[Row]:
    snapshot = Snapshot(backend, Data.open(root), None)
    its = roster(backend, snapshot.table("cases"), "group")
    table = drivers(gather(snapshot, its, line_files(snapshot)), cases_least, shown)
    assert table.schema == SCHEMA
    return list(table.to_pylist())


def test_an_item_that_more_cases_use_here(backend: Any, by_hand: Any) -> None:
    """A uses X in both of its cases for 60, B in one of three for 30: 2 cases x 10 would have been 20, not 60."""
    cases = [case("1", "G"), case("2", "G"), *(case(str(n), "G", "B") for n in (3, 4, 5))]
    lines = [line("1", "X", "1", "20"), line("2", "X", "2", "40"), line("3", "X", "1", "30", "B")]
    lines += [line(str(n), "Y", "1", "1", "B") for n in (3, 4, 5)]
    [row] = [row for row in found(backend, by_hand(cases, lines), 2, 5) if row["hospital"] == "A"]
    assert row == {
        "group": "G", "hospital": "A", "item_code": "X", "item_name": "name of X", "category": "01",
        "kind": "treatment", "cases": 2, "using": 2, "others_cases": 3, "others_using": 1,
        "use_share": 1.0, "others_use_share": 0.333333333333, "quantity_per_using": 1.5,
        "others_quantity_per_using": 1.0, "amount_per_using": 30.0, "others_amount_per_using": 30.0,
        "amount_per_case": 30.0, "others_amount_per_case": 10.0, "amount": Decimal("60.00"), "extra": 40.0,
    }  # fmt: skip


def test_an_item_that_nobody_else_uses(backend: Any, by_hand: Any) -> None:
    cases = [case("1", "G"), case("2", "G", "B")]
    lines = [line("1", "X", "1", "20"), line("2", "Y", "1", "5", "B")]
    rows = {row["hospital"]: row for row in found(backend, by_hand(cases, lines), 1, 5)}
    assert (rows["A"]["extra"], rows["A"]["others_use_share"], rows["A"]["others_quantity_per_using"]) == (
        20.0,
        0.0,
        None,
    )
    assert (rows["B"]["item_code"], rows["B"]["extra"]) == ("Y", 5.0)


@pytest.mark.parametrize(("cases_least", "shown", "expected"), [(1, 1, ["Y"]), (1, 3, ["Y", "X", "Z"]), (2, 3, [])])
def test_how_many_are_shown_and_of_how_many_cases(
    backend: Any, by_hand: Any, cases_least: int, shown: int, expected: list[str]
) -> None:
    """Y costs most; X and Z as much as each other, and stand in the order of their codes."""
    cases = [case("1", "G"), case("2", "G", "B")]
    lines = [line("1", code, "1", amount) for code, amount in (("Z", "5"), ("X", "5"), ("Y", "7"))]
    lines.append(line("2", "W", "1", "1", "B"))
    rows = found(backend, by_hand(cases, lines), cases_least, shown)
    assert [row["item_code"] for row in rows if row["hospital"] == "A"] == expected


@pytest.mark.slow
def test_every_figure_of_many_cases_as_computed_plainly(
    backend: Any, sample_data: Path, sample_cases: pa.Table, sample_lines: pa.Table
) -> None:
    expected = plainly(sample_cases.to_pylist(), sample_lines.to_pylist(), 10, 3)
    rows = found(backend, sample_data, 10, 3)
    assert len(rows) == len(expected) > 0
    for row in rows:
        here = expected[row["hospital"], row["group"], row["item_code"]]
        assert {name: row[name] for name in here} == here


Sums = dict[tuple[str, str], dict[str, tuple[int, Fraction]]]


def plainly(cases: list[Row], lines: list[Row], cases_least: int, shown: int) -> dict[tuple[str, str, str], Row]:
    """The same in dictionaries and fractions."""
    with_lines, sums = plain_sums({(case["hospital"], case["case_id"]): case["group"] for case in cases}, lines)
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for (group, item), by_hospital in sums.items():
        for hospital, (using, amount) in by_hospital.items():
            others = [name for its, name in with_lines if its == group and name != hospital]
            n, m = len(with_lines[group, hospital]), sum(len(with_lines[group, name]) for name in others)
            elsewhere = [by_hospital[name] for name in others if name in by_hospital]
            there = sum((each[1] for each in elsewhere), Fraction(0))
            if n < cases_least or m < cases_least or (extra := amount - n * there / m) <= 0:
                continue
            rows[group, hospital].append({
                "item_code": item, "cases": n, "using": using, "others_cases": m,
                "others_using": sum(each[0] for each in elsewhere), "amount": Decimal(int(amount * 100)) / 100,
                "amount_per_case": rounded(amount / n), "others_amount_per_case": rounded(there / m), "extra": extra,
            })  # fmt: skip
    return {
        (hospital, group, row["item_code"]): row | {"extra": rounded(row["extra"])}
        for (group, hospital), its in rows.items()
        for row in sorted(its, key=lambda row: (-row["extra"], row["item_code"]))[:shown]
    }


def plain_sums(group_of: dict[tuple[str, str], str | None], lines: list[Row]) -> tuple[dict[Any, set[str]], Sums]:
    """The cases with lines by group and hospital; by group and item, of each hospital who uses it, and the amount."""
    used: dict[tuple[str, str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    with_lines = defaultdict(set)
    for its in lines:
        group = group_of.get((its["hospital"], its["case_id"]))
        if group is not None:
            with_lines[group, its["hospital"]].add(its["case_id"])
            if its["item_code"] is not None:
                net = used[group, its["item_code"], its["hospital"], its["case_id"]]
                net[0], net[1] = net[0] + its["amount"], net[1] + (its["quantity"] or 0)
    sums: Sums = defaultdict(dict)
    for (group, item, hospital, _), (amount, quantity) in used.items():
        if amount or quantity:
            n, total = sums[group, item].get(hospital, (0, Fraction(0)))
            sums[group, item][hospital] = (n + 1, total + Fraction(amount))
    return with_lines, sums
