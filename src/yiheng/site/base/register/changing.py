"""Changing a register (登记变更): the only writer of its rows. Two people, or a feed that the register names.

Whoever writes a row of a key holds that key's lock to the end of the transaction, so that of two rows that overlap the
later is refused, whatever the database.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import SAID, demand_none, has_number
from yiheng.site.base.party import Party
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.register.models import RegisterKey, RegisterRow, RowState
from yiheng.site.base.register.refused import (
    BadRow,
    NoReason,
    NotAParty,
    Overlap,
    SamePerson,
    UnknownFeed,
    WrongDay,
    WrongState,
)

Row = TypeVar("Row", bound=RegisterRow)


@dataclass(frozen=True)
class Proposed:
    """A row as it is proposed: from when, until when (None: further notice), from which source, its fields.

    `replaces`: the number of the row in force that ends where this one begins.
    """

    start: date
    source: str
    fields: Mapping[str, Any]
    end: date | None = None
    replaces: int | None = None


def propose(actor: Actor, register: type[Row], proposed: Proposed, now: datetime) -> Row:
    """Draft a row. BadRow, NotAParty, or Overlap where another row in force is in its way."""
    with transaction.atomic():
        return _draft(actor, register, proposed, now)


def hold_keys(register: type[Row], rows: Sequence[Proposed], now: datetime) -> None:
    """Lock the keys of rows that are to be proposed, in the one order; BadRow where one is none."""
    _hold({_made(register, row, now).key_digest for row in rows}, register)


def confirm(actor: Actor, row: Row, now: datetime) -> Row:
    """Put a draft into force, or confirm the ending of a row; by another natural person than proposed it."""
    with transaction.atomic():
        held = _held(row)
        if held.state == RowState.DRAFT:
            standing = _second(actor, held, (held.proposed_by_id, held.proposed_for_id))
            _end_replaced(held, standing, now)
            _no_overlap(held)
            held.state, held.confirmed_at = RowState.HOLDS, now
            held.confirmed_by_id, held.confirmed_for_id = standing.person, standing.behalf
        elif held.state == RowState.HOLDS and held.ending is not None:
            standing = _second(actor, held, (held.ending_by_id, held.ending_for_id))
            _ended(held, held.ending, standing, now)
        else:
            raise WrongState
        held.save()
        _record(standing, "confirm", held, now)
        return held


def reject(actor: Actor, row: Row, reason: str, now: datetime) -> Row:
    """Refuse a draft, or the ending of a row, which then goes on; with a reason."""
    _demand_reason(reason)
    with transaction.atomic():
        held = _held(row)
        standing = _one_of(actor, held, held.CONFIRMS)
        if held.state == RowState.DRAFT:
            held.state, held.reason, held.confirmed_at = RowState.REJECTED, reason.strip(), now
            held.confirmed_by_id, held.confirmed_for_id = standing.person, standing.behalf
        elif held.state == RowState.HOLDS and held.ending is not None:
            held.ending = held.ending_by = held.ending_for = None
            held.ending_reason = ""
        else:
            raise WrongState
        held.save()
        _record(standing, "reject", held, now)
        return held


def end(actor: Actor, row: Row, day: date, reason: str, now: datetime) -> Row:
    """Propose that a row holds no more from `day` on; it goes on until another person confirms that."""
    _demand_reason(reason)
    with transaction.atomic():
        held = _held(row)
        standing = _one_of(actor, held, held.PROPOSES)
        if held.state != RowState.HOLDS or held.ending is not None:
            raise WrongState
        if day <= held.start or (held.end is not None and day >= held.end):
            raise WrongDay(held.start)
        held.ending, held.ending_reason = day, reason.strip()
        held.ending_by_id, held.ending_for_id = standing.person, standing.behalf
        held.save()
        _record(standing, "end", held, now)
        return held


def feed(register: type[Row], source: str, rows: Sequence[Proposed], now: datetime) -> list[Row]:
    """What a named source says holds from a day on, all or none; the rows that it changed.

    Said again, it changes nothing. What held before ends the day before; what began on the same day is replaced.
    """
    if source not in register.FEEDS:
        raise UnknownFeed(source)
    with transaction.atomic():
        made = [_made(register, row, now) for row in rows]
        _hold({row.key_digest for row in made}, register)
        changed = [row for row in made if _fed(row, source, now)]
        if changed:
            label = register._meta.label_lower
            write(None, f"{label}.feed", Of(label), now, source=source, rows=[row.pk for row in changed])
        return changed


def _draft(actor: Actor, register: type[Row], proposed: Proposed, now: datetime) -> Row:
    row = _made(register, proposed, now)
    standing = _one_of(actor, row, register.PROPOSES)
    _hold({row.key_digest}, register)
    if proposed.replaces is not None:
        row.replaces = _replaceable(row, proposed.replaces)
    _no_overlap(row)
    row.proposed_by_id, row.proposed_for_id = standing.person, standing.behalf
    row.save()
    _record(standing, "propose", row, now)
    return row


def _made(register: type[Row], proposed: Proposed, now: datetime) -> Row:
    """A row that is not saved yet; its fields are judged by the table."""
    strange = set(proposed.fields) - {*register.KEY, *register.VALUES}
    if strange:
        raise BadRow({name: ["没有这一项 / no such field"] for name in sorted(strange)})
    row = register(start=proposed.start, end=proposed.end, source=proposed.source.strip(), proposed_at=now)
    for name, value in proposed.fields.items():
        setattr(row, name, value)
    try:
        row.full_clean(exclude=("key_digest",), validate_unique=False, validate_constraints=False)
    except ValidationError as wrong:
        raise BadRow(wrong.message_dict) from None
    named = [name for name in (*register.KEY, *register.VALUES, "source") if has_number(getattr(row, name))]
    if named:
        raise BadRow({name: [f"{SAID.zh} / {SAID.en}"] for name in named})
    if row.end is not None and row.end <= row.start:
        raise WrongDay(row.start)
    row.key_digest = _digest_of_key(row)
    return row


def _demand_reason(reason: str) -> None:
    if not reason.strip():
        raise NoReason
    demand_none(reason)


def _digest_of_key(row: RegisterRow) -> str:
    return hashlib.sha256(json.dumps(row.key, ensure_ascii=False, default=str).encode()).hexdigest()


def _hold(keys: set[str], register: type[RegisterRow]) -> None:
    """Lock keys of a register, in the order of their names."""
    names = sorted(f"{register._meta.label_lower}:{key}" for key in keys)
    RegisterKey.objects.bulk_create([RegisterKey(name=name) for name in names], ignore_conflicts=True)
    list(RegisterKey.objects.select_for_update().filter(name__in=names).order_by("name"))


def _held(row: Row) -> Row:
    """The row as it is now, its key locked."""
    _hold({row.key_digest}, type(row))
    return type(row).objects.get(pk=row.pk)


def _one_of(actor: Actor, row: RegisterRow, party: Party) -> Standing:
    """The standing that may; one that was lent for a flow, or up to an amount, changes no register."""
    for standing in actor:
        if not standing.flow and standing.cap is None and party.holds(standing, row.concerned()):
            return standing
    raise NotAParty


def _second(actor: Actor, row: RegisterRow, first: tuple[int | None, ...]) -> Standing:
    """The standing that confirms: none of its natural persons is one of those who proposed."""
    standing = _one_of(actor, row, row.CONFIRMS)
    if not standing.people.isdisjoint(first):
        raise SamePerson
    return standing


def _no_overlap(row: RegisterRow) -> None:
    """Overlap where a row in force shares a day with it; the row that it replaces ends where it begins."""
    others = type(row).objects.filter(key_digest=row.key_digest, state=RowState.HOLDS).exclude(pk=row.pk)
    if row.replaces_id is not None:
        others = others.exclude(pk=row.replaces_id)
    others = others.filter(Q(end__isnull=True) | Q(end__gt=row.start))
    if row.end is not None:
        others = others.filter(start__lt=row.end)
    if (other := others.order_by("start").first()) is not None:
        raise Overlap(other)


def _replaceable(row: Row, number: int) -> Row:
    old = type(row).objects.filter(pk=number, key_digest=row.key_digest, state=RowState.HOLDS).first()
    if old is None:
        raise WrongState
    if row.start <= old.start or (old.end is not None and row.start >= old.end):
        raise WrongDay(old.start)
    return old


def _end_replaced(row: RegisterRow, standing: Standing, now: datetime) -> None:
    """The row that is replaced ends where the new one begins; the new one says so until it is confirmed."""
    if row.replaces_id is None:
        return
    old = _replaceable(row, row.replaces_id)
    _ended(old, row.start, standing, now)
    old.save()


def _ended(row: RegisterRow, day: date, standing: Standing | None, now: datetime) -> None:
    row.end, row.ended_at, row.ending = day, now, None
    row.ended_by_id = standing.person if standing else None


def _fed(row: RegisterRow, source: str, now: datetime) -> bool:
    """Write what a feed says of one key, with the row's own source beside the feed; False where it holds already."""
    rows = type(row).objects.filter(key_digest=row.key_digest, state=RowState.HOLDS)
    old = rows.filter(type(row).on(row.start)).first()
    if old is not None and old.values == row.values and old.end == row.end:
        return False
    if old is not None and old.start == row.start:
        old.state, old.ended_at = RowState.REPLACED, now
        old.save()
    elif old is not None:
        _ended(old, row.start, None, now)
        old.save()
    row.state, row.feed, row.confirmed_at = RowState.HOLDS, source, now
    _no_overlap(row)
    row.save()
    return True


def _record(standing: Standing, verb: str, row: RegisterRow, now: datetime) -> None:
    label = row._meta.label_lower
    write(standing, f"{label}.{verb}", Of(label, str(row.pk)), now, fields=sorted((*row.KEY, *row.VALUES)))
