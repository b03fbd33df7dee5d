"""Sheets of limits (整表复核): all that came by one sheet confirmed or rejected at once, all or none."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yiheng.base.words import Word
from yiheng.site.base.ledger.declare import Ledger
from yiheng.site.base.ledger.limits import confirm_all, reject_all
from yiheng.site.base.ledger.models import Proposal
from yiheng.site.base.ledger.refused import Hindered
from yiheng.site.base.ledger.seeing import asked_for, proposals_for, sheet_of
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.attaching import number_of
from yiheng.site.base.pages.ledgers import ledger_of, proposal_line, shown, signed
from yiheng.site.base.pages.ledgers_changing import LONG, VERBS
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone

# What a line of a limit says that the reader may do, by verb.
_MAY = {"confirm": "confirms", "reject": "rejects"}


@require_http_methods(["GET", "HEAD", "POST"])
def ledger_sheet(request: HttpRequest, code: str, number: int, verb: str) -> HttpResponse:
    """Decide all limits of a sheet that the reader may, as they were shown: what changed meanwhile is named."""
    actor, now = actor_for(request), now_of(request)
    ledger = ledger_of(actor, code)
    first = asked_for(ledger, actor).filter(pk=number).first()
    if first is None or verb not in VERBS:
        raise Http404
    said: Word | None = None
    hindered: dict[int, Word] = {}
    if request.method == "POST":
        given = _given(request, sheet_of(first, asked_for(ledger, actor)))
        why = _decided(actor, ledger, given, verb, request.POST.get("reason", "")[:LONG], now)
        if why is None:
            return redirect(f"{reverse('ledger', args=(code,))}?show=waiting")
        said = why.text
        hindered = {row.pk: text for row, text in why.lines} if isinstance(why, Hindered) else {}
    waiting = [proposal_line(each, ledger, actor) for each in shown(sheet_of(first, proposals_for(ledger, actor)))]
    lines = [each for each in waiting if each[_MAY[verb]]]
    if not lines and said is None:
        raise Http404
    context = {
        "ledger": ledger, "first": first, "verb": verb, "word": VERBS[verb], "said": said, "lines": lines,
        "hindered": [(row, hindered[row.pk]) for row in shown(Proposal.objects.filter(pk__in=hindered))],
        "others": len(waiting) - len(lines), "change": signed(sum(each["row"].change for each in lines), ledger),
        "numbers": " ".join(str(each["row"].pk) for each in lines), "reason": request.POST.get("reason", ""),
        "is_money": ledger.unit is Unit.FEN,
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said else HTTPStatus.OK
    return render(request, "site/ledger_sheet.html", context, status=status)


def _given(request: HttpRequest, sheet: Any) -> list[Proposal]:
    """Those of a sheet that were shown; 404 where the form names none."""
    numbers = [number for text in request.POST.get("numbers", "").split() if (number := number_of(text)) is not None]
    found = list(sheet.filter(pk__in=numbers))
    if not found:
        raise Http404
    return found


def _decided(
    actor: Actor, ledger: Ledger, given: Sequence[Proposal], verb: str, reason: str, now: datetime
) -> NotDone | None:
    """Do it; why it was refused."""
    try:
        if verb == "confirm":
            confirm_all(actor, ledger, given, now)
        else:
            reject_all(actor, ledger, given, reason, now)
    except NotDone as why:
        return why
    return None
