"""Every referral has a way to its end, and a place that nobody comes to is given back (转诊的出路)."""

from datetime import datetime, timedelta

import pytest

from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.models import Event, Item
from yiheng.site.base.flow.refused import Blocked, Missing, NotAllowed
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.ledger.reading import prove
from yiheng.site.region.referral.models import Referral
from yiheng.site.region.referral.parties import PLACES

from .county import DOWN, NOW, County


def state(item: Item) -> str:
    return Item.objects.get(pk=item.pk).state


def legs(county: County) -> tuple[int, int, int, int]:
    """What of the place is held, committed and used, and what is left of it."""
    cell = Cell.objects.get(pk=county.slot.pk)
    assert not prove("referral")
    return cell.held, cell.committed, cell.used, cell.available


def moment(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, 0, tzinfo=NOW.tzinfo)


# On the way


def test_whoever_left_and_never_came_gives_the_place_back(county: County) -> None:
    item = county.in_transit()
    assert legs(county) == (1, 0, 0, 2)
    county.later(days=2, minutes=-1)
    assert (state(item), legs(county)) == ("in_transit", (1, 0, 0, 2))
    county.later(minutes=1)
    assert (state(item), legs(county)) == ("noshow", (0, 0, 0, 3))


def test_whoever_left_after_the_appointed_time_has_as_long_from_then_on(county: County) -> None:
    item = county.scheduled()
    county.later(days=1, hours=20)
    county.act("doc", "depart", item)
    county.later(hours=24, minutes=-1)
    assert (state(item), legs(county)) == ("in_transit", (1, 0, 0, 2))
    county.later(minutes=1)
    assert (state(item), legs(county)) == ("noshow", (0, 0, 0, 3))


@pytest.mark.parametrize("who", ["doc", "out"])
def test_a_transfer_is_cancelled_on_the_way(county: County, who: str) -> None:
    item = county.in_transit()
    county.act(who, "cancel", item, "途中病情变化，就近收治")
    assert (state(item), legs(county)) == ("cancelled", (0, 0, 0, 3))


def test_only_the_senders_side_cancels_on_the_way(county: County) -> None:
    item = county.in_transit()
    with pytest.raises(NotAllowed) as refused:
        county.act("desk", "cancel", item, "不收了")
    assert (refused.value.why, state(item), legs(county)) == (Why.PARTY, "in_transit", (1, 0, 0, 2))


def late(item: Item) -> list[tuple[datetime, int, list[tuple[str, str]]]]:
    """When whom was told, by level, that an arrival was not registered."""
    told = Event.objects.filter(item=item, kind="late", content__limit="arrival").order_by("pk")
    return [
        (each.at, each.content["level"], [(turn["role"], turn["path"]) for turn in each.content["turns"]])
        for each in told
    ]


def test_both_ends_then_the_centre_are_asked_about_a_patient_who_is_on_the_way(county: County) -> None:
    item = county.in_transit()
    (row,) = item.deadlines.filter(ended_at=None)
    assert (row.name, row.began_at, row.due) == ("arrival", moment(3, 9), moment(3, 15))
    county.later(days=1, hours=6, seconds=-1)
    assert late(item) == []
    county.later(seconds=1)
    big, small = county.city_hospital.path, county.county_hospital.path
    sender, receiver = ("referral_desk", small), ("referral_desk", big)
    assert late(item) == [
        (moment(3, 15), 1, [("", ""), sender, receiver]),
        (moment(3, 15), 2, [receiver, ("referral_centre", big)]),
    ]
    assert state(item) == "in_transit"
    county.act("desk", "arrive", item, arrived_at="2026-03-03 14:00")
    assert (legs(county), item.deadlines.filter(name="arrival", ended_at=None).count()) == ((0, 0, 1, 2), 0)


def test_the_time_on_the_way_counts_from_a_departure_that_was_later(county: County) -> None:
    item = county.scheduled()
    county.later(days=1, hours=3)
    county.act("doc", "depart", item)
    (row,) = item.deadlines.filter(ended_at=None)
    assert (row.began_at, row.due) == (moment(3, 12), moment(3, 18))


# A place without a time


def test_a_place_without_a_time_is_not_scheduled(county: County) -> None:
    cell = open_cell(PLACES, "B|any", "加床", NOW, 1, county.city_hospital)
    item = county.submitted()
    county.act("desk", "accept", item)
    with pytest.raises(Blocked) as refused:
        county.act("desk", "schedule", item, slot=str(cell.pk))
    assert refused.value.text.zh == "所选床位或号源没有时间"
    assert (state(item), Cell.objects.get(pk=cell.pk).held, Referral.objects.get(pk=item.pk).slot) == (
        "accepted", 0, None,
    )  # fmt: skip


# Downwards


def test_downwards_nobody_is_sent_without_a_family_doctor_and_the_sender_mends_it(county: County) -> None:
    item = county.written(**DOWN, family_doctor="")
    county.act("doc", "consent", item, consent="家属")
    with pytest.raises(Blocked) as refused:
        county.act("doc", "submit", item)
    assert (refused.value.text.zh, refused.value.text.en) == (
        "下转须填写：家庭医生", "a referral downwards needs a family doctor",
    )  # fmt: skip
    assert (state(item), Item.objects.get(pk=item.pk).number) == ("consented", "")
    county.act("doc", "amend", item, **county.form(**DOWN))
    assert state(item) == "draft", "what was changed is consented to anew"
    county.act("doc", "consent", item, consent="家属")
    county.act("doc", "submit", item)
    assert state(item) == "submitted"


def test_upwards_a_family_doctor_may_lack(county: County) -> None:
    assert state(county.submitted(family_doctor="")) == "submitted"


@pytest.mark.parametrize("who", ["out", "desk"])
def test_the_desk_of_either_end_names_another_family_doctor_to_the_last(county: County, who: str) -> None:
    item = county.in_care(**DOWN)
    county.act("desk", "feedback", item, outcome="recovered", feedback="稳定")
    county.act(who, "name_family_doctor", item, family_doctor="stranger")
    assert state(item) == "completed"
    with pytest.raises(Missing):  # the former sees it no more
        county.act("fam", "take_over", item, taken_over="on")
    county.act("stranger", "take_over", item, taken_over="on")
    with pytest.raises(Blocked) as refused:
        county.act(who, "name_family_doctor", item, family_doctor="fam")
    assert refused.value.text.zh == "家庭医生已接续管理，不再更换"
    assert Referral.objects.get(pk=item.pk).family_doctor == county.people["stranger"]
    county.act("stranger", "close", item)
    assert state(item) == "closed"


def test_nobody_else_names_the_family_doctor(county: County) -> None:
    item = county.submitted(**DOWN)
    for who in ("fam", "centre"):
        with pytest.raises(NotAllowed) as refused:
            county.act(who, "name_family_doctor", item, family_doctor="stranger")
        assert refused.value.why is Why.PARTY
    assert Referral.objects.get(pk=item.pk).family_doctor == county.people["fam"]


# When the patient came


@pytest.mark.parametrize("at", ["2026-03-02 08:59", "2026-03-03 09:01", "2025-03-03 09:00"])
def test_nobody_arrives_before_being_referred_or_later_than_now(county: County, at: str) -> None:
    item = county.scheduled()
    county.now += timedelta(days=1, seconds=40)
    with pytest.raises(Blocked) as refused:
        county.act("desk", "arrive", item, arrived_at=at)
    assert refused.value.text.zh == "到院时间须在提交之后、不晚于现在"
    assert (state(item), legs(county), Referral.objects.get(pk=item.pk).arrived_at) == (
        "scheduled", (1, 0, 0, 2), None,
    )  # fmt: skip


@pytest.mark.parametrize("at", ["2026-03-02 09:00", "2026-03-03 09:00"])
def test_whoever_comes_in_the_minute_of_the_submission_or_now_has_arrived(county: County, at: str) -> None:
    county.now += timedelta(seconds=30)
    item = county.scheduled()
    county.now += timedelta(days=1)
    county.act("desk", "arrive", item, arrived_at=at)
    assert (state(item), legs(county)) == ("in_care", (0, 0, 1, 2))
