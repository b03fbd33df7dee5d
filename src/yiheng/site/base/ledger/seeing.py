"""Who sees a ledger (台账可见范围): the parties that it declares, over the places of its cells; nobody else.

A post that was lent for one flow alone shows no ledger.
"""

from django.db.models import Q, QuerySet

from yiheng.site.base.ledger.declare import Ledger, ledgers
from yiheng.site.base.ledger.models import Cell, Proposal, ProposalState
from yiheng.site.base.party import Party
from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor, Standing


def ledgers_for(actor: Actor) -> list[Ledger]:
    """The ledgers of which the actor could see a cell, in the order of their codes."""
    return [its for its in ledgers().values() if _possible(its.seers, actor)]


def cells_for(ledger: Ledger, actor: Actor) -> "QuerySet[Cell]":
    """The cells of a ledger that the actor sees."""
    return Cell.objects.filter(_rows(ledger.seers, actor), ledger=ledger.code)


def asked_for(ledger: Ledger, actor: Actor) -> "QuerySet[Proposal]":
    """The limits that were asked for at places of which the actor sees the cells."""
    return Proposal.objects.filter(_rows(ledger.seers, actor), ledger=ledger.code)


def proposals_for(ledger: Ledger, actor: Actor) -> "QuerySet[Proposal]":
    """Those of them that wait to be confirmed."""
    return asked_for(ledger, actor).filter(state=ProposalState.DRAFT)


def sheet_of(proposal: Proposal, among: "QuerySet[Proposal]") -> "QuerySet[Proposal]":
    """Those that came with a proposal: what one person asked for at one moment is one sheet."""
    return among.filter(proposed_by=proposal.proposed_by_id, proposed_at=proposal.proposed_at, source=proposal.source)


def keeps(ledger: Ledger, actor: Actor) -> bool:
    """Whether the actor could ask for a limit somewhere."""
    return any(ledger.keepers.possible(each) for each in changing(actor))


def changing(actor: Actor) -> list[Standing]:
    """The standings that may change a limit: none that was lent for a flow, or up to a sum."""
    return [standing for standing in actor if not standing.flow and standing.cap is None]


def as_party(party: Party, actor: Actor, place: Place) -> list[Standing]:
    """The standings in which the actor is this party at a place, and may change limits."""
    at = Concerned(0, 0, places={"place": place.path})
    return [standing for standing in changing(actor) if party.holds(standing, at)]


def _possible(party: Party, actor: Actor) -> bool:
    return any(party.possible(standing) for standing in actor if not standing.flow)


def _rows(party: Party, actor: Actor) -> Q:
    found = Q(pk__in=())
    for standing in actor:
        if not standing.flow:
            found |= party.rows(standing)
    return found
