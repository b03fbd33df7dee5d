"""Figures of physicians by hand, against a plain computation of 20,000 cases, and their laws."""

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from math import sqrt
from statistics import stdev
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from yiheng.norms.doctors.figures import SCHEMA, Doctors, doctors
from yiheng.norms.doctors.rules import Attributed
from yiheng.norms.rules import Expecting

Row = dict[str, Any]
Made = tuple[ir.Table, ir.Table]
Make = Callable[[list[Row]], Made]
Figures = Callable[..., Doctors]
Z = 1.959963984540054


@pytest.fixture(scope="session")
def figures(backend: Backend, objected: Any, expected_by: Expecting, its_rules: Attributed) -> Figures:
    def found(of: Made, objections: pa.Table | None = None, **more: Any) -> Doctors:
        given = objected() if objections is None else objections
        return doctors(backend, *of, given, expected_by, more.pop("rules", its_rules), **more)

    return found


def cases(
    physician: str | None, group: str | None, fees: list[int | None], los: int = 2, hospital: str = "H"
) -> list[Row]:
    return [
        {"hospital": hospital, "physician": physician, "case_id": f"{physician}-{group}-{place}", "group": group,
         "fee": fee, "los": los, "died": False}
        for place, fee in enumerate(fees)
    ]  # fmt: skip


def rows_of(found: Doctors, physician: str, hospital: str = "H") -> dict[str, Row]:
    rows = found.figures.to_pylist()
    return {row["group"]: row for row in rows if (row["hospital"], row["physician"]) == (hospital, physician)}


# By hand


def test_a_physician_beside_the_region_by_hand(made: Make, figures: Figures) -> None:
    """Strata of fewer than 15 cases: the group's mean 150 is expected of each case; 110 90 110 90 are 400 of 600."""
    rows = cases("p", "g", [11000, 9000, 11000, 9000], 3) + cases("q", "g", [20000] * 4, 1)
    found = figures(made(rows))
    own = rows_of(found, "p")["all"]
    half = Z * sqrt(4) * stdev([-40, -60, -40, -60])
    assert (own["n"], own["fee_cases"], own["mean_fee"], own["expected_mean_fee"]) == (4, 4, 100.0, 150.0)
    assert own["fee_index"] == 0.666666666667
    assert (own["fee_low"], own["fee_high"]) == (pytest.approx((400 - half) / 600), pytest.approx((400 + half) / 600))
    assert (own["mean_los"], own["expected_mean_los"], own["los_index"]) == (3.0, 2.0, 1.5)
    assert (own["los_low"], own["los_high"]) == (1.5, 1.5)
    assert (own["death_cases"], own["deaths"], own["expected_deaths"], own["death_index"]) == (4, 0, 0.0, None)
    assert found.figures.schema == SCHEMA
    assert (found.few, found.unattributed, found.ungrouped) == (0, 0, 0)


def test_a_stratum_with_enough_cases_is_the_base(made: Make, figures: Figures) -> None:
    """15 severe cases at 300 and 15 light ones at 100: a severe case is held against 300, whoever has it."""
    severe = [row | {"severity": "3"} for row in cases("p", "g", [30000] * 15)]
    rows = rows_of(figures(made(severe + cases("q", "g", [10000] * 15))), "p")
    assert (rows["all"]["expected_mean_fee"], rows["all"]["fee_index"]) == (300.0, 1.0)


def test_in_a_group_of_one_severity_the_charlson_band_is_the_base(made: Make, figures: Figures) -> None:
    """15 cases of the gravest band at 300 and 15 of the mildest at 100: of p's one and three 600 is expected."""
    rows = [row | {"charlson": "charlson:5+"} for row in cases("q", "g", [30000] * 14) + cases("p", "g", [30000])]
    rows += cases("r", "g", [10000] * 12)
    rows += [row | {"case_id": f"{row['case_id']}+"} for row in cases("p", "g", [10000] * 3)]
    own = rows_of(figures(made(rows)), "p")["g"]
    assert (own["n"], own["mean_fee"], own["expected_mean_fee"], own["fee_index"]) == (4, 150.0, 150.0, 1.0)


def test_nothing_is_shown_of_few_cases(made: Make, figures: Figures) -> None:
    rows = cases("p", "g", [1, 1, 1]) + cases("q", "g", [1, 1, 1, 1]) + cases(None, "g", [1]) + cases("q", None, [1, 1])
    found = figures(made(rows))
    assert {row["physician"] for row in found.figures.to_pylist()} == {"q"}
    assert rows_of(found, "q")["all"]["n"] == 4
    assert (found.few, found.unattributed, found.ungrouped) == (1, 1, 2)


def test_a_small_group_is_not_shown_and_cannot_be_worked_out(made: Make, figures: Figures) -> None:
    """With one case in h alone, all less g and i would tell it: i is not shown either."""
    rows = cases("p", "g", [1] * 9) + cases("p", "h", [1]) + cases("p", "i", [1] * 5)
    assert {group: row["n"] for group, row in rows_of(figures(made(rows)), "p").items()} == {"all": 15, "g": 9}
    more = rows + cases("p", "j", [1])
    assert {group: row["n"] for group, row in rows_of(figures(made(more)), "p").items()} == {"all": 16, "g": 9, "i": 5}


def test_a_figure_known_of_few_cases_is_not_shown_and_hides_nothing_else(made: Make, figures: Figures) -> None:
    rows = [row | {"los": None if place else 3} for place, row in enumerate(cases("p", "g", [1] * 9))]
    own = rows_of(figures(made(rows)), "p")
    for group in ("all", "g"):
        assert (own[group]["n"], own[group]["fee_cases"]) == (9, 9)
        assert (own[group]["los_cases"], own[group]["mean_los"], own[group]["los_index"]) == (None, None, None)


def test_deaths_are_held_against_the_expected_where_enough_are(made: Make, figures: Figures) -> None:
    """Of 20 cases 4 died: 10 of them are expected to carry 2; Wilson's interval of 3 of 10 is 0.1078 to 0.6032."""
    died = [row | {"died": place < 3} for place, row in enumerate(cases("p", "g", [1] * 10))]
    died += [row | {"died": place < 1} for place, row in enumerate(cases("q", "g", [1] * 10))]
    own = rows_of(figures(made(died)), "p")["all"]
    assert (own["deaths"], own["expected_deaths"], own["death_index"]) == (3, 2.0, 1.5)
    assert (own["death_low"], own["death_high"]) == (
        pytest.approx(0.1078 * 5, abs=1e-3),
        pytest.approx(0.6032 * 5, abs=1e-3),
    )


@pytest.mark.slow
def test_one_hospital_alone_has_the_same_figures(made: Make, figures: Figures) -> None:
    rows = cases("p", "g", [1, 2, 3, 4]) + cases("p", "g", [9, 8, 7, 6], hospital="I")
    whole = figures(made(rows)).figures.to_pylist()
    alone = figures(made(rows), hospital="I").figures.to_pylist()
    assert alone == [row for row in whole if row["hospital"] == "I"]
    assert len(alone) == 2


# Objections


def test_an_objection_is_shown_and_changes_nothing(made: Make, figures: Figures, objected: Any) -> None:
    of = made(cases("p", "g", [1000, 2000, 3000, 4000, 90000]) + cases("q", "g", [5000] * 4))
    plain = figures(of).figures.to_pylist()
    found = figures(of, objected(("H", "p", "p-g-4", "fee", "raised"))).figures.to_pylist()
    assert [row["fee_objected"] for row in found] == [1, 1, 0, 0]
    assert [row | {"fee_objected": 0} for row in found] == plain


@pytest.mark.slow
def test_an_accepted_objection_leaves_the_case_out_of_that_figure_alone(
    made: Make, figures: Figures, objected: Any
) -> None:
    """The region's mean keeps the case: 113 fen x 1000 over 9 cases is expected of the four that are left."""
    of = made(cases("p", "g", [1000, 2000, 3000, 4000, 90000]) + cases("q", "g", [5000] * 4))
    before = rows_of(figures(of), "p")["all"]
    after = rows_of(figures(of, objected(("H", "p", "p-g-4", "fee", "accepted"))), "p")["all"]
    assert (after["n"], after["fee_cases"], after["mean_fee"]) == (5, 4, 25.0)
    assert after["expected_mean_fee"] == before["expected_mean_fee"] == 133.333333333
    assert (after["fee_left_out"], after["fee_objected"], after["los_left_out"]) == (1, 0, 0)
    assert (after["los_cases"], after["los_index"], after["death_cases"]) == (5, 1.0, 5)
    both = rows_of(figures(of, objected(("H", "p", "p-g-4", "all", "accepted"))), "p")["all"]
    assert (both["fee_cases"], both["los_cases"], both["death_cases"]) == (4, 4, 4)
    assert (both["fee_left_out"], both["los_left_out"], both["death_left_out"]) == (1, 1, 1)
    other = figures(of, objected(("H", "q", "p-g-4", "fee", "accepted"), ("H", "p", "p-g-4", "fee", "declined")))
    assert rows_of(other, "p")["all"] == before


# Never a rank


@pytest.mark.slow
def test_no_column_and_no_order_ranks_by_income(made: Make, figures: Figures) -> None:
    """Rows stand by codes, whatever the fees; no column is a rank, a score or what a physician's cases brought in."""
    for fees in ([9000, 9000, 1, 1], [1, 1, 9000, 9000]):
        rows = [row for place, fee in enumerate(fees) for row in cases("dcba"[place], "g", [fee] * 4)]
        found = figures(made(rows)).figures.to_pylist()
        assert [row["physician"] for row in found if row["group"] == "all"] == ["a", "b", "c", "d"]
    words = {part for name in SCHEMA.names for part in name.split("_")}
    assert not words & {"rank", "score", "place", "income", "revenue", "total", "sum", "grade", "percentile"}
    amounts = [field.name for field in SCHEMA if "fee" in field.name and pa.types.is_floating(field.type)]
    assert amounts == ["mean_fee", "expected_mean_fee", "fee_index", "fee_low", "fee_high"]


# 20,000 cases


def plain_bases(rows: list[Row], rules: Expecting) -> Callable[[Row], tuple[list[Row], None] | list[Row] | None]:
    """For a case the cases that it is held against: the first of stratum, severity, group with enough fees."""
    by_step: list[dict[tuple[str | None, ...], list[Row]]] = [defaultdict(list) for _ in rules.chain]
    for row in rows:
        for step, found in zip(rules.chain, by_step, strict=True):
            found[(row["group"], *(row[name] for name in step))].append(row)

    def base(row: Row) -> list[Row] | None:
        for step, found in zip(rules.chain, by_step, strict=True):
            if all(row[name] is not None for name in step):
                its = found[(row["group"], *(row[name] for name in step))]
                if sum(other["fee"] is not None for other in its) >= (rules.stratum_cases_least if step else 1):
                    return its
        return None

    return base


@pytest.mark.slow
@pytest.mark.parity
def test_20000_cases_as_computed_plainly(
    sample_made: Made, sample_rows: list[Row], figures: Figures, expected_by: Expecting, its_rules: Attributed
) -> None:
    found = figures(sample_made)
    base = plain_bases(sample_rows, expected_by)
    means: dict[tuple[int, str], Fraction] = {}

    def mean(its: list[Row], name: str) -> Fraction:
        key = (id(its), name)
        if key not in means:
            values = [row[name] for row in its if row[name] is not None]
            means[key] = Fraction(sum(values), len(values))
        return means[key]

    wanted: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sample_rows:
        if row["physician"] is not None and row["group"] is not None:
            wanted[row["hospital"], row["physician"]].append(row)
    shown = {key: its for key, its in wanted.items() if len(its) >= its_rules.doctor_cases_least}
    totals = {(row["hospital"], row["physician"]): row for row in found.figures.to_pylist() if row["group"] == "all"}
    assert list(totals) == sorted(shown)
    assert len(shown) > 700
    assert found.few == len(wanted) - len(shown)
    assert found.unattributed == sum(row["physician"] is None for row in sample_rows)
    assert found.ungrouped == sum(row["group"] is None and row["physician"] is not None for row in sample_rows)
    for key, its in shown.items():
        for figure, name, per in (("fee", "fee", 100), ("los", "los", 1)):
            values = [row[name] for row in its]
            due = [mean(base(row), name) for row in its]
            index = Fraction(sum(values)) / sum(due)
            half = Z * sqrt(len(its)) * stdev([float(a - b) for a, b in zip(values, due, strict=True)])
            assert totals[key]["n"] == totals[key][f"{figure}_cases"] == len(its)
            assert totals[key][f"mean_{figure}"] == float(f"{float(Fraction(sum(values), len(its) * per)):.12g}")
            assert totals[key][f"expected_mean_{figure}"] == pytest.approx(float(sum(due) / len(its) / per), rel=1e-11)
            assert totals[key][f"{figure}_index"] == pytest.approx(float(index), rel=1e-11)
            assert totals[key][f"{figure}_low"] == pytest.approx(
                float(index) - half / float(sum(due)), rel=1e-6, abs=1e-7
            )
            assert totals[key][f"{figure}_high"] == pytest.approx(float(index) + half / float(sum(due)), rel=1e-6)
        assert totals[key]["deaths"] == sum(row["died"] for row in its)
        assert totals[key]["expected_deaths"] == pytest.approx(
            float(sum(mean(base(row), "died") for row in its)), rel=1e-11, abs=1e-15
        )


@pytest.mark.slow
@pytest.mark.parity
def test_groups_of_20000_cases_are_true_and_not_small(
    sample_made: Made, sample_rows: list[Row], figures: Figures, its_rules: Attributed
) -> None:
    fees: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in sample_rows:
        if row["physician"] is not None and row["group"] is not None:
            fees[row["hospital"], row["physician"], row["group"]].append(row["fee"])
    seen = 0
    for row in figures(sample_made).figures.to_pylist():
        if row["group"] != "all":
            its = fees[row["hospital"], row["physician"], row["group"]]
            assert row["n"] == len(its) >= its_rules.pair_cases_least
            assert row["mean_fee"] == float(f"{float(Fraction(sum(its), len(its) * 100)):.12g}")
            seen += 1
    assert seen > 500


# Laws


@st.composite
def some(draw: st.DrawFn) -> list[Row]:
    one = st.fixed_dictionaries(
        {
            "hospital": st.sampled_from("HI"),
            "physician": st.sampled_from(["p", "q", None]),
            "group": st.sampled_from(["g", "h", None]),
            "fee": st.integers(1, 10**7) | st.none(),
            "los": st.integers(1, 60) | st.none(),
            "died": st.booleans() | st.none(),
            "severity": st.sampled_from(["0", "1", None]),
            "charlson": st.sampled_from(["charlson:0", "charlson:5+"]),
        }
    )
    rows = draw(st.lists(one, min_size=10, max_size=60))
    return [row | {"case_id": str(place)} for place, row in enumerate(rows)]


@pytest.mark.slow
@pytest.mark.property
@given(some(), st.randoms(use_true_random=False))
@settings(max_examples=6)
def test_the_order_of_cases_changes_nothing(made: Make, figures: Figures, rows: list[Row], chance: Any) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)
    assert figures(made(mixed)).figures.equals(figures(made(rows)).figures)


@pytest.mark.slow
@pytest.mark.property
@given(some(), st.integers(2, 100))
@settings(max_examples=6)
def test_fees_times_k_change_no_index(made: Make, figures: Figures, rows: list[Row], k: int) -> None:
    times = [row | {"fee": None if row["fee"] is None else row["fee"] * k} for row in rows]
    before, after = figures(made(rows)).figures.to_pylist(), figures(made(times)).figures.to_pylist()
    for old, new in zip(before, after, strict=True):
        for name in SCHEMA.names:
            factor = k if name in ("mean_fee", "expected_mean_fee") else 1
            if isinstance(old[name], float):
                assert new[name] == pytest.approx(old[name] * factor, rel=1e-6, abs=1e-6)
            else:
                assert new[name] == old[name]


@pytest.mark.slow
@pytest.mark.property
@given(some())
@settings(max_examples=6)
def test_all_that_physicians_take_is_what_is_expected_of_them_all(
    made: Make, figures: Figures, its_rules: Attributed, rows: list[Row]
) -> None:
    """Every case with a physician, none left out, bases of whole groups: the expected add up to the observed."""
    whole = [row | {"physician": row["physician"] or "r"} for row in rows]
    rules = Attributed("physician", 1, 1, 0, its_rules.confidence)
    totals = [row for row in figures(made(whole), rules=rules).figures.to_pylist() if row["group"] == "all"]
    for name, cases_of in (("fee", "fee_cases"), ("los", "los_cases")):
        shown = [row for row in totals if row[cases_of]]
        taken = sum(row[f"mean_{name}"] * row[cases_of] for row in shown)
        due = sum(row[f"expected_mean_{name}"] * row[cases_of] for row in shown)
        if all(sum(row["group"] == group for row in whole) < 15 for group in ("g", "h")):
            assert taken == pytest.approx(due, rel=1e-9)
