"""The errand with limits (带时限的差事): what tests of deadlines and of the tick declare, each for itself."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from site_small.flow import DONE, DRAFT, ERRAND, SENT, TAKEN
from site_small.models import Errand

from yiheng.base.words import Word
from yiheng.site.base.clock.span import Span
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.act import act
from yiheng.site.base.flow.declare import Flow, Limit, Step, state
from yiheng.site.base.flow.models import Deadline, Item
from yiheng.site.base.party import Author, PersonIn, RoleAt, RoleOver
from yiheng.site.base.places.roles import COMMISSION, LEADER

from ..town import Town

ZONE = ZoneInfo("Asia/Shanghai")
WAITING = state("waiting", "待补充", "waiting for more")
ASK = Step("ask", Word("要求补充", "ask for more"), (TAKEN,), WAITING, PersonIn("owner"), side=True)
MORE = Step("more", Word("补充", "say more"), (WAITING,), TAKEN, Author())
LATE = (RoleAt(LEADER, "receiver"), RoleOver(COMMISSION, "receiver"))
STATES = {each.code: each for each in (DRAFT, SENT, TAKEN, WAITING, DONE)}


def at(month: int, day: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def end(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 23, 59, 59, tzinfo=ZONE)


def limit(span: Span | None, *states: str, name: str = "answer", **more: object) -> Limit:
    """A limit on an errand that was sent, or in the states named."""
    held = tuple(STATES[code] for code in states or ("sent",))
    return Limit(name, Word("答复时限", "time to answer"), held, lambda item, began: span, **more)


def declared(patch: pytest.MonkeyPatch, *limits: Limit, steps: tuple[Step, ...] = ()) -> Flow:
    """The errand with these limits and further steps, for one test."""
    flow = replace(ERRAND, steps=(*ERRAND.steps, ASK, MORE, *steps), limits=limits)
    patch.setitem(registry._flows, "errand", (flow,))
    return flow


def do(town: Town, name: str, step: str, item: Item, when: datetime, reason: str = "", **data: object) -> None:
    """Somebody takes a step at a moment."""
    act(town.actor(name), town.asked(step, item, reason, **data), when)


def sent(town: Town, when: datetime, **data: object) -> Errand:
    """An errand that was sent at a moment."""
    item = town.begin(**data)
    do(town, "dan", "send", item, when)
    return Errand.objects.get(pk=item.pk)


def taken(town: Town, item: Item, when: datetime) -> None:
    do(town, "wei", "take", item, when, owner="wen")


def running(item: Item) -> list[tuple[str, datetime, bool]]:
    """The item's deadlines that have not ended: name, due, whether it stands still."""
    rows = Deadline.objects.filter(item=item.pk, ended_at=None).order_by("name")
    return [(row.name, row.due, row.paused_at is not None) for row in rows]


def dues(item: Item) -> set[datetime | None]:
    """The dues that the item's to-dos show."""
    return set(item.todos.values_list("due", flat=True))
