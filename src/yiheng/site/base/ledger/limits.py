"""Limits (额度): opening cells and changing what they allow; an action, with permission, reason and audit."""

from datetime import datetime

from django.db import transaction

from yiheng.base.words import Word
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.ledger.declare import Ledger, ledgers
from yiheng.site.base.ledger.models import Cell, Kind, Mode, Movement
from yiheng.site.base.ledger.moves import By, change_limit
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.refused import NotDone


def open_cell(
    ledger: Ledger,
    key: str,
    name: str,
    now: datetime,
    approved: int = 0,
    place: Place | None = None,
    starts_at: datetime | None = None,
    mode: Mode | None = None,
) -> Cell:
    """A new cell with its first limit. For services, whose own action has asked who may; twice is an IntegrityError."""
    with transaction.atomic():
        cell = Cell.objects.create(
            ledger=ledger.code,
            key=key,
            name=name,
            place=place,
            starts_at=starts_at,
            unit=ledger.unit,
            mode=mode or ledger.mode,
            approved=approved,
        )
        Movement.objects.create(cell=cell, kind=Kind.LIMIT, amount=approved, at=now)
    return cell


def adjust(actor: Actor, cell: Cell, change: int, reason: str, now: datetime) -> Cell:
    """Raise or lower a limit by `change`, as a keeper of the ledger at or above the cell's place, with a reason."""
    standing = _keeper(actor, cell)
    if standing is None:
        text = Word("您不是此额度的管理人", "you are not among those who may change this limit")
        raise NotDone("party", text)
    if not reason.strip():
        raise NotDone("reason", Word("请填写理由", "a reason is needed"))
    with transaction.atomic():
        changed = change_limit(cell.pk, change, By(now, person=standing.person, reason=reason))
        write(standing, "ledger.adjust", Of("ledger.cell", str(cell.pk)), now, ledger=cell.ledger, change=change)
    return changed


def _keeper(actor: Actor, cell: Cell) -> Standing | None:
    """The standing that may change the limit; posts that were lent for one flow only, or up to an amount, may not."""
    its = ledgers().get(cell.ledger)
    if its is None or cell.place is None:
        return None
    codes = {role.code for role in its.keepers}
    for standing in actor:
        if standing.flow or standing.cap is not None:
            continue
        if any(held.role in codes and cell.place.path.startswith(held.path) for held in standing.posts):
            return standing
    return None
