"""To-dos (待办): whom an item waits for, written by every act; a person's inbox is one question to one table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.facts import EVERY, Facts
from yiheng.site.base.flow.models import Bar, Item, Seat, Todo
from yiheng.site.base.party.party import NOBODY, Turn, waiting_for
from yiheng.site.base.places.standing import Actor, Standing


def inbox(actor: Actor) -> "QuerySet[Todo]":
    """What waits for the actor, the earliest due first; never what the actor may not do because of a duty done."""
    waits, found = NOBODY, NOBODY
    for standing in actor:
        waits |= waiting_for(standing)
        found |= _of(standing)
    # What waits is asked first and plainly, as an index answers that; the rest is asked of those rows alone.
    return Todo.objects.filter(waits, found).order_by(F("due").asc(nulls_last=True), "pk")


def _of(standing: Standing) -> Q:
    found = waiting_for(standing) & ~Q(Exists(_barred(standing))) & ~Q(Exists(_answered(standing)))
    if standing.flow:
        found &= Q(flow=standing.flow)
    if standing.cap is not None:
        found &= Q(amount__isnull=True) | Q(amount__lte=standing.cap)
    return found


def _barred(standing: Standing) -> "QuerySet[Bar]":
    duty = Q(flow=OuterRef("flow"), step=OuterRef("step")) | Q(flow=EVERY, step=EVERY)
    return Bar.objects.filter(duty, matter=OuterRef("matter"), person__in=standing.people)


def _answered(standing: Standing) -> "QuerySet[Seat]":
    """The seats of the same panel that one of these people has filled."""
    here = {"poll__item": OuterRef("item"), "poll__step": OuterRef("step"), "poll__closed_at": None}
    hands = Q(person_answered__in=standing.people) | Q(behalf__in=standing.people, person_answered__isnull=False)
    return Seat.objects.filter(hands, **here)


def renew(flow: Flow, item: Item, facts: Facts, now: datetime, due: datetime | None) -> None:
    """Write whom the item waits for from now on."""
    item.todos.all().delete()
    Todo.objects.bulk_create(
        Todo(
            item=item,
            matter_id=item.matter_id,
            flow=flow.code,
            step=step,
            role=turn.role,
            path=turn.path,
            over=turn.over,
            person_id=turn.person,
            since=now,
            due=due,
            amount=facts.amount,
        )
        for step, turn in _turns(flow, facts)
    )


def _turns(flow: Flow, facts: Facts) -> Iterator[tuple[str, Turn]]:
    """The steps that are waited for and whom they wait for: an open panel's seats, or the step's party."""
    for step in flow.leaving(facts.state):
        if step.panel is not None:
            turns = list(dict.fromkeys(seat.turn for seat in facts.seats.get(step.name, ())))
        elif step.side or step.is_the_systems:
            turns = []
        else:
            turns = _narrowed(step.who.turns(facts.concerned), facts.passed.get(step.name, ()))
        yield from ((step.name, turn) for turn in turns)


def _narrowed(turns: list[Turn], passed: tuple[Turn, ...]) -> list[Turn]:
    """What was passed on waits for that one person; where nothing of it is a turn any more, it has lapsed."""
    return [turn for turn in passed if replace(turn, person=None) in turns] or turns
