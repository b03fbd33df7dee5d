"""Votes: the roll is frozen, the chair is last, who takes no part is out of sight, roll and count."""

import pytest
from site_small.models import Errand

from yiheng.site.base.flow.act import act
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Item, Seat
from yiheng.site.base.flow.refused import Missing, NotAllowed
from yiheng.site.base.flow.sight import seen
from yiheng.site.base.panel.models import Urn
from yiheng.site.base.panel.refused import NotFit
from yiheng.site.base.panel.view import lines
from yiheng.site.base.panel.vote import Elector, Vote
from yiheng.site.base.party import RoleAt
from yiheng.site.base.places.roles import OPERATIONS
from yiheng.site.base.refused import NotDone

from ..town import NOW, Town
from .hall import asked, declared, do, poll_of, staffed, state_of, waits_for

ELECTORS = ("fay", "fox", "lin", "eva")


def opened(town: Town, monkeypatch: pytest.MonkeyPatch, **more: object) -> Town:
    """A vote of three and the chair `eva`; two thirds must vote, more than half of the votes say yes; `ora` runs it."""
    staffed(town)
    people = town.people
    panel = Vote(
        lambda item, now: [Elector(people[name].pk, name == "eva") for name in ELECTORS],
        lambda item, now, electors: -(-2 * electors // 3),
        lambda item, now, turnout: turnout.voted // 2 + 1,
        **more,
    )
    declared(monkeypatch, panel, who=RoleAt(OPERATIONS, "sender"))
    return town


@pytest.fixture
def hall(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    return opened(town, monkeypatch)


def vote(hall: Town, item: Item, **votes: str) -> None:
    for name, value in votes.items():
        hall.act(name, "approve", item, value=value, comment="")


def test_the_chair_votes_last(hall: Town) -> None:
    item = asked(hall)
    assert waits_for(item) == {("", "", name) for name in ("fay", "fox", "lin")}
    with pytest.raises(NotAllowed, match="party"):
        vote(hall, item, eva="yes")
    vote(hall, item, fay="yes", fox="no", lin="yes")
    assert waits_for(item) == {("", "", "eva")}
    vote(hall, item, eva="yes")
    assert state_of(item) == "taken"
    kept = poll_of(item).basis
    assert kept["votes"] == {"yes": 3, "no": 1, "abstain": 0}
    assert (kept["electors"], kept["voted"], kept["quorum"], kept["majority"]) == (4, 4, 3, 3)


def test_half_is_not_more_than_half(hall: Town) -> None:
    item = asked(hall)
    vote(hall, item, fay="yes", fox="no", lin="abstain", eva="yes")
    assert (state_of(item), poll_of(item).outcome) == ("refused", "refused")


def test_without_a_quorum_it_goes_back(hall: Town) -> None:
    item = asked(hall)
    do(hall, "ora", "excuse", item, reason="出差", person="fay")
    do(hall, "ora", "excuse", item, reason="请假", person="fox")
    vote(hall, item, lin="yes", eva="yes")
    assert (state_of(item), poll_of(item).basis["voted"], poll_of(item).basis["quorum"]) == ("back", 2, 3)


def test_only_who_runs_the_vote_says_who_is_absent(hall: Town) -> None:
    item = asked(hall)
    for name, why in (("fay", "party"), ("dan", "party"), ("com", "missing")):
        with pytest.raises(NotDone, match=why):
            do(hall, name, "excuse", item, reason="缺席", person="fox")
    vote(hall, item, fay="no")
    with pytest.raises(NotFit, match="not_fit"):
        do(hall, "ora", "excuse", item, reason="缺席", person="fay")
    with pytest.raises(NotFit, match="not_fit"):
        do(hall, "ora", "excuse", item, reason="缺席", person="dan")
    assert waits_for(item) == {("", "", "fox"), ("", "", "lin")}


def test_who_withdraws_is_out_of_sight_roll_and_count(hall: Town) -> None:
    item = asked(hall)
    do(hall, "fay", "recuse", item, reason="亲属关系")
    flow, fresh = item.its_flow, Errand.objects.get(pk=item.pk)
    assert seen(flow, facts_of(flow, fresh), hall.actor("fay")).shows is None
    vote(hall, item, fox="yes", lin="yes", eva="no")
    kept = poll_of(item).basis
    assert (kept["electors"], kept["quorum"], kept["voted"], kept["majority"]) == (3, 2, 3, 2)
    assert state_of(item) == "taken"
    shown = lines(flow, Errand.objects.get(pk=item.pk), poll_of(item), hall.actor("dan"))
    assert [(line.who, line.state) for line in shown] == [
        ("fay", "recused"), ("fox", "answered"), ("林", "answered"), ("伊", "answered"),
    ]  # fmt: skip


def test_whom_the_item_concerns_never_sees_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    hall = opened(town, monkeypatch, conflicted=lambda item, now: [town.people["lin"].pk])
    item = asked(hall)
    flow, fresh = item.its_flow, Errand.objects.get(pk=item.pk)
    assert seen(flow, facts_of(flow, fresh), hall.actor("lin")).shows is None
    assert waits_for(item) == {("", "", "fay"), ("", "", "fox")}
    vote(hall, item, fay="yes", fox="yes", eva="yes")
    assert poll_of(item).basis["electors"] == 3


def test_the_last_to_be_excused_ends_a_vote_without_chair(hall: Town) -> None:
    item = asked(hall)
    do(hall, "ora", "excuse", item, reason="出差", person="eva")
    vote(hall, item, fay="yes", fox="yes")
    do(hall, "ora", "excuse", item, reason="出差", person="lin")
    assert (state_of(item), poll_of(item).basis["voted"]) == ("back", 2)


def test_the_last_who_withdraws_ends_it(hall: Town) -> None:
    item = asked(hall)
    vote(hall, item, fay="yes", fox="yes", lin="no")
    do(hall, "eva", "recuse", item, reason="利害关系")
    assert (state_of(item), poll_of(item).basis["electors"]) == ("taken", 3)


def test_the_roll_is_frozen(hall: Town) -> None:
    item = asked(hall)
    assert list(poll_of(item).seats.values_list("person__username", "rung")) == [
        ("fay", 0), ("fox", 0), ("lin", 0), ("eva", 1),
    ]  # fmt: skip
    with pytest.raises(Missing):
        vote(hall, item, edd="yes")


def test_a_secret_ballot_keeps_no_way_from_the_urn_to_the_roll(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    hall = opened(town, monkeypatch, secret=lambda item: True)
    item = asked(hall)
    vote(hall, item, fay="no", fox="yes", lin="yes")
    assert set(Seat.objects.values_list("value", "comment", "score")) == {("", "", None)}
    assert dict(Urn.objects.values_list("value", "votes")) == {"yes": 2, "no": 1, "abstain": 0}
    acts = Act.objects.filter(step="approve")
    assert {str(each.data) for each in acts} == {"{}"}
    for each in acts:  # nor does the digest of what was asked say it
        tried = hall.asked("approve", item, value="no", comment="")
        seen_then = each.version - 1
        for value in ("yes", "no", "abstain"):
            same = {"request": each.request, "seen": seen_then, "data": {"value": value, "comment": ""}}
            assert _digest(tried, same) != each.asked
    vote(hall, item, eva="yes")
    assert (state_of(item), poll_of(item).basis["votes"]) == ("taken", {"yes": 3, "no": 1, "abstain": 0})
    shown = lines(item.its_flow, Errand.objects.get(pk=item.pk), poll_of(item), hall.actor("dan"))
    assert {line.value for line in shown} == {None}


def _digest(asked_for: object, changed: dict[str, object]) -> str:
    from dataclasses import replace

    return replace(asked_for, **changed).digest


def test_a_secret_ballot_takes_no_words_and_a_repeat_no_second_vote(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = opened(town, monkeypatch, secret=lambda item: True)
    item = asked(hall)
    with pytest.raises(Invalid) as wrong:
        hall.act("fay", "approve", item, value="yes", comment="丹的项目")
    assert list(wrong.value.fields) == ["comment"]
    with pytest.raises(Invalid) as wrong:
        hall.act("fay", "approve", item, "说明", value="yes", comment="")
    assert list(wrong.value.fields) == ["reason"]
    assert sum(Urn.objects.values_list("votes", flat=True)) == 0
    once = hall.asked("approve", item, value="yes", comment="")
    assert {act(hall.actor("fay"), once, NOW).pk for _ in range(8)} == {Act.objects.latest("pk").pk}
    assert sum(Urn.objects.values_list("votes", flat=True)) == 1
