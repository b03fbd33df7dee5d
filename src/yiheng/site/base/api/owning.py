"""The page of API tokens (接口令牌): one's own, made and ended; an administrator ends those of the place too."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from allauth.account.authentication import get_authentication_records
from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from yiheng.base.words import Word
from yiheng.site.base.api import tokens
from yiheng.site.base.api.models import Token
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.pages.gate import asks_second_factor
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import say

_PAGE = 25
# What the address calls the page of the tokens of others.
_OTHERS = "others"
_LIVE, _ENDED = Word("有效", "good"), Word("已停用", "ended")
_OVER, _IDLE = Word("已到期", "over"), Word("闲置失效", "over, not used for long")


class TokenForm(forms.Form):
    """What for, until when."""

    name = forms.CharField(label=say("用途", "what for"), max_length=64)
    until = forms.DateField(label=say("有效期至", "valid until"))


@dataclass(frozen=True)
class Line:
    """A token as it reads: whether it is good, and why not."""

    token: Token
    state: Word
    is_live: bool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens_page(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one is shown this once. An administrator sees those of the place below."""
    actor, now = actor_for(request), now_of(request)
    if asks_second_factor(actor) and not _proved_twice(request):
        again = urlencode({"next": reverse("tokens")})
        return redirect(f"{reverse('mfa_reauthenticate')}?{again}")
    form = TokenForm(request.POST if request.method == "POST" else None, initial={"until": tokens.last_day(now)})
    for field in form.fields.values():
        dress(field)
    made: str | None = None
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = tokens.issue(actor, form.cleaned_data["name"], form.cleaned_data["until"], now)
        except NotDone as why:
            said = why.text
    page = _page(request, tokens.own(actor).order_by("-pk"), "page")
    others = tokens.of_place(actor, now).exclude(person_id=actor.person).filter(ended_at=None, expires_at__gt=now)
    others_page = _page(request, others.select_related("person").order_by("person__name", "-pk"), _OTHERS)
    context: dict[str, Any] = {
        "form": form, "said": said, "made": made, "page": page, "rows": _lines(page.rows, now),
        "others_page": others_page, "others": _lines(others_page.rows, now),
        "kept": f"{_OTHERS}={others_page.number}", "others_kept": f"page={page.number}",
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said or form.errors else HTTPStatus.OK
    return render(request, "site/tokens.html", context, status=status)


def _page(request: HttpRequest, found: "QuerySet[Token]", name: str) -> Page[Token]:
    """The page of tokens that the address asks for by this name."""
    return page_asked(Rows(found), request.GET.get(name, ""), _PAGE)


@require_POST
def token_end(request: HttpRequest, number: int) -> HttpResponse:
    """End a token; 404 for one that is not the asker's to end."""
    actor, now = actor_for(request), now_of(request)
    token = (tokens.own(actor) | tokens.of_place(actor, now)).filter(pk=number).first()
    if token is None:
        raise Http404
    if token.ended_at is None:
        tokens.revoke(actor, token, now)
    return redirect("tokens")


def _proved_twice(request: HttpRequest) -> bool:
    """Whether a second factor was given in this session."""
    return any(each.get("method") == "mfa" for each in get_authentication_records(request, request.user))


def _lines(rows: Any, now: datetime) -> list[Line]:
    found = list(rows)
    good = set(tokens.live(now).filter(pk__in=[each.pk for each in found]).values_list("pk", flat=True))
    return [Line(each, _state(each, now, each.pk in good), each.pk in good) for each in found]


def _state(token: Token, now: datetime, is_live: bool) -> Word:
    if is_live:
        return _LIVE
    if token.ended_at is not None:
        return _ENDED
    return _OVER if token.expires_at <= now else _IDLE
