"""A remote consultation from the request to the rating, on the base alone."""

from datetime import date
from pathlib import Path

import pytest

from yiheng.site.base.document.models import Content, Signature
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.refused import Blocked, Missing, NotAllowed
from yiheng.site.base.flow.sight import counted, visible
from yiheng.site.base.register.changing import Proposed, confirm, propose
from yiheng.site.region.telemedicine import flow as consultation
from yiheng.site.region.telemedicine import rules
from yiheng.site.region.telemedicine.models import Agreement, Consultation

from ...base.town import NOW, Town, make_person, make_town

FOLDER = Path(consultation.__file__).parent


@pytest.fixture
def town(db: None) -> Town:  # noqa: ARG001 (the tables)
    made = make_town()
    for name, role, place in (
        ("tom", "tele_desk", made.west),
        ("exa", "doctor", made.west),
        ("exb", "doctor", made.west),
    ):
        made.people[name] = make_person(name, (role, place))
    fields = {"inviter": made.east, "invitee": made.west, "kind": "imaging"}
    row = propose(made.actor("tom"), Agreement, Proposed(date(2025, 1, 1), "协议2025-1", fields), NOW)
    confirm(made.actor("com"), row, NOW)
    return made


def act(town: Town, who: str, step: str, item: Item | None = None, reason: str = "", **data: object) -> Item:
    from dataclasses import replace

    from yiheng.site.base.flow.act import act as take

    return take(town.actor(who), replace(town.asked(step, item, reason, **data), flow="consultation"), NOW).item


def written(town: Town, **data: object) -> Item:
    every = {"kind": "imaging", "inviter": "E", "invitee": "W", "patient": "p-1", "consent": "on", "materials": "CT"}
    return act(town, "dan", "write", **every | data)


def signed(town: Town) -> Item:
    item = written(town)
    for who, step, data in (
        ("dan", "apply", {}),
        ("tom", "take", {"expert": "exa"}),
        ("tom", "schedule", {"session_at": "2026-03-02 15:00"}),
        ("exa", "start", {}),
        ("exa", "opine", {"opinion": "未见异常"}),
        ("exa", "sign", {}),
    ):
        act(town, who, step, item, **data)
    return item


def test_it_needs_at_most_two_hundred_lines() -> None:
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in FOLDER.glob("*.py")) <= 200


def test_from_the_request_to_the_rating(town: Town) -> None:
    item = signed(town)
    act(town, "dan", "rate", item, rating="5")
    its = Consultation.objects.get(pk=item.pk)
    assert (its.state, its.number, its.rating) == ("archived", "会W2026000001", 5)


def test_what_was_signed_stays_when_it_is_amended(town: Town) -> None:
    item = signed(town)
    act(town, "exa", "amend", item, "补充对比片")
    act(town, "exa", "opine", item, opinion="右下肺结节")
    act(town, "exa", "sign", item)
    versions = Content.objects.filter(item=item, name="opinion").order_by("version")
    assert [each.data["opinion"] for each in versions] == ["未见异常", "右下肺结节"]
    assert Signature.objects.filter(content__in=versions).count() == 2


def test_without_agreement_or_consent_nothing_is_sent(town: Town) -> None:
    for given, text in (
        ({"kind": "ecg"}, "双方没有该类别的有效协议"),
        ({"consent": ""}, "患者尚未知情同意"),
        ({"invitee": "E"}, "双方没有该类别的有效协议"),
    ):
        item = written(town, **given)
        with pytest.raises(Blocked) as refused:
            act(town, "dan", "apply", item)
        assert (refused.value.text.zh, Item.objects.get(pk=item.pk).state) == (text, "draft")


def test_the_expert_is_one_of_the_invited_hospital(town: Town) -> None:
    item = act(town, "dan", "apply", written(town))
    with pytest.raises(Blocked) as refused:
        act(town, "tom", "take", item, expert="dan")
    assert refused.value.text.zh == "专家不是受邀方的医师"


def test_only_the_expert_writes_and_signs(town: Town) -> None:
    item = act(town, "dan", "apply", written(town))
    act(town, "tom", "take", item, expert="exa")
    act(town, "tom", "schedule", item, session_at="2026-03-02 15:00")
    with pytest.raises(Missing):
        act(town, "exb", "start", item)
    with pytest.raises(NotAllowed):
        act(town, "tom", "start", item)


def test_who_sees_what(town: Town) -> None:
    item = written(town)
    assert not visible(consultation.CONSULTATION, town.actor("tom")).exists()
    act(town, "dan", "apply", item)
    assert visible(consultation.CONSULTATION, town.actor("tom"), ("materials",)).get().shown_materials == "CT"
    assert not visible(consultation.CONSULTATION, town.actor("exa")).exists()
    assert counted(consultation.CONSULTATION, town.actor("com")).count() == 1
    assert not visible(consultation.CONSULTATION, town.actor("com")).exists()


def test_imaging_is_reported_within_a_day(town: Town) -> None:
    item = act(town, "dan", "apply", written(town))
    act(town, "tom", "take", item, expert="exa")
    due = item.todos.get().due
    assert due is not None
    assert (due - NOW).total_seconds() == 1440 * 60


def test_rules_say_nothing_where_all_is_right() -> None:
    right = rules.Facts(True, True, True, True)
    assert [rule(right) for rule in (rules.agreement_in_force, rules.patient_consent, rules.licensed_for)] == [None] * 3
