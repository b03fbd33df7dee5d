"""The scenes (场景): who asks for what at the same moment, and what must be there afterwards."""

# ruff: noqa: E402 (the makers of the scenes lie in the folders of their rooms)

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

_TESTS = Path(__file__).resolve().parents[1]
for _folder in ("base", "management/procurement", "region/referral"):
    sys.path.insert(0, str(_TESTS / _folder))

from county import make_county
from django.db import transaction
from django.db.models import Q
from hospital import make_hospital
from town import NOW, Town, make_person, make_town

from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.models import Act, Event, Item, Poll
from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.ledger.moves import Ask, By, hold
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.refused import NotDone
from yiheng.site.management.procurement import policy
from yiheng.site.management.procurement.models import Procurement
from yiheng.site.management.procurement.parties import BUDGET

_MOMENT = 0.3


@contextmanager
def no_gates() -> Iterator[None]:
    """Sums are asked for without a lock, and whoever has asked thinks for a moment."""
    real = policy.band

    def slowly(total: int, day: Any) -> list[str]:
        time.sleep(_MOMENT)
        return real(total, day)

    numbers = count(1)  # a series of numbers has a lock of its own, behind which the two would wait
    with (
        patch("yiheng.site.base.flow.act._hold_gates", lambda acting: None),
        patch("yiheng.site.base.document.numbers.next_in", lambda series: next(numbers)),
        patch.object(policy, "band", slowly),
    ):
        yield


@contextmanager
def no_order() -> Iterator[None]:
    """Cells are locked as they are asked for, with a moment between."""

    def as_asked(cells: Iterable[int]) -> dict[int, Cell]:
        found = {}
        for number in cells:
            found[number] = Cell.objects.select_for_update().get(pk=number)
            time.sleep(_MOMENT)
        return found

    with patch.object(moves, "lock", as_asked):
        yield


@contextmanager
def no_room() -> Iterator[None]:
    """A cell is changed without asking whether so much is left."""
    with patch.object(moves, "_room", lambda amount, reason: Q()), patch.object(moves, "lock", _as_they_are):
        yield


def _as_they_are(cells: Iterable[int]) -> dict[int, Cell]:
    return {cell.pk: cell for cell in Cell.objects.filter(pk__in=set(cells))}


GUARDS: dict[str, Callable[[], Any]] = {"gates": no_gates, "order": no_order, "room": no_room}


@dataclass
class Scene:
    """Some actors who act at once: `act` gives what one of them was told, `after` what is in the database."""

    actors: int
    act: Callable[[int], str]
    after: Callable[[], dict[str, Any]]


def eight_take_one() -> Scene:
    """Eight people of one desk accept one item: one does, seven are told."""
    town = make_town()
    people = [make_person(f"w{number}", ("errand_desk", town.west)) for number in range(8)]
    item = Item.objects.get(pk=town.sent().pk)
    keys = [uuid4() for _ in people]

    def take(number: int) -> str:
        asked = Asked("errand", "take", keys[number], item.pk, seen=item.version, data={"owner": "wen"})
        return _asked(people[number].pk, asked)

    return Scene(8, take, lambda: _acts(item, "take"))


def one_request_eight_times() -> Scene:
    """One request is delivered eight times: one effect, and each is told the same."""
    town = make_town()
    item = Item.objects.get(pk=town.sent().pk)
    asked = Asked("errand", "take", UUID(int=7), item.pk, seen=item.version, data={"owner": "wen"})
    person = town.people["wei"].pk
    return Scene(8, lambda number: _asked(person, asked), lambda: _acts(item, "take"))


def one_beginning_eight_times() -> Scene:
    """The making of an item is delivered eight times: one item."""
    town = make_town()
    data = {"sender": "E", "receiver": "W", "subject": "血样", "amount": "90"}
    asked = Asked("errand", "begin", UUID(int=8), data=data)
    person = town.people["dan"].pk
    return Scene(8, lambda number: _asked(person, asked), lambda: {"items": Item.objects.count()})


def purchases_above_the_budget() -> Scene:
    """Twenty-four purchases of 9,000 yuan on a budget of 100,000: eleven pass, 99,000 are held."""
    hospital = make_hospital(limit=10_000_000)
    requests = [
        Asked("procurement", "ask", uuid4(), data=hospital.request(amount="9000", code=f"Q{number}"))
        for number in range(24)
    ]
    person = hospital.people["head"].pk

    def after() -> dict[str, Any]:
        cell = Cell.objects.get(pk=hospital.budget.pk)
        numbers = sorted(Procurement.objects.values_list("number", flat=True))
        return {"held": cell.held, "numbers": numbers, "unproven": len(prove("budget"))}

    return Scene(24, lambda number: _asked(person, requests[number]), after)


def two_from_one_supplier() -> Scene:
    """Two purchases of 30,000 yuan from one supplier: one is approved on two rungs, the other, of 60,000, on three."""
    hospital = make_hospital(limit=10_000_000)
    other = open_cell(BUDGET, "H-1|2026|B", "一病区 设备 2026", NOW, 10_000_000, hospital.org)
    supplier = str(hospital.suppliers[0].pk)
    requests = [
        Asked("procurement", "ask", uuid4(), data=hospital.request(amount="30000", supplier=supplier, **own))
        for own in ({"code": "Q1"}, {"code": "Q2", "budget": str(other.pk)})
    ]
    person = hospital.people["head"].pk

    def after() -> dict[str, Any]:
        return {"rungs": sorted(poll.seats.count() for poll in Poll.objects.filter(step="approve"))}

    return Scene(2, lambda number: _asked(person, requests[number]), after)


def twenty_on_three_places() -> Scene:
    """Twenty patients are given three beds: three are."""
    county = make_county(places=3)
    items = [county.submitted(patient=f"p-{number}") for number in range(20)]
    for item in items:
        county.act("desk", "accept", item)
    asked = [county.asked("schedule", item, slot=str(county.slot.pk)) for item in items]
    person = county.people["desk"].pk

    def after() -> dict[str, Any]:
        cell = Cell.objects.get(pk=county.slot.pk)
        booked = Item.objects.filter(state="scheduled").count()
        return {"held": cell.held, "scheduled": booked, "unproven": len(prove("referral"))}

    return Scene(20, lambda number: _asked(person, asked[number]), after)


def cells_in_opposite_order() -> Scene:
    """Sixteen movements ask for the same two cells, every other in opposite order: all end, none waits for ever."""
    hospital = make_hospital(limit=1_000)
    other = open_cell(BUDGET, "H-1|2026|B", "一病区 设备 2026", NOW, 1_000, hospital.org)
    cells = (hospital.budget.pk, other.pk)

    def both(number: int) -> str:
        order = cells if number % 2 else cells[::-1]
        try:
            with transaction.atomic():
                hold([Ask(cell, 100) for cell in order], By(NOW))
        except NotDone as told:
            return told.code
        return "held"

    def after() -> dict[str, Any]:
        return {"held": [Cell.objects.get(pk=cell).held for cell in cells], "unproven": len(prove("budget"))}

    return Scene(16, both, after)


def _asked(person: int, asked: Asked) -> str:
    try:
        return f"act {act(actor_of(person, NOW.date()), asked, NOW).pk}"
    except NotDone as told:
        return told.code


def _acts(item: Item, step: str) -> dict[str, Any]:
    its = Item.objects.get(pk=item.pk)
    return {
        "state": its.state,
        "version": its.version,
        "acts": Act.objects.filter(item=item, step=step).count(),
        "events": Event.objects.filter(item=item, kind=f"errand.{step}").count(),
        "todos": its.todos.count(),
    }


SCENES: dict[str, Callable[[], Scene]] = {
    each.__name__: each
    for each in (
        eight_take_one,
        one_request_eight_times,
        one_beginning_eight_times,
        purchases_above_the_budget,
        two_from_one_supplier,
        twenty_on_three_places,
        cells_in_opposite_order,
    )
}
__all__ = ["GUARDS", "SCENES", "Scene", "Town"]
