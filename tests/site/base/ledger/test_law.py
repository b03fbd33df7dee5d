"""The law of ledgers, for any run of movements: every cell is the sum of its holds, and nothing is below zero."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.models import LEGS, Cell, Hold, Leg, Mode
from yiheng.site.base.ledger.moves import Ask, By
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.refused import NotDone

from ..town import NOW
from .made import purse

LIMITS = (7, 5, 5)
MODES = (Mode.RIGID, Mode.RIGID, Mode.WARN)
STEPS = st.tuples(
    st.sampled_from(["hold", "two", "commit", "use", "release", "rehold", "limit", "later"]),
    st.integers(0, 5),
    st.integers(0, 2),
    st.integers(1, 4),
    st.booleans(),
)


@pytest.mark.property
class TestLaw(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(st.lists(STEPS, min_size=1, max_size=12))
    def test_any_run(self, steps: list[tuple[str, int, int, int, bool]]) -> None:
        _run(steps)

    @pytest.mark.soak
    @settings(max_examples=150, deadline=None)
    @given(st.lists(STEPS, min_size=5, max_size=30))
    def test_any_long_run(self, steps: list[tuple[str, int, int, int, bool]]) -> None:
        _run(steps)


def _run(steps: list[tuple[str, int, int, int, bool]]) -> None:
    cells = [purse(limit, str(place), mode) for place, (limit, mode) in enumerate(zip(LIMITS, MODES, strict=True))]
    now = NOW
    for verb, which, cell, amount, some in steps:
        if verb == "later":
            now += timedelta(minutes=amount)
            moves.lapse(now)
        before = _all()
        try:
            with transaction.atomic():
                _move(verb, which, cells[cell], cells[0], amount, some, By(now, reason="理由" if some else ""))
        except NotDone:
            assert _all() == before
        _lawful()


def _move(verb: str, which: int, cell: Cell, other: Cell, amount: int, some: bool, by: By) -> None:
    holds = list(Hold.objects.order_by("pk").values_list("pk", flat=True))
    its = [holds[which % len(holds)]] if holds else []
    part = amount if some else None
    until = by.now + timedelta(minutes=3) if some else None
    match verb:
        case "hold":
            moves.hold([Ask(cell.pk, amount, until)], by)
        case "two":
            moves.hold([Ask(cell.pk, amount, until), Ask(other.pk, 1)], by)
        case "commit":
            moves.commit(its, by, part)
        case "use":
            moves.use(its, by, part, Leg.HELD if which % 2 else Leg.COMMITTED)
        case "release":
            moves.release(its, by, part, LEGS if which == 0 else (Leg.HELD, Leg.COMMITTED))
        case "rehold" if its:
            moves.rehold(its[0], Ask(cell.pk, 0, until), by)
        case "limit":
            moves.change_limit(cell.pk, amount - 2 or 1, by)


def _all() -> list[tuple[int, ...]]:
    cells = Cell.objects.order_by("pk").values_list("approved", "held", "committed", "used")
    holds = Hold.objects.order_by("pk").values_list("amount", "held", "committed", "used", "released")
    return [*cells, *holds]


def _lawful() -> None:
    assert prove("test_purse") == []
    for row in _all():
        assert min(row) >= 0
    for cell in Cell.objects.filter(mode=Mode.RIGID):
        assert cell.taken <= cell.approved
