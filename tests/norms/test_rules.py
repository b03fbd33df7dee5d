"""norms.rules: the values of policy/norms, and what is wrong with one."""

from datetime import date
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.rules import EXPECTED, INDICES, RiskRules, expecting, expecting_of, last_day, rules, rules_of
from yiheng.policy.loader import read_scheme, scheme

DAY = date(2025, 12, 31)


def changed(scheme_id: str, old: str, new: str) -> Any:
    text = scheme(scheme_id).text
    assert old in text
    return read_scheme("norms/changed", text.replace(old, new))


def test_the_indices_in_force() -> None:
    its = rules(DAY)
    assert its.high_weight == 2
    assert its.risk == RiskRules((-1, 0, 1), "sample", "groups", "low", 30)
    assert (its.readmission_days, its.readmission_leaves_out, its.home_column) == (31, (2, 5), "residence")
    assert its.diagnosis_chars == 3
    assert its.digest == scheme(INDICES).digest


def test_the_expected_in_force() -> None:
    its = expecting(DAY)
    assert its.chain == (
        ("severity", "charlson", "age_band"), ("severity", "charlson"), ("severity", "age_band"),
        ("charlson", "age_band"), ("severity",), ("charlson",), (),
    )  # fmt: skip
    assert (its.stratum_cases_least, its.ages) == (15, (1, 7, 18, 45, 60, 75))
    assert (its.charlson_weights, its.charlson_bands, its.categories_shown) == ("quan2011", (1, 3, 5), 3)
    assert its.digest == scheme(EXPECTED).digest


def test_a_day_before_the_first_value_is_refused() -> None:
    with pytest.raises(Refusal, match="has no value on 2018-12-31"):
        rules(date(2018, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value: sample", "value: both",
         "value both: risk_deviation: there is no such way -> one of: sample, population"),
        ("value: groups", "value: fees", "value fees: risk_weighting: there is no such way -> one of: groups, cases"),
        ("value: low", "value: high", "value high: risk_zero_class: there is no such way -> one of: low, zero"),
        ("value: residence", "value: area",
         "value area: home_column: there is no such way -> one of: residence, insured_area"),
    ],
)  # fmt: skip
def test_a_choice_that_there_is_not_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        rules_of(changed(INDICES, old, new), DAY)
    assert str(refused.value) == f"file norms/changed, {said}"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("value: [[severity]]\n", "file norms/changed: chain: does not end with the group itself"),
        ("value: []\n", "file norms/changed: chain: does not end with the group itself"),
        ("value: [[sex], []]\n",
         "file norms/changed, value sex: chain: there is no such column -> of: severity, charlson, age_band"),
    ],
)  # fmt: skip
def test_a_chain_that_leads_nowhere_is_refused(new: str, said: str) -> None:
    text = scheme(EXPECTED).text
    chain = text[text.index("value:") : text.index("      choice:")]
    with pytest.raises(Refusal) as refused:
        expecting_of(changed(EXPECTED, chain, new), DAY)
    assert str(refused.value) == said


def test_the_last_day_is_the_last_discharge_or_the_end_of_the_last_year(as_cases: Any) -> None:
    base = {"row": 0, "hospital": "A", "case_id": "1"}
    assert last_day(as_cases([base | {"year": 2023, "discharge_date": date(2023, 5, 5)}])) == date(2023, 5, 5)
    assert last_day(as_cases([base | {"year": 2020}, base | {"discharge_date": date(2019, 1, 1)}])) == date(
        2020, 12, 31
    )
    with pytest.raises(Refusal) as refused:
        last_day(as_cases([base]))
    assert str(refused.value) == "column year: no case has a discharge date or a year: the policy of which day holds?"
