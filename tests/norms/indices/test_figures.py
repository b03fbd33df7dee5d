"""norms.indices.figures and behind: E03, E13, E14 on cases, every figure of 20,000 cases, and the cases behind them."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.build import ORDER
from yiheng.norms.indices.behind import behind, numbers
from yiheng.norms.indices.counts import COUNTS, with_marks
from yiheng.norms.indices.figures import ADDED, AMOUNTS, FIGURES, UNITS, figures, weights
from yiheng.norms.indices.marks import marks
from yiheng.norms.indices.risk import CLASSES

Row = dict[str, Any]


def case(number: int, hospital: str, group: str, fee: int, **its: Any) -> Row:
    return {"row": number, "hospital": hospital, "case_id": str(number), "group": group,
            "total_fee": Decimal(fee)} | its  # fmt: skip


NO_RISK = pa.table({"group": pa.array([], pa.string()), "risk": pa.array([], pa.string())})


def by_unit(table: pa.Table, by: str) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[name] for name in UNITS[by]): row for row in table.to_pylist()}


@pytest.mark.golden
def test_e03_share_of_high_weights(backend: Any, as_facts: Any, as_monthly: Any, its_rules: Any) -> None:
    """RW 1.2 x 50 + 0.8 x 30 + 2.5 x 20 = 134 over 100 cases; a second hospital makes the region's mean 1000."""
    kinds = [("a", 1200)] * 50 + [("b", 800)] * 30 + [("c", 2500)] * 20
    rows = [case(n, "A", group, fee) for n, (group, fee) in enumerate(kinds)]
    rows += [case(1000 + n, "B", "d", 500) for n in range(68)]
    sums = as_monthly(as_facts(rows))
    assert {row["group"]: row["rw"] for row in weights(sums).to_pylist()} == {"a": 1.2, "b": 0.8, "c": 2.5, "d": 0.5}
    row = by_unit(figures(backend, sums, "hospital", NO_RISK, its_rules), "hospital")["A",]
    assert (row["weight"], row["weight_cases"], row["cmi"], row["groups"]) == (134.0, 100, 1.34, 3)
    assert (row["high_weight_cases"], row["high_weight_share"]) == (20, 0.2)


@pytest.mark.golden
def test_e13_fee_index(backend: Any, as_facts: Any, as_monthly: Any, its_rules: Any) -> None:
    """k = 1.1, 0.9, 1.3 with 100, 200, 50 cases: 355/350 = 1.014286."""
    rows: list[Row] = []
    for group, own, n, other in (("a", 110, 100, 90), ("b", 90, 200, 110), ("c", 130, 50, 70)):
        rows += [case(len(rows) + place, "A", group, own) for place in range(n)]
        rows += [case(len(rows) + place, "B", group, other) for place in range(n)]
    row = by_unit(figures(backend, as_monthly(as_facts(rows)), "hospital", NO_RISK, its_rules), "hospital")["A",]
    assert row["cost_index"] == pytest.approx(1.014286, abs=5e-7)
    assert row["cost_index"] == 1.01428571429


@pytest.mark.golden
def test_e14_low_risk_mortality(backend: Any, as_facts: Any, as_monthly: Any, its_rules: Any) -> None:
    """Frozen classes of another period: deaths over cases of the low and the middle-low groups, a new one in none."""
    risks = pa.table({"group": ["A", "B", "C"], "risk": ["low", "middle_low", "high"]})
    rows = []
    for group, deaths, n in (("A", 1, 8), ("B", 2, 5), ("C", 3, 4), ("N", 1, 2)):
        rows += [case(len(rows) + place, "A", group, 1, discharge=5 if place < deaths else 1) for place in range(n)]
    rows.append(case(len(rows), "A", "A", 1, discharge=None))
    row = by_unit(figures(backend, as_monthly(as_facts(rows)), "hospital", risks, its_rules), "hospital")["A",]
    assert (row["low_risk_deaths"], row["low_risk_cases"], row["low_risk_death_rate"]) == (1, 8, 0.125)
    assert (row["middle_low_risk_deaths"], row["middle_low_risk_cases"]) == (2, 5)
    assert (row["middle_low_risk_death_rate"], row["middle_high_risk_death_rate"]) == (0.4, None)
    assert (row["classed_cases"], row["death_cases"], row["deaths"]) == (17, 19, 7)


def marked_facts(plain_facts: list[Row], weights_of: Row, risks: Row) -> list[Row]:
    return [
        row | {"rw": weights_of.get(row["group"]), "risk": risks.get(row["group"]), "region": "all"}
        for row in plain_facts
    ]


CASES: dict[str, Any] = {
    "n": lambda row: True,
    "grouped": lambda row: row["group"] is not None,
    "fee_cases": lambda row: row["fee"] is not None,
    "los_cases": lambda row: row["los"] is not None,
    "weight_cases": lambda row: row["rw"] is not None,
    "cost_cases": lambda row: row["fee"] is not None and (row["rw"] or 0) > 0,
    "time_cases": lambda row: row["los"] is not None and row["group"] is not None,
    "high_weight_cases": lambda row: row["rw"] is not None and row["rw"] >= 2,
    "drug_cases": lambda row: row["drug"] is not None and row["fee"] is not None,
    "material_cases": lambda row: row["material"] is not None and row["fee"] is not None,
    "death_cases": lambda row: row["died"] is not None,
    "deaths": lambda row: row["died"],
    "classed_cases": lambda row: row["died"] is not None and row["risk"] is not None,
    "return_cases": lambda row: row["returned_any"] is not None,
    "returned_same": lambda row: row["returned_same"],
    "returned_any": lambda row: row["returned_any"],
    "away_cases": lambda row: row["away"] is not None,
    "away": lambda row: row["away"],
    "home_cases": lambda row: row["outside"] is not None,
    "outside": lambda row: row["outside"],
    **{f"{name}_risk_cases": lambda row, name=name: row["risk"] == name and row["died"] is not None
       for name in CLASSES},
    **{f"{name}_risk_deaths": lambda row, name=name: row["risk"] == name and row["died"] for name in CLASSES},
}  # fmt: skip


@pytest.fixture(scope="module")
def plain_marked(plain_facts: list[Row], region_risk: pa.Table) -> list[Row]:
    """The facts with the weight and the risk of their group, in plain Python."""
    fees = defaultdict(list)
    for row in plain_facts:
        if row["group"] is not None and row["fee"] is not None:
            fees[row["group"]].append(row["fee"])
    every = [fee for its in fees.values() for fee in its]
    base = sum(every) / len(every)
    risks = {row["group"]: row["risk"] for row in region_risk.to_pylist()}
    return marked_facts(plain_facts, {name: sum(its) / len(its) / base for name, its in fees.items()}, risks)


def test_every_count_has_its_plain_condition() -> None:
    assert set(CASES) == set(COUNTS)


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("by", UNITS)
def test_every_count_and_figure_of_every_unit(
    backend: Any, region_monthly: Any, region_risk: pa.Table, its_rules: Any, plain_marked: list[Row], by: str
) -> None:
    units = defaultdict(list)
    for row in plain_marked:
        units[tuple(row[name] for name in UNITS[by])].append(row)
    table = figures(backend, region_monthly, by, region_risk, its_rules)
    assert table.column_names[: len(UNITS[by]) + 6] == [*UNITS[by], *ORDER[:6]]
    found = by_unit(table, by)
    assert set(found) == set(units)
    for unit, rows in units.items():
        row = found[unit]
        counts = {name: sum(bool(holds(each)) for each in rows) for name, holds in CASES.items()}
        assert {name: row[name] for name in counts} == counts
        assert row["groups"] == len({each["group"] for each in rows} - {None})
        for part in ("drug", "material"):
            its = [each for each in rows if CASES[f"{part}_cases"](each)]
            assert row[part] * 100 == sum(each[part] for each in its)
            assert row[f"{part}_of"] * 100 == sum(each["fee"] for each in its)
        assert_figures(row)


def assert_figures(row: Row) -> None:
    """Every added figure is the one column over the other."""
    for name, figure in ADDED.items():
        above, below = row[figure.above], row[figure.below]
        wanted = float(above) / float(below) if below > 0 else None
        assert row[name] is None if wanted is None else abs(row[name] - wanted) <= 1e-11 * max(abs(wanted), 1e-9)


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("number", numbers())
def test_the_cases_behind_every_number(marked: Any, plain_marked: list[Row], number: str) -> None:
    """Of the region, of a hospital, of a department in a month, of a group: the very case ids."""
    figure = FIGURES.get(number)
    counted = CASES[figure.cases if figure else number]
    above = CASES[figure.numerator] if figure and figure.numerator else counted
    some = plain_marked[7]
    for names in ((), ("hospital",), ("hospital", "dept", "month"), ("group",), ("county", "payer"), ("home",)):
        unit = {name: some[name] for name in names}
        inside = [row for row in plain_marked if all(row[name] == unit[name] for name in names)]
        wanted = [(row["hospital"], row["case_id"], bool(above(row))) for row in inside if counted(row)]
        found = behind(marked, number, unit).select("hospital", "case_id", "in_numerator").to_pyarrow().to_pylist()
        assert [(row["hospital"], row["case_id"], row["in_numerator"]) for row in found] == wanted


def test_the_unnamed_department_is_a_unit_too(marked: Any, plain_marked: list[Row]) -> None:
    found = behind(marked, "deaths", {"dept": None}).count().to_pyarrow().as_py()
    assert found == sum(bool(row["died"]) and row["dept"] is None for row in plain_marked)


def test_an_unknown_number_or_unit_is_refused(marked: Any, region_monthly: Any, backend: Any, its_rules: Any) -> None:
    with pytest.raises(Refusal) as refused:
        behind(marked, "profit", {})
    assert str(refused.value).startswith("column --figure, value profit: is no figure -> one of: mean_cost, mean_los, ")
    with pytest.raises(Refusal) as refused:
        behind(marked, "deaths", {"ward": "1"})
    assert str(refused.value).startswith("column ward: cases are not asked for by this -> one of: hospital, dept, ")
    with pytest.raises(Refusal) as refused:
        figures(backend, region_monthly, "ward", NO_RISK, its_rules)
    assert str(refused.value) == f"column --by, value ward: is no such unit -> one of: {', '.join(UNITS)}"


@pytest.mark.property
def test_fees_times_a_whole_number_and_other_hospital_codes(
    backend: Any, as_facts: Any, as_monthly: Any, its_rules: Any, region_rows: list[Row], region_risk: pa.Table
) -> None:
    """Without places: every figure without a unit stays, amounts and means are so many times more."""
    rows = region_rows[:3000]
    other = [
        row | {"hospital": row["hospital"][::-1]}
        | {name: None if row[name] is None else row[name] * 7 for name in ("total_fee", "drug_fee", "material_fee")}
        for row in rows
    ]  # fmt: skip
    once, more = (
        by_unit(figures(backend, as_monthly(as_facts(its, None)), "hospital", region_risk, its_rules), "hospital")
        for its in (rows, other)
    )
    assert {code[::-1] for (code,) in more} == {code for (code,) in once}
    for (code,), row in once.items():
        its = more[code[::-1],]
        for name in (*COUNTS, "groups"):
            assert its[name] == row[name]
        for name in (*ADDED, "cmi", "cost_index", "time_index", "mean_los", "weight"):
            assert its[name] == (row[name] if row[name] is None else pytest.approx(row[name], rel=1e-10))
        for name in (*AMOUNTS, "fee"):
            assert its[name] == row[name] * 7


def test_marks_of_no_group_are_null(backend: Any, region_facts: Any, region_monthly: Any, its_rules: Any) -> None:
    marked = with_marks(backend, region_facts, marks(weights(region_monthly), NO_RISK, its_rules))
    assert marked.count().to_pyarrow().as_py() == 20_000
    without = marked.filter(marked.group.isnull()).to_pyarrow()
    assert without["rw"].null_count == without.num_rows > 0
