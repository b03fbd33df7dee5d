"""Filling the site (填充演示站点): once, all of it or nothing; the same day and seed give the same matters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.looks import seal
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.notices.reading import mark_read
from yiheng.site.base.pages import made_up
from yiheng.site.base.places.models import Place, Post
from yiheng.site.demo import cast, purchases, referrals, region
from yiheng.site.demo.stage import Stage, Story, play

# The people are appointed so long before, and nothing that they do is older.
BEFORE = timedelta(days=150)
_READ = timedelta(days=2)


@dataclass(frozen=True)
class Populated:
    """What there is now, and whether this call has made it."""

    items: int
    people: int
    is_new: bool


def populate(data: Path, now: datetime, seed: int) -> Populated:
    """Fill an empty site from the places of DATA; one that was filled so before stays as it is.

    A site that holds anything else is refused. Say before that it is made up: no page shows any of it without that.
    """
    with transaction.atomic():
        is_new = not (Place.objects.exists() or Person.objects.exists())
        if is_new:
            made_up.declare()
            _fill(data, now, seed)
        elif not made_up.is_made_up():
            raise Refusal("holds a site that is not made up", file=str(data), cure="choose another folder with --dir")
    seal(now)
    from yiheng.site.base.flow.models import Item

    return Populated(Item.objects.count(), Person.objects.count(), is_new)


def renew_password(password: str) -> None:
    """One password for all the demo's people, in place of the one before; sessions of before end."""
    if not made_up.is_made_up():
        raise Refusal("is not a made-up site", file="site")
    # Hashed once: these are made-up people with one password, which is no secret between them.
    Person.objects.filter(is_active=True).update(password=make_password(password), must_change=False)


def sign_in_names() -> dict[str, str]:
    """By role the sign-in name of whoever held it first."""
    names: dict[str, str] = {}
    for role, name in Post.objects.order_by("pk").values_list("role", "person__username"):
        names.setdefault(role, name)
    return dict(sorted(names.items()))


def _fill(data: Path, now: datetime, seed: int) -> None:
    opening = now - BEFORE
    made = region.make(region.read(data))
    people = cast.appoint(made, opening)
    stage = Stage(made, people, seed, opening, Random(seed))
    purchases.prepare(stage)
    referrals.prepare(stage)
    lending = Story([(cast.when_lent(now), lambda stage, story: cast.lend_posts(people, made, stage.now))])
    play(stage, [lending, *referrals.stories(stage, now), *purchases.stories(stage, now)], now)
    _read(now - _READ)


def _read(until: datetime) -> None:
    """Notices of before were read when they came."""
    for person in sorted(set(Notice.objects.filter(at__lt=until).values_list("person", flat=True))):
        mark_read(person, list(Notice.objects.filter(person=person, at__lt=until).values_list("pk", flat=True)), until)
