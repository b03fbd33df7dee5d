"""Limits (额度): opening cells and changing what they allow, asked for by one and confirmed by another.

Where a ledger names nobody who confirms, a limit holds as soon as it is asked for; limits of money never do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from yiheng.base.words import Word
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
    Hindered,
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
from yiheng.site.base.refused import NotDone

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
        proposal, standing = _proposed(actor, ledger, wanted, source, now)
        _record(standing, "propose", proposal, now)
    return proposal


def propose_all(
    actor: Actor, ledger: Ledger, wanted: Mapping[int, Wanted], source: str, now: datetime
) -> tuple[list[Proposal], dict[int, NotDone]]:
    """Ask for many limits, by their numbers, as `propose` does for one, in the caller's transaction.

    Beside what was asked for stands, by number, why some cannot be: then the caller takes all of it back. Nobody waits
    for ever: the cells that are there are locked first, new ones are opened by their keys, the audit is last.
    """
    keys = {its.key for its in wanted.values()}
    if not ledger.confirms.terms:
        lock(Cell.objects.filter(ledger=ledger.code, key__in=keys).values_list("pk", flat=True))
    asked: list[tuple[Proposal, Standing]] = []
    refused: dict[int, NotDone] = {}
    for number, its in sorted(wanted.items(), key=lambda each: (each[1].key, str(each[1].starts_at), each[0])):
        try:
            asked.append(_proposed(actor, ledger, its, source, now))
        except NotDone as why:
            refused[number] = why
    for proposal, standing in asked:
        _record(standing, "propose", proposal, now)
    return [proposal for proposal, _ in asked], refused


def confirm(actor: Actor, proposal: Proposal, now: datetime) -> Proposal:
    """Put a limit into force, as another natural person than asked for it.

    Raises NotAKeeper, SamePerson, Decided, LimitMoved where the limit is not what it was when it was asked for, and
    BelowTaken where more is taken of it.
    """
    with refusals(actor.own, "ledger.confirm", _of(proposal), now), transaction.atomic():
        held = _waiting([proposal])[0]
        standing = _confirmed(actor, held, now)
        _record(standing, "confirm", held, now)
    return held


def reject(actor: Actor, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """Refuse a limit, with a reason, by who could confirm it; whoever asked for it may take it back."""
    with refusals(actor.own, "ledger.reject", _of(proposal), now), transaction.atomic():
        held = _waiting([proposal])[0]
        standing = _rejected(actor, held, reason, now)
        _record(standing, "reject", held, now)
    return held


def confirm_all(actor: Actor, ledger: Ledger, proposals: Sequence[Proposal], now: datetime) -> None:
    """Put many limits into force, as `confirm` does one, all or none; Hindered names what changed meanwhile."""
    _all("confirm", actor, ledger, proposals, lambda held: _confirmed(actor, held, now), now)


def reject_all(actor: Actor, ledger: Ledger, proposals: Sequence[Proposal], reason: str, now: datetime) -> None:
    """Refuse many limits, as `reject` does one, all or none; Hindered names what changed meanwhile."""
    _all("reject", actor, ledger, proposals, lambda held: _rejected(actor, held, reason, now), now)


def _all(
    verb: str,
    actor: Actor,
    ledger: Ledger,
    proposals: Sequence[Proposal],
    decide: Callable[[Proposal], Standing],
    now: datetime,
) -> None:
    """Decide each; the cells that are there are locked first, new ones are opened by their keys, the audit is last."""
    with refusals(actor.own, f"ledger.{verb}", Of("ledger", ledger.code), now), transaction.atomic():
        rows = _waiting(proposals)
        lock(row.cell_id for row in rows if row.cell_id is not None)
        decided: list[tuple[Proposal, Standing]] = []
        hindered: list[tuple[Proposal, Word]] = []
        for row in sorted(rows, key=lambda its: (its.key, str(its.starts_at))):
            try:
                decided.append((row, decide(row)))
            except (Decided, LimitMoved, BelowTaken) as why:
                hindered.append((row, why.text))
        if hindered:
            raise Hindered(hindered)
        for row, standing in decided:
            _record(standing, verb, row, now)


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


def _proposed(actor: Actor, ledger: Ledger, wanted: Wanted, source: str, now: datetime) -> tuple[Proposal, Standing]:
    """Ask for it, by the standing that may; in force at once where nobody is to confirm it."""
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
    if not ledger.confirms.terms:
        _put(ledger, proposal, standing, now)
    return proposal, standing


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


def _waiting(proposals: Sequence[Proposal]) -> list[Proposal]:
    """The limits that were asked for as they are now, locked in the order of their numbers."""
    numbers = [proposal.pk for proposal in proposals]
    return list(Proposal.objects.select_for_update().filter(pk__in=numbers).order_by("pk"))


def _confirmed(actor: Actor, held: Proposal, now: datetime) -> Standing:
    """Put it into force, by the standing that may."""
    ledger = _still(held)
    standing = _second(actor, ledger, held)
    _put(ledger, held, standing, now)
    return standing


def _rejected(actor: Actor, held: Proposal, reason: str, now: datetime) -> Standing:
    """Refuse it, by the standing that may."""
    ledger = _still(held)
    mine = actor.own if actor.person == held.proposed_by_id else None
    standing = mine or next(iter(as_party(ledger.confirms, actor, held.place)), None)
    if standing is None:
        raise NotAKeeper
    if not reason.strip():
        raise NoReason
    demand_none(reason)
    held.reason = reason.strip()
    _decide(held, ProposalState.REJECTED, standing, now)
    return standing


def _still(held: Proposal) -> Ledger:
    """The ledger of a limit that waits; Decided where it waits no more."""
    if held.state != ProposalState.DRAFT:
        raise Decided
    return ledgers()[held.ledger]


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
