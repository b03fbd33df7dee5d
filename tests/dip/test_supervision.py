"""dip.supervision: flags with evidence."""

from datetime import date
from fractions import Fraction

import pytest

from yiheng.dip.plan import Plan, plan
from yiheng.dip.supervision import (
    Flag,
    Stay,
    low_standard,
    mortality_risk,
    overlong,
    readmitted,
    record_quality,
)
from yiheng.policy.loader import scheme


@pytest.fixture(scope="module")
def one() -> Plan:
    return plan(scheme("dip/national-1.0"), date(2024, 12, 31))


def test_cases_that_cost_little(one: Plan) -> None:
    stays = [Stay("A", str(fee), "g", fee=fee) for fee in (299, 300, 499, 699, 700)] + [Stay("A", "n", None, fee=1)]
    found = low_standard(stays, {"g": Fraction(1000)}, one)
    assert [(flag.case_id, flag.score) for flag in found] == [("299", 1.0), ("300", 0.7), ("499", 0.7), ("699", 0.3)]
    assert found[0] == Flag("A", "299", "low_standard", 1.0, {"ratio": 0.299, "fee": 299, "standard": 1000.0})


def test_cases_that_stay_long(one: Plan) -> None:
    stays = [Stay("A", str(los), "g", los=los) for los in (15, 16, 20, 21, 30, 31)] + [Stay("A", "n", "g")]
    found = overlong(stays, {"g": Fraction(10)}, one)
    assert [(flag.case_id, flag.score) for flag in found] == [
        ("16", 0.3),
        ("20", 0.3),
        ("21", 0.6),
        ("30", 0.6),
        ("31", 1.0),
    ]


def test_second_admissions_across_hospitals(one: Plan) -> None:
    stays = [
        Stay("A", "1", "g", "p", date(2024, 1, 1), date(2024, 1, 10)),
        Stay("B", "2", "g", "p", date(2024, 2, 10), date(2024, 2, 12)),
        Stay("A", "3", "h", "p", date(2024, 3, 1), date(2024, 3, 2), planned=True),
        Stay("A", "4", "h", "p", date(2024, 3, 5), date(2024, 3, 6)),
        Stay("A", "5", "h", "p", date(2024, 4, 7), date(2024, 4, 8)),
        Stay("A", "6", "h", None, date(2024, 4, 7), date(2024, 4, 8)),
    ]
    assert readmitted(stays, one) == [
        Flag("A", "3", "readmitted", 0.5, {"days": 18, "before": "B/2", "same_group": False}),
        Flag("B", "2", "readmitted", 1.0, {"days": 31, "before": "A/1", "same_group": True}),
    ]


def test_record_quality_has_counts_before_shares() -> None:
    assert record_quality({"A": 4, "B": 0}, {"A": 1}) == {"A": (1, 4, 0.75), "B": (0, 0, None)}


@pytest.mark.golden
def test_e14_mortality_risk_class(one: Plan) -> None:
    """A group without a death leaves mean and deviation and has the class that is declared for it."""
    rates = {
        "A": (5, 10000),
        "B": (4, 1000),
        "C": (2, 100),
        "D": (15, 100),
        "E": (1, 1000),
        "Z": (0, 50),
        "few": (1, 4),
    }
    found = mortality_risk(rates, one)
    assert {name: (risk.name, risk.z if risk.z is None else round(risk.z, 3)) for name, risk in found.items()} == {
        "A": ("low", -1.053), "B": ("middle_low", -0.153), "C": ("middle_high", 0.544), "D": ("high", 1.416),
        "E": ("middle_low", -0.753), "Z": ("low", None),
    }  # fmt: skip
