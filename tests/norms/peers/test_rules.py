"""What policy says of comparisons is read whole or refused by name."""

from datetime import date
from importlib.resources import files

import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.peers.rules import POLICY, Signal, comparing, comparing_of
from yiheng.policy.loader import read_scheme

TEXT = (files("yiheng.policy") / "norms" / "peers.yaml").read_text(encoding="utf-8")
DAY = date(2024, 12, 31)


def test_the_packaged_rules() -> None:
    its = comparing(DAY)
    assert (its.alike, its.peers_least, its.pair_cases_least) == ((("level", "class"), ("level",), ()), 3, 10)
    assert (its.confidence, its.shown_cases_least, its.chart_months_least, its.chart_sigmas) == (0.95, 10, 12, 3)
    assert its.signals == (
        Signal("beyond", "beyond"),
        Signal("side_8", "side", 8),
        Signal("trend_6", "trend", 6),
        Signal("two_of_3", "zone", 3, 2, 2),
    )
    assert len(its.digest) == 64


@pytest.mark.parametrize(
    "rule",
    ["{id: a, kind: feeling}", "{id: a, kind: side}", "{id: a, kind: beyond, length: 8}", "{kind: beyond}"],
)
def test_a_rule_that_no_chart_knows_is_refused(rule: str) -> None:
    text = TEXT.replace("{id: beyond, kind: beyond}", rule)
    with pytest.raises(Refusal, match="chart_rules: is no rule of a chart"):
        comparing_of(read_scheme(POLICY, text), DAY)


@pytest.mark.parametrize("steps", ["[]", "null"])
def test_likes_that_nobody_says_are_refused(steps: str) -> None:
    text = TEXT.replace("[[level, class], [level], []]", steps)
    with pytest.raises(Refusal, match="alike: names no step"):
        comparing_of(read_scheme(POLICY, text), DAY)


def test_before_the_first_day_there_are_no_rules() -> None:
    with pytest.raises(Refusal, match="has no value on 2018-12-31"):
        comparing(date(2018, 12, 31))
