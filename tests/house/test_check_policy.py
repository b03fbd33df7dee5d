"""The policy check finds values without a source and policy numbers in engines."""

from dataclasses import replace

import pytest

import check_policy
from yiheng.base.expr import parse
from yiheng.base.refusal import Refusal
from yiheng.cases.quality.book import book
from yiheng.policy.loader import read_scheme

WHOLE = """
about: {zh: 方案, en: a scheme}
least_cases:
  zh: 最低例数
  en: least cases
  unit: cases
  values:
    - {from: 2020-10-14, value: 15, document: a notice, article: "3", checked_until: null}
"""


def problems(text: str) -> list[str]:
    return list(check_policy.problems_in(read_scheme("dip/test", text)))


def test_a_whole_file_has_no_problem() -> None:
    assert problems(WHOLE) == []


@pytest.mark.parametrize(
    ("said", "instead", "problem"),
    [
        ("unit: cases", "unit: ''", "dip/test: least_cases: needs zh, en and unit"),
        ("en: least cases", "en: null", "dip/test: least_cases: needs zh, en and unit"),
        ("{zh: 方案,", "{zh: '',", "dip/test: about: needs zh and en"),
        ("value: 15", "value: null", "dip/test: least_cases from 2020-10-14: has no value; leave out what is not set"),
        (
            'article: "3"',
            "choice: city",
            "dip/test: least_cases from 2020-10-14: a document needs its article, an article its document",
        ),
    ],
)
def test_what_a_file_fails_to_say_is_named(said: str, instead: str, problem: str) -> None:
    assert said in WHOLE
    assert problems(WHOLE.replace(said, instead)) == [problem]


@pytest.mark.parametrize(("said", "instead"), [("until: null", "until: soon"), ("2020-10-14", "last-autumn")])
def test_what_is_no_day_the_loader_refuses(said: str, instead: str) -> None:
    with pytest.raises(Refusal, match="from and checked_until are days"):
        problems(WHOLE.replace(said, instead))


def test_a_file_that_the_loader_refuses_is_a_finding_not_a_crash() -> None:
    (problem,) = check_policy.problems_of("dip/there-is-none")
    assert "dip/there-is-none" in problem


def test_a_policy_number_in_an_engine_is_found() -> None:
    code = "least = 15\nshare = fee * 0.4\nhalf = total // 2 + cases[-1] * 100\nsure = True\n"
    assert [line.split(" looks")[0] for line in check_policy.numbers_in("dip/build.py", code)] == [
        "dip/build.py:1: 15",
        "dip/build.py:2: 0.4",
    ]


def test_an_allowed_number_is_allowed_only_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check_policy.ALLOWED, ("dip/build.py", 12), "significant digits of a float")
    assert check_policy.numbers_in("dip/build.py", "digits = 12") == []
    assert len(check_policy.numbers_in("dip/assignment/assign.py", "digits = 12")) == 1


def test_an_allowance_that_nobody_needs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_policy, "ALLOWED", {("dip/build.py", 12): "significant digits"})
    assert check_policy.idle([]) == [("dip/build.py", 12)]


def test_the_quality_rules_have_no_problem() -> None:
    assert check_policy.quality_problems() == []


def test_a_quality_rule_that_names_what_is_not_there_is_found() -> None:
    rule = replace(book().rules["long_stay"], tree=parse("wages > 1"), checked_until="soon")
    assert check_policy.rule_problems(rule, book()) == [
        "quality/rules/time: long_stay: `checked_until` is neither a date nor null",
        "file quality/rules/time.yaml: long_stay: there is no wages",
    ]
