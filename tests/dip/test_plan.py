"""dip.plan and the schemes: national ones, diffs over them, and what they refuse."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Extra, Trimming, plan
from yiheng.policy.loader import read_scheme, scheme, scheme_ids

DAY = date(2024, 12, 31)
VALUE = "values: [{from: 2020-11-09, value: %s, choice: city, checked_until: null}]"
CITY = (
    "about: {zh: 市, en: a city, base: dip/national-1.0}\ncore_cases: {zh: 例, en: cases, unit: cases, "
    + VALUE % 5
    + "}\n"
)


def test_a_city_is_a_diff() -> None:
    """What it does not say is its base's; its digest stands for both texts."""
    city, base = read_scheme("dip/city", CITY), scheme("dip/national-1.0")
    assert (city.value("core_cases", DAY), base.value("core_cases", DAY)) == (5, 15)
    assert city.value("dx_key_chars", DAY) == 4
    assert city.own == {"core_cases"}
    assert set(city.parameters) == set(base.parameters)
    other = read_scheme("dip/city", CITY, lambda _: base.text.replace("value: 1000", "value: 100"))
    assert other.digest != city.digest


def test_a_chain_of_diffs_is_resolved() -> None:
    texts = {"dip/city": CITY, "dip/national-1.0": scheme("dip/national-1.0").text}
    county = (
        "about: {zh: 县, en: a county, base: dip/city}\nproc_key_chars: {zh: 位, en: chars, unit: c, "
        + VALUE % 3
        + "}\n"
    )
    its = read_scheme("dip/county", county, texts.__getitem__)
    assert [its.value(name, DAY) for name in ("core_cases", "proc_key_chars", "dx_key_chars")] == [5, 3, 4]


def test_a_chain_that_leads_back_is_refused() -> None:
    texts = {"dip/a": "about: {zh: 甲, en: a, base: dip/b}", "dip/b": "about: {zh: 乙, en: b, base: dip/a}"}
    with pytest.raises(Refusal) as caught:
        read_scheme("dip/a", texts["dip/a"], texts.__getitem__)
    assert str(caught.value) == "file dip/a: is a diff of itself -> dip/a -> dip/b -> dip/a"


def test_an_unknown_base_is_refused() -> None:
    with pytest.raises(Refusal, match="there is no policy dip/atlantis -> one of: calendar/china, dip/jingmen"):
        read_scheme("dip/city", CITY.replace("dip/national-1.0", "dip/atlantis"))


def test_a_diff_may_change_only_what_its_base_sets() -> None:
    with pytest.raises(Refusal) as caught:
        read_scheme("dip/city", CITY.replace("core_cases:", "case_core:"))
    assert str(caught.value) == "file dip/city: changes what dip/national-1.0 does not set: case_core"


def test_an_unset_value_is_refused_by_name_until_a_diff_sets_it() -> None:
    unset = CITY.replace("base: dip/national-1.0}", "base: dip/national-1.0, unset: [dx_key_chars]}")
    city = read_scheme("dip/city", unset)
    with pytest.raises(Refusal, match="^dip/city has not set dx_key_chars"):
        plan(city, DAY)
    county = (
        "about: {zh: 县, en: a county, base: dip/city}\ndx_key_chars: {zh: 位, en: chars, unit: c, " + VALUE % 5 + "}\n"
    )
    texts = {"dip/city": unset, "dip/national-1.0": scheme("dip/national-1.0").text}
    assert read_scheme("dip/county", county, texts.__getitem__).value("dx_key_chars", DAY) == 5
    with pytest.raises(Refusal, match="sets what it calls unset: core_cases"):
        read_scheme("dip/city", CITY.replace("base: dip/national-1.0}", "base: dip/national-1.0, unset: [core_cases]}"))


def test_shuozhou_gives_no_result_before_its_values_are_set() -> None:
    with pytest.raises(Refusal, match="^dip/shuozhou-140600 has not set "):
        plan(scheme("dip/shuozhou-140600"), DAY)


@pytest.mark.parametrize("scheme_id", [each for each in scheme_ids("dip") if "shuozhou" not in each])
def test_every_scheme_that_comes_with_yiheng_can_be_read(scheme_id: str) -> None:
    its = plan(scheme(scheme_id), DAY)
    assert its.trimming == Trimming("none", (), 0, Fraction(1))
    assert its.classes == ("surgery", "therapeutic", "diagnostic")
    assert {its.chapters[c] for c in ("00", "36", "86")} == {"surgery"}
    assert {its.chapters[c] for c in ("87", "92")} == {"diagnostic"}
    assert {its.chapters[c] for c in ("93", "99")} == {"therapeutic"}


def test_the_two_national_schemes_differ_in_what_a_combination_is() -> None:
    one, two = (plan(scheme(f"dip/national-{number}"), DAY) for number in ("1.0", "2.0"))
    assert (one.choice["combination"], two.choice["combination"]) == ("all", "main_related")
    assert two.exact("related_share") == Fraction(1, 10)
    assert one.lengths == two.lengths
    with pytest.raises(Refusal, match="combination .* has no value on 2023-12-31"):
        plan(scheme("dip/national-2.0"), date(2023, 12, 31))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("combination", "some", "combination: is no choice -> one of: all, main_related"),
        ("match", "loosely", "match: is no choice -> one of: exact, parts, main_related"),
        ("preference", ["cheapest"], "preference: unknown criterion"),
        ("comprehensive_key_chars", [5], "comprehensive_key_chars: lengths must fall"),
        ("comprehensive_key_chars", [2, 3], "comprehensive_key_chars: lengths must fall"),
        ("comprehensive_key_chars", [], "comprehensive_key_chars: lengths must fall"),
        ("treatment_classes", [["surgery", ["A-B"]]], "treatment_classes: is no range of chapters"),
        ("trimming", {"kind": "some"}, "trimming: is no rule"),
        ("trimming", {"kind": "none", "low": 1}, "trimming: is no rule"),
        ("trimming", {"kind": "iqr"}, "trimming: iqr needs factor"),
        ("extra_groups", [{"id": "X", "kind": "early", "zh": "早"}], "extra_groups: missing or unknown en"),
        ("extra_groups", [{"id": "X", "kind": "late", "zh": "早", "en": "x"}], "extra_groups: is no kind"),
        ("extra_groups", [{"id": "X", "kind": "early", "zh": "早", "en": "x"}], "extra_groups: takes every case"),
        ("related_by", "guess", "related_by: is no choice"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_known_is_refused_by_name(with_value: Any, name: str, value: object, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        plan(with_value(**{name: value}), DAY)
    assert said in str(caught.value)
    assert str(caught.value).startswith("file dip/changed")


def test_numbers_are_taken_as_they_are_written(with_value: Any) -> None:
    its = plan(with_value(trimming={"kind": "percentile", "low": 0.025, "high": 0.975, "from_cases": 25}), DAY)
    assert its.trimming == Trimming("percentile", (Fraction(1, 40), Fraction(39, 40)), 25, Fraction(1))
    extra = {"id": "XQ1", "kind": "early", "zh": "移植", "en": "transplant", "dx": ["z94.0"], "proc": "55.6"}
    assert plan(with_value(extra_groups=[extra]), DAY).extras == (
        Extra("XQ1", "early", "移植", "transplant", ("Z940",), (), "55.6"),
    )
