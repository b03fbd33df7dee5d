"""Pages of ledgers (额度台账页面): the cells that the reader sees, what is taken of each, and for which items.

Made from any ledger's declaration; nobody else finds the ledger. Changing a limit is in `ledgers_changing`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from yiheng.base.money import yuan_of
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.ledger.declare import Ledger
from yiheng.site.base.ledger.models import Cell, Hold, Kind, Proposal
from yiheng.site.base.ledger.seeing import as_party, cells_for, keeps, ledgers_for, proposals_for, sheet_of
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.inboxes import Brief, briefly
from yiheng.site.base.pages.listing import plain
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor

_PAGE = 100
_PER_MILLE = 1000


@dataclass(frozen=True)
class Legs:
    """A limit and what is taken of it, as it reads; `share` in tenths of a percent, None of no limit."""

    approved: str
    held: str
    committed: str
    used: str
    released: str
    free: str
    share: int | None
    over: bool

    @classmethod
    def of(cls, unit: str, approved: int, held: int, committed: int, used: int, released: int) -> "Legs":
        """From the amounts of a cell, or of many together."""
        taken = held + committed + used
        share = (_PER_MILLE * taken + approved // 2) // approved if approved else None
        return cls(
            approved=_said(approved, unit),
            held=_said(held, unit),
            committed=_said(committed, unit),
            used=_said(used, unit),
            released=_said(released, unit),
            free=_said(approved - taken, unit),
            share=share,
            over=taken > approved,
        )

    @property
    def percent(self) -> str:
        return "—" if self.share is None else f"{self.share // 10}.{self.share % 10}%"


@dataclass(frozen=True)
class HoldLine:
    """A hold with its item, where the reader sees that."""

    hold: Hold
    amounts: tuple[str, ...]
    item: Brief | None
    lapsed: bool


@require_safe
def ledger_page(request: HttpRequest, code: str) -> HttpResponse:
    """The cells that the reader sees, or the limits that wait to be confirmed."""
    actor, now = actor_for(request), now_of(request)
    ledger = ledger_of(actor, code)
    waiting = shown(proposals_for(ledger, actor))
    if request.GET.get("show") == "waiting":
        asked: Page[Proposal] = page_asked(Rows(waiting), request.GET.get("page", ""), _PAGE)
        found: dict[str, Any] = {
            "page": asked,
            "sheets": sheets_waiting(ledger, actor),
            "proposals": [proposal_line(each, ledger, actor) for each in asked.rows],
        }
    else:
        cells = _found(ledger, actor, request, now).order_by("place__path", "starts_at", "key", "pk")
        page: Page[Cell] = page_asked(Rows(cells), request.GET.get("page", ""), _PAGE)
        rows = [(cell, legs_of(cell)) for cell in page.rows]
        found = {"page": page, "rows": rows, "total": _total(ledger, cells)}
    look(actor, "list", Of("ledger", ledger.code), now, rows=len(found["page"].rows))
    context = {
        "ledger": ledger, "now": now, "is_money": ledger.unit is Unit.FEN, "waiting": waiting.count(),
        "places": _places(ledger, actor), "timed": cells_for(ledger, actor).filter(starts_at__isnull=False).exists(),
        "keeps": keeps(ledger, actor), **_asked(request), **found,
    }  # fmt: skip
    return render(request, "site/ledger.html", context)


@require_safe
def ledger_cell(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A cell: its limit and how it became so, what is taken of it and for which items."""
    actor, now = actor_for(request), now_of(request)
    ledger = ledger_of(actor, code)
    cell = cell_of(ledger, actor, number)
    of_items = cell.holds.select_related("item").order_by("-pk")
    holds: Page[Hold] = page_asked(Rows(of_items), request.GET.get("page", ""), _PAGE)
    look(actor, "page", Of("ledger.cell", str(cell.pk)), now, rows=len(holds.rows))
    changes = cell.movements.filter(kind=Kind.LIMIT).select_related("person").order_by("-pk")
    waiting = shown(proposals_for(ledger, actor).filter(cell=cell))
    context = {
        "ledger": ledger, "cell": cell, "legs": legs_of(cell), "page": holds, "now": now,
        "is_money": ledger.unit is Unit.FEN,
        "holds": _lines(holds.rows, ledger, actor, now),
        "changes": [(each, signed(each.amount, ledger)) for each in changes],
        "proposals": [proposal_line(each, ledger, actor) for each in waiting],
        "changes_limit": cell.place is not None and bool(as_party(ledger.keepers, actor, cell.place)),
    }  # fmt: skip
    return render(request, "site/ledger_cell.html", context)


def ledger_of(actor: Actor, code: str) -> Ledger:
    """A ledger that the actor could see something of; 404 for any other."""
    for ledger in ledgers_for(actor):
        if ledger.code == code:
            return ledger
    raise Http404


def cell_of(ledger: Ledger, actor: Actor, number: int) -> Cell:
    """A cell that the actor sees; 404 alike where there is none."""
    found = _with_released(cells_for(ledger, actor)).filter(pk=number).select_related("place").first()
    if found is None:
        raise Http404
    return found


def proposal_line(proposal: Any, ledger: Ledger, actor: Actor) -> dict[str, Any]:
    """A limit that waits, as it reads, and what the reader may do with it."""
    seconds = as_party(ledger.confirms, actor, proposal.place)
    first = {proposal.proposed_by_id, proposal.proposed_for_id}
    return {
        "row": proposal,
        "was": "" if proposal.was is None else amount(proposal.was, ledger),
        "approved": amount(proposal.approved, ledger),
        "change": signed(proposal.change, ledger),
        "confirms": any(each.people.isdisjoint(first) for each in seconds),
        "rejects": bool(seconds) or actor.person == proposal.proposed_by_id,
    }


def shown(proposals: "QuerySet[Proposal]") -> "QuerySet[Proposal]":
    """Limits that were asked for, in order, with what is shown of them."""
    return proposals.select_related("place", "proposed_by").order_by("pk")


def sheets_waiting(ledger: Ledger, actor: Actor) -> list[dict[str, Any]]:
    """The sheets of which more than one limit waits that the reader may decide, the first first."""
    waiting = proposals_for(ledger, actor)
    by_sheet = waiting.order_by().values("proposed_by", "proposed_at", "source")
    firsts = [its["first"] for its in by_sheet.annotate(first=Min("pk"), rows=Count("pk")).filter(rows__gt=1)]
    found = (_sheet(first, ledger, actor) for first in shown(waiting.filter(pk__in=firsts)))
    return [its for its in found if its["confirms"] or its["rejects"]]


def _sheet(first: Proposal, ledger: Ledger, actor: Actor) -> dict[str, Any]:
    """A sheet as it reads, and how many of its limits the reader may confirm, and reject."""
    sheet = sheet_of(first, proposals_for(ledger, actor)).order_by()
    change = Sum(F("approved") - Coalesce("was", 0))
    # Who may decide is asked of one of each place and asker: of all that are alike the answer is the same.
    alike = list(sheet.values("place", "proposed_for").annotate(one=Min("pk"), rows=Count("pk"), change=change))
    ones = shown(sheet.filter(pk__in=[its["one"] for its in alike]))
    lines = {row.pk: proposal_line(row, ledger, actor) for row in ones}
    may = {name: sum(its["rows"] for its in alike if lines[its["one"]][name]) for name in ("confirms", "rejects")}
    rows, all_change = (sum(its[name] for its in alike) for name in ("rows", "change"))
    return {"row": first, "rows": rows, "change": signed(all_change, ledger), **may}


def amount(value: int, ledger: Ledger) -> str:
    """An amount as it reads in a column that names its unit: money in yuan."""
    return _said(value, ledger.unit)


def signed(value: int, ledger: Ledger) -> str:
    """A change as it reads: with its sign."""
    return f"+{amount(value, ledger)}" if value > 0 else amount(value, ledger)


def legs_of(cell: Any) -> Legs:
    """A cell, found with what its holds gave back, as it reads."""
    return Legs.of(cell.unit, cell.approved, cell.held, cell.committed, cell.used, cell.released)


def _said(value: int, unit: str) -> str:
    return f"{yuan_of(value):,}" if unit == Unit.FEN else f"{value:,}"


def _lines(holds: Iterable[Hold], ledger: Ledger, actor: Actor, now: datetime) -> list[HoldLine]:
    given = list(holds)
    seen = briefly((hold.item for hold in given if hold.item is not None), actor)
    return [
        HoldLine(
            hold,
            tuple(amount(getattr(hold, name), ledger) for name in ("amount", "held", "committed", "used", "released")),
            seen.get(hold.item_id),
            hold.lapsed(now),
        )
        for hold in given
    ]


def _found(ledger: Ledger, actor: Actor, request: HttpRequest, now: datetime) -> "QuerySet[Cell]":
    """The cells that are asked for: of a place, by name or key, those whose time has not passed."""
    cells = cells_for(ledger, actor)
    place, text = request.GET.get("place", ""), plain(request.GET.get("q", ""))
    if place:
        cells = cells.filter(place__code=plain(place))
    if text:
        cells = cells.filter(Q(name__icontains=text) | Q(key__icontains=text))
    if not request.GET.get("past"):
        cells = cells.filter(Q(starts_at=None) | Q(starts_at__date__gte=localdate(now)))
    return _with_released(cells).select_related("place")


def _with_released(cells: "QuerySet[Cell]") -> "QuerySet[Cell]":
    return cells.annotate(released=Sum("holds__released", default=0))


def _total(ledger: Ledger, cells: "QuerySet[Cell]") -> Legs:
    """All cells that were asked for together, also those of other pages."""
    its = Cell.objects.filter(pk__in=cells.order_by().values("pk"))
    sums = its.aggregate(*(Sum(name, default=0) for name in ("approved", "held", "committed", "used")))
    back = Hold.objects.filter(cell__in=its.values("pk")).aggregate(all=Sum("released", default=0))
    return Legs.of(
        ledger.unit, sums["approved__sum"], sums["held__sum"], sums["committed__sum"], sums["used__sum"], back["all"]
    )


def _places(ledger: Ledger, actor: Actor) -> list[Place]:
    """The places of which the reader sees cells, for the choice; none where there is only one."""
    found = Place.objects.filter(pk__in=cells_for(ledger, actor).values("place")).order_by("path")
    places = list(found)
    return places if len(places) > 1 else []


def _asked(request: HttpRequest) -> dict[str, Any]:
    given = request.GET.copy()
    given.pop("page", None)
    return {
        "q": plain(request.GET.get("q", "")), "chosen": plain(request.GET.get("place", "")),
        "past": bool(request.GET.get("past")), "waits": request.GET.get("show") == "waiting",
        "kept": given.urlencode(),
    }  # fmt: skip
