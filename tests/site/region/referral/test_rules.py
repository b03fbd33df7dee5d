"""The rules of referral, each with what it lets pass."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from yiheng.base.words import Word
from yiheng.site.region.referral import policy, rules
from yiheng.site.region.referral.rules import Facts, Stay

DAY = date(2026, 3, 2)
UP = Facts(
    direction="up",
    grounds=("beyond",),
    offered=policy.named("up_grounds", DAY),
    dangers={},
    is_escorted=False,
    is_confirmed=False,
    is_elsewhere=True,
    is_capable=True,
    subject="03",
    plan="",
    review_on=None,
    red_flags="",
    has_family_doctor=False,
    is_taken_over=False,
    is_receivers_slot=True,
    is_slot_dated=True,
    is_receivers_doctor=True,
    day=DAY,
)
DOWN = replace(
    UP,
    direction="down",
    grounds=("stable", "planned"),
    offered=policy.named("down_grounds", DAY),
    plan="口服药",
    review_on=DAY,
    red_flags="胸痛",
    has_family_doctor=True,
)
DANGER = policy.named("dangers", DAY)


@pytest.mark.parametrize(
    ("facts", "objects"),
    [
        (UP, False),
        (DOWN, False),
        (replace(UP, grounds=()), True),
        (replace(UP, grounds=("beyond", "stable")), True),
        (replace(DOWN, grounds=("request",)), True),
    ],
)
def test_grounds_are_those_of_the_direction(facts: Facts, objects: bool) -> None:
    said = rules.grounds_fit(facts)
    assert (said is not None) == objects
    if said:
        assert said.evidence[0].source == f"policy/referral/regional: {facts.direction}_grounds"


@pytest.mark.parametrize(
    ("escorted", "confirmed", "objects"),
    [(False, False, True), (True, False, True), (False, True, True), (True, True, False)],
)
def test_nobody_in_danger_is_sent_without_team_and_escort(escorted: bool, confirmed: bool, objects: bool) -> None:
    facts = replace(UP, dangers={"airway": DANGER["airway"]}, is_escorted=escorted, is_confirmed=confirmed)
    said = rules.safe_to_send(facts)
    assert (said is not None) == objects
    if said:
        assert said.text.zh == "气道不稳定：须接收团队确认并有医务人员护送"


def test_without_danger_no_escort_is_asked_for() -> None:
    assert rules.safe_to_send(UP) is None


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (UP, None),
        (DOWN, None),
        (replace(DOWN, plan=" "), Word("下转须填写：后续治疗方案", "a referral downwards needs a plan")),
        (
            replace(DOWN, plan="", review_on=None, red_flags="", has_family_doctor=False),
            Word(
                "下转须填写：后续治疗方案、复诊日期、须返院的情形、家庭医生",
                "a referral downwards needs a plan, a day of review, when to come back, a family doctor",
            ),
        ),
        (replace(DOWN, review_on=date(2026, 3, 1)), Word("复诊日期已过", "the day of review has passed")),
    ],
)
def test_downwards_nobody_goes_without_a_plan(facts: Facts, text: Word | None) -> None:
    said = rules.plan_if_down(facts)
    assert (said and said.text) == text


def test_downwards_it_closes_when_the_family_doctor_has_taken_over() -> None:
    assert rules.taken_over_if_down(UP) is None
    assert rules.taken_over_if_down(DOWN) is not None
    assert rules.taken_over_if_down(replace(DOWN, is_taken_over=True)) is None


def test_once_a_family_doctor_has_taken_over_no_other_is_named() -> None:
    assert rules.not_taken_over(DOWN) is None
    said = rules.not_taken_over(replace(DOWN, is_taken_over=True))
    assert said is not None
    assert said.text == Word(
        "家庭医生已接续管理，不再更换", "the family doctor has taken over and is not changed any more"
    )


def test_receiver_and_slot() -> None:
    assert rules.sent_elsewhere(UP) is None
    assert rules.sent_elsewhere(replace(UP, is_elsewhere=False)) is not None
    assert rules.slot_of_receiver(UP) is None
    assert rules.receiver_capable(UP) is None
    assert rules.receiver_capable(replace(UP, is_capable=False)) is not None
    assert rules.slot_of_receiver(replace(UP, is_receivers_slot=False)) is not None
    assert rules.slot_dated(UP) is None
    assert rules.slot_dated(replace(UP, is_slot_dated=False)) is not None
    assert rules.doctor_of_receiver(UP) is None
    assert rules.doctor_of_receiver(replace(UP, is_receivers_doctor=False)) is not None
    assert rules.sent_on(is_another=True) is None
    assert rules.sent_on(is_another=False) is not None


@pytest.mark.parametrize(("arrived", "objects"), [(-1, True), (0, False), (5, False), (10, False), (11, True)])
def test_nobody_arrives_before_being_referred_or_later_than_now(arrived: int, objects: bool) -> None:
    sent = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    said = rules.arrived_in_order(Stay(sent, sent + timedelta(minutes=arrived), None, sent + timedelta(minutes=10)))
    assert (said and said.text) == (
        Word("到院时间须在提交之后、不晚于现在", "the arrival is after the submission and not later than now")
        if objects
        else None
    )
