"""Administration (机构与人员): the places of an administrator, who holds which post there, and each person's account.

Shown are the places at and below those of the reader's own posts as administrator, and whoever holds or held a post in
them; nobody else finds these pages. Changing is in `administration_accounts`, sheets in `administration_sheets`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.listing import plain
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.places.models import Dated, Delegation, Place, Post
from yiheng.site.base.places.roles import known_roles
from yiheng.site.base.places.standing import Actor, above
from yiheng.site.base.posts.accounts import may_change
from yiheng.site.base.posts.actions import administers, overlapping, roots
from yiheng.site.base.texts import pick, say

_PAGE = 50


@dataclass(frozen=True)
class PostLine:
    """A post as it reads: `state` is now, later or ended; ends: the reader may end it."""

    post: Post
    role: str
    state: str
    ends: bool

    @property
    def last(self) -> date | None:
        """The last day on which it is held."""
        return self.post.end and self.post.end - timedelta(days=1)


class EndForm(forms.Form):
    """The last day of what is ended."""

    last = forms.DateField(label=say("最后一天（留空为立即终止）", "last day (empty: at once)"), required=False)

    def end(self, today: date) -> date:
        """The day from which on it does not hold any more."""
        last: date | None = self.cleaned_data["last"]
        return today if last is None else last + timedelta(days=1)


@require_safe
def administration(request: HttpRequest) -> HttpResponse:
    """The places that the reader administers; at once the place, where there is one."""
    actor = administrator_for(request)
    tops = list(Place.objects.filter(path__in=roots(actor)).order_by("path"))
    if len(tops) == 1:
        return redirect("administration_place", tops[0].pk)
    return render(request, "site/administration.html", {"tops": tops})


@require_safe
def administration_place(request: HttpRequest, number: int) -> HttpResponse:
    """A place: what lies in it, and who holds posts there."""
    actor, now = administrator_for(request), now_of(request)
    place, day = place_of(actor, number), localdate(now)
    asked = {"q": plain(request.GET.get("q", "")), "within": request.GET.get("within", ""),
             "ended": request.GET.get("ended", "")}  # fmt: skip
    page: Page[Post] = page_asked(Rows(_posts(place, day, **asked)), request.GET.get("page", ""), _PAGE)
    look(actor, "list", Of("place", place.code), now, rows=len(page.rows))
    given = request.GET.copy()
    given.pop("page", None)
    context = {
        "place": place, "crumbs": _crumbs(actor, place), "children": _children(place, day), "page": page,
        "rows": [_line(post, actor, day) for post in page.rows], "day": day, "now": now, "kept": given.urlencode(),
        **asked,
    }  # fmt: skip
    return render(request, "site/administration_place.html", context)


@require_safe
def administration_person(request: HttpRequest, number: int) -> HttpResponse:
    """A person: the account, the posts in the reader's places, what was lent."""
    actor, now = administrator_for(request), now_of(request)
    person, day = person_of(actor, number), localdate(now)
    posts = Post.objects.filter(person=person).select_related("place", "person").order_by("-start", "-pk")
    mine = [post for post in posts if administers(actor, post.place.path)]
    elsewhere = overlapping(posts.exclude(pk__in=[post.pk for post in mine]), day, None).count()
    look(actor, "page", Of("person", str(person.pk)), now)
    context = {
        "person": person, "rows": [_line(post, actor, day) for post in mine], "elsewhere": elsewhere,
        "loans": _loans(person, day), "has_factor": is_mfa_enabled(person), "is_self": person.pk == actor.person,
        "changes": may_change(actor, person, now), "now": now,
    }  # fmt: skip
    return render(request, "site/administration_person.html", context)


def administrator_for(request: HttpRequest) -> Actor:
    """The asker, who administers some place; 404 for anybody else."""
    actor = actor_for(request)
    if not roots(actor):
        raise Http404
    return actor


def places_for(actor: Actor) -> "QuerySet[Place]":
    """The places that the actor administers."""
    return Place.objects.filter(_within("path", actor)).order_by("path")


def place_of(actor: Actor, number: int) -> Place:
    """A place that the actor administers; 404 for any other."""
    found = places_for(actor).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def person_of(actor: Actor, number: int) -> Person:
    """Whoever holds or held a post in a place that the actor administers; 404 for anybody else."""
    found = Person.objects.filter(pk__in=_posts_of(actor).values("person"), pk=number).first()
    if found is None:
        raise Http404
    return found


def post_of(actor: Actor, number: int) -> Post:
    """A post in a place that the actor administers; 404 for any other."""
    found = _posts_of(actor).filter(pk=number).select_related("person", "place").first()
    if found is None:
        raise Http404
    return found


def state_of(row: Dated, day: date) -> str:
    """now, later or ended."""
    lasts = (row.end is None or row.end > day) and row.end != row.start
    return "ended" if not lasts else "later" if row.start > day else "now"


def role_name(code: str) -> str:
    """A role as it reads."""
    role = known_roles().get(code)
    return capfirst(pick(role.word)) if role else code


def _posts_of(actor: Actor) -> "QuerySet[Post]":
    return Post.objects.filter(_within("place__path", actor))


def _within(field: str, actor: Actor) -> Q:
    found = Q(pk__in=())
    for path in roots(actor):
        found |= Q(**{f"{field}__startswith": path})
    return found


def _posts(place: Place, day: date, q: str, within: str, ended: str) -> "QuerySet[Post]":
    """The posts of a place, with those below it, with those that have ended, of people by name, as asked."""
    rows = Post.objects.filter(place__path__startswith=place.path) if within else Post.objects.filter(place=place)
    if not ended:
        rows = overlapping(rows, day, None)
    if q:
        rows = rows.filter(Q(person__name__icontains=q) | Q(person__username__icontains=q))
    return rows.select_related("person", "place").order_by("place__path", "person__name", "person", "start", "pk")


def _children(place: Place, day: date) -> "QuerySet[Place]":
    """What lies in a place, each with how many places lie in it and how many posts are held at it."""
    lasting = Q(posts__end=None) | Q(posts__end__gt=day)
    found = Place.objects.filter(parent=place).annotate(
        inside=Count("children", distinct=True),
        held=Count("posts", filter=lasting & ~Q(posts__end=F("posts__start")), distinct=True),
    )
    return found.order_by("code")


def _crumbs(actor: Actor, place: Place) -> list[Place]:
    """The places above a place that the actor administers too, the highest first."""
    paths = [path for path in above(place.path)[:-1] if administers(actor, path)]
    return list(Place.objects.filter(path__in=paths).order_by("path"))


def _line(post: Post, actor: Actor, day: date) -> PostLine:
    state = state_of(post, day)
    return PostLine(post, role_name(post.role), state, state != "ended" and post.person_id != actor.person)


def _loans(person: Person, day: date) -> list[tuple[Delegation, str]]:
    """What the person lends or was lent, now or later, and for which service."""
    loans = Delegation.objects.filter(Q(giver=person) | Q(taker=person)).select_related("giver", "taker")
    known = flows()
    return [
        (loan, pick(known[loan.flow].word) if loan.flow in known else "")
        for loan in overlapping(loans, day, None).order_by("start", "pk")
    ]
