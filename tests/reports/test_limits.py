from datetime import date

import pytest

from yiheng.base.refusal import Refusal
from yiheng.policy.loader import read_scheme, scheme
from yiheng.reports.limits import LIMITS, Limits, limits, limits_of

DAY = date(2025, 12, 31)


def test_the_limits_are_those_of_the_policy_file() -> None:
    found = limits(DAY)
    assert (found.pair_cases, found.watch_cases, found.confidence, found.principal_chars) == (10, 30, 0.95, 3)
    assert found.ages == (1, 7, 18, 45, 60, 75)
    assert found.unofficial == ("chs-drg-1.1-outline",)
    assert found.digest == scheme(LIMITS).digest


def test_what_nobody_has_checked_is_named() -> None:
    assert [parameter.name for parameter, _ in limits(DAY).unchecked] == list(scheme(LIMITS).parameters)


def test_before_the_first_day_there_is_no_value() -> None:
    with pytest.raises(Refusal, match="has no value on 2018-12-31"):
        limits(date(2018, 12, 31))


def test_another_file_gives_other_limits_and_one_that_lacks_a_value_is_refused() -> None:
    text = scheme(LIMITS).text
    changed = limits_of(read_scheme("reports/x", text.replace("value: 30", "value: 100")), DAY)
    assert isinstance(changed, Limits)
    assert changed.watch_cases == 100
    with pytest.raises(Refusal, match="reports/x sets no watch_cases_least"):
        limits_of(read_scheme("reports/x", text.replace("watch_cases_least", "other")), DAY)
