"""Several ticks at the same moment (定时办理并发): each level told once and in order, each system step taken once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from scenes import Scene
from site_small.flow import DRAFT, ERRAND, REFUSED, SENT
from town import NOW, Town, make_person, make_town

from yiheng.base.words import Word
from yiheng.site.base.clock.span import hours
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.deadlines import Overdue
from yiheng.site.base.flow.declare import Limit, Step
from yiheng.site.base.flow.models import Act, Deadline, Escalation, Event, Item
from yiheng.site.base.flow.refused import NotDone
from yiheng.site.base.flow.tick import tick
from yiheng.site.base.party import RoleAt, System
from yiheng.site.base.places.roles import LEADER
from yiheng.site.base.places.standing import actor_of

ITEMS, TICKS = 4, 4
LATE = (RoleAt(LEADER, "receiver"), RoleAt(LEADER, "sender"))
LATER = NOW + timedelta(days=3)
ANSWER = Limit(
    "answer",
    Word("答复时限", "time to answer"),
    (SENT,),
    lambda item, began: hours(2),
    LATE,
    lambda item, began, level: hours(24),
)


def _system(name: str, to: Any, when: Callable[[Item, datetime], bool], frm: Any = SENT) -> Step:
    return Step(name, Word("系统办理", "the site does it"), (frm,), to, System(), when=when)


def _declared(*steps: Step) -> None:
    registry._flows["errand"] = (replace(ERRAND, steps=(*ERRAND.steps, *steps), limits=(ANSWER,)),)


def _sent(town: Town) -> list[Item]:
    return [Item.objects.get(pk=town.sent().pk) for _ in range(ITEMS)]


def _ticked(number: int) -> str:  # noqa: ARG001
    done = tick(LATER)
    return "done" if not done.faults else "; ".join(repr(fault.error) for fault in done.faults)


def levels_once() -> Scene:
    """Four ticks after three days of downtime: both levels of four items, once and in order."""
    _declared()
    _sent(make_town())
    return Scene(TICKS, _ticked, _after)


def steps_once() -> Scene:
    """Four ticks when four items expire, the second level told: each expires once."""
    _declared(_system("expire", REFUSED, Overdue("answer", 2)))
    _sent(make_town())
    return Scene(TICKS, _ticked, _after)


def reminders_once() -> Scene:
    """A system step that stays in its state, for as long as nobody has acted since: once an item."""
    _declared(_system("remind", None, lambda item, now: item.version == 2))
    _sent(make_town())
    return Scene(TICKS, _ticked, _after)


def ticks_and_takers() -> Scene:
    """Ticks while people take the items: an item is taken or expires, never both, and what was left tells nobody."""
    _declared(_system("expire", REFUSED, Overdue("answer", 2)))
    town = make_town()
    items = _sent(town)
    people = [make_person(f"w{number}", ("errand_desk", town.west)).pk for number in range(ITEMS)]

    def one(number: int) -> str:
        if number >= ITEMS:
            return _ticked(number)
        item = items[number]
        asked = Asked("errand", "take", uuid4(), item.pk, seen=item.version, data={"owner": "wen"})
        try:
            act(actor_of(people[number], NOW.date()), asked, LATER)
        except NotDone as told:
            return told.code
        return "taken"

    return Scene(ITEMS + 2, one, _after)


def _after() -> dict[str, Any]:
    levels = list(Escalation.objects.order_by("deadline", "pk").values_list("deadline__item", "level"))
    late = Event.objects.filter(kind="late").order_by("item", "pk")
    return {
        "levels": [[level for each, level in levels if each == item] for item in sorted({each for each, _ in levels})],
        "events agree": [(event.item_id, event.content["level"]) for event in late] == levels,
        "counted": sorted(Deadline.objects.values_list("level", flat=True)),
        "running": Deadline.objects.filter(ended_at=None).count(),
        "steps": {step: Act.objects.filter(step=step).count() for step in ("take", "expire", "remind")},
        "states": sorted(Item.objects.exclude(state=DRAFT.code).values_list("state", flat=True)),
    }


SCENES = {scene.__name__: scene for scene in (levels_once, steps_once, reminders_once, ticks_and_takers)}
GUARDS = {"come": lambda: patch("yiheng.site.base.flow.tick._has_come", lambda *_: True)}
