"""The inbox: counted as far as is asked, in one order however much waits; keys and to-dos never part."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from operator import attrgetter
from typing import Any

import pytest

from yiheng.site.base.flow.facts import turn_of
from yiheng.site.base.flow.inbox import Inbox, Line, inbox
from yiheng.site.base.flow.models import Addressed, Item, Todo
from yiheng.site.base.flow.todos import LAST, file, moment_of, put_off, rank, stamp
from yiheng.site.base.party.keys import turn_keys

from ..town import NOW, Town, lend
from .made import scene

FAR = 1_000


def numbers(lines: list[list[Line]]) -> list[int]:
    return [todos[0].item for todos in lines]


SAID = ("item_id", "matter_id", "flow", "step", "amount")


def filed() -> set[tuple[Any, ...]]:
    return set(Addressed.objects.values_list("todo", "key", "rank", "since", *SAID))


def expected() -> set[tuple[Any, ...]]:
    said = attrgetter(*SAID)
    todos = [(todo, keyed) for todo in Todo.objects.all() for keyed in turn_keys(turn_of(todo))]
    return {(todo.pk, keyed, rank(todo.due), stamp(todo.since), *said(todo)) for todo, keyed in todos}


@pytest.fixture
def due(town: Town) -> dict[str, Item]:
    """Five errands for the desk of the west, one without a due."""
    made = {}
    for name, days in (("a", 3), ("b", None), ("c", -1), ("d", 3), ("e", 0)):
        made[name] = town.sent(subject=name)
        put_off(made[name], None if days is None else NOW + timedelta(days=days))
    return made


def test_the_rank_keeps_the_order_to_the_microsecond() -> None:
    assert rank(datetime(1970, 1, 2, 8, tzinfo=timezone(timedelta(hours=8)))) == 86_400_000_000
    moments = [NOW + timedelta(days=days, microseconds=each) for days in (-30_000, 0, 300_000) for each in (0, 1)]
    assert [rank(moment) - rank(NOW) for moment in moments[2:4]] == [0, 1]
    assert sorted(map(rank, [*moments, None])) == [*map(rank, moments), LAST]


def test_a_line_says_what_its_to_dos_say(town: Town, due: dict[str, Item]) -> None:
    lines = Inbox(town.actor("wei"), FAR).between(0, 9)
    todos = [Todo.objects.get(item=number) for number in numbers(lines)]
    assert [(its.item, its.todo, its.flow, its.step, its.waits_since, its.due) for (its,) in lines] == [
        (todo.item_id, todo.pk, todo.flow, todo.step, todo.since, todo.due) for todo in todos
    ]
    assert {due[name].pk for name in "abcde"} == set(numbers(lines))
    assert moment_of(stamp(NOW + timedelta(microseconds=1))) == NOW + timedelta(microseconds=1)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, FAR])
def test_the_order_is_one_however_much_was_counted(town: Town, due: dict[str, Item], most: int) -> None:
    its = Inbox(town.actor("wei"), most)
    assert (its.count, its.more) == (min(most, 5), most < 5)
    order = [due[name].pk for name in "ceadb"]
    assert numbers(its.between(0, 9)) == order
    assert [numbers(its.between(first, first + 2)) for first in (0, 2, 4, 6)] == [order[:2], order[2:4], order[4:], []]


@pytest.mark.parametrize("most", [0, FAR])
def test_a_part_of_it(town: Town, due: dict[str, Item], most: int) -> None:
    Item.objects.filter(pk=due["d"].pk).update(number="E-0042")
    actor = town.actor("wei")
    assert numbers(Inbox(actor, most, number="004").between(0, 9)) == [due["d"].pk]
    assert len(Inbox(actor, most, flow="errand").between(0, 9)) == 5
    assert Inbox(actor, most, flow="other").between(0, 9) == []
    assert [Inbox(actor, most, *its).narrowed for its in ((), ("errand",), ("", "1"))] == [False, True, True]


@pytest.mark.parametrize("most", [1, 2, FAR])
def test_those_without_a_due_are_in_the_order_of_their_numbers(town: Town, most: int) -> None:
    made = [town.sent() for _ in range(5)]
    for item in made:
        put_off(item, None)
    its = Inbox(town.actor("wei"), most)
    assert [numbers(its.between(first, first + 2)) for first in (0, 2, 4)] == [
        [item.pk for item in made[first : first + 2]] for first in (0, 2, 4)
    ]


def test_two_questions_are_asked_whatever_waits(
    town: Town, due: dict[str, Item], django_assert_num_queries: Callable[[int], Any]
) -> None:
    """Counted, and read; also for whoever stands for another; nothing is read for whom nothing waits."""
    actor, without = town.actor("wei"), town.actor("out")
    lend(town.people["wen"], town.people["eva"])
    lent = town.actor("eva")
    for whose, most in ((actor, FAR), (actor, 2), (lent, FAR), (lent, 2)):
        with django_assert_num_queries(2):
            assert len(Inbox(whose, most).between(0, 4)) == 4, due
    with django_assert_num_queries(1):
        assert Inbox(without, FAR).between(0, 4) == []


@pytest.mark.parametrize(
    ("most", "questions", "counted"),
    [(3, 2, (3, True)), (5, 3, (5, False)), (6, 3, (5, False)), (9, 3, (5, False)), (10, 2, (5, False))],
)
def test_whoever_stands_for_a_colleague_counts_each_once(
    town: Town, due: dict[str, Item], django_assert_num_queries: Callable[[int], Any], most: int, questions: int,
    counted: tuple[int, bool],
) -> None:  # fmt: skip
    """Of one post, so that each to-do is found twice."""
    lend(town.people["wen"], town.people["wei"])
    actor = town.actor("wei")
    with django_assert_num_queries(questions):
        its = Inbox(actor, most)
        assert len(its.between(0, len(due))) == len(due)
    assert (its.count, its.more) == counted


@pytest.mark.usefixtures("due")
def test_who_has_nothing_to_do(town: Town) -> None:
    its = Inbox(town.actor("out"), FAR)
    assert (its.count, its.more, its.between(0, 9)) == (0, False, [])


@pytest.mark.parametrize("most", [0, FAR])
def test_what_waits_twice_is_one_line(town: Town, most: int) -> None:
    """A to-do that falls to a post of one's own and to a lent one; two to-dos of one item."""
    lend(town.people["wen"], town.people["wei"])
    item = town.sent()
    file([Todo(item=item, matter_id=item.pk, flow="errand", step="refuse", person=town.people["wei"], since=NOW)])
    its = Inbox(town.actor("wei"), most)
    assert [[todo.step for todo in todos] for todos in its.between(0, 9)] == [["take", "refuse"]]
    assert (its.count, its.more) == ((1, False) if most else (0, True))


@pytest.mark.property
@pytest.mark.django_db
def test_however_it_is_read_it_is_the_same() -> None:
    made = scene(1, people=14, items=12, moves=8)
    assert filed() == expected(), "every act left the keys as the to-dos say"
    for number, item in enumerate(made.items):
        put_off(item, None if number % 3 == 0 else NOW + timedelta(hours=number % 4))
    assert filed() == expected()
    read = 0
    for actor in made.actors.values():
        whole = Inbox(actor, FAR).between(0, FAR)
        waits = set(inbox(actor).values_list("todo", flat=True))
        assert {its.todo for todos in whole for its in todos} == waits
        assert Inbox(actor, 0).between(0, FAR) == whole
        assert Inbox(actor, FAR).count == len(whole)
        read += len(whole)
    assert read == 7


def test_what_is_done_is_filed_no_more(town: Town) -> None:
    item = town.sent()
    assert {key for _, key, *_ in filed()} == {"errand_desk at /14/1401/W/"}
    town.act("wei", "refuse", item, reason="不收")
    assert filed() == set()
