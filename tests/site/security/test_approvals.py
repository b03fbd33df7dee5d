"""A16, A17 (审批与紧急查阅): an approval replayed, by its author, out of order; glass without a reason or too long."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.breakglass.actions import Shut, Terms, break_glass, review
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.refused import Conflict, Missing, NotAllowed
from yiheng.site.base.places.models import Delegation
from yiheng.site.base.places.standing import actor_of

from .picked import few
from .world import World, entered, post

TERMS = Terms(timedelta(hours=8), timedelta(days=2), frozenset(("auditor", "security")))


def asked(item: Item, step: str, key: object = None, **data: object) -> Asked:
    return Asked(item.flow, step, key or uuid4(), item.pk, seen=Item.objects.get(pk=item.pk).version, data=data)


def actor(world: World, name: tuple[str, str]) -> object:
    return actor_of(world.people[name].pk, timezone.localdate())


def state() -> object:
    return [
        *Item.objects.order_by("pk").values_list("pk", "state", "version"),
        Act.objects.count(),
        Entry.objects.count(),
    ]


def test_an_approval_is_not_replayed(world: World) -> None:
    item, now = world.items["purchase"], timezone.localtime()
    office = actor(world, ("purchase_office", "own"))
    first = asked(item, "approve", value="agree", comment="")
    done = act(office, first, now)
    after, seen = state(), Look.objects.count()
    assert act(office, first, now) == done, "the same request again is the same act"
    with pytest.raises(Conflict):
        act(actor(world, ("president", "own")), first, now)
    with pytest.raises(Conflict):
        act(office, Asked(**(first.__dict__ | {"data": {"value": "refuse", "comment": ""}})), now)
    with pytest.raises(Conflict):
        act(office, Asked(**(first.__dict__ | {"request": uuid4()})), now)
    with pytest.raises(NotAllowed):
        act(office, asked(item, "approve", value="agree", comment=""), now)
    assert (state(), Look.objects.count()) == (after, seen + 4)


def test_nobody_approves_what_one_asked_for(world: World) -> None:
    """Neither as another role, nor for another, nor through a lent post."""
    item, now, head = world.items["purchase"], timezone.localtime(), world.people["head", "own"]
    post(head, "purchase_office", world.places["institution.own"])
    day = timezone.localdate()
    Delegation.objects.create(
        giver=world.people["president", "own"], taker=head, reason="休假", start=day, end=day + timedelta(days=9)
    )
    Delegation.objects.create(
        giver=head, taker=world.people["leader", "own"], reason="休假", start=day, end=day + timedelta(days=9)
    )
    before, seen = state(), Look.objects.count()
    for who in (("head", "own"), ("leader", "own")):
        with pytest.raises(NotAllowed):
            act(actor(world, who), asked(item, "approve", value="agree", comment=""), now)
    page = entered(head).get(f"/items/{item.pk}/do/approve/")
    assert page.status_code == 200
    assert "须由他人办理" in page.content.decode()
    assert (state(), Look.objects.filter(outcome="apart").count()) == (before, 2)
    assert Look.objects.count() > seen


@pytest.mark.parametrize(
    "step", few(["intend", "inquire", "announce", "close_bids", "award", "contract", "accept", "settle"], 2)
)
def test_no_step_is_skipped(world: World, step: str) -> None:
    item, before = world.items["purchase"], state()
    for role in ("purchasing", "acceptance", "purchase_office", "president"):
        with pytest.raises((NotAllowed, Missing)):
            act(actor(world, (role, "own")), asked(item, step), timezone.localtime())
    assert state() == before
    assert Look.objects.filter(action=f"procurement.{step}").count() == 4


def test_steps_of_another_flow_or_of_no_flow(world: World) -> None:
    item, buyer, before = world.items["purchase"], actor(world, ("purchasing", "own")), state()
    for wrong in (
        Asked("bid", "lodge", uuid4(), parent=item.pk),
        Asked("procurement", "nothing", uuid4(), item.pk, seen=1),
    ):
        with pytest.raises(NotAllowed):
            act(buyer, wrong, timezone.localtime())
    assert state() == before


@pytest.mark.parametrize(
    ("reason", "hours", "code"),
    [
        ("", 1, "glass_reason"),
        (" 急 ", 1, "glass_reason"),
        ("患者昏迷抢救", 9, "glass_long"),
        ("患者昏迷抢救", 0, "glass_long"),
        ("患者昏迷抢救", -1, "glass_long"),
    ],
)
def test_glass_is_not_broken_without_reason_or_for_too_long(world: World, reason: str, hours: int, code: str) -> None:
    doctor, now = actor(world, ("doctor", "other")), timezone.localtime()
    with pytest.raises(Shut) as shut:
        break_glass(doctor, world.items["errand"], reason, timedelta(hours=hours), TERMS, now)
    assert shut.value.code == code
    assert (Glass.objects.count(), Look.objects.filter(action="glass.break", outcome=code).count()) == (0, 1)


def test_glass_that_is_not_reviewed_bars_the_next_and_is_never_reviewed_by_its_breaker(world: World) -> None:
    person, now = world.people["doctor", "other"], timezone.localtime()
    doctor = actor(world, ("doctor", "other"))
    glass = break_glass(doctor, world.items["errand"], "患者昏迷抢救", timedelta(hours=1), TERMS, now)
    post(person, "auditor", world.places["institution.other"])
    later = now + timedelta(days=3)
    with pytest.raises(Shut):
        review(actor_of(person.pk, later.date()), glass, "justified", "无误", later)
    with pytest.raises(Shut) as shut:
        break_glass(doctor, world.items["errand"], "患者昏迷抢救", timedelta(hours=1), TERMS, later)
    assert shut.value.code == "glass_open_review"
    assert Glass.objects.get().reviewed_at is None
