"""Lending one's posts (授权委托): what the reader lends and was lent, and forms of the actions in `posts.lending`."""

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.fields import YuanField
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.pages.administration import EndForm, state_of
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.pages.menu import reachable
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.places.models import Delegation
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.lending import end_loan, lend
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import pick, say

_PAGE = 50
_NO_SUCH = Word("没有使用此登录名的人员", "nobody has this sign-in name")


class _LendForm(forms.Form):
    taker = forms.CharField(label=say("受托人登录名", "sign-in name of whom you lend to"), max_length=64)
    start = forms.DateField(label=say("起", "from"))
    last = forms.DateField(label=say("最后一天", "last day"))
    flow = forms.ChoiceField(label=say("业务", "service"), required=False)
    cap = YuanField(label=say("限额（元，留空为不限）", "limit (yuan, empty: none)"), required=False)
    reason = forms.CharField(label=say("委托事由", "why"), max_length=200)


@dataclass(frozen=True)
class LoanLine:
    """A loan as it reads: `state` is now, later or ended; `service`: empty for all."""

    loan: Delegation
    service: str
    state: str

    @property
    def last(self) -> date | None:
        """The last day of it."""
        return self.loan.end and self.loan.end - timedelta(days=1)


@require_http_methods(["GET", "HEAD", "POST"])
def lending_page(request: HttpRequest) -> HttpResponse:
    """What the reader lends and was lent, the newest first, and a form to lend the own posts."""
    actor, now = actor_for(request), now_of(request)
    form = _LendForm(request.POST if request.method == "POST" else None, initial={"start": localdate(now)})
    _offer(form, actor)
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        its = form.cleaned_data
        taker = Person.objects.filter(username__iexact=its["taker"]).first()
        if taker is None:
            said = _NO_SUCH
        else:
            end = its["last"] + timedelta(days=1)
            try:
                lend(actor, taker, its["start"], end, its["cap"], its["flow"], its["reason"], now)
            except NotDone as why:
                said = why.text
            else:
                return redirect("lending")
    page: Page[Delegation] = page_asked(Rows(_loans(actor)), request.GET.get("page", ""), _PAGE)
    known = flows()
    rows = [
        LoanLine(loan, pick(known[loan.flow].word) if loan.flow in known else loan.flow, state_of(loan, localdate(now)))
        for loan in page.rows
    ]
    look(actor, "list", Of("loan", ""), now, rows=len(rows))
    lends = bool(actor.own.posts)
    context = {"page": page, "rows": rows, "form": form, "said": said, "lends": lends, "now": now, "kept": ""}
    return render(request, "site/lending.html", context, status=_status(form, said))


@require_http_methods(["GET", "HEAD", "POST"])
def lending_end(request: HttpRequest, number: int) -> HttpResponse:
    """End a loan of the reader's, given or taken, after a last day, today at the earliest; or at once."""
    actor, now = actor_for(request), now_of(request)
    loan = _loans(actor).filter(pk=number).first()
    if loan is None:
        raise Http404
    form = EndForm(request.POST if request.method == "POST" else None, initial={"last": localdate(now)})
    dress(form.fields["last"])
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        try:
            end_loan(actor, loan, form.end(localdate(now)), now)
        except NotDone as why:
            said = why.text
        else:
            return redirect("lending")
    return render(
        request, "site/lending_end.html", {"loan": loan, "form": form, "said": said}, status=_status(form, said)
    )


def _loans(actor: Actor) -> "QuerySet[Delegation]":
    its = Delegation.objects.filter(Q(giver=actor.person) | Q(taker=actor.person))
    return its.select_related("giver", "taker").order_by("-start", "-pk")


def _offer(form: forms.Form, actor: Actor) -> None:
    """Offer the services that the reader reaches; clothe the form."""
    field = form.fields["flow"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [
        ("", say("全部业务", "all services")),
        *((flow.code, pick(flow.word)) for flow in reachable(actor)),
    ]
    for each in form.fields.values():
        dress(each)


def _status(form: forms.Form, said: Word | None) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if said is not None or form.errors else HTTPStatus.OK
