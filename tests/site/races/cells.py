"""Cells, series and registers at the same moment (额度并发): never more than there is, no number twice, no deadlock."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from django.db import transaction
from django.db.models import Q
from scenes import Scene
from town import NOW, make_person, make_place

from yiheng.base.words import Word
from yiheng.site.base.document.models import Series
from yiheng.site.base.document.numbers import next_in
from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.declare import Ledger, declare
from yiheng.site.base.ledger.limits import Wanted, confirm_all, open_cell, propose_all
from yiheng.site.base.ledger.limits import propose as propose_limit
from yiheng.site.base.ledger.models import Cell, Hold, Proposal
from yiheng.site.base.ledger.moves import Ask, By
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.party import RoleAt
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import FINANCE, LEADER
from yiheng.site.base.places.standing import Actor, Held, Standing
from yiheng.site.base.refused import NotDone
from yiheng.site.base.register.changing import Proposed, confirm, propose

PURSE = declare(Ledger("race_purse", Word("预算", "budget"), Unit.FEN))
BEDS = declare(Ledger("race_beds", Word("床位", "beds"), Unit.BED))
GRANTS = declare(
    Ledger("race_grants", Word("拨款", "grants"), Unit.FEN, keepers=RoleAt(FINANCE, "place"),
           confirms=RoleAt(LEADER, "place"))
)  # fmt: skip
WARDS = declare(Ledger("race_wards", Word("病区", "wards"), Unit.BED, keepers=RoleAt(LEADER, "place")))


def purchases() -> Scene:
    """24 purchases of 9,000 on 100,000: 11 pass and 99,000 are held."""
    cell = open_cell(PURSE, "equipment", "设备费", NOW, 100_000).pk
    return Scene(24, lambda number: _asked(lambda: moves.hold([Ask(cell, 9_000)], By(NOW))), _after)


def patients() -> Scene:
    """20 patients on 3 places: 3 are booked, and those go on to be used."""
    cell = open_cell(BEDS, "ward", "外科床位", NOW, 3).pk

    def come() -> None:
        (hold,) = moves.hold([Ask(cell, 1)], By(NOW))
        moves.commit([hold.pk], By(NOW))
        moves.use([hold.pk], By(NOW))

    return Scene(20, lambda number: _asked(come), _after)


def opposite_order() -> Scene:
    """Sixteen ask for the same four cells, every second one the other way round: all get them, none waits for ever."""
    cells = [open_cell(PURSE, str(each), f"设备费{each}", NOW, 1_600).pk for each in range(4)]

    def ask(number: int) -> str:
        asks = [Ask(cell, 100) for cell in (cells if number % 2 else cells[::-1])]
        return _asked(lambda: moves.hold(asks, By(NOW)))

    return Scene(16, ask, _after)


def swapped() -> Scene:
    """Twelve move their hold between two cells, half each way, while both lapse and are proved: the law holds."""
    cells = [open_cell(BEDS, str(each), f"床位{each}", NOW, 12).pk for each in range(2)]
    with transaction.atomic():
        holds = [moves.hold([Ask(cells[each % 2], 1)], By(NOW))[0].pk for each in range(12)]
        moves.hold([Ask(cells[0], 3, NOW), Ask(cells[1], 3, NOW)], By(NOW - timedelta(minutes=1)))

    def move(number: int) -> str:
        if number >= 12:
            return _asked(lambda: moves.lapse(NOW))
        return _asked(lambda: moves.rehold(holds[number], Ask(cells[1 - number % 2], 0), By(NOW)))

    return Scene(14, move, _after)


def one_hold_many_hands() -> Scene:
    """Ten commit 30 of one hold of 100 at once: three can, and what is left stays held."""
    cell = open_cell(PURSE, "one", "设备费", NOW, 100).pk
    with transaction.atomic():
        hold = moves.hold([Ask(cell, 100)], By(NOW))[0].pk
    return Scene(10, lambda number: _asked(lambda: moves.commit([hold], By(NOW), 30)), _after)


def numbers() -> Scene:
    """Sixteen take a number, every fourth fails afterwards: twelve numbers without a gap."""

    def take(number: int) -> str:
        with transaction.atomic():
            its = next_in("race")
            transaction.set_rollback(number % 4 == 0)
        return "none" if number % 4 == 0 else str(its)

    return Scene(16, take, lambda: {"last": list(Series.objects.values_list("last", flat=True))})


def rows_that_overlap() -> Scene:
    """Eight drafts of one key that overlap are confirmed at once: one holds, seven are told."""
    from site_register.models import Quality

    east = make_place("E", "institution")
    one, two = (_of_role("leader", make_person(name).pk, east.path) for name in "ab")
    fields = {"org": east, "item": "GLU", "passed": True}
    start = date(2026, 1, 1)
    drafts = [propose(one, Quality, Proposed(start + timedelta(days=each), "x", fields), NOW) for each in range(8)]
    after: Callable[[], dict[str, Any]] = lambda: {"holds": Quality.objects.filter(state="holds").count()}  # noqa: E731
    return Scene(8, lambda number: _asked(lambda: confirm(two, drafts[number], NOW)), after)


def sheets_confirmed() -> Scene:
    """Two sheets change the same four limits and open the same two, the other way round; four confirm each at once."""
    east = _limits(GRANTS)
    asks, confirms = (_of_role(role, make_person(role).pk, east.path) for role in ("finance", "leader"))
    sheets = [
        [
            propose_limit(asks, GRANTS, Wanted(east, f"E|{number}", limit, f"设备费{number}"), "预算调整", NOW)
            for number in order
        ]
        for limit, order in ((200, range(6)), (300, range(5, -1, -1)))
    ]
    return Scene(8, lambda number: _asked(lambda: confirm_all(confirms, GRANTS, sheets[number % 2], NOW)), _sheets)


def sheets_in_force() -> Scene:
    """Eight bring a sheet each, which nobody confirms, of the same six cells: each is whole or not at all."""
    east = _limits(WARDS)
    leaders = [_of_role("leader", make_person(f"leader{each}").pk, east.path) for each in range(8)]

    def bring(number: int) -> None:
        order = {each: Wanted(east, f"E|{each}", 200 + number, f"病区{each}") for each in range(6)}
        _, refused = propose_all(leaders[number], WARDS, order, "床位调整", NOW)
        for why in refused.values():
            raise why

    return Scene(8, lambda number: _asked(lambda: bring(number)), _sheets)


def _limits(ledger: Ledger) -> Place:
    """A place with four cells of 100, made in the order opposite to that of their keys."""
    east = make_place("E", "institution")
    for each in (3, 2, 1, 0):
        open_cell(ledger, f"E|{each}", f"额度{each}", NOW, 100, east)
    return east


def _sheets() -> dict[str, Any]:
    """The limits as they are, and how many sheets of those that waited hold."""
    return {
        "limits": list(Cell.objects.order_by("key").values_list("approved", flat=True)),
        "hold": Proposal.objects.filter(state="holds").count(),
        "unproven": len(prove("race_grants")) + len(prove("race_wards")),
    }


def _of_role(role: str, person: int, path: str) -> Actor:
    return Actor(Standing(person, person, (Held(role, path),)))


def _asked(ask: Callable[[], Any]) -> str:
    try:
        with transaction.atomic():
            ask()
    except NotDone as told:
        return told.code
    return "done"


def _after() -> dict[str, Any]:
    return {
        "cells": list(Cell.objects.order_by("pk").values_list("approved", "held", "committed", "used")),
        "holds": Hold.objects.exclude(held=0, committed=0, used=0).count(),
        "unproven": len(prove("race_purse")) + len(prove("race_beds")),
    }


def _unsorted(cells: Any) -> dict[int, Cell]:
    """Locked as they are asked for."""
    return {number: Cell.objects.select_for_update().get(pk=number) for number in cells}


SCENES = {
    each.__name__: each
    for each in (
        purchases,
        patients,
        opposite_order,
        swapped,
        one_hold_many_hands,
        numbers,
        rows_that_overlap,
        sheets_confirmed,
        sheets_in_force,
    )
}
GUARDS = {
    "cell_room": lambda: patch("yiheng.site.base.ledger.moves._room", lambda *_: Q()),
    "cell_order": lambda: patch("yiheng.site.base.ledger.moves.lock", _unsorted),
    "sheet_order": lambda: patch("yiheng.site.base.ledger.limits.lock", _unsorted),
    "overlap": lambda: patch("yiheng.site.base.register.changing._no_overlap", lambda *_: None),
}
