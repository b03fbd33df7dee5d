"""Acts: what is written together, what is refused, and that a refusal changes nothing."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.serializers import serialize
from django.db import models
from site_small.models import Errand

from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Act, Bar, Event, Gate, Item, Reached, Todo, Was
from yiheng.site.base.flow.refused import Conflict, Missing, NotAllowed

from ..town import NOW, Town, lend

TABLES: tuple[type[models.Model], ...] = (Item, Errand, Act, Bar, Event, Reached, Todo, Was, Gate)


def everything() -> str:
    """All rows of all tables of flows."""
    return "\n".join(serialize("json", table.objects.order_by("pk")) for table in TABLES)


def test_making_writes_item_act_todo_and_event_together(town: Town) -> None:
    item = Errand.objects.get(pk=town.begin().pk)
    assert (item.state, item.version, item.flow, item.definition) == ("draft", 1, "errand", 1)
    assert (item.matter_id, item.parent_id, item.author, item.ended_at) == (item.pk, None, town.people["dan"], None)
    assert (item.sender, item.receiver, item.amount, item.note) == (town.east, town.west, 9000, "加急")
    made = item.acts.get()
    assert (made.step, made.from_state, made.to_state, made.version) == ("begin", "", "draft", 1)
    assert (made.person, made.behalf, made.at) == (town.people["dan"], town.people["dan"], NOW)
    assert made.data == {
        "sender": "东院",
        "receiver": "西院",
        "subject": "血样",
        "amount": "9000",
    }  # the note is tagged
    assert [(todo.step, todo.person, todo.amount) for todo in item.todos.all()] == [("send", town.people["dan"], 9000)]
    assert [event.kind for event in item.events.all()] == ["errand.begin"]


def test_the_state_says_whom_it_waits_for(town: Town) -> None:
    item = town.sent()
    assert [(todo.step, todo.role, todo.path) for todo in item.todos.all()] == [("take", "errand_desk", "/14/1401/W/")]
    assert [todo.item_id for todo in inbox(town.actor("wei"))] == [item.pk]
    assert list(inbox(town.actor("dan"))) == list(inbox(town.actor("edd"))) == []
    town.act("wei", "take", item, owner="wen")
    assert [(todo.step, todo.person) for todo in item.todos.all()] == [("finish", town.people["wen"])]


def test_an_item_goes_to_its_end(town: Town) -> None:
    item = town.sent()
    town.act("wei", "take", item, owner="wen")
    town.act("wen", "finish", item)
    town.act("lin", "confirm", item)
    item = Item.objects.get(pk=item.pk)
    assert (item.state, item.version, item.ended_at) == ("closed", 5, NOW)
    assert [each.to_state for each in item.acts.all()] == ["draft", "sent", "taken", "done", "closed"]
    assert {each.state for each in item.reached.all()} == {"draft", "sent", "taken", "done", "closed"}
    assert not item.todos.exists()


@pytest.mark.parametrize(
    ("name", "step", "why"),
    [
        ("dan", "take", Why.PARTY),
        ("eva", "take", Why.PARTY),
        ("wei", "cancel", Why.PARTY),
        ("wei", "finish", Why.STATE),
        ("dan", "send", Why.STATE),
        ("dan", "begin", Why.STATE),
        ("dan", "nothing", Why.STATE),
    ],
)
def test_who_may_not_is_refused_and_nothing_changes(town: Town, name: str, step: str, why: Why) -> None:
    item = town.sent()
    before = everything()
    with pytest.raises(NotAllowed) as refused:
        town.act(name, step, item, reason="因故", **({"owner": "wen"} if step == "take" else {}))
    assert (refused.value.why, everything()) == (why, before)


@pytest.mark.parametrize("name", ["edd", "com", "out"])
def test_who_does_not_see_an_item_learns_nothing_of_it(town: Town, name: str) -> None:
    item = town.sent()
    stale = replace(town.asked("take", item, owner="wen"), seen=1)
    nothing = replace(stale, item=item.pk + 1000)
    elsewhere = replace(stale, flow="referral")
    before = everything()
    for actor, asked in ((name, stale), (name, nothing), ("wei", nothing), ("wei", elsewhere)):
        with pytest.raises(Missing):
            act(town.actor(actor), asked, NOW)
    assert everything() == before


def test_the_author_does_not_confirm_also_not_for_another(town: Town) -> None:
    item = town.sent()
    town.act("wei", "take", item, owner="wen")
    town.act("wen", "finish", item)
    lend(town.people["eva"], town.people["dan"])
    lend(town.people["eva"], town.people["wen"])
    lend(town.people["dan"], town.people["eva"])
    before = everything()
    for name in ("dan", "wen"):
        with pytest.raises(NotAllowed) as refused:
            town.act(name, "confirm", item)
        assert (refused.value.why, everything()) == (Why.APART, before)
        assert not inbox(town.actor(name), item=item).exists()
    assert town.act("eva", "confirm", item).to_state == "closed"


def test_whoever_lent_to_the_author_may_confirm_unless_the_loan_was_used(town: Town) -> None:
    lend(town.people["dan"], town.people["lin"])
    item = town.act("lin", "begin", sender="E", receiver="W", subject="片子", amount="1", note="").item
    made = item.acts.get()
    assert (made.person, made.behalf) == (town.people["lin"], town.people["dan"])
    assert set(item.bars.values_list("person__username", "step")) == {("dan", "confirm"), ("lin", "confirm")}


def test_a_loan_is_for_a_sum_and_a_flow(town: Town) -> None:
    item = town.sent(amount="200.01")
    loan = lend(town.people["wei"], town.people["out"], cap=20_000)
    with pytest.raises(NotAllowed) as refused:
        town.act("out", "take", item, owner="wen")
    assert refused.value.why is Why.CAP
    assert not inbox(town.actor("out")).exists()
    type(loan).objects.update(cap=20_001, flow="other")
    with pytest.raises(Missing):
        town.act("out", "take", item, owner="wen")
    type(loan).objects.update(flow="errand")
    assert [todo.item_id for todo in inbox(town.actor("out"))] == [item.pk]
    taken = town.act("out", "take", item, owner="wen")
    assert (taken.person, taken.behalf) == (town.people["out"], town.people["wei"])


def test_what_is_lent_is_not_lent_on(town: Town) -> None:
    lend(town.people["wei"], town.people["out"])
    lend(town.people["out"], town.people["edd"])
    item = town.sent()
    with pytest.raises(Missing):
        town.act("edd", "take", item, owner="wen")


def test_who_saw_an_older_version_is_told_who_was_first(town: Town) -> None:
    item = town.sent()
    asked = town.asked("take", item, owner="wen")
    town.act("wen", "refuse", item, reason="无床")
    before = everything()
    with pytest.raises(Conflict) as told:
        act(town.actor("wei"), asked, NOW)
    assert told.value.text.zh == "事项已由文办理，现为“已拒”，请刷新后再办"
    assert everything() == before


def test_a_repeat_has_one_effect(town: Town) -> None:
    item = town.sent()
    asked = town.asked("take", item, owner="wen")
    first = act(town.actor("wei"), asked, NOW)
    after = everything()
    again = act(town.actor("wei"), asked, NOW + timedelta(hours=1))
    assert (first, everything()) == (again, after)


def test_one_key_is_one_request(town: Town) -> None:
    item = town.sent()
    asked = town.asked("take", item, owner="wen")
    act(town.actor("wei"), asked, NOW)
    after = everything()
    for other, name in ((replace(asked, data={"owner": "wei"}), "wei"), (asked, "wen")):
        with pytest.raises(Conflict) as told:
            act(town.actor(name), other, NOW)
        assert (told.value.code, everything()) == ("key", after)


def test_a_place_that_was_there_before_is_remembered(town: Town) -> None:
    item = town.sent()
    town.act("wei", "redirect", item, reason="无设备", receiver="E")
    assert [(was.field, was.place, was.until) for was in item.former.all()] == [("receiver", town.west, NOW)]
    assert [(todo.step, todo.path) for todo in item.todos.all()] == [("take", "/14/E/")]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"owner": ""}, {"owner": ["这个字段是必填项。"]}),
        ({"owner": "nobody"}, {"owner": ["选择一个有效的选项： 该选择不在可用的选项中。"]}),
        ({"owner": "wen", "state": "closed"}, {"state": ["此步骤不填写该项"]}),
        ({"owner": "wen", "author": "1"}, {"author": ["此步骤不填写该项"]}),
    ],
)
def test_a_form_filled_in_wrongly_names_each_field(
    town: Town, given: dict[str, str], wrong: dict[str, list[str]]
) -> None:
    item = town.sent()
    before = everything()
    with pytest.raises(Invalid) as refused:
        town.act("wei", "take", item, **given)
    assert (refused.value.fields, everything()) == (wrong, before)


def test_a_reason_that_is_asked_for_is_needed(town: Town) -> None:
    item = town.sent()
    with pytest.raises(Invalid) as refused:
        town.act("wei", "refuse", item, reason="  ")
    assert refused.value.fields == {"reason": ["请填写理由"]}


def test_money_is_typed_in_yuan(town: Town) -> None:
    for typed in ("1.234", "一百", "1e99", "NaN"):
        with pytest.raises(Invalid) as refused:
            town.begin(amount=typed)
        assert list(refused.value.fields) == ["amount"]
    assert Errand.objects.get(pk=town.begin(amount="0.07").pk).amount == 7


def test_an_item_keeps_the_definition_that_it_began_with(town: Town) -> None:
    item = town.begin()
    assert (item.its_flow.version, item.its_state.word.zh) == (1, "起草")


def test_a_flow_that_is_not_there_is_a_key_error(town: Town) -> None:
    with pytest.raises(KeyError):
        act(town.actor("dan"), Asked("nothing", "begin", uuid4()), NOW)
