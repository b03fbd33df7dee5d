"""norms.indices.risk: E14, the edges of its classes, and what policy may choose otherwise."""

from dataclasses import replace
from datetime import date
from math import log, sqrt
from statistics import fmean, pstdev, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.norms.indices.risk import CLASSES, SCHEMA, class_of, risk, risk_of_sums, spread
from yiheng.norms.rules import RiskRules, rules

# Deaths and cases that give the rates of E14: .0005, .004, .02, .15, .001.
E14 = {"A": (5, 10_000), "B": (4, 1000), "C": (2, 100), "D": (15, 100), "E": (1, 1000)}


@pytest.fixture
def risk_rules() -> RiskRules:
    return rules(date(2025, 12, 31)).risk


def by_group(table: Any) -> dict[str, dict[str, Any]]:
    return {row["group"]: row for row in table.to_pylist()}


@pytest.mark.golden
def test_e14_mortality_risk_class(risk_rules: Any) -> None:
    found = by_group(risk(E14, risk_rules))
    logs = [row["log_rate"] for row in found.values()]
    assert fmean(logs) == pytest.approx(-5.167852, abs=5e-7)
    assert stdev(logs) == pytest.approx(2.310132, abs=5e-7)
    assert {name: round(row["z"], 3) for name, row in found.items()} == {
        "A": -1.053, "B": -0.153, "C": 0.544, "D": 1.416, "E": -0.753,
    }  # fmt: skip
    assert {name: row["risk"] for name, row in found.items()} == {
        "A": "low", "B": "middle_low", "C": "middle_high", "D": "high", "E": "middle_low",
    }  # fmt: skip
    assert {row["basis"] for row in found.values()} == {"z"}
    assert {name: row["rate"] for name, row in found.items()} == {
        "A": 0.0005, "B": 0.004, "C": 0.02, "D": 0.15, "E": 0.001,
    }  # fmt: skip


def test_e14_with_the_population_deviation_and_weighted_by_cases(risk_rules: Any) -> None:
    """All z grow by sqrt(5/4); by cases the large group A is nearly the mean, and all others lie above it."""
    sample = by_group(risk(E14, risk_rules))
    population = by_group(risk(E14, replace(risk_rules, deviation="population")))
    for name, row in population.items():
        assert row["z"] == pytest.approx(sample[name]["z"] * sqrt(5 / 4), rel=1e-11)
    weighted = by_group(risk(E14, replace(risk_rules, weighting="cases")))
    many = [log(deaths / n) for deaths, n in E14.values() for _ in range(n)]
    for name, (deaths, n) in E14.items():
        assert weighted[name]["z"] == pytest.approx((log(deaths / n) - fmean(many)) / stdev(many), rel=1e-9)
    assert {name: row["risk"] for name, row in weighted.items()} == {
        "A": "middle_low", "B": "high", "C": "high", "D": "high", "E": "middle_high",
    }  # fmt: skip


def test_groups_without_a_death_leave_mean_and_deviation(risk_rules: Any) -> None:
    without = by_group(risk(E14, risk_rules))
    found = by_group(risk(E14 | {"Z": (0, 5000)}, risk_rules))
    assert {name: row for name, row in found.items() if name != "Z"} == without
    assert found["Z"] == {
        "group": "Z", "cases": 5000, "deaths": 0, "rate": 0.0, "log_rate": None, "z": None, "risk": "low",
        "basis": "no_death",
    }  # fmt: skip
    own = by_group(risk({"Z": (0, 5000)}, replace(risk_rules, zero_class="zero")))
    assert own["Z"]["risk"] == "zero"


def test_a_small_group_has_no_class_and_moves_no_other(risk_rules: Any) -> None:
    found = by_group(risk(E14 | {"S": (29, 29), "T": (0, 30), "U": (0, 0)}, risk_rules))
    assert (found["S"]["risk"], found["S"]["basis"], found["S"]["rate"]) == (None, "few_cases", 1.0)
    assert found["T"]["risk"] == "low"
    assert (found["U"]["risk"], found["U"]["rate"]) == (None, None)
    assert found["A"] == by_group(risk(E14, risk_rules))["A"]


@pytest.mark.parametrize(
    ("z", "name"),
    [(-1.0000001, "low"), (-1, "middle_low"), (-1e-9, "middle_low"), (0, "middle_high"), (0.999999, "middle_high"),
     (1, "high"), (9, "high")],
)  # fmt: skip
def test_each_limit_belongs_to_the_class_above(z: float, name: str) -> None:
    assert class_of(z, (-1, 0, 1)) == name


def test_where_all_rates_are_equal_every_z_is_nothing(risk_rules: Any) -> None:
    found = by_group(risk({"A": (1, 100), "B": (2, 200)}, risk_rules))
    assert [(row["z"], row["risk"]) for row in found.values()] == [(0.0, "middle_high")] * 2
    assert by_group(risk({"A": (1, 100)}, risk_rules))["A"]["z"] == 0.0
    assert risk({}, risk_rules) == SCHEMA.empty_table()


@pytest.mark.property
@given(st.lists(st.tuples(st.floats(-9, 0), st.integers(1, 9)), min_size=2, max_size=9))
def test_a_weight_is_so_many_equal_values(pairs: list[tuple[float, int]]) -> None:
    many = [value for value, weight in pairs for _ in range(weight)]
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
    for sample, textbook in ((True, stdev), (False, pstdev)):
        mean, deviation = spread(values, weights, sample)
        assert mean == pytest.approx(fmean(many), abs=1e-12)
        assert deviation == pytest.approx(textbook(many), rel=1e-6, abs=1e-7)


@pytest.mark.property
@given(st.dictionaries(st.sampled_from("ABCDEFG"), st.tuples(st.integers(0, 50), st.integers(50, 999)), min_size=1),
       st.integers(2, 9))  # fmt: skip
def test_names_and_size_change_no_class(counts: dict[str, tuple[int, int]], by: int) -> None:
    """Other names, and so many times more of the same cases: the same classes (the deviation is the groups')."""
    its = rules(date(2025, 12, 31)).risk
    once = by_group(risk(counts, its))
    renamed = by_group(risk({f"x{name}": each for name, each in counts.items()}, its))
    larger = by_group(risk({name: (deaths * by, n * by) for name, (deaths, n) in counts.items()}, its))
    for name, row in once.items():
        assert renamed[f"x{name}"] == row | {"group": f"x{name}"}
        assert (larger[name]["risk"], larger[name]["z"]) == (row["risk"], row["z"])


@pytest.mark.slow
@pytest.mark.parity
def test_the_classes_of_twenty_thousand_cases(region_risk: Any, plain_facts: list[dict[str, Any]]) -> None:
    counts: dict[str, list[bool]] = {}
    for row in plain_facts:
        if row["group"] is not None:
            counts.setdefault(row["group"], [])
            if row["died"] is not None:
                counts[row["group"]].append(row["died"])
    logs = [log(sum(its) / len(its)) for its in counts.values() if len(its) >= 30 and sum(its)]
    found = by_group(region_risk)
    assert set(found) == set(counts)
    for name, its in counts.items():
        row = found[name]
        assert (row["cases"], row["deaths"]) == (len(its), sum(its))
        if len(its) < 30:
            assert row["risk"] is None
        elif not sum(its):
            assert row["risk"] == "low"
        else:
            z = (log(sum(its) / len(its)) - fmean(logs)) / stdev(logs)
            assert row["z"] == pytest.approx(z, abs=1e-9)
            assert row["risk"] == ("low" if z < -1 else "middle_low" if z < 0 else "middle_high" if z < 1 else "high")
    assert {row["risk"] for row in found.values()} >= {None, *CLASSES[1:4]}


def test_the_base_period_alone_decides(region_monthly: Any, risk_rules: Any) -> None:
    """Half of the months gives other classes than all: frozen classes are those of their base."""
    base = region_monthly.filter(region_monthly.month <= "2024-06")
    once, whole = by_group(risk_of_sums(base, risk_rules)), by_group(risk_of_sums(region_monthly, risk_rules))
    assert any(row["risk"] != whole[name]["risk"] for name, row in once.items())
