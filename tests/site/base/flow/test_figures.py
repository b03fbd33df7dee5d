"""Rates and times of a flow: exact, with their counts, and hidden where a small count could be told from them."""

from datetime import timedelta

import pytest
from site_small.flow import ERRAND, REFUSED, SENT, TAKEN
from site_small.models import Errand

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Rate, Took
from yiheng.site.base.flow.figures import Figure, rates, times
from yiheng.site.base.flow.models import Reached

from ..town import NOW, Town

ACCEPTED, MOVED, SLOW = Word("接收率", "taken"), Word("改派率", "redirected"), Word("用时", "time")
RATES = (Rate(ACCEPTED, (TAKEN,), (SENT,)), Rate(MOVED, ("redirect",), (SENT,)), Rate(SLOW, (TAKEN, REFUSED), (SENT,)))


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("rates", RATES), ("took", (Took(SLOW, SENT, TAKEN),))):
        monkeypatch.setitem(ERRAND.__dict__, name, value)


@pytest.fixture
def errands(flow: None, town: Town) -> list[int]:  # noqa: ARG001
    """Five were sent: three taken after 1, 5 and 2 hours, one refused, one redirected; a sixth is a draft."""
    town.begin()
    sent = [town.sent() for _ in range(5)]
    for item, hours in zip(sent, (1, 5, 2), strict=False):
        town.act("wei", "take", item, owner="wen")
        Reached.objects.filter(item=item, state="taken").update(at=NOW + timedelta(hours=hours))
    town.act("wei", "refuse", sent[3], "不收")
    town.act("wei", "redirect", sent[4], "转东院", receiver="E")
    return [item.pk for item in sent]


def test_rates(errands: list[int]) -> None:  # noqa: ARG001
    found = rates(ERRAND, Errand.objects.all(), 1)
    assert found == [Figure(ACCEPTED, 3, 5), Figure(MOVED, 1, 5), Figure(SLOW, 4, 5)]


def test_small_counts_are_hidden_also_as_what_is_left(errands: list[int]) -> None:  # noqa: ARG001
    assert rates(ERRAND, Errand.objects.all(), 2) == [Figure(ACCEPTED, 3, 5), Figure(MOVED), Figure(SLOW)]
    assert rates(ERRAND, Errand.objects.all(), 4) == [Figure(ACCEPTED), Figure(MOVED), Figure(SLOW)]


def test_nobody_is_a_rate_of_nothing(errands: list[int]) -> None:  # noqa: ARG001
    none = Errand.objects.none()
    assert rates(ERRAND, none, 1) == [Figure(ACCEPTED, 0, 0), Figure(MOVED, 0, 0), Figure(SLOW, 0, 0)]
    assert rates(ERRAND, none, 10) == [Figure(ACCEPTED), Figure(MOVED), Figure(SLOW)]
    assert times(ERRAND, none, 1) == [Figure(SLOW, whole=0)]


def test_times_are_a_median_that_somebody_had(errands: list[int]) -> None:
    assert times(ERRAND, Errand.objects.all(), 3) == [Figure(SLOW, whole=3, hours=2.0)]
    assert times(ERRAND, Errand.objects.filter(pk__in=errands[:2]), 1) == [Figure(SLOW, whole=2, hours=1.0)]
    assert times(ERRAND, Errand.objects.all(), 4) == [Figure(SLOW)]
