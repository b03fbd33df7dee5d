"""Granting posts (授予岗位): giving and ending them; nothing else writes their table.

Each is one transaction with its audit entry; a refusal changes nothing and is kept. Whoever grants is an administrator,
in an own post, at the place or above it, and never for the own person. The people concerned are locked, so that two
grants at once cannot make together what neither would alone.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.places.models import Dated, Delegation, Place, Post
from yiheng.site.base.places.roles import ADMINISTRATOR, clash, known_roles
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.refused import NotDone


class NotGranted(NotDone):
    """A grant that was not made."""

    @classmethod
    def said(cls, code: str, zh: str, en: str) -> "NotGranted":
        """A refusal by its code and both texts."""
        return cls(code, Word(zh, en))


def grant(actor: Actor, person: Person, role: str, place: Place, start: date, end: date | None, now: datetime) -> Post:
    """Give a person a post at a place from `start` until the day before `end` (None: until further notice).

    Raises NotGranted: not the asker's to grant, the own person, no such role there, wrong days, held already, or roles
    that nobody may hold together, also across lent posts.
    """
    with granting(actor, "post.grant", Of("person", str(person.pk)), now):
        demand_administrator(actor, place)
        _demand_another(actor, person)
        return _granted(actor.own, person, role, place, start, end, now)


def first_administrator(person: Person, place: Place, now: datetime) -> Post:
    """The site's first administrator, made by whoever has its machine; refused once there was any."""
    with refusals(None, "post.first", Of("person", str(person.pk)), now), transaction.atomic():
        list(Place.objects.select_for_update().filter(parent=None).order_by("pk"))
        if Post.objects.filter(role=ADMINISTRATOR.code).exists():
            raise NotGranted.said(
                "not_first", "已有系统管理员，须由其授予", "there is an administrator already, who grants"
            )
        return _granted(None, person, ADMINISTRATOR.code, place, localdate(now), None, now)


def end_post(actor: Actor, post: Post, end: date, now: datetime) -> None:
    """End a post with the day before `end`; today at the earliest. Raises NotGranted."""
    with granting(actor, "post.end", Of("post", str(post.pk)), now):
        demand_administrator(actor, post.place)
        _demand_another(actor, post.person)
        end_row(Post.objects.filter(pk=post.pk), post, end, now)
        write(actor.own, "post.end", Of("post", str(post.pk)), now, role=post.role, place=post.place.code, end=str(end))


@contextmanager
def granting(actor: Actor, action: str, of: Of, now: datetime) -> Iterator[None]:
    """One transaction; a refusal in it changes nothing and is kept."""
    with refusals(actor.own, action, of, now), transaction.atomic():
        yield


def _granted(
    standing: Standing | None, person: Person, role: str, place: Place, start: date, end: date | None, now: datetime
) -> Post:
    demand_days(start, end, now)
    its = known_roles().get(role)
    if its is None or place.kind not in its.held_at:
        raise NotGranted.said(
            "role", f"此处没有“{its.word.zh if its else role}”岗位", "there is no such post at that kind of place"
        )
    if not person.is_active:
        raise NotGranted.said("inactive", "该人员账户已停用", "the account of that person is not active")
    lock_people(person.pk)
    lock_people(*_takers(person.pk, start, end))
    same = Post.objects.filter(person=person, role=role, place=place)
    if overlapping(same, start, end).exists():
        raise NotGranted.said("held", "该人员在此期间已任此岗位", "that person holds this post in that time already")
    for hand in (person.pk, *_takers(person.pk, start, end)):
        demand_apart(hand, start, end, {role})
    post = Post.objects.create(person=person, role=role, place=place, start=start, end=end)
    of = Of("post", str(post.pk))
    said = {"person_id": person.pk, "role": role, "place": place.code, "start": str(start), "end": str(end or "")}
    write(standing, "post.grant", of, now, **said)
    return post


def demand_apart(person: int, start: date, end: date | None, more: Iterable[str]) -> None:
    """Nobody's hands hold two roles that are apart, in own posts or lent ones, on any day of the span."""
    lent = overlapping(Delegation.objects.filter(taker_id=person), start, end).values_list("giver_id", flat=True)
    if pair := clash({*roles_of({person, *lent}, start, end), *more}):
        words = [known_roles()[code].word for code in sorted(pair)]
        raise NotGranted.said(
            "clash",
            f"“{words[0].zh}”与“{words[1].zh}”为不相容岗位，不得由同一人担任（含受托岗位）",
            f"nobody is both {words[0].en} and {words[1].en}, also not by lent posts",
        )


def roles_of(people: set[int], start: date, end: date | None) -> set[str]:
    """The roles that these people hold on any day of a span."""
    return set(overlapping(Post.objects.filter(person__in=people), start, end).values_list("role", flat=True))


def _takers(person: int, start: date, end: date | None) -> list[int]:
    """Those to whom a person has lent the own posts on any day of a span."""
    lent = overlapping(Delegation.objects.filter(giver_id=person), start, end)
    return sorted(set(lent.values_list("taker_id", flat=True)))


def overlapping(rows: "QuerySet[Dated]", start: date, end: date | None) -> "QuerySet[Dated]":
    """The rows that hold on any day of a span."""
    found = rows.filter(Q(end=None) | Q(end__gt=start)).exclude(end=F("start"))
    return found if end is None else found.filter(start__lt=end)


def lock_people(*people: int) -> None:
    """Hold these people's rows in the order of their numbers."""
    list(Person.objects.select_for_update().filter(pk__in=people).order_by("pk"))


def end_row(row: "QuerySet[Dated]", seen: Dated, end: date, now: datetime) -> None:
    """Set an earlier end; what had ended stays so, a past day stays held; ended on its first day: never held."""
    if end < localdate(now) or end < seen.start:
        raise NotGranted.said(
            "days", "终止日不得早于今天和起始日", "it ends today at the earliest, and not before its first day"
        )
    if row.filter(Q(end=None) | Q(end__gt=end)).update(end=end) != 1:
        raise NotGranted.said("ended", "已在此日或更早终止", "it ends on that day or earlier already")


def demand_days(start: date, end: date | None, now: datetime) -> None:
    """Refuse a span that has begun before today, or ends before it begins."""
    if start < localdate(now):
        raise NotGranted.said("days", "起始日不得早于今天", "it begins today at the earliest")
    if end is not None and end <= start:
        raise NotGranted.said("days", "终止日须晚于起始日", "it ends after its first day")


def _demand_another(actor: Actor, person: Person) -> None:
    if person.pk == actor.person:
        raise NotGranted.said("own_post", "不得为本人授予或终止岗位", "nobody grants or ends an own post")


def demand_administrator(actor: Actor, place: Place) -> None:
    """Refuse whoever is no administrator at the place or above it."""
    if not administers(actor, place.path):
        raise not_administrator()


def administers(actor: Actor, path: str) -> bool:
    """Whether the actor is, in an own post, an administrator at the place of this path or above it."""
    return any(path.startswith(root) for root in roots(actor))


def roots(actor: Actor) -> list[str]:
    """The paths of the places at which the actor is an administrator, in an own post."""
    return sorted({held.path for held in actor.own.posts if held.role == ADMINISTRATOR.code})


def not_administrator() -> NotGranted:
    """What whoever is none is told."""
    return NotGranted.said(
        "not_administrator",
        "须由该机构或其上级的系统管理员办理",
        "an administrator at that place or above it does this",
    )
