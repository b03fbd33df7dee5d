"""Limits (额度): opening cells and changing what they allow, asked for by one and confirmed by another.

Where a ledger names nobody who confirms, a limit holds as soon as it is asked for; limits of money never do.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.ledger.declare import Ledger, ledgers
from yiheng.site.base.ledger.models import Cell, Kind, Mode, Movement, Proposal, ProposalState
from yiheng.site.base.ledger.moves import LARGEST, By, change_limit, lock
from yiheng.site.base.ledger.refused import (
    BelowTaken,
    Decided,
    LimitMoved,
    NoCell,
    NoName,
    NoReason,
    NotAKeeper,
    NotAnAmount,
    SamePerson,
    Unchanged,
)
from yiheng.site.base.ledger.seeing import as_party
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor, Standing

# Between the code of the place and that of the cell, in keys of cells that people open.
PART = "|"


@dataclass(frozen=True)
class Wanted:
    """A limit as it is to be: `approved` for the cell `key` of a place, opened as `name` where there is none."""

    place: Place
    key: str
    approved: int
    name: str = ""
    starts_at: datetime | None = None


def key_of(place: Place, code: str) -> str:
    """The key of a cell: what is typed where it is whole, else the place's code before it."""
    return code if PART in code else f"{place.code}{PART}{code}"


def open_cell(
    ledger: Ledger,
    key: str,
    name: str,
    now: datetime,
    approved: int = 0,
    place: Place | None = None,
    starts_at: datetime | None = None,
    mode: Mode | None = None,
    by: By | None = None,
) -> Cell:
    """A new cell with its first limit. For services, whose own action has asked who may; twice is an IntegrityError."""
    said = by or By(now)
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
        Movement.objects.create(
            cell=cell, kind=Kind.LIMIT, amount=approved, at=now, person_id=said.person, reason=said.reason
        )
    return cell


def propose(actor: Actor, ledger: Ledger, wanted: Wanted, source: str, now: datetime) -> Proposal:
    """Ask for a limit, as a keeper of the ledger at that place, with a document or a reason.

    Raises NotAKeeper, NoReason, NoName, NoCell, NotAnAmount, Unchanged, BelowTaken, NumberTyped (an identity number).
    """
    with refusals(actor.own, "ledger.propose", Of("ledger", ledger.code), now), transaction.atomic():
        standing = _keeper(actor, ledger, wanted.place)
        if not source.strip():
            raise NoReason
        demand_none(source, wanted.name, wanted.key)
        if not 0 <= wanted.approved <= LARGEST:
            raise NotAnAmount(wanted.approved)
        proposal = _draft(ledger, wanted, _known(ledger, wanted))
        proposal.source, proposal.proposed_at = source.strip(), now
        proposal.proposed_by_id, proposal.proposed_for_id = standing.person, standing.behalf
        proposal.save(force_insert=True)
        _record(standing, "propose", proposal, now)
        if not ledger.confirms.terms:
            _put(ledger, proposal, standing, now)
    return proposal


def confirm(actor: Actor, proposal: Proposal, now: datetime) -> Proposal:
    """Put a limit into force, as another natural person than asked for it.

    Raises NotAKeeper, SamePerson, Decided, LimitMoved where the limit is not what it was when it was asked for, and
    BelowTaken where more is taken of it.
    """
    with refusals(actor.own, "ledger.confirm", _of(proposal), now), transaction.atomic():
        ledger, held = _held(proposal)
        standing = _second(actor, ledger, held)
        _put(ledger, held, standing, now)
        _record(standing, "confirm", held, now)
    return held


def reject(actor: Actor, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """Refuse a limit, with a reason, by who could confirm it; whoever asked for it may take it back."""
    with refusals(actor.own, "ledger.reject", _of(proposal), now), transaction.atomic():
        ledger, held = _held(proposal)
        mine = actor.own if actor.person == held.proposed_by_id else None
        standing = mine or next(iter(as_party(ledger.confirms, actor, held.place)), None)
        if standing is None:
            raise NotAKeeper
        if not reason.strip():
            raise NoReason
        demand_none(reason)
        held.reason = reason.strip()
        _decide(held, ProposalState.REJECTED, standing, now)
        _record(standing, "reject", held, now)
    return held


def _keeper(actor: Actor, ledger: Ledger, place: Place) -> Standing:
    for standing in as_party(ledger.keepers, actor, place):
        return standing
    raise NotAKeeper


def _known(ledger: Ledger, wanted: Wanted) -> Cell | None:
    """The cell that is meant; None: a new one. Another place's is as one that is not there, and none is made of it."""
    cell = Cell.objects.filter(ledger=ledger.code, key=wanted.key, starts_at=wanted.starts_at).first()
    own = wanted.key.startswith(f"{wanted.place.code}{PART}") if cell is None else cell.place_id == wanted.place.pk
    if not own:
        raise NoCell(ledger.code, wanted.key)
    return cell


def _draft(ledger: Ledger, wanted: Wanted, cell: Cell | None) -> Proposal:
    if cell is None and not wanted.name.strip():
        raise NoName
    if wanted.approved == (cell.approved if cell else 0):
        raise Unchanged
    if cell is not None and cell.mode == Mode.RIGID and wanted.approved < cell.taken:
        raise BelowTaken(cell, wanted.approved)
    return Proposal(
        ledger=ledger.code,
        cell=cell,
        key=wanted.key,
        name=cell.name if cell else wanted.name.strip(),
        place=wanted.place,
        starts_at=wanted.starts_at,
        was=cell.approved if cell else None,
        approved=wanted.approved,
    )


def _held(proposal: Proposal) -> tuple[Ledger, Proposal]:
    """The limit that was asked for as it is now, locked; Decided where it waits no more."""
    held = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if held.state != ProposalState.DRAFT:
        raise Decided
    return ledgers()[held.ledger], held


def _second(actor: Actor, ledger: Ledger, held: Proposal) -> Standing:
    """The standing that confirms: none of its natural persons is one of those who asked."""
    standings = as_party(ledger.confirms, actor, held.place)
    if not standings:
        raise NotAKeeper
    for standing in standings:
        if standing.people.isdisjoint((held.proposed_by_id, held.proposed_for_id)):
            return standing
    raise SamePerson


def _put(ledger: Ledger, held: Proposal, standing: Standing, now: datetime) -> None:
    """The limit is what was asked for from now on."""
    by = By(now, person=standing.person, reason=held.source)
    if held.cell is None:
        held.cell = _opened(ledger, held, by)
    elif lock((held.cell.pk,))[held.cell.pk].approved != held.was:
        raise LimitMoved
    else:
        change_limit(held.cell.pk, held.change, by)
    _decide(held, ProposalState.HOLDS, standing, now)


def _opened(ledger: Ledger, held: Proposal, by: By) -> Cell:
    try:
        return open_cell(ledger, held.key, held.name, by.now, held.approved, held.place, held.starts_at, by=by)
    except IntegrityError:
        raise LimitMoved from None


def _decide(held: Proposal, state: ProposalState, standing: Standing, now: datetime) -> None:
    held.state, held.decided_at = state, now
    held.decided_by_id, held.decided_for_id = standing.person, standing.behalf
    held.save()


def _record(standing: Standing, verb: str, held: Proposal, now: datetime) -> None:
    write(standing, f"ledger.{verb}", _of(held), now, ledger=held.ledger, was=held.was or 0, approved=held.approved)


def _of(held: Proposal) -> Of:
    return Of("ledger.limit", str(held.pk))
