"""What a ledger lets be held, committed, used and given back; after a refusal nothing has changed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.models import Cell, Hold, Leg, Mode, Movement
from yiheng.site.base.ledger.moves import Ask
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.ledger.refused import BelowTaken, Lapsed, NotAnAmount, NotEnough, NothingHeld
from yiheng.site.base.locks import RANKS

from .made import SOON, beds, by, legs, purse

pytestmark = pytest.mark.django_db


def hold(cell: Cell, amount: int, **rest: object) -> Hold:
    return moves.hold([Ask(cell.pk, amount, **rest)], by())[0]  # type: ignore[arg-type]


def test_the_budget_of_the_regulation() -> None:
    """1 200 000 + 100 000 - 80 000 - 250 000 - 730 000 = 240 000 yuan."""
    cell = purse(1_200_000_00)
    moves.change_limit(cell.pk, 100_000_00, by("追加"))
    used = hold(cell, 730_000_00)
    moves.commit([used.pk], by())
    moves.use([used.pk], by())
    moves.commit([hold(cell, 250_000_00).pk], by())
    hold(cell, 80_000_00)
    assert legs(cell) == (1_300_000_00, 80_000_00, 250_000_00, 730_000_00)
    assert cell.available == 240_000_00
    assert prove("test_purse") == []


def test_more_than_is_there_is_refused_and_changes_nothing() -> None:
    cell = purse(10_000)
    hold(cell, 9_000)
    with pytest.raises(NotEnough) as told, transaction.atomic():
        hold(cell, 1_001)
    assert (told.value.there, told.value.asked, told.value.code) == (1_000, 1_001, "not_enough")
    assert told.value.text.zh == "“设备费A”可用10.00元，申请10.01元"
    assert told.value.text.en == "“设备费A”: 10.00 yuan available, 10.01 yuan asked for"
    assert legs(cell) == (10_000, 9_000, 0, 0)
    assert Hold.objects.count() == 1
    hold(cell, 1_000)
    assert cell.holds.count() == 2


def test_counts_are_said_with_their_unit() -> None:
    cell = beds(1)
    hold(cell, 1)
    with pytest.raises(NotEnough) as told, transaction.atomic():
        hold(cell, 2)
    assert told.value.text.zh == "“外科床位”可用0张床位，申请2张床位"
    assert told.value.text.en == "“外科床位”: 0 beds available, 2 beds asked for"


def test_all_of_several_or_none() -> None:
    one, two = purse(100, "A"), purse(100, "B")
    with pytest.raises(NotEnough), transaction.atomic():
        moves.hold([Ask(two.pk, 50), Ask(one.pk, 101)], by())
    assert legs(one) == legs(two) == (100, 0, 0, 0)
    moves.hold([Ask(two.pk, 50), Ask(one.pk, 60), Ask(one.pk, 40)], by())
    assert (legs(one), legs(two)) == ((100, 100, 0, 0), (100, 50, 0, 0))


def test_three_legs_in_parts() -> None:
    cell = purse(1_000)
    its = hold(cell, 900)
    moves.commit([its.pk], by(), 600)
    moves.use([its.pk], by(), 250)
    assert legs(its) == (900, 300, 350, 250, 0)
    assert its.state is Leg.USED
    moves.release([its.pk], by(), legs=(Leg.HELD,))
    assert legs(its) == (900, 0, 350, 250, 300)
    moves.release([its.pk], by())
    assert (legs(its), legs(cell)) == ((900, 0, 0, 250, 650), (1_000, 0, 0, 250))
    moves.release([its.pk], by(), legs=(Leg.USED,))
    assert (legs(its), legs(cell)) == ((900, 0, 0, 0, 900), (1_000, 0, 0, 0))
    assert its.state is Leg.FREE
    assert list(its.movements.values_list("kind", "frm", "to", "amount")) == [
        ("hold", "free", "held", 900),
        ("commit", "held", "committed", 600),
        ("use", "committed", "used", 250),
        ("release", "held", "free", 300),
        ("release", "committed", "free", 350),
        ("release", "used", "free", 250),
    ]


def test_an_amount_is_taken_from_the_earliest_hold_first() -> None:
    cell = purse(1_000)
    first, second = hold(cell, 300), hold(cell, 400)
    moves.commit([second.pk, first.pk], by(), 350)
    assert (legs(first), legs(second)) == ((300, 0, 300, 0, 0), (400, 350, 50, 0, 0))


def test_more_than_a_leg_has_is_refused() -> None:
    cell = purse(1_000)
    its = hold(cell, 300)
    with pytest.raises(NotEnough) as told, transaction.atomic():
        moves.commit([its.pk], by(), 301)
    assert told.value.text.zh == "“设备费A”预占3.00元，申请3.01元"
    with pytest.raises(NothingHeld), transaction.atomic():
        moves.use([its.pk], by())
    moves.use([its.pk], by(), frm=Leg.HELD)
    assert legs(its) == (300, 0, 0, 300, 0)
    with pytest.raises(NothingHeld), transaction.atomic():
        moves.commit([], by())
    moves.release([its.pk], by())  # nothing left to give back is no fault
    assert legs(its) == (300, 0, 0, 300, 0)


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_what_is_no_amount_is_refused(amount: int) -> None:
    cell = purse(mode=Mode.NONE)
    its = hold(cell, 10)
    for move in (
        lambda: moves.hold([Ask(cell.pk, amount)], by()),
        lambda: moves.commit([its.pk], by(), amount),
        lambda: moves.release([its.pk], by(), amount),
    ):
        with pytest.raises(NotAnAmount), transaction.atomic():
            move()
    assert legs(cell) == (100_000, 10, 0, 0)


def test_modes_above_the_limit() -> None:
    warned, counted = purse(100, "W", Mode.WARN), purse(100, "N", Mode.NONE)
    with pytest.raises(NotEnough) as told, transaction.atomic():
        hold(warned, 101)
    assert told.value.text.zh.endswith("；超出额度须填写理由")
    moves.hold([Ask(warned.pk, 101)], by("抢救"))
    moves.hold([Ask(counted.pk, 101)], by())
    assert legs(warned) == legs(counted) == (100, 101, 0, 0)
    assert list(Movement.objects.filter(kind="hold").values_list("over", "reason")) == [(True, "抢救"), (True, "")]
    moves.hold([Ask(counted.pk, 10**15 - 101)], by())
    with pytest.raises(NotEnough), transaction.atomic():
        moves.hold([Ask(counted.pk, 1)], by())


def test_a_hold_lapses_when_its_time_is_over() -> None:
    cell = beds(1)
    its = hold(cell, 1, until=SOON)
    assert moves.lapse(SOON - timedelta(seconds=1)) == 0
    assert moves.lapse(SOON) == 1
    assert moves.lapse(SOON) == 0
    assert (legs(its), legs(cell)) == ((1, 0, 0, 0, 1), (1, 0, 0, 0))
    assert its.movements.last().kind == "lapse"


def test_what_has_lapsed_is_free_before_anybody_took_it_back() -> None:
    cell = beds(1)
    old = hold(cell, 1, until=SOON)
    with pytest.raises(Lapsed), transaction.atomic():
        moves.commit([old.pk], by(minutes=15))
    with pytest.raises(Lapsed), transaction.atomic():
        moves.rehold(old.pk, Ask(beds(1, "other").pk, 1), by(minutes=15))
    new = moves.hold([Ask(cell.pk, 1)], by(minutes=15))[0]
    assert (legs(old), legs(new), legs(cell)) == ((1, 0, 0, 0, 1), (1, 1, 0, 0, 0), (1, 1, 0, 0))


def test_what_is_committed_lapses_no_more() -> None:
    cell = beds(2)
    its = hold(cell, 2, until=SOON)
    moves.commit([its.pk], by(), 1)
    assert moves.lapse(SOON) == 1
    assert legs(its) == (2, 0, 1, 0, 1)


def test_moving_a_hold_is_one_piece() -> None:
    one, two, full = beds(2, "one"), beds(2, "two"), beds(1, "full")
    hold(full, 1)
    its = hold(one, 2)
    moves.commit([its.pk], by(), 1)
    with pytest.raises(NotEnough), transaction.atomic():
        moves.rehold(its.pk, Ask(full.pk, 0), by())
    assert (legs(one), legs(full)) == ((2, 1, 1, 0), (1, 1, 0, 0))
    new = moves.rehold(its.pk, Ask(two.pk, 0), by())
    assert (legs(one), legs(two)) == ((2, 0, 0, 0), (2, 1, 1, 0))
    assert (legs(its), legs(new)) == ((2, 0, 0, 0, 2), (2, 1, 1, 0, 0))
    same = moves.rehold(new.pk, Ask(two.pk, 0), by())  # into the cell that it fills itself
    assert (legs(two), legs(same)) == ((2, 1, 1, 0), (2, 1, 1, 0, 0))
    with pytest.raises(NothingHeld), transaction.atomic():
        moves.rehold(its.pk, Ask(one.pk, 0), by())
    with pytest.raises(ValueError, match="different units"), transaction.atomic():
        moves.rehold(same.pk, Ask(purse().pk, 0), by())


def test_a_limit_does_not_go_below_what_is_taken() -> None:
    cell = purse(100)
    hold(cell, 60)
    assert moves.change_limit(cell.pk, -40, by("压减")).approved == 60
    with pytest.raises(BelowTaken) as told, transaction.atomic():
        moves.change_limit(cell.pk, -1, by("压减"))
    assert told.value.text.zh == "“设备费A”已占用0.60元，额度不能调整为0.59元"
    loose = purse(100, "N", Mode.NONE)
    hold(loose, 60)
    assert moves.change_limit(loose.pk, -100, by("压减")).available == -60
    with pytest.raises(BelowTaken), transaction.atomic():
        moves.change_limit(loose.pk, -1, by("压减"))
    assert prove("test_purse") == []


def test_the_tables_refuse_what_the_updates_would_let_through() -> None:
    """The conditions behind the updates, each by itself."""
    cell = purse(100)
    its = hold(cell, 60)
    for rows, change in (
        (Cell.objects.filter(pk=cell.pk), {"held": 101}),
        (Cell.objects.filter(pk=cell.pk), {"used": -1}),
        (Cell.objects.filter(pk=cell.pk), {"approved": F("held") - 1}),
        (Hold.objects.filter(pk=its.pk), {"held": 59}),
        (Hold.objects.filter(pk=its.pk), {"held": -1, "used": 61}),
        (Hold.objects.filter(pk=its.pk), {"amount": 0, "held": 0}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    assert (legs(cell), legs(its)) == ((100, 60, 0, 0), (60, 60, 0, 0, 0))
    with pytest.raises(IntegrityError), transaction.atomic():
        purse(1)


@pytest.mark.django_db(transaction=True)
def test_cells_are_locked_inside_a_transaction() -> None:
    cell = purse()
    with pytest.raises(transaction.TransactionManagementError):
        moves.hold([Ask(cell.pk, 1)], by())
    assert legs(cell) == (100_000, 0, 0, 0)


def test_the_order_of_locks() -> None:
    assert RANKS == {"plain": 0, "ledger": 1, "series": 2}
