"""Groups in administration (集团与成员): which institutions belong together; forms of the actions in `posts.groups`.

Shown is a group whose lead or a member is one of the reader's places as administrator; nobody else finds these pages.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus

from django import forms
from django.db.models import Count, F, Q, QuerySet
from django.forms.models import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_safe

from yiheng.base.words import Word
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.pages.administration import EndForm, administrator_for, places_for, state_of
from yiheng.site.base.pages.asking import now_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.places.models import Group, Membership, Place
from yiheng.site.base.places.roles import INSTITUTION
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.actions import administers
from yiheng.site.base.posts.groups import found_group, join, leave
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import say


class _NewForm(forms.Form):
    code = forms.CharField(label=say("代码", "code"), max_length=64)
    name = forms.CharField(label=say("名称", "name"), max_length=128)
    lead = forms.ModelChoiceField(Place.objects, label=say("牵头机构", "lead"), to_field_name="code")
    start = forms.DateField(label=say("起", "from"))


class _JoinForm(forms.Form):
    place = forms.ModelChoiceField(Place.objects, label=say("机构", "institution"), to_field_name="code")
    start = forms.DateField(label=say("起", "from"))
    end = forms.DateField(label=say("最后一天（留空为长期）", "last day (empty: until further notice)"), required=False)


@dataclass(frozen=True)
class MemberLine:
    """A membership as it reads: `state` is now, later or ended; ends: the reader may end it."""

    member: Membership
    state: str
    ends: bool

    @property
    def last(self) -> date | None:
        """The last day of it."""
        return self.member.end and self.member.end - timedelta(days=1)


@require_safe
def administration_groups(request: HttpRequest) -> HttpResponse:
    """The groups in which the reader's places are, each with how many members it has today."""
    actor, now = administrator_for(request), now_of(request)
    day = localdate(now)
    lasting = Q(members__start__lte=day) & (Q(members__end=None) | Q(members__end__gt=day))
    found = _groups(actor).annotate(size=Count("members", filter=lasting & ~Q(members__end=F("members__start"))))
    rows = list(found.select_related("lead").order_by("code"))
    look(actor, "list", Of("group", ""), now, rows=len(rows))
    return render(request, "site/administration_groups.html", {"rows": rows, "now": now})


@require_http_methods(["GET", "HEAD", "POST"])
def administration_group_new(request: HttpRequest) -> HttpResponse:
    """Found a group at one of the reader's institutions, which leads it."""
    actor, now = administrator_for(request), now_of(request)
    form = _NewForm(request.POST if request.method == "POST" else None, initial={"start": localdate(now)})
    _offer(form, "lead", actor)
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        its = form.cleaned_data
        try:
            group = found_group(actor, its["code"], its["name"], its["lead"], its["start"], now)
        except NotDone as why:
            said = why.text
        else:
            return redirect("administration_group", group.pk)
    return render(
        request, "site/administration_group_new.html", {"form": form, "said": said}, status=_status(form, said)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def administration_group(request: HttpRequest, number: int) -> HttpResponse:
    """A group: its members, and a form by which another joins."""
    actor, now = administrator_for(request), now_of(request)
    group = _groups(actor).filter(pk=number).select_related("lead").first()
    if group is None:
        raise Http404
    joins = administers(actor, group.lead.path)
    form = _JoinForm(request.POST if request.method == "POST" else None, initial={"start": localdate(now)})
    _offer(form, "place", actor)
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        its = form.cleaned_data
        end = its["end"] and its["end"] + timedelta(days=1)
        try:
            join(actor, group, its["place"], its["start"], end, now)
        except NotDone as why:
            said = why.text
        else:
            return redirect("administration_group", group.pk)
    look(actor, "page", Of("group", group.code), now)
    rows = _members(group, actor, now)
    context = {"group": group, "rows": rows, "form": form, "said": said, "joins": joins, "now": now}
    return render(request, "site/administration_group.html", context, status=_status(form, said))


@require_http_methods(["GET", "HEAD", "POST"])
def administration_leave(request: HttpRequest, number: int) -> HttpResponse:
    """End a membership after a last day, today at the earliest; or at once."""
    actor, now = administrator_for(request), now_of(request)
    member = (
        Membership.objects.filter(group__in=_groups(actor), pk=number).select_related("group__lead", "place").first()
    )
    if member is None:
        raise Http404
    form = EndForm(request.POST if request.method == "POST" else None, initial={"last": localdate(now)})
    dress(form.fields["last"])
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        try:
            leave(actor, member, form.end(localdate(now)), now)
        except NotDone as why:
            said = why.text
        else:
            return redirect("administration_group", member.group_id)
    context = {"member": member, "form": form, "said": said}
    return render(request, "site/administration_leave.html", context, status=_status(form, said))


def _groups(actor: Actor) -> "QuerySet[Group]":
    """The groups that are led from, or have a member in, the actor's places."""
    places = places_for(actor)
    own = Q(lead__in=places) | Q(pk__in=Membership.objects.filter(place__in=places).values("group"))
    return Group.objects.filter(own)


def _members(group: Group, actor: Actor, now: datetime) -> list[MemberLine]:
    rows = Membership.objects.filter(group=group).select_related("place").order_by("place__code", "start", "pk")
    leads = administers(actor, group.lead.path)
    found = []
    for member in rows:
        state = state_of(member, localdate(now))
        ends = leads and state != "ended" and administers(actor, member.place.path)
        found.append(MemberLine(member, state, ends))
    return found


def _offer(form: forms.Form, name: str, actor: Actor) -> None:
    """Offer the actor's institutions; clothe the form."""
    field = form.fields[name]
    assert isinstance(field, ModelChoiceField)
    field.queryset = places_for(actor).filter(kind=INSTITUTION)
    field.label_from_instance = lambda place: f"{place.name}（{place.code}）"
    for each in form.fields.values():
        dress(each)


def _status(form: forms.Form, said: Word | None) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if said is not None or form.errors else HTTPStatus.OK
