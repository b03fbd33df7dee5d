"""The errand with a panel (带会签的差事): what tests of panels declare, each for itself."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from site_small.flow import DRAFT, ERRAND, REFUSED, TAKEN

from yiheng.base.words import Word
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.act import act
from yiheng.site.base.flow.declare import Flow, Sight, Step, state
from yiheng.site.base.flow.models import Item, Poll, Seat
from yiheng.site.base.panel.rung import Rung
from yiheng.site.base.party import Party, RoleAt
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.roles import FINANCE, LEADER, OPERATIONS

from ..town import NOW, START, Town, make_person

ASKED = state("asked", "待审批", "to be approved")
BACK = state("back", "退回修改", "sent back")

FIRST = Rung(Word("财务", "finance"), RoleAt(FINANCE, "sender"))
SECOND = Rung(Word("运营", "operations"), RoleAt(OPERATIONS, "sender"))
TOP = Rung(Word("院长", "leader"), RoleAt(LEADER, "sender"))


def declared(patch: pytest.MonkeyPatch, panel: Any, *more: Step, who: Party | None = None) -> Flow:
    """The errand that is sent to a panel before it is taken."""
    ask = Step("ask", Word("报批", "ask"), (DRAFT, BACK), ASKED, ERRAND.by_name["send"].who)
    approve = Step(
        "approve", Word("审批", "approve"), (ASKED,), TAKEN, who or Party(), panel=panel, refused=REFUSED, returned=BACK
    )
    sights = (*ERRAND.sights, Sight(who)) if who else ERRAND.sights
    flow = replace(ERRAND, steps=(*ERRAND.steps, ask, approve, *more), sights=sights, apart=(("approve", "confirm"),))
    patch.setitem(registry._flows, "errand", (flow,))
    patch.setattr(registry, "_apart", cache(registry._apart.__wrapped__))
    return flow


def staffed(town: Town) -> Town:
    """Two in the finance office, one in operations; the leader is there."""
    for name, role in (("fay", "finance"), ("fox", "finance"), ("ora", "operations")):
        town.people[name] = make_person(name, (role, town.east), name=name)
    return town


def hold(town: Town, name: str, role: str) -> None:
    Post.objects.create(person=town.people[name], role=role, place=town.east, start=START)


def asked(town: Town, **data: object) -> Item:
    """An errand whose panel is open."""
    item = town.begin(**data)
    town.act("dan", "ask", item)
    return item


def say(town: Town, name: str, item: Item, value: str = "agree", comment: str = "") -> None:
    town.act(name, "approve", item, value=value, comment=comment)


def do(town: Town, name: str, step: str, item: Item, when: Any = NOW, reason: str = "", **data: object) -> None:
    act(town.actor(name), town.asked(step, item, reason, **data), when)


def state_of(item: Item) -> str:
    return Item.objects.get(pk=item.pk).state


def poll_of(item: Item) -> Poll:
    return Poll.objects.filter(item=item.pk).latest("pk")


def waits_for(item: Item) -> set[tuple[str, str, str]]:
    """The to-dos of the panel: role, path, person."""
    rows = item.todos.filter(step="approve").select_related("person")
    return {(row.role, row.path, row.person.username if row.person else "") for row in rows}


def answers(item: Item) -> list[tuple[str, str]]:
    rows = Seat.objects.filter(poll=poll_of(item), person_answered__isnull=False).select_related("person_answered")
    return [(row.person_answered.username, row.value) for row in rows.order_by("at", "rung")]
