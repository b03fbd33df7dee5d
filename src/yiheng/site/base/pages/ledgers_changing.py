"""Changing limits (额度调整): asked for by form or sheet, confirmed or rejected by another, through `ledger`."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yiheng.base.words import Word
from yiheng.site.base.ledger.declare import Ledger
from yiheng.site.base.ledger.limits import Wanted, confirm, propose, reject
from yiheng.site.base.ledger.models import Cell, Proposal
from yiheng.site.base.ledger.seeing import asked_for, changing, keeps, proposals_for
from yiheng.site.base.ledger.sheets import LABELS, form_of, propose_sheet
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.attaching import number_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.pages.ledgers import cell_of, ledger_of, legs_of, proposal_line
from yiheng.site.base.pages.sheets import HandedIn, blank, hand_in
from yiheng.site.base.party import own_places
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import say

VERBS = {"confirm": Word("复核通过", "confirm"), "reject": Word("退回", "reject")}
_LONGEST, LONG = 200, 2000
_SOURCE = say("依据（文号或理由）", "by which document, or why")


@require_http_methods(["GET", "HEAD", "POST"])
def ledger_new(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a limit: of the cell that `cell` names, or of a new one."""
    actor, now = actor_for(request), now_of(request)
    ledger = _kept(actor, code)
    given = request.POST if request.method == "POST" else request.GET
    cell = _cell(ledger, actor, given.get("cell", ""))
    form = _form(ledger, actor, cell, request.POST if request.method == "POST" else None)
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = propose(actor, ledger, _wanted(form, cell), form.cleaned_data["source"], now)
        except NotDone as why:
            said = why.text
        else:
            return _onward(ledger, made)
    context = {
        "ledger": ledger, "cell": cell, "legs": cell and legs_of(cell), "form": form, "said": said,
        "by_two": bool(ledger.confirms.terms),
    }  # fmt: skip
    return render(request, "site/ledger_new.html", context, status=_status(said is not None or bool(form.errors)))


@require_http_methods(["GET", "HEAD", "POST"])
def ledger_file(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the limits of a sheet, all or none; the bad rows are given back."""
    actor, now = actor_for(request), now_of(request)
    ledger = _kept(actor, code)
    handed: HandedIn[list[Proposal]] = HandedIn(None)
    source = request.POST.get("source", "").strip()[:_LONGEST]
    if request.method == "POST":
        handed = hand_in(request, LABELS, lambda path, name: propose_sheet(actor, ledger, path, name, source, now))
        if handed.taken is not None:
            return redirect(f"{reverse('ledger', args=(ledger.code,))}{_waiting(ledger)}")
    context = {
        "ledger": ledger, "handed": handed, "source": source, "columns": list(LABELS.values()), "blank": blank(LABELS),
        "by_two": bool(ledger.confirms.terms),
    }  # fmt: skip
    return render(request, "site/ledger_file.html", context, status=_status(handed.said is not None))


@require_http_methods(["GET", "HEAD", "POST"])
def ledger_do(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Confirm or reject a limit that was asked for; who comes second is told that it was decided."""
    actor, now = actor_for(request), now_of(request)
    ledger = ledger_of(actor, code)
    offered = (asked_for if request.method == "POST" else proposals_for)(ledger, actor)
    proposal = offered.select_related("place", "proposed_by").filter(pk=number).first()
    if proposal is None or verb not in VERBS:
        raise Http404
    said: Word | None = None
    if request.method == "POST":
        said = _decided(actor, proposal, verb, request.POST.get("reason", "")[:LONG], now)
        if said is None:
            return redirect(f"{reverse('ledger', args=(ledger.code,))}?show=waiting")
    context = {
        "ledger": ledger, "line": proposal_line(proposal, ledger, actor), "verb": verb, "word": VERBS[verb],
        "said": said, "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "site/ledger_do.html", context, status=_status(said is not None))


def _decided(actor: Actor, proposal: Proposal, verb: str, reason: str, now: datetime) -> Word | None:
    """Do it; why it was refused."""
    try:
        if verb == "confirm":
            confirm(actor, proposal, now)
        else:
            reject(actor, proposal, reason, now)
    except NotDone as why:
        return why.text
    return None


def _kept(actor: Actor, code: str) -> Ledger:
    """A ledger of which the actor may ask for limits; 404 for any other."""
    ledger = ledger_of(actor, code)
    if not keeps(ledger, actor):
        raise Http404
    return ledger


def _cell(ledger: Ledger, actor: Actor, text: str) -> Cell | None:
    if not text:
        return None
    number = number_of(text)
    if number is None:
        raise Http404
    return cell_of(ledger, actor, number)


def _form(ledger: Ledger, actor: Actor, cell: Cell | None, given: Any) -> Any:
    form = form_of(ledger)(given)
    if cell is not None:
        for name in ("place", "code", "name", "starts_at"):
            del form.fields[name]
    form.fields["source"] = forms.CharField(label=_SOURCE, max_length=_LONGEST)
    if cell is None:
        paths = own_places(ledger.keepers, "place", changing(actor))
        offered = Place.objects.order_by("path")
        form.fields["place"].queryset = offered if paths is None else offered.filter(path__in=paths)
    for field in form.fields.values():
        dress(field)
    return form


def _wanted(form: Any, cell: Cell | None) -> Wanted:
    if cell is None or cell.place is None:
        found: Wanted = form.wanted()
        return found
    return Wanted(cell.place, cell.key, form.cleaned_data["approved"], starts_at=cell.starts_at)


def _onward(ledger: Ledger, made: Proposal) -> HttpResponse:
    """To the cell where the limit holds already, else to what waits."""
    if made.cell is not None and not ledger.confirms.terms:
        return redirect("ledger_cell", ledger.code, made.cell.pk)
    return redirect(f"{reverse('ledger', args=(ledger.code,))}{_waiting(ledger)}")


def _waiting(ledger: Ledger) -> str:
    return "?show=waiting" if ledger.confirms.terms else ""


def _status(is_refused: bool) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
