"""Doing (办理): the form of a step, and sending it to `flow.act`, which alone decides and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.site.base.audit.looks import refused
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.check import Answer
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.declare import Flow, Step
from yiheng.site.base.flow.forms import Invalid, form_class
from yiheng.site.base.flow.models import Act
from yiheng.site.base.flow.refused import Blocked, Conflict, Missing, NotAllowed
from yiheng.site.base.flow.verbs import step_of
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.attaching import number_of, offered_names, taken_in
from yiheng.site.base.pages.filling import blank_form, in_sections, put_errors
from yiheng.site.base.pages.gate import for_outsiders
from yiheng.site.base.pages.lists import flow_for
from yiheng.site.base.pages.menu import beginnings
from yiheng.site.base.pages.showing import Shown, shown
from yiheng.site.base.refused import NotDone

# What every form has beside the step's own fields.
_OURS = ("csrfmiddlewaretoken", "request", "seen", "parent", "reason", "files")
_STATUS = {
    NotAllowed: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
    Missing: HTTPStatus.NOT_FOUND,
}


@dataclass(frozen=True)
class Desk:
    """A form on the desk: the step, the item if there is one, and what is wrong with what was sent."""

    flow: Flow
    step: Step
    its: Shown | None
    given: Mapping[str, Any] | None = None
    said: list[Word] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    stale: bool = False
    kept: tuple[int, ...] = ()


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """The form by which an item begins."""
    flow = flow_for(request, code)
    its_step = next((each for each in beginnings(flow, actor_for(request)) if each.name == step), None)
    if its_step is None:
        raise Http404
    return _at_desk(request, Desk(flow, its_step, None))


@for_outsiders
@require_http_methods(["GET", "HEAD", "POST"])
def do(request: HttpRequest, number: int, step: str) -> HttpResponse:
    """The form of a step of an item; what may not be done is told to whoever sees the item."""
    its = shown(number, actor_for(request))
    named = step_of(its.flow, step)
    if not its.whole or named is None:
        raise Http404
    return _at_desk(request, Desk(its.flow, named, its))


def _at_desk(request: HttpRequest, desk: Desk) -> HttpResponse:
    if request.method != "POST":
        return _desk_page(request, _refused_before(desk), HTTPStatus.OK)
    kept, wrong = taken_in(request, desk.step) if _may(desk) else ((), [])
    try:
        if wrong:
            raise _not_kept(request, desk, wrong)
        done = act(actor_for(request), _asked(request.POST, desk, kept), now_of(request))
    except (NotDone, Refusal) as why:
        return _desk_page(request, _with(_told(desk, why, request.POST), kept=kept), _status(why))
    return _onward(request, done)


def _may(desk: Desk) -> bool:
    """Whether files are kept for the step: not for whoever may not take it."""
    if desk.its is None:
        return True
    return any(each.allowed and each.step == desk.step for each in (*desk.its.decisions(), *desk.its.verbs()))


def _not_kept(request: HttpRequest, desk: Desk, wrong: list[str]) -> Invalid:
    """Files that were not taken, as lines of the form; the audit keeps that there were such."""
    of = Of(desk.flow.code, str(desk.its.item.pk) if desk.its else "")
    refused(actor_for(request).own, f"{desk.flow.code}.{desk.step.name}", of, "files", now_of(request))
    return Invalid({"files": wrong})


def _refused_before(desk: Desk) -> Desk:
    """A form that could not be sent is not shown: why it cannot is."""
    if desk.its is None:
        return desk
    found = [each for each in (*desk.its.decisions(), *desk.its.verbs()) if each.step == desk.step]
    if found and found[0].allowed:
        return desk
    if found and found[0].why is not None:
        return Desk(desk.flow, desk.step, desk.its, said=[found[0].why.value], stale=True)
    raise Http404


def _asked(given: QueryDict, desk: Desk, files: tuple[int, ...]) -> Asked:
    """What is asked for, as it was typed."""
    fields = form_class(desk.flow, desk.step).base_fields
    typed = {name: values for name, values in given.lists() if name not in _OURS}
    data = {
        name: values if len(values) > 1 or _is_many(fields.get(name)) else values[0] for name, values in typed.items()
    }
    its = desk.its
    return Asked(
        flow=desk.flow.code,
        step=desk.step.name,
        request=_key(given.get("request", "")),
        item=its.item.pk if its else None,
        parent=None if its else number_of(given.get("parent", "")),
        seen=number_of(given.get("seen", "")) if its else None,
        data=data,
        reason=given.get("reason", ""),
        files=files,
    )


def _is_many(field: forms.Field | None) -> bool:
    """Whether a field takes several values: one box that was ticked is a list of one."""
    return getattr(field and field.widget, "allow_multiple_selected", False)


def _key(text: str) -> UUID:
    """The form's key; a form that was sent without one is a new request."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _told(desk: Desk, why: NotDone | Refusal, given: QueryDict) -> Desk:
    """The form again, with what is wrong."""
    its = shown(desk.its.item.pk, desk.its.actor) if desk.its else None
    again = Desk(desk.flow, desk.step, its, given=given)
    match why:
        case Invalid():
            return _with(again, said=[why.text], wrong=why.fields)
        case Blocked():
            return _with(again, said=[], answers=why.answers)
        case NotAllowed() | Conflict():
            return _with(again, said=[why.text], stale=True)
        case NotDone():
            return _with(again, said=[why.text])
        case _:
            return _with(again, said=[Word(str(why), str(why))])


def _with(desk: Desk, **changed: Any) -> Desk:
    return Desk(**(desk.__dict__ | changed))


def _status(why: NotDone | Refusal) -> HTTPStatus:
    return _STATUS.get(type(why), HTTPStatus.UNPROCESSABLE_ENTITY)


def _desk_page(request: HttpRequest, desk: Desk, status: HTTPStatus) -> HttpResponse:
    form = None if desk.stale else blank_form(desk.flow, desk.step, desk.its, actor_for(request), desk.given)
    left = put_errors(form, desk.wrong)
    warns = [answer for answer in desk.answers if answer.check.level == "warn"]
    sent = desk.given or {}
    context = {
        "desk": desk, "flow": desk.flow, "step": desk.step, "its": desk.its, "form": form, "left": left,
        "sections": in_sections(desk.flow, form),
        "asks_reason": desk.step.reason or bool(warns), "reason": sent.get("reason", ""),
        "request_key": sent.get("request") or str(uuid4()),
        "kept": offered_names(actor_for(request), desk.kept),
        "parent": sent.get("parent") or request.GET.get("parent", ""),
        "title": desk.its.title() if desk.its else "", "here": request.path,
    }  # fmt: skip
    part = bool(request.headers.get("HX-Request"))
    return render(request, "site/_desk.html" if part else "site/desk.html", context, status=status)


def _onward(request: HttpRequest, done: Act) -> HttpResponse:
    """To the item, where the reader sees what has become of it."""
    where = f"{reverse('item', args=(done.item_id,))}?done={done.pk}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": where})
    return redirect(where)
