"""Scores: points that nobody reads of another before all are in."""

from decimal import Decimal
from fractions import Fraction

import pytest
from site_small.models import Errand

from yiheng.site.base.flow.declare import Shows
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.sight import seen, visible
from yiheng.site.base.panel.refused import NotFit
from yiheng.site.base.panel.scores import Scores
from yiheng.site.base.panel.view import lines

from ..town import Town
from .hall import asked, declared, do, poll_of, staffed, state_of

NAMES = ["fay", "fox", "ora"]


@pytest.fixture
def hall(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    staffed(town)
    people = town.people
    panel = Scores(
        lambda item, now: [people[name].pk for name in NAMES],
        lambda item, now: 2,
        lambda item, now: (Decimal(0), Decimal(100)),
        lambda item, now, mean: mean >= 80,
    )
    declared(monkeypatch, panel)
    return town


def score(hall: Town, name: str, item: Item, points: str, comment: str = "") -> None:
    hall.act(name, "approve", item, score=points, comment=comment)


def read(hall: Town, name: str, item: Item) -> list[tuple[str, Decimal | None, str]]:
    fresh = Errand.objects.get(pk=item.pk)
    return [
        (line.who, line.score, line.comment) for line in lines(item.its_flow, fresh, poll_of(item), hall.actor(name))
    ]


def test_points_are_blind_until_all_are_in(hall: Town) -> None:
    item = asked(hall)
    score(hall, "fay", item, "80.01", "好")
    score(hall, "fox", item, "79.99")
    assert read(hall, "ora", item) == [("fay", None, ""), ("fox", None, ""), ("ora", None, "")]
    assert read(hall, "fay", item) == [("fay", Decimal("80.01"), "好"), ("fox", None, ""), ("ora", None, "")]
    assert {str(act.data) for act in Act.objects.filter(item=item, step="approve")} == {"{}"}
    score(hall, "ora", item, "80.01")
    assert state_of(item) == "taken"
    assert read(hall, "ora", item)[0] == ("fay", Decimal("80.01"), "好")
    kept = poll_of(item).basis
    assert (kept["sum"], kept["count"], kept["mean"]) == ("240.01", 3, "80.00")


def test_the_exact_mean_is_judged_not_the_shown_one(hall: Town) -> None:
    item = asked(hall)
    for name, points in zip(NAMES, ("79.99", "80.00", "80.00"), strict=True):
        score(hall, name, item, points)
    assert (state_of(item), poll_of(item).basis["mean"]) == ("refused", "80.00")
    assert Fraction("239.99") / 3 < 80


@pytest.mark.parametrize("points", ["100.01", "-1", "NaN", "1.234", "", "十"])
def test_points_out_of_bounds_are_refused(hall: Town, points: str) -> None:
    item = asked(hall)
    with pytest.raises(Invalid) as wrong:
        score(hall, "fay", item, points)
    assert list(wrong.value.fields) == ["score"]
    assert (poll_of(item).seats.filter(is_open=True).count(), Item.objects.get(pk=item.pk).version) == (3, 2)


def test_an_expert_who_withdraws_sees_nothing_more(hall: Town) -> None:
    item = asked(hall)
    do(hall, "fox", "recuse", item, reason="同门")
    flow, fresh = item.its_flow, Errand.objects.get(pk=item.pk)
    assert seen(flow, facts_of(flow, fresh), hall.actor("fox")).shows is None
    assert not visible(flow, hall.actor("fox")).exists()
    assert seen(flow, facts_of(flow, fresh), hall.actor("ora")).shows is Shows.ALL
    score(hall, "fay", item, "90")
    score(hall, "ora", item, "91")
    assert (state_of(item), poll_of(item).basis["mean"]) == ("taken", "90.50")


def test_too_few_experts_left_send_it_back(hall: Town) -> None:
    item = asked(hall)
    do(hall, "fox", "recuse", item, reason="同门")
    do(hall, "fay", "recuse", item, reason="亲属")
    assert (state_of(item), poll_of(item).outcome) == ("back", "returned")


def test_the_author_is_no_expert(hall: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "NAMES", [*NAMES, "dan"])
    item = hall.begin()
    with pytest.raises(NotFit, match="not_fit"):
        hall.act("dan", "ask", item)
    assert state_of(item) == "draft"
