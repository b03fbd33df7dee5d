"""norms.items.rules: the values in force, exact; what a file does not set is refused."""

from datetime import date
from fractions import Fraction

import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.items.rules import RULES, rules_of
from yiheng.policy.loader import read_scheme, scheme


def test_the_packaged_rules() -> None:
    its = scheme(RULES)
    rules = rules_of(its, date(2025, 12, 31))
    assert (rules.cases, rules.hospital_cases, rules.days, rules.day_items, rules.departure) == (30, 10, 30, 10, 10_000)
    assert (rules.use_share, rules.fee_share, rules.day_use_share) == (Fraction(1, 2), Fraction(1, 20), Fraction(1, 2))
    assert (rules.quantity_over, rules.category_over) == (Fraction(6, 5), Fraction(1, 5))
    assert (rules.scheme, rules.digest) == (RULES, its.digest)


def test_every_value_says_whose_choice_it_is() -> None:
    assert {dated.choice for its in scheme(RULES).parameters.values() for dated in its.values} == {"city"}


def test_what_is_not_set_is_refused_by_name() -> None:
    text = "about: {zh: 一, en: one, base: norms/standards, unset: [use_share_least]}\n"
    with pytest.raises(Refusal, match="a has not set use_share_least"):
        rules_of(read_scheme("a", text), date(2025, 1, 1))
    with pytest.raises(Refusal, match="has no value on 2001-01-01"):
        rules_of(scheme(RULES), date(2001, 1, 1))
