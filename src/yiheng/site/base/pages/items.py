"""The page of an item (事项) and its print: what the reader sees of it and may do."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiheng.site.base.audit.looks import look
from yiheng.site.base.document.models import Content
from yiheng.site.base.document.printing import official_form
from yiheng.site.base.pages import showing
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.codes import may_make
from yiheng.site.base.pages.gate import for_outsiders
from yiheng.site.base.pages.unsealing import boxes
from yiheng.site.base.pages.values import tone


@for_outsiders
@require_safe
def item_page(request: HttpRequest, number: int) -> HttpResponse:
    """One item."""
    actor, now = actor_for(request), now_of(request)
    its = showing.shown(number, actor)
    look(actor, "page", its.item, now)
    return render(request, "site/item.html", _content(its, request))


@for_outsiders
@require_safe
def item_print(request: HttpRequest, number: int) -> HttpResponse:
    """The item on paper: what the reader sees, who printed it and when."""
    actor, now = actor_for(request), now_of(request)
    its = showing.shown(number, actor)
    look(actor, "print", its.item, now)
    return render(request, "site/print.html", _content(its, request))


@for_outsiders
@require_safe
def item_form(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """The official form of what was frozen; 404 where there is none for the reader."""
    actor, now = actor_for(request), now_of(request)
    its = showing.shown(number, actor)
    if name not in _forms(its):
        raise Http404
    look(actor, "print", its.item, now, form=name)
    return HttpResponse(official_form(its.item, name, partial(its.seen.field, its.flow), _name(request), now))


def _name(request: HttpRequest) -> str:
    return request.user.name if request.user.is_authenticated else ""


def _content(its: showing.Shown, request: HttpRequest) -> dict[str, Any]:
    now = now_of(request)
    return {
        "its": its,
        "item": its.item,
        "flow": its.flow,
        "title": its.title(),
        "state": its.state(),
        "ends": its.whole and its.item.ended_at is not None,
        "sections": showing.sections(its),
        "belongings": showing.belongings(its),
        "offspring": its.offspring(),
        "makes_code": may_make(its),
        "tone": tone(its.flow.code, its.item.state) if its.state() else "",
        "decisions": its.decisions(),
        "verbs": its.verbs(),
        "way": showing.way(its),
        "waits": showing.waits(its, now),
        "history": showing.history(its),
        "files": [file for file in its.item.files.select_related("owner") if its.seen.files(its.flow, file.purpose)],
        "forms": _forms(its),
        "polls": showing.polls(its),
        "boxes": boxes(its),
        "now": now,
        **showing.kin(its),
    }


def _forms(its: showing.Shown) -> list[str]:
    """The names of the documents of the item that were frozen; none of what break-glass alone has opened."""
    if not its.whole or its.item.pk in its.actor.own.opened:
        return []
    return sorted(set(Content.objects.filter(item=its.item.pk).values_list("name", flat=True)))
