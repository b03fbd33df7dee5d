"""Break-glass (紧急查阅) as pages: opening an item that one may not see, ending it, and its review by an officer."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from http import HTTPStatus
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiheng.base.words import Word
from yiheng.site.base.audit.looks import look, refusals, refused
from yiheng.site.base.audit.models import Look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.breakglass import actions
from yiheng.site.base.breakglass.actions import Shut, roles_that_break, supervised
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.registry import flow_of, flows
from yiheng.site.base.flow.sight import seen
from yiheng.site.base.pages.administration import role_name
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.pages.listing import plain
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import pick, say

_LOOKS = {
    "look.page": Word("查看事项", "the item"),
    "look.print": Word("打印", "a print"),
    "look.file": Word("下载附件", "a file"),
    "look.vault": Word("查阅受保护信息", "a sealed text"),
}
_PAGE, _LONGEST = 25, 500
_HOUR = timedelta(hours=1)
# The largest number that the form takes; how long glass is broken is the flow's terms to say.
_MOST_HOURS = 9_999


def breakable(actor: Actor) -> list[Flow]:
    """The flows of which the actor may break the glass of an item."""
    return [flow for flow in flows().values() if flow.glass is not None and roles_that_break(flow, actor)]


def reviews(actor: Actor, now: datetime) -> bool:
    """Whether a post of the actor's own reviews break-glass in some flow."""
    codes = {code for flow in flows().values() if flow.glass for code in flow.glass.terms(now).reviewers}
    return any(held.role in codes for held in actor.own.posts)


class GlassForm(forms.Form):
    """Which item, why, for how many hours."""

    flow = forms.ChoiceField(label=say("业务", "service"))
    number = forms.CharField(label=say("编号或患者标识", "number or patient's identifier"), max_length=64)
    reason = forms.CharField(label=say("理由", "reason"), max_length=_LONGEST, widget=forms.Textarea)
    hours = forms.IntegerField(
        label=say("查阅时间（小时）", "for how many hours"), min_value=1, max_value=_MOST_HOURS, initial=1
    )

    def __init__(self, open_to: list[Flow], now: datetime, given: Any = None) -> None:
        super().__init__(given)
        self.fields["flow"].choices = [(flow.code, capfirst(pick(flow.word))) for flow in open_to]
        longest = max(flow.glass.terms(now).longest // _HOUR for flow in open_to if flow.glass)
        self.fields["hours"].widget.attrs["max"] = longest
        self.fields["hours"].help_text = str(say(f"最长{longest}小时", f"{longest} hours at most"))
        for field in self.fields.values():
            dress(field)


@require_http_methods(["GET", "HEAD", "POST"])
def glass_page(request: HttpRequest) -> HttpResponse:
    """Ask for an item that one may not see; 404 for whoever may break no glass."""
    actor, now = actor_for(request), now_of(request)
    open_to = breakable(actor)
    if not open_to:
        raise Http404
    form = GlassForm(open_to, now, request.POST if request.method == "POST" else None)
    said: Word | None = None
    if request.method == "POST" and not form.is_valid():
        refused(actor.own, "glass.break", Of("breakglass"), "glass_form", now)
    elif request.method == "POST":
        try:
            glass = _broken(actor, form.cleaned_data, now)
        except NotDone as why:
            said = why.text
        else:
            return redirect("item", glass.item_id)
    wrong = said is not None or bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "site/glass.html", {"form": form, "said": said}, status=status)


@require_POST
def glass_close(request: HttpRequest, number: int) -> HttpResponse:
    """End the own opening before its time."""
    actor, now = actor_for(request), now_of(request)
    glass = Glass.objects.filter(pk=number, person_id=actor.person).first()
    if glass is None:
        raise Http404
    with suppress(Shut):  # it has ended meanwhile, which is what was asked for; the audit has the try
        actions.close(actor, glass, now)
    return redirect("inbox")


_SHOWN: dict[str, Callable[[Actor, datetime], "QuerySet[Glass]"]] = {
    "": lambda actor, now: actions.to_review(actor, now).order_by("review_by"),
    "running": lambda actor, now: (supervised(actor) & actions.running(now)).order_by("ends_at"),
    "reviewed": lambda actor, now: supervised(actor).exclude(reviewed_at=None).order_by("-reviewed_at"),
}
_CALLED = {
    "": Word("待复核", "to be reviewed"),
    "running": Word("进行中", "open now"),
    "reviewed": Word("已复核", "reviewed"),
}


@require_safe
def glass_reviews(request: HttpRequest) -> HttpResponse:
    """What was opened in the places of an officer: to be reviewed, the first due first; open now; reviewed."""
    actor, now = actor_for(request), now_of(request)
    if not reviews(actor, now):
        raise Http404
    show = request.GET.get("show", "")
    show = show if show in _SHOWN else ""
    rows = _SHOWN[show](actor, now).select_related("person", "item", "reviewer")
    page: Page[Glass] = page_asked(Rows(rows), request.GET.get("page", ""), _PAGE)
    look(actor, "list", Of("breakglass"), now, rows=len(page.rows))
    context = {
        "page": page, "rows": _lines(page.rows, now), "show": show, "kept": f"show={show}",
        "choices": [(code, word, code == show) for code, word in _CALLED.items()],
        "overdue": actions.to_review(actor, now).filter(review_by__lte=now).count(),
    }  # fmt: skip
    return render(request, "site/glass_reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def glass_review(request: HttpRequest, number: int) -> HttpResponse:
    """One opening: who, why, what was looked at; and the review."""
    actor, now = actor_for(request), now_of(request)
    glass = supervised(actor).select_related("person", "item", "reviewer").filter(pk=number).first()
    if glass is None:
        raise Http404
    said: Word | None = None
    verdict, comment = request.POST.get("verdict", ""), request.POST.get("comment", "").replace("\x00", "")[:_LONGEST]
    if request.method == "POST":
        try:
            actions.review(actor, glass, verdict, comment, now)
        except NotDone as why:
            said = why.text
        else:
            return redirect("glass_reviews")
    context = {
        "line": _line(glass, now), "glass": glass, "said": said, "verdict": verdict, "comment": comment,
        "verdicts": Glass.Verdict.choices, "looks": _looks(glass), "posts": _posts_of(glass),
        "opens": glass.closed_at is None and glass.ends_at > now,
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said else HTTPStatus.OK
    return render(request, "site/glass_review.html", context, status=status)


@dataclass(frozen=True)
class Line:
    """One opening as it reads: the flow's name, the item's number; whether its review is overdue."""

    glass: Glass
    flow: Word
    title: str
    is_overdue: bool


def running_lines(actor: Actor, now: datetime) -> list[Line]:
    """What the actor has open now, for the banner of every page; nothing is asked where nothing is open."""
    if not actor.own.opened:
        return []
    return _lines(actions.running(now).filter(person_id=actor.person).select_related("item"), now)


def how_many(actor: Actor, now: datetime) -> str:
    """How many openings the actor is to review, as the menu says it; nothing where there is none."""
    return str(actions.to_review(actor, now).count() or "")


def _lines(rows: Any, now: datetime) -> list[Line]:
    return [_line(row, now) for row in rows]


def _line(glass: Glass, now: datetime) -> Line:
    item = glass.item
    overdue = glass.reviewed_at is None and glass.review_by <= now
    return Line(glass, flow_of(item.flow).word, item.number or f"#{item.pk}", overdue)


def _looks(glass: Glass) -> list[tuple[str, datetime]]:
    """What was looked at through it, and when: the page, a print, a file, a sealed text."""
    rows = Look.objects.filter(
        person=glass.person_id, kind=glass.item.flow, number=str(glass.item_id), detail__glass=True,
        at__gte=glass.opened_at, at__lte=glass.closed_at or glass.ends_at,
    )  # fmt: skip
    found = rows.order_by("pk").values_list("action", "at")
    return [(capfirst(pick(_LOOKS.get(action, Word(action, action)))), at) for action, at in found]


def _posts_of(glass: Glass) -> list[str]:
    """The posts that whoever opened it held then."""
    held = glass.person.posts.filter(Post.on(localdate(glass.opened_at))).select_related("place").order_by("pk")
    return [f"{role_name(post.role)}（{post.place.name}）" for post in held]


# Finding the item


def _broken(actor: Actor, asked: dict[str, Any], now: datetime) -> Glass:
    flow = flow_of(asked["flow"])
    assert flow.glass is not None, "only such flows are offered"
    with refusals(actor.own, "glass.find", Of(flow.code), now):
        item = _item(flow, actor, plain(asked["number"]))
    return actions.break_glass(actor, item, asked["reason"], asked["hours"] * _HOUR, flow.glass.terms(now), now)


def _item(flow: Flow, actor: Actor, text: str) -> Item:
    """The item with exactly this text, of several the one changed last; Shut where none would be shown, or it is."""
    assert flow.glass is not None, "only such flows are offered"
    named = reduce(or_, (Q(**{name: text}) for name in flow.glass.found_by))
    for item in flow.model.objects.filter(named).order_by("-changed_at", "-pk") if text else ():
        facts, its = facts_of(item.its_flow, item), item.its_flow
        before, after = seen(its, facts, actor), seen(its, facts, _having_opened(actor, item.pk))
        if before == after and before.shows is Shows.ALL:
            raise Shut.said("needless", "您本来就能查看此事项，无须紧急查阅", "you see this item as it is")
        if after.shows is Shows.ALL:
            return item
    raise Shut.said("unknown", "没有可紧急查阅的此编号事项", "there is no such item whose glass could be broken")


def _having_opened(actor: Actor, item: int) -> Actor:
    return replace(actor, own=replace(actor.own, opened=actor.own.opened | {item}))
