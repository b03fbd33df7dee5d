"""Posts and accounts of others (岗位与账户办理): the forms of the actions in `posts`, which alone decide and write."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.forms.models import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.pages.administration import (
    EndForm,
    administrator_for,
    person_of,
    place_of,
    places_for,
    post_of,
    role_name,
)
from yiheng.site.base.pages.asking import now_of
from yiheng.site.base.pages.attaching import number_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import known_roles
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.accounts import appoint, lock, renew_password, reset_factor, unlock
from yiheng.site.base.posts.actions import end_post
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import pick, say

_LONG = 2000
Verb = Callable[[Actor, Person, str, datetime], str | None]
# What is done to an account: its name, and what follows from it.
_VERBS: dict[str, tuple[Verb, Word, Word]] = {
    "lock": (
        lock, Word("停用账户", "stop the account"),
        Word("停用后立即退出登录，不能再登录；岗位不变", "it is signed out at once and cannot sign in; the posts stay"),
    ),
    "unlock": (
        unlock, Word("启用账户", "start the account"),
        Word("恢复登录，并清除登录失败记录", "it may sign in again; failed sign-ins are forgotten"),
    ),
    "password": (
        renew_password, Word("重置密码", "give a new password"),
        Word("生成新的初始密码，只显示一次，首次登录须修改；原登录立即失效",
             "a first password, shown once and changed at sign-in; sessions of before end"),
    ),
    "factor": (
        reset_factor, Word("重置双因素验证", "take the second factor away"),
        Word("用于手机遗失；本人须重新绑定", "as of a lost phone; the person sets up another"),
    ),
}  # fmt: skip


class AppointForm(forms.Form):
    """Who, in which role, where, from when until when."""

    username = forms.CharField(label=say("登录名", "sign-in name"), max_length=64)
    name = forms.CharField(label=say("姓名", "name"), max_length=64)
    place = forms.ModelChoiceField(Place.objects, label=say("机构或科室", "place"), to_field_name="code")
    role = forms.ChoiceField(label=say("角色", "role"))
    start = forms.DateField(label=say("起", "from"))
    end = forms.DateField(label=say("最后一天（留空为长期）", "last day (empty: until further notice)"), required=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def administration_appoint(request: HttpRequest) -> HttpResponse:
    """Give a post to somebody who is there, or to somebody new, whose first password is shown this once."""
    actor, now = administrator_for(request), now_of(request)
    form = _appoint_form(request, actor, now)
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        its = form.cleaned_data
        end = its["end"] and its["end"] + timedelta(days=1)
        username = its["username"]
        try:
            password = appoint(actor, username, its["name"], its["role"], its["place"], its["start"], end, now)
        except NotDone as why:
            said = why.text
        else:
            person = Person.objects.get(username__iexact=username)
            return (
                passwords_page(request, {username: password})
                if password
                else redirect("administration_person", person.pk)
            )
    status = _status(said is not None or bool(form.errors))
    return render(request, "site/administration_appoint.html", {"form": form, "said": said}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def administration_account(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Stop or start an account, give it a new password, take its second factor away; with a reason."""
    actor, now = administrator_for(request), now_of(request)
    person = person_of(actor, number)
    if verb not in _VERBS:
        raise Http404
    act, word, follows = _VERBS[verb]
    said: Word | None = None
    if request.method == "POST":
        try:
            password = act(actor, person, request.POST.get("reason", "")[:_LONG], now)
        except NotDone as why:
            said = why.text
        else:
            return passwords_page(request, {person.username: password}) if password else _to(person)
    context = {
        "person": person, "word": word, "follows": follows, "said": said, "reason": request.POST.get("reason", "")
    }  # fmt: skip
    return render(request, "site/administration_account.html", context, status=_status(said is not None))


@require_http_methods(["GET", "HEAD", "POST"])
def administration_end(request: HttpRequest, number: int) -> HttpResponse:
    """End a post after a last day, today at the earliest; or at once."""
    actor, now = administrator_for(request), now_of(request)
    post = post_of(actor, number)
    form = EndForm(request.POST if request.method == "POST" else None, initial={"last": localdate(now)})
    dress(form.fields["last"])
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        try:
            end_post(actor, post, form.end(localdate(now)), now)
        except NotDone as why:
            said = why.text
        else:
            return _to(post.person)
    context = {"post": post, "role": role_name(post.role), "form": form, "said": said}
    status = _status(said is not None or bool(form.errors))
    return render(request, "site/administration_end.html", context, status=status)


def _appoint_form(request: HttpRequest, actor: Actor, now: datetime) -> AppointForm:
    """The form, filled with the place or the person that the address names."""
    initial: dict[str, Any] = {"start": localdate(now)}
    if (number := number_of(request.GET.get("place", ""))) is not None:
        initial["place"] = place_of(actor, number)
    if (number := number_of(request.GET.get("person", ""))) is not None:
        person = person_of(actor, number)
        initial |= {"username": person.username, "name": person.name}
    form = AppointForm(request.POST if request.method == "POST" else None, initial=initial)
    field = form.fields["place"]
    assert isinstance(field, ModelChoiceField)
    field.queryset = places_for(actor)
    field.label_from_instance = lambda place: f"{place.name}（{place.code}）"
    role = form.fields["role"]
    assert isinstance(role, forms.ChoiceField)
    role.choices = _roles(initial.get("place"))
    for each in form.fields.values():
        dress(each)
    return form


def _roles(place: Place | None) -> list[tuple[str, Any]]:
    """The roles that are held at such a place; without a place all of them, by kind of place."""
    empty = ("", say("—— 请选择 ——", "—— choose ——"))
    kinds = [place.kind] if place else [str(kind) for kind in Place.Kind.values]
    found = [
        (kind, [(code, pick(its.word)) for code, its in known_roles().items() if kind in its.held_at]) for kind in kinds
    ]
    if place:
        return [empty, *found[0][1]]
    return [empty, *((str(Place.Kind(kind).label), roles) for kind, roles in found)]


def passwords_page(request: HttpRequest, passwords: dict[str, str]) -> HttpResponse:
    """First passwords, shown this once."""
    people = {person.username: person for person in Person.objects.filter(username__in=passwords)}
    rows = [(people[username], word) for username, word in passwords.items() if username in people]
    return render(request, "site/administration_passwords.html", {"rows": rows, "now": now_of(request)})


def _to(person: Person) -> HttpResponse:
    return redirect("administration_person", person.pk)


def _status(is_refused: bool) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
