"""Verbs of every flow: each an act with its audit and event, each refused to whoever may not."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from site_small.flow import DONE, DRAFT, ERRAND, SENT, TAKEN
from site_small.models import Errand

from yiheng.site.base.flow import registry
from yiheng.site.base.flow.act import act
from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Act, Copied, Event, Item
from yiheng.site.base.flow.refused import Conflict, Missing, NotAllowed
from yiheng.site.base.flow.sight import seen, visible
from yiheng.site.base.flow.verbs import NAMES, NoPlace, TooSoon, give_back, verb_decisions, withdraw
from yiheng.site.base.party import PersonIn

from ..town import NOW, Town, lend, make_person

pytestmark = pytest.mark.usefixtures("flow")


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch) -> Flow:
    """The errand that may be taken back, given back and urged once in 30 minutes."""
    more = (withdraw((SENT,), DRAFT), give_back((TAKEN,), SENT, PersonIn("owner")))
    its = replace(ERRAND, steps=(*ERRAND.steps, *more), urge_every=lambda now: timedelta(minutes=30))
    monkeypatch.setitem(registry._flows, "errand", (its,))
    return its


def do(town: Town, name: str, step: str, item: Item, reason: str = "", minutes: int = 0, **data: object) -> Act:
    return act(town.actor(name), town.asked(step, item, reason, **data), NOW + timedelta(minutes=minutes))


def counts() -> tuple[int, ...]:
    return (Act.objects.count(), Event.objects.count(), Copied.objects.count())


def allowed(town: Town, name: str, item: Item) -> set[str]:
    fresh = Errand.objects.get(pk=item.pk)
    decided = verb_decisions(fresh.its_flow, facts_of(fresh.its_flow, fresh), town.actor(name))
    return {each.step.name for each in decided if each.allowed}


def shown(town: Town, name: str, item: Item) -> Shows | None:
    """What somebody sees, by values; the rows say the same."""
    fresh = Errand.objects.get(pk=item.pk)
    its = seen(fresh.its_flow, facts_of(fresh.its_flow, fresh), town.actor(name)).shows
    row = visible(fresh.its_flow, town.actor(name)).filter(pk=item.pk).first()
    assert (None if row is None else Shows.ALL if row.seen_all else Shows.STUB) == its
    return its


def test_every_verb_is_decided_for_everybody(town: Town) -> None:
    item = town.sent()
    assert {"comment", "copy", "urge", "pass_on", "add_signer", "recuse", "excuse"} == NAMES
    assert allowed(town, "dan", item) == {"comment", "copy", "urge"}
    assert allowed(town, "wei", item) == {"comment", "copy", "urge", "pass_on"}
    assert allowed(town, "com", item) == allowed(town, "out", item) == set()


def test_the_author_takes_back_what_nobody_touched(town: Town) -> None:
    item = town.sent()
    do(town, "wei", "comment", item, text="收到")
    do(town, "dan", "withdraw", item)
    assert Item.objects.get(pk=item.pk).state == "draft"
    with pytest.raises(NotAllowed, match="state"):
        do(town, "dan", "withdraw", item)


def test_what_another_has_touched_is_not_taken_back(town: Town) -> None:
    item = town.sent()
    make_person("ned", ("errand_desk", town.east))
    do(town, "wei", "redirect", item, "转东院", receiver="E")
    before = counts()
    with pytest.raises(NotAllowed, match="touched"):
        do(town, "dan", "withdraw", item)
    assert (counts(), Item.objects.get(pk=item.pk).state) == (before, "sent")


def test_it_goes_back_with_a_reason(town: Town) -> None:
    item = town.sent()
    do(town, "wei", "take", item, owner="wen")
    with pytest.raises(Invalid) as wrong:
        do(town, "wen", "return", item)
    assert list(wrong.value.fields) == ["reason"]
    assert do(town, "wen", "return", item, "缺材料").reason == "缺材料"
    assert Item.objects.get(pk=item.pk).state == "sent"


def test_a_comment_is_an_act_that_moves_nothing(town: Town) -> None:
    item = town.sent()
    todos = set(item.todos.values_list("role", "path"))
    done = do(town, "wei", "comment", item, text="已收到样本")
    assert (done.from_state, done.to_state, done.data) == ("sent", "sent", {"text": "已收到样本"})
    assert set(item.todos.values_list("role", "path")) == todos
    assert Event.objects.latest("pk").kind == "errand.comment"
    with pytest.raises(Invalid) as wrong:
        do(town, "wei", "comment", item, text="  ")
    assert list(wrong.value.fields) == ["text"]


def test_a_comment_asks_for_no_version_but_any_other_verb_does(town: Town) -> None:
    item = town.sent()
    asked = replace(town.asked("comment", item, text="好"), seen=None)
    assert act(town.actor("wei"), asked, NOW).step == "comment"
    with pytest.raises(Conflict, match="moved"):
        act(town.actor("wei"), replace(town.asked("take", item, owner="wen"), seen=None), NOW)


def test_who_has_an_item_open_comments_and_urges_twice(town: Town) -> None:
    item = town.sent()

    def press(name: str, step: str, minutes: int, **data: object) -> Act:
        """From a page that was opened before anything was done."""
        asked = replace(town.asked(step, item, "出差", **data), seen=item.version)
        return act(town.actor(name), asked, NOW + timedelta(minutes=minutes))

    for minutes in (0, 30):
        press("dan", "comment", minutes, text="好")
        press("dan", "urge", minutes)
    assert Act.objects.filter(item=item, step="urge").count() == 2
    with pytest.raises(Conflict, match="moved"):
        press("wei", "pass_on", 31, duty="take", person="wen")


@pytest.mark.parametrize("name", ["com", "out", "edd"])
def test_who_does_not_see_it_whole_comments_nothing(town: Town, name: str) -> None:
    item = town.sent()
    before = counts()
    for step, data in (("comment", {"text": "嗯"}), ("copy", {"person": "out", "shows": "all"}), ("urge", {})):
        with pytest.raises(Missing):
            do(town, name, step, item, **data)
    assert counts() == before


def test_a_copy_shows_a_stub_or_all_but_never_tagged_fields(town: Town, flow: Flow) -> None:
    item = town.sent()
    assert shown(town, "edd", item) is None
    do(town, "dan", "copy", item, person="edd", shows="stub")
    assert shown(town, "edd", item) is Shows.STUB
    do(town, "dan", "copy", item, person="edd", shows="all")
    do(town, "dan", "copy", item, person="edd", shows="stub")
    assert shown(town, "edd", item) is Shows.ALL
    row = visible(flow, town.actor("edd"), ("subject", "note")).get(pk=item.pk)
    assert (row.shown_subject, row.shown_note) == ("血样", None)
    assert allowed(town, "edd", item) == {"comment", "copy", "urge"}
    assert not inbox(town.actor("edd")).exists()


def test_a_copy_goes_to_nobody_without_a_post_and_to_nobody_barred(town: Town) -> None:
    item = town.sent()
    before = counts()
    with pytest.raises(NoPlace, match="not_fit"):
        do(town, "dan", "copy", item, person="out", shows="all")
    with pytest.raises(Invalid) as wrong:
        do(town, "dan", "copy", item, person="nobody", shows="counts")
    assert (sorted(wrong.value.fields), counts()) == (["person", "shows"], before)


def test_urging_is_done_once_in_a_while(town: Town) -> None:
    item = town.sent()
    do(town, "dan", "urge", item)
    before = counts()
    with pytest.raises(TooSoon, match="too_soon"):
        do(town, "eva", "urge", item, minutes=29)
    assert counts() == before
    do(town, "eva", "urge", item, minutes=30)
    assert Act.objects.filter(step="urge").count() == Event.objects.filter(kind="errand.urge").count() == 2


def test_a_flow_that_says_nothing_of_urging_has_none(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._flows, "errand", (ERRAND,))
    item = town.sent()
    assert "urge" not in allowed(town, "dan", item)
    with pytest.raises(NotAllowed, match="state"):
        do(town, "dan", "urge", item)


def test_a_todo_is_passed_on_to_one_who_may_take_it_anyway(town: Town) -> None:
    item = town.sent()
    do(town, "wei", "pass_on", item, "外出", duty="take", person="wen")
    assert not inbox(town.actor("wei")).exists()
    assert list(inbox(town.actor("wen")).values_list("step", "todo__role", "todo__person__username")) == [
        ("take", "errand_desk", "wen")
    ]
    do(town, "wen", "comment", item, text="好")
    assert inbox(town.actor("wen")).count() == 1
    do(town, "wen", "take", item, owner="wen")
    assert item.passed.filter(ended_at=None).count() == 0


def test_what_was_passed_on_lapses_when_it_goes_elsewhere(town: Town) -> None:
    item = town.sent()
    do(town, "wei", "pass_on", item, "外出", duty="take", person="wen")
    do(town, "wei", "redirect", item, "转东院", receiver="E")
    assert inbox(town.actor("edd")).count() == 1
    assert not inbox(town.actor("wen")).exists()


@pytest.mark.parametrize("person", ["wei", "lin", "edd", "out"])
def test_it_is_passed_on_to_nobody_else(town: Town, person: str) -> None:
    item = town.sent()
    before = counts()
    with pytest.raises(NoPlace, match="not_fit"):
        do(town, "wei", "pass_on", item, "外出", duty="take", person=person)
    with pytest.raises(NoPlace, match="not_fit"):
        do(town, "wei", "pass_on", item, "外出", duty="finish", person="wen")
    assert counts() == before
    assert inbox(town.actor("wei")).count() == inbox(town.actor("wen")).count() == 1


def test_duties_apart_hold_for_whoever_it_is_passed_to(town: Town) -> None:
    town.people["lea"] = make_person("lea", ("leader", town.west), ("errand_desk", town.west))
    item = town.sent()
    do(town, "wei", "take", item, owner="lea")
    do(town, "lea", "finish", item)
    assert Item.objects.get(pk=item.pk).state == DONE.code
    with pytest.raises(NoPlace, match="not_fit"):
        do(town, "lin", "pass_on", item, "外出", duty="confirm", person="lea")
    do(town, "lin", "pass_on", item, "外出", duty="confirm", person="eva")
    assert inbox(town.actor("eva"), step="confirm").count() == 1


def test_a_lent_post_passes_on_and_the_giver_is_not_another(town: Town) -> None:
    lend(town.people["wei"], town.people["edd"])
    item = town.sent()
    with pytest.raises(NoPlace, match="not_fit"):
        do(town, "edd", "pass_on", item, "外出", duty="take", person="wei")
    do(town, "edd", "pass_on", item, "外出", duty="take", person="wen")
    assert Act.objects.latest("pk").behalf == town.people["wei"]


def test_a_repeat_of_a_verb_has_no_second_effect(town: Town) -> None:
    item = town.sent()
    asked = town.asked("comment", item, text="好")
    assert len({act(town.actor("dan"), asked, NOW).pk for _ in range(8)}) == 1
    with pytest.raises(Conflict, match="key"):
        act(town.actor("dan"), replace(asked, data={"text": "不好"}), NOW)


def test_panel_verbs_need_a_panel(town: Town) -> None:
    item = town.sent()
    for step in ("add_signer", "recuse", "excuse"):
        with pytest.raises(NotAllowed, match="party"):
            do(town, "wei", step, item, "理由")
    with pytest.raises(NotAllowed, match="state"):
        act(town.actor("dan"), replace(town.asked("nothing", item), request=uuid4()), NOW)
