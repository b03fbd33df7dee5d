"""norms.items.standards: every figure against a plain computation, and what holds for any lines."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from yiheng.norms.items import gather as gathering
from yiheng.norms.items.build import standard_table
from yiheng.norms.items.gather import gather, named
from yiheng.norms.items.months import line_files
from yiheng.norms.items.roster import Roster, roster
from yiheng.norms.items.rules import RULES, Rules, rules_of
from yiheng.norms.items.standards import SCHEMA
from yiheng.policy.loader import scheme
from yiheng.tables.contract import contract
from yiheng.tables.engine import held
from yiheng.tables.snapshot import Snapshot

Row = dict[str, Any]
Open = Callable[[Path], tuple[Snapshot, Roster]]
KEYS = ("group", "item_code")
PACKAGED = rules_of(scheme(RULES), date(2025, 12, 31))
SMALL = replace(PACKAGED, cases=2, hospital_cases=1)
POINTS = ("least", "p25", "median", "p75", "most")


def standards_of(snapshot: Snapshot, its: Roster, rules: Rules) -> list[Row]:
    table = standard_table(gather(snapshot, its, line_files(snapshot)), rules).to_pyarrow()
    assert table.schema.names == SCHEMA.names
    rows: list[Row] = table.to_pylist()
    assert [tuple(row[key] for key in KEYS) for row in rows] == sorted(tuple(row[key] for key in KEYS) for row in rows)
    return rows


# The plain computation: dictionaries and fractions, no code in common


def plain_standards(cases: Iterable[Row], lines: Iterable[Row], rules: Rules) -> list[Row]:
    """The definitions written out; ratios are exact, None where nothing is there."""
    group = {(row["hospital"], row["case_id"]): row["group"] for row in cases if row["group"] is not None}
    lines = [row for row in lines if (row["hospital"], row["case_id"]) in group]
    net = plain_net(lines)
    with_lines = defaultdict(set)
    money: dict[str, Decimal] = defaultdict(Decimal)
    uses: dict[tuple[str, str], dict[tuple[str, str], tuple[Decimal, Decimal]]] = defaultdict(dict)
    for (case, code), (quantity, amount) in net.items():
        with_lines[group[case]].add(case)
        money[group[case]] += amount
        if code is not None:
            uses[group[case], code][case] = (quantity, amount)
    said = plain_names(lines)
    return [
        {"group": its, "item_code": code} | said[code] | plain_row(used, with_lines[its], money[its], rules)
        for (its, code), used in sorted(uses.items())
    ]


def plain_net(lines: Iterable[Row]) -> dict[tuple[tuple[str, str], str | None], tuple[Decimal, Decimal]]:
    sums: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in lines:
        its = sums[(row["hospital"], row["case_id"]), row["item_code"]]
        its[0] += row["quantity"] or 0
        its[1] += row["amount"] or 0
    return {key: (its[0], its[1]) for key, its in sums.items() if any(its)}


def plain_row(used: dict[Any, Any], cases: set[Any], money: Decimal, rules: Rules) -> Row:
    quantity, amount = (sum((its[place] for its in used.values()), Decimal(0)) for place in (0, 1))
    share, fee = Fraction(len(used), len(cases)), Fraction(amount) / Fraction(money) if money > 0 else None
    by = [
        name
        for name, figure, least in (("use_share", share, rules.use_share), ("fee_share", fee, rules.fee_share))
        if len(cases) >= rules.cases and figure is not None and figure >= least
    ]
    own, its = Counter(case[0] for case in cases), Counter(case[0] for case in used)
    shares = [Fraction(its[hospital], n) for hospital, n in own.items() if n >= rules.hospital_cases]
    each = [
        sum((Fraction(used[case][0]) for case in used if case[0] == hospital), Fraction(0)) / n
        for hospital, n in its.items()
        if n >= rules.hospital_cases
    ]
    return {
        "cases": len(cases), "using": len(used), "quantity": quantity, "amount": amount, "use_share": share,
        "quantity_per_using": Fraction(quantity) / len(used), "amount_per_using": Fraction(amount) / len(used),
        "fee_share": fee, "group_amount": money, "standard": bool(by), "rule": "|".join(by) or None,
        "hospitals": len(own), "hospitals_using": len(its),
        **plain_points("share_hospitals", "use_share", shares), **plain_points("quantity_hospitals", "quantity", each),
    }  # fmt: skip


def plain_points(count: str, name: str, values: list[Fraction]) -> Row:
    ordered, n = sorted(values), len(values)
    places = [1, *(ceil(n * k / 4) for k in (1, 2, 3)), n]
    points = [ordered[place - 1] if n else None for place in places]
    return {count: n} | {f"{name}_{point}": value for point, value in zip(POINTS, points, strict=True)}


def plain_names(lines: Iterable[Row]) -> dict[str | None, Row]:
    counts: dict[str | None, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in lines:
        kind = "drug" if row["is_drug"] else "consumable" if row["is_material"] else "treatment"
        unknown = not row["is_drug"] and not row["is_material"] and None in (row["is_drug"], row["is_material"])
        values = {"item_name": row["item_name"], "category": row["category"], "kind": None if unknown else kind}
        for name, value in values.items():
            counts[row["item_code"]][name][value] += value is not None
    return {code: {name: most_frequent(its) for name, its in names.items()} for code, names in counts.items()}


def most_frequent(counts: Counter[str]) -> str | None:
    there = {value: n for value, n in counts.items() if n}
    return min(there, key=lambda value: (-there[value], value)) if there else None


def assert_same(found: list[Row], plain: list[Row]) -> None:
    """Counts, money, names and ratios exactly; ratios have twelve digits."""
    assert [[row[key] for key in KEYS] for row in found] == [[row[key] for key in KEYS] for row in plain]
    for row, wanted in zip(found, plain, strict=True):
        assert row.keys() == wanted.keys()
        for name, value in wanted.items():
            if isinstance(value, Fraction):
                assert row[name] == float(f"{float(value):.12g}"), (row, name)
            else:
                assert row[name] == value, (row, name)


@pytest.mark.slow
def test_the_sample_region(opened: Open, sample_data: Path, sample_cases: pa.Table, sample_lines: pa.Table) -> None:
    """20,000 cases and their 400,000 lines."""
    found = standards_of(*opened(sample_data), PACKAGED)
    plain = plain_standards(sample_cases.to_pylist(), sample_lines.to_pylist(), PACKAGED)
    assert len(found) > 20_000
    assert {row["rule"] for row in found} == {None, "use_share", "fee_share", "use_share|fee_share"}
    assert {row["kind"] for row in found} == {"treatment", "drug", "consumable"}
    assert_same(found, plain)


@pytest.mark.slow
def test_groups_in_many_shards(opened: Open, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few rows are added up at a time, a group is never split."""
    whole = standards_of(*opened(sample_data), PACKAGED)
    monkeypatch.setattr(gathering, "AT_ONCE", 1_000)
    assert standards_of(*opened(sample_data), PACKAGED) == whole


# By hand

REFUNDED = [
    ("1", "a", "2", "20.00"), ("1", "a", "-1", "-10.00"), ("1", "b", "1", "5.00"), ("1", "b", "-1", "-5.00"),
    ("2", "a", "1", "10.00"), ("2", None, "1", "70.00"), ("3", "c", "0", "1.00"), ("4", "a", "3", "30.00"),
    ("5", "b", "1", "5.00"), ("5", "b", "-1", "-5.00"), ("6", "a", "9", "90.00"),
]  # fmt: skip


def test_refunds_by_hand(opened: Open, by_hand: Any) -> None:
    """Case 1 nets to one of a and nothing of b, 5 to nothing at all, 4 is in no group, 6 in another."""
    cases = [
        {"hospital": "A", "case_id": n, "group": g, "discharge_date": date(2025, 6, 30)}
        for n, g in zip("123456", ["g", "g", "g", None, "g", "h"], strict=True)
    ]
    lines = [
        {"hospital": "A", "case_id": case, "item_code": code, "quantity": Decimal(q), "amount": Decimal(a),
         "is_drug": False, "is_material": False}
        for case, code, q, a in REFUNDED
    ]  # fmt: skip
    found = standards_of(*opened(by_hand(cases, lines)), SMALL)
    shown = ("group", "item_code", "cases", "using", "quantity", "amount", "group_amount", "use_share", "rule")
    assert [tuple(row[name] for name in shown) for row in found] == [
        ("g", "a", 3, 2, Decimal(2), Decimal(20), Decimal(91), round(2 / 3, 12), "use_share|fee_share"),
        ("g", "c", 3, 1, Decimal(0), Decimal(1), Decimal(91), round(1 / 3, 12), None),
        ("h", "a", 1, 1, Decimal(9), Decimal(90), Decimal(90), 1.0, None),
    ]


# For any lines

LINE = st.tuples(
    st.integers(0, 5), st.sampled_from(["a", "b", "c", None]), st.integers(-30, 60), st.integers(-500, 3000)
)
LINES = st.lists(LINE, min_size=1, max_size=40)
_GROUPS = ["g", "g", "g", "h", "h", None]


def case_rows() -> list[Row]:
    return [
        {"hospital": "AB"[n % 2], "case_id": str(n), "group": group, "los": 3, "discharge_date": date(2025, 6, 30)}
        for n, group in enumerate(_GROUPS)
    ]


def line_rows(lines: Iterable[tuple[int, str | None, int, int]]) -> list[Row]:
    return [
        {"hospital": "AB"[n % 2], "case_id": str(n), "item_code": code, "item_name": code, "category": "01",
         "quantity": Decimal(quantity).scaleb(-1), "amount": Decimal(fen).scaleb(-2), "is_drug": True,
         "is_material": False}
        for n, code, quantity, fen in lines
    ]  # fmt: skip


def engine_table(backend: Backend, name: str, rows: list[Row]) -> ibis.Table:
    schema = contract(name).schema
    return held(backend, pa.Table.from_pylist([{c: row.get(c) for c in schema.names} for row in rows], schema=schema))


def small_standards(backend: Backend, parts: list[list[Row]], rules: Rules = SMALL) -> list[Row]:
    """The standards of some cases whose lines come in these parts; none where no line has an item."""
    its = roster(backend, engine_table(backend, "cases", case_rows()), "group")
    inside = {row["case_id"] for row in case_rows() if row["group"]}
    whole = [row for part in parts for row in part]
    if not any(row["item_code"] and row["case_id"] in inside for row in whole):
        return []
    found = named(backend, its, engine_table(backend, "lines", whole))
    for part in parts:
        found.add(engine_table(backend, "lines", part))
    return standard_table(found, rules).to_pyarrow().to_pylist()


@pytest.mark.slow
@pytest.mark.property
@given(LINES)
@settings(max_examples=12)
def test_any_lines_against_the_plain_computation(backend: Backend, lines: list[Any]) -> None:
    rows = line_rows(lines)
    assert_same(small_standards(backend, [rows]), plain_standards(case_rows(), rows, SMALL))


@pytest.mark.slow
@pytest.mark.property
@given(LINES, st.lists(st.integers(0, 2), min_size=6, max_size=6))
@settings(max_examples=6)
def test_parts_add_up(backend: Backend, lines: list[Any], part_of: list[int]) -> None:
    """Whichever part of the lines a case's lines are in, if only they are in one."""
    parts = [line_rows(line for line in lines if part_of[line[0]] == part) for part in range(3)]
    assert small_standards(backend, parts) == small_standards(backend, [line_rows(lines)])


@pytest.mark.slow
@pytest.mark.property
@given(LINES, st.randoms(use_true_random=False))
@settings(max_examples=6)
def test_the_order_of_lines_does_not_matter(backend: Backend, lines: list[Any], chance: Any) -> None:
    shuffled = list(lines)
    chance.shuffle(shuffled)
    assert small_standards(backend, [line_rows(shuffled)]) == small_standards(backend, [line_rows(lines)])


@pytest.mark.slow
@pytest.mark.property
@given(LINES, st.lists(LINE, max_size=5))
@settings(max_examples=6)
def test_a_refund_equal_to_its_line_is_as_if_neither_were_there(
    backend: Backend, lines: list[Any], taken_back: list[Any]
) -> None:
    """Figures only: how often a name was written counts lines."""
    both = [*lines, *taken_back, *((n, code, -quantity, -fen) for n, code, quantity, fen in taken_back)]
    assert small_standards(backend, [line_rows(both)]) == small_standards(backend, [line_rows(lines)])


@pytest.mark.slow
@pytest.mark.property
@given(LINES, st.integers(1, 50))
@settings(max_examples=6)
def test_scaled_amounts(backend: Backend, lines: list[Any], times: int) -> None:
    """Amounts times a whole number: amounts as many times, all else as it was."""
    plain = small_standards(backend, [line_rows(lines)])
    scaled = small_standards(backend, [line_rows((n, code, q, fen * times) for n, code, q, fen in lines)])
    for row, more in zip(plain, scaled, strict=True):
        for name in ("amount", "group_amount"):
            assert more.pop(name) == row.pop(name) * times
        assert more.pop("amount_per_using") == pytest.approx(row.pop("amount_per_using") * times, rel=1e-11)
        assert more.pop("fee_share") == pytest.approx(row.pop("fee_share"), rel=1e-11, nan_ok=True)
    assert scaled == plain
