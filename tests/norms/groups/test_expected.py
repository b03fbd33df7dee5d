"""norms.groups.expected: every case of 20,000 beside the cases like it, against plain Python in exact fractions."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.norms.facts import CATEGORIES
from yiheng.norms.groups.expected import expected, schema
from yiheng.norms.groups.severity import strata
from yiheng.norms.rules import STRATUM, Expecting, expecting
from yiheng.tables.engine import held

Row = dict[str, Any]
RULES = expecting(date(2025, 12, 31))
# What a case may share with those that it is held against, as the policy has it, the finest first.
SHARED = (STRATUM, ("severity", "charlson"), ("severity", "age_band"), ("charlson", "age_band"), ("severity",),
          ("charlson",), ())  # fmt: skip


@pytest.fixture(scope="module")
def judged(backend: Any, as_cases: Any) -> Callable[..., ir.Table]:
    """The strata of cases whose grouping gives some of them a `severity`."""

    def of(rows: list[Row], its: Expecting = RULES) -> ir.Table:
        says = {name: pa.array([row.get(name) for row in rows], kind)
                for name, kind in (("row", pa.int64()), ("severity", pa.string()))}  # fmt: skip
        cases = as_cases(rows).left_join(held(backend, pa.table(says)), "row").drop("row_right")
        return strata(backend, cases, its)

    return of


@pytest.fixture(scope="module")
def made(backend: Any, judged: Any, as_facts: Any) -> Callable[..., list[Row]]:
    """The table of these cases, row by row."""

    def of(rows: list[Row], its: Expecting = RULES) -> list[Row]:
        found: list[Row] = expected(backend, as_facts(rows), judged(rows, its), its).to_pyarrow().to_pylist()
        return found

    return of


def known(rows: list[Row], name: str) -> list[int]:
    return [row[name] for row in rows if row[name] is not None]


def mean(values: list[int]) -> Fraction | None:
    return Fraction(sum(values), len(values)) if values else None


def steps_of(row: Row) -> list[tuple[str, tuple[Any, ...] | None]]:
    """What a case may be held against, the finest first; None where a part of it is unknown."""
    keys = [("group", *names) for names in SHARED]
    found = [tuple(row[name] for name in key) for key in keys]
    return [("+".join(key), None if None in its else its) for key, its in zip(keys, found, strict=True)]


def near(got: float | None, wanted: Fraction | None) -> bool:
    """Equal to twelve digits."""
    if got is None or wanted is None:
        return got is wanted
    return abs(got - float(wanted)) <= max(1e-9, 1e-11 * abs(wanted))


@pytest.mark.slow
@pytest.mark.parity
def test_every_case_of_twenty_thousand(
    backend: Any, judged: Any, region_rows: list[Row], region_facts: Any, plain_facts: list[Row]
) -> None:
    """Groups with an operation are of one severity each, as if they were split by it; the others have all of them."""
    its = judged([row | {"severity": severity(row)} for row in region_rows])
    stratum = {row["row"]: row for row in its.to_pyarrow().to_pylist()}
    rows = [row | stratum[row["row"]] for row in plain_facts]
    alike = defaultdict(list)
    for row in rows:
        for name, key in steps_of(row):
            if key is not None:
                alike[name, key].append(row)
    found = expected(backend, region_facts, its, RULES).to_pyarrow()
    assert found.schema.remove_metadata() == schema(3)
    used = defaultdict(int)
    for got, row in zip(found.to_pylist(), rows, strict=True):
        assert_one(got, row, alike)
        used[got["base"]] += 1
    assert min(used[name] for name in (None, *("+".join(("group", *names)) for names in SHARED))) > 100


def severity(row: Row) -> str | None:
    """What the grouping says of a case; of one in eleven nothing."""
    if row["row"] % 11 == 0:
        return None
    if (row["group"] or "").endswith("+"):
        return "MCC"
    return ("none", "CC", "none", "MCC", "none")[row["row"] % 5]


def assert_one(got: Row, row: Row, alike: dict[Any, list[Row]]) -> None:
    """One case against the first of its steps with 15 cases that have a fee, or one for the group itself."""
    names = ("hospital", "case_id", "group", *STRATUM)
    assert [got[name] for name in names] == [row[name] for name in names]
    base, like = None, []
    for name, key in steps_of(row):
        its = alike.get((name, key), []) if key else []
        if base is None and len(known(its, "fee")) >= (1 if name == "group" else 15):
            base, like = name, its
    assert (got["base"], got["base_cases"]) == (base, len(known(like, "fee")) if base else None)
    for name, unit in (("fee", 100), ("los", 1)):
        own, norm = row[name], mean(known(like, name))
        assert got[name] == (own if own is None or unit == 1 else Decimal(own).scaleb(-2))
        assert near(got[f"expected_{name}"], None if norm is None else norm / unit)
        both = own is not None and norm is not None
        assert near(got[f"{name}_ratio"], own / norm if both and norm else None)
        assert near(got[f"{name}_difference"], (own - norm) / unit if both else None)
    assert_categories(got, row, like)


def assert_categories(got: Row, row: Row, like: list[Row]) -> None:
    means = {name: mean([its[name] for its in like if its[name] is not None and its["fee"] is not None])
             for name in CATEGORIES}  # fmt: skip
    away = {name: row[name] - norm for name, norm in means.items() if norm is not None and row[name] is not None}
    order = sorted(away, key=lambda name: -abs(away[name]))[:3]
    whole = mean(known(like, "fee"))
    for place in (1, 2, 3):
        name = order[place - 1] if place <= len(order) else None
        cell = {each: got[f"category_{place}{each}"]
                for each in ("", "_fee", "_share", "_expected", "_expected_share", "_difference")}  # fmt: skip
        assert cell[""] == name
        if name is None:
            assert set(cell.values()) == {None}
            continue
        norm = means[name]
        assert norm is not None
        assert cell["_fee"] == Decimal(row[name]).scaleb(-2)
        assert near(cell["_expected"], norm / 100)
        assert near(cell["_difference"], away[name] / 100)
        assert near(cell["_share"], Fraction(row[name], row["fee"]) if row["fee"] and row["fee"] > 0 else None)
        assert near(cell["_expected_share"], norm / whole if whole and whole > 0 else None)


def case(number: int, fee: int | None, group: str | None = "g", dx: tuple[str, ...] = ("I21.9",), **its: Any) -> Row:
    money = None if fee is None else Decimal(fee)
    return {"row": number, "hospital": "A", "case_id": f"{number:03}", "group": group, "total_fee": money,
            "dx": list(dx), "age": 50, "los": 4} | its  # fmt: skip


def test_a_stratum_is_used_from_the_least_number_of_cases_on(made: Any) -> None:
    """14 cases with metastasis are held against the group, 15 against each other."""
    for count, base, norm in ((14, "group", 1550.0), (15, "group+charlson+age_band", 3000.0)):
        grave = [case(n, 3000, dx=("I21.9", "C78.0")) for n in range(count)]
        mild = [case(100 + n, 1000) for n in range(3 * count - 3 if count == 14 else 40)]
        found = made([*grave, *mild])
        assert found[0]["base"] == base
        assert found[0]["expected_fee"] == pytest.approx(norm if count == 15 else (14 * 3000 + 39 * 1000) / 53)
        assert found[-1]["base"] == "group+charlson+age_band"


def test_in_a_group_of_one_severity_the_charlson_band_tells_cases_apart(made: Any) -> None:
    """All have a MCC; 15 with metastasis at 3000 and 15 without at 1000: 3000 is expected of the grave, not 2000."""
    rows = [case(n, 1000 + n % 2 * 2000, dx=(("I21.9",), ("I21.9", "C78.0"))[n % 2], severity="MCC") for n in range(30)]
    found = made(rows)
    assert [(row["severity"], row["charlson"], row["base"], row["expected_fee"]) for row in found[:2]] == [
        ("MCC", "charlson:0", "group+severity+charlson+age_band", 1000.0),
        ("MCC", "charlson:5+", "group+severity+charlson+age_band", 3000.0),
    ]
    less = made(rows[:29])
    assert [(row["base"], row["base_cases"], row["expected_fee"]) for row in less[:2]] == [
        ("group+severity+charlson+age_band", 15, 1000.0),
        ("group+severity+age_band", 29, float(f"{(15 * 1000 + 14 * 3000) / 29:.12g}")),
    ]


@pytest.mark.parametrize("known", SHARED[:-1])
def test_what_is_known_of_a_case_is_what_it_shares_with_its_base(made: Any, known: tuple[str, ...]) -> None:
    """15 cases of whom the same is known, and as many of the group with another severity, band and age."""
    other = case(0, 4000, dx=("I21.9", "C78.0"), severity="none", age=80)
    own = case(0, 1000, severity="MCC", dx_edition=None if "charlson" in known else "CCSR")
    own |= {name: None for name in ("severity", "age") if f"{name}_band" not in known and name not in known}
    rows = [its | {"row": n, "case_id": f"{n:03}"} for n, its in enumerate([own] * 15 + [other] * 15)]
    found = made(rows)
    assert (found[0]["base"], found[0]["base_cases"]) == ("+".join(("group", *known)), 15)
    assert (found[0]["expected_fee"], found[-1]["expected_fee"]) == (1000.0, 4000.0)


def test_of_unknown_age_the_charlson_band_alone_is_used(made: Any) -> None:
    rows = [case(n, 1000) for n in range(15)] + [case(20, 1600, age=None)]
    found = made(rows)
    assert (found[0]["base"], found[0]["expected_fee"]) == ("group+charlson+age_band", 1000.0)
    assert (found[-1]["base"], found[-1]["expected_fee"], found[-1]["base_cases"]) == ("group+charlson", 1037.5, 16)
    assert (found[-1]["fee_difference"], found[-1]["fee_ratio"]) == (562.5, 1.54216867470)


def test_a_case_in_no_group_and_one_in_a_group_without_a_fee_have_no_base(made: Any) -> None:
    found = made([case(1, 5, None), case(2, None, "h"), case(3, 7)])
    assert [(row["base"], row["expected_fee"], row["fee_difference"]) for row in found] == [
        (None, None, None), (None, None, None), ("group", 7.0, 0.0),
    ]  # fmt: skip


def test_the_category_that_departs_most_comes_first_and_ties_go_by_number(made: Any) -> None:
    rows = [
        case(1, 100, fee_01=Decimal(10), fee_02=Decimal(20), fee_09=Decimal(70)),
        case(2, 200, fee_01=Decimal(30), fee_02=Decimal(40), fee_09=Decimal(130)),
    ]
    for row in made(rows):
        assert [row[f"category_{place}"] for place in (1, 2, 3)] == ["fee_09", "fee_01", "fee_02"]
        assert [abs(row[f"category_{place}_difference"]) for place in (1, 2, 3)] == [30.0, 10.0, 10.0]
    first = made(rows)[0]
    assert (first["category_1_fee"], first["category_1_share"]) == (Decimal("70.00"), 0.7)
    assert (first["category_1_expected"], first["category_1_expected_share"]) == (100.0, pytest.approx(2 / 3))


def test_as_many_categories_as_policy_says(made: Any) -> None:
    (row,) = made([case(1, 100, fee_01=Decimal(10))], replace(RULES, categories_shown=1))
    assert [name for name in row if name.startswith("category")] == schema(1).names[-6:]


def test_differences_of_nearly_equal_fees_keep_their_digits(made: Any) -> None:
    """One fen above a mean of ten billion yuan and a third of a fen."""
    fee = Decimal("9999999999.99")
    rows = [case(n, None, total_fee=its) for n, its in enumerate((fee, fee, fee + Decimal("0.01")))]
    found = made(rows)
    assert found[0]["fee_difference"] == pytest.approx(-0.01 / 3, rel=1e-11)
    assert found[2]["fee_difference"] == pytest.approx(0.02 / 3, rel=1e-11)


@pytest.mark.slow
def test_the_differences_of_a_base_add_up_to_nothing(made: Any, region_rows: list[Row]) -> None:
    by_base = defaultdict(list)
    whole = replace(RULES, chain=((),))
    for row in made(region_rows[:3000], whole):
        by_base[row["group"]].append(row)
    for group, rows in by_base.items():
        if group is not None:
            assert sum(row["fee_difference"] or 0 for row in rows) == pytest.approx(0, abs=1e-4)
            assert sum(row["los_difference"] or 0 for row in rows) == pytest.approx(0, abs=1e-7)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.property
@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from("gh"), st.integers(0, 80)), min_size=1, max_size=40),
       st.integers(2, 100), st.randoms())  # fmt: skip
@settings(max_examples=5)
def test_order_and_scale(made: Any, many: list[tuple[int, str, int]], by: int, chance: Any) -> None:
    rows = [case(n, fee, group, age=age) for n, (fee, group, age) in enumerate(many)]
    once = {row["case_id"]: row for row in made(rows)}
    shuffled = [row | {"row": n} for n, row in enumerate(chance.sample(rows, len(rows)))]
    again = made(shuffled)
    assert [row["case_id"] for row in again] == [row["case_id"] for row in shuffled]
    assert {row["case_id"]: row for row in again} == once
    for row in made([row | {"total_fee": row["total_fee"] * by} for row in rows]):
        before = once[row["case_id"]]
        assert row["fee_ratio"] == before["fee_ratio"]
        assert row["base"] == before["base"]
        if before["fee_difference"] is not None:
            assert row["fee_difference"] == pytest.approx(before["fee_difference"] * by, rel=1e-10, abs=1e-9)
