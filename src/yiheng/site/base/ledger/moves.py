"""Movements (额度变动): the only writer of cells and holds. Every function runs inside the caller's transaction.

First the cells are locked, in the order of their numbers; what holds are is read after that. A cell is changed by an
update with its condition, so that it is right also where a database locks no rows; the tables' own conditions stand
behind it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from yiheng.site.base.ledger.models import Cell, Hold, Kind, Leg, Mode, Movement
from yiheng.site.base.ledger.refused import BelowTaken, Lapsed, NotAnAmount, NotEnough, NothingHeld

# Ten thousand thousand million yuan: sums of many stay inside 64 bits.
LARGEST = 10**15


@dataclass(frozen=True)
class Ask:
    """A part of a cell that is asked for; `until`: when it lapses where it is only held; None: never."""

    cell: int
    amount: int
    until: datetime | None = None


@dataclass(frozen=True)
class By:
    """Whose movement it is: for which item, by which act and person (numbers), when and why."""

    now: datetime
    item: int | None = None
    act: int | None = None
    person: int | None = None
    reason: str = ""


def lock(cells: Iterable[int]) -> dict[int, Cell]:
    """The cells, locked in the one order, as they are now."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("cells are locked inside a transaction")
    rows = Cell.objects.select_for_update().filter(pk__in=set(cells)).order_by("pk")
    return {cell.pk: cell for cell in rows}


def hold(asks: Sequence[Ask], by: By) -> list[Hold]:
    """Take parts of cells, all or none. NotEnough where one has too little left; a cell of mode warn asks for a reason.

    What has lapsed in these cells is given back first.
    """
    for ask in asks:
        _check(ask.amount)
    cells = lock(ask.cell for ask in asks)
    _lapse(cells, by.now)
    return [_take(cells[ask.cell], ask, by, Kind.HOLD) for ask in sorted(asks, key=lambda each: each.cell)]


def commit(holds: Iterable[int], by: By, amount: int | None = None, frm: Leg = Leg.HELD) -> None:
    """Held (or `frm`) becomes committed: all of it, or `amount`, the earliest hold first."""
    _shift(holds, (frm,), Leg.COMMITTED, by, Kind.COMMIT, amount)


def use(holds: Iterable[int], by: By, amount: int | None = None, frm: Leg = Leg.COMMITTED) -> None:
    """Committed (or `frm`) becomes used: all of it, or `amount`, the earliest hold first."""
    _shift(holds, (frm,), Leg.USED, by, Kind.USE, amount)


def release(
    holds: Iterable[int], by: By, amount: int | None = None, legs: Sequence[Leg] = (Leg.HELD, Leg.COMMITTED)
) -> None:
    """Give back what is held and committed, or `amount` of it; what is used only where `legs` says so."""
    _shift(holds, legs, Leg.FREE, by, Kind.RELEASE, amount)


def rehold(old: int, ask: Ask, by: By) -> Hold:
    """Move what is held and committed of a hold to another cell, in one piece; what was committed is so there too.

    `ask.amount` is not read: as much is taken as was given back.
    """
    was = Hold.objects.filter(pk=old).first()
    if was is None:
        raise NothingHeld
    cells = lock((was.cell_id, ask.cell))
    if cells[was.cell_id].unit != cells[ask.cell].unit:
        raise ValueError("a hold cannot move between cells of different units")
    was.refresh_from_db()
    _not_lapsed([was], (Leg.HELD,), by.now)
    held, committed = was.held, was.committed
    if held + committed == 0:
        raise NothingHeld
    _lapse({ask.cell: cells[ask.cell]}, by.now)
    for leg in (Leg.HELD, Leg.COMMITTED):
        _part(was, leg, Leg.FREE, getattr(was, leg), by, Kind.REHOLD)
    found = _take(cells[ask.cell], replace(ask, amount=held + committed), replace(by, item=was.item_id), Kind.REHOLD)
    _part(found, Leg.HELD, Leg.COMMITTED, committed, by, Kind.REHOLD)
    found.refresh_from_db()
    return found


def lapse(now: datetime) -> int:
    """Give back everything that is held beyond its time, cell by cell, each in its own transaction; how many holds."""
    late = Hold.objects.filter(held__gt=0, expires_at__lte=now).values_list("cell_id", flat=True)
    count = 0
    for number in sorted(set(late)):
        with transaction.atomic():
            count += _lapse(lock((number,)), now)
    return count


def change_limit(cell: int, change: int, by: By) -> Cell:
    """Raise or lower a limit; BelowTaken where a rigid cell has more taken, or the limit would be below zero."""
    _check(abs(change))
    its = lock((cell,))[cell]
    loose = Q(approved__gte=F("held") + F("committed") + F("used") - change) | ~Q(mode=Mode.RIGID)
    limits = Q(pk=cell, approved__gte=-change, approved__lte=LARGEST - change)
    if not Cell.objects.filter(limits & loose).update(approved=F("approved") + change):
        raise BelowTaken(its, its.approved + change)
    its.refresh_from_db()
    _note(Movement(cell=its, kind=Kind.LIMIT, amount=change, over=its.available < 0), by)
    return its


def _check(amount: int) -> None:
    if not 0 < amount <= LARGEST:
        raise NotAnAmount(amount)


def _take(cell: Cell, ask: Ask, by: By, kind: Kind) -> Hold:
    free = Cell.objects.filter(_room(ask.amount, by.reason), pk=ask.cell)
    if not free.update(held=F("held") + ask.amount):
        cell.refresh_from_db()
        raise NotEnough(cell, ask.amount)
    found = Hold.objects.create(
        cell=cell,
        item_id=by.item,
        opened_by_id=by.act,
        opened_at=by.now,
        expires_at=ask.until,
        amount=ask.amount,
        held=ask.amount,
    )
    cell.refresh_from_db()
    over = cell.available < 0
    _note(Movement(cell=cell, hold=found, kind=kind, frm=Leg.FREE, to=Leg.HELD, amount=ask.amount, over=over), by)
    return found


def _room(amount: int, reason: str) -> Q:
    """The cells from which so much may be taken."""
    room = Q(approved__gte=F("held") + F("committed") + F("used") + amount) | Q(mode=Mode.NONE)
    if reason.strip():
        room |= Q(mode=Mode.WARN)
    return room & Q(held__lte=LARGEST - amount)


def _shift(holds: Iterable[int], legs: Sequence[Leg], to: Leg, by: By, kind: Kind, amount: int | None) -> None:
    """Move an amount out of some legs, hold by hold; nothing to give back is no fault, nothing to take from is one."""
    if amount is not None:
        _check(amount)
    numbers = set(holds)
    cells = lock(Hold.objects.filter(pk__in=numbers).values_list("cell_id", flat=True))
    rows = list(Hold.objects.filter(pk__in=numbers).order_by("pk"))
    if to is not Leg.FREE:
        _not_lapsed(rows, legs, by.now)
    parts = [(row, leg, getattr(row, leg)) for row in rows for leg in legs if getattr(row, leg)]
    there = sum(part for _, _, part in parts)
    if not parts and to is not Leg.FREE:
        raise NothingHeld
    left = there if amount is None else amount
    if left > there:
        raise NotEnough(cells[rows[0].cell_id], left, there, legs[0]) if rows else NothingHeld
    for row, leg, part in parts:
        _part(row, leg, to, min(part, left), by, kind)
        left -= min(part, left)


def _not_lapsed(rows: Iterable[Hold], legs: Sequence[Leg], now: datetime) -> None:
    if Leg.HELD in legs and any(row.lapsed(now) for row in rows):
        raise Lapsed


def _part(row: Hold, frm: Leg, to: Leg, amount: int, by: By, kind: Kind) -> None:
    """Move a part of a hold from leg to leg, in the hold and in its cell."""
    if amount == 0:
        return
    enough = {f"{frm}__gte": amount}
    gave = {_of_hold(frm): F(_of_hold(frm)) - amount, _of_hold(to): F(_of_hold(to)) + amount}
    took = {str(leg): F(leg) + part for leg, part in ((frm, -amount), (to, amount)) if leg is not Leg.FREE}
    whole = Cell.objects.filter(pk=row.cell_id, **enough).update(**took)
    if not whole or not Hold.objects.filter(pk=row.pk, **enough).update(**gave):
        raise NothingHeld
    _note(Movement(cell_id=row.cell_id, hold=row, kind=kind, frm=frm, to=to, amount=amount), by)


def _of_hold(leg: Leg) -> str:
    return "released" if leg is Leg.FREE else str(leg)


def _lapse(cells: dict[int, Cell], now: datetime) -> int:
    rows = list(Hold.objects.filter(cell__in=cells, held__gt=0, expires_at__lte=now).order_by("pk"))
    for row in rows:
        _part(row, Leg.HELD, Leg.FREE, row.held, By(now), Kind.LAPSE)
    return len(rows)


def _note(movement: Movement, by: By) -> None:
    movement.act_id, movement.person_id = by.act, by.person
    movement.reason, movement.at = by.reason.strip(), by.now
    movement.save(force_insert=True)
