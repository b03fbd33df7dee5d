"""To-dos (待办): whom an item waits for, written by every act, and filed under the keys by which `inbox` finds it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.facts import Facts, turn_of
from yiheng.site.base.flow.models import Addressed, Item, Todo
from yiheng.site.base.party.keys import turn_keys
from yiheng.site.base.party.party import Turn

LAST = 2**62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def renew(flow: Flow, item: Item, facts: Facts, now: datetime, due: datetime | None) -> None:
    """Write whom the item waits for from now on."""
    item.todos.all().delete()
    file(
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


def file(rows: Iterable[Todo]) -> None:
    """Write to-dos, and the keys under which they are found."""
    made = Todo.objects.bulk_create(rows)
    Addressed.objects.bulk_create(_under(todo, key) for todo in made for key in sorted(turn_keys(turn_of(todo))))


def _under(todo: Todo, key: str) -> Addressed:
    return Addressed(
        todo=todo,
        key=key,
        item_id=todo.item_id,
        matter_id=todo.matter_id,
        flow=todo.flow,
        step=todo.step,
        rank=rank(todo.due),
        since=stamp(todo.since),
        amount=todo.amount,
    )


def rank(due: datetime | None) -> int:
    """Where something stands by its due; LAST where it never is due."""
    return LAST if due is None else stamp(due)


def stamp(moment: datetime) -> int:
    """A moment in microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(stamp: int) -> datetime:
    """The moment of a stamp, in UTC."""
    return _EPOCH + timedelta(microseconds=stamp)


def put_off(item: Item, due: datetime | None) -> None:
    """Another moment at which what the item waits for is due."""
    item.todos.update(due=due)
    Addressed.objects.filter(todo__item=item).update(rank=rank(due))


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
