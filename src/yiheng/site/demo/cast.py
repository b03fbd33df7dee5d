"""The region's people (演示人员): somebody in every role that there is, appointed by the first administrator."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.timezone import localdate

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import ADMINISTRATOR, DEPARTMENT, DOCTOR, INSTITUTION, REGION, Role, known_roles
from yiheng.site.base.places.standing import Actor, actor_of
from yiheng.site.base.posts.actions import first_administrator, grant
from yiheng.site.base.posts.groups import join
from yiheng.site.base.posts.lending import lend
from yiheng.site.demo.region import Region
from yiheng.site.management.procurement.parties import BID_EXPERT, EXPERT, PRESIDENT
from yiheng.site.region.referral.parties import DESK

# So many hospitals have somebody in every role; the others a doctor and a referral desk.
_WHOLE = 2
# Of these one is too few: experts are drawn, heads ask for their own departments.
_MANY = {EXPERT.code: 5, BID_EXPERT.code: 5}
_DEPARTMENTS = 3
_CAP = 20_000_000
_LENT_BEFORE, _LENT_AFTER = timedelta(days=25), timedelta(days=20)


@dataclass
class Cast:
    """Who is what where.

    - at: (role, place's code) -> people; first: by role the one to sign in as, in the order of the roles
    - stands_in: whoever signs for the first hospital's president, from a day on, up to `cap` fen
    """

    administrator: Person
    at: dict[tuple[str, str], list[Person]] = field(default_factory=dict)
    first: dict[str, Person] = field(default_factory=dict)
    stands_in: tuple[date, Person] | None = None
    cap: int = _CAP

    def of(self, role: str, place: Place, number: int = 0) -> Person:
        """Somebody in a role at a place."""
        its = self.at[role, place.code]
        return its[number % len(its)]


def appoint(region: Region, now: datetime) -> Cast:
    """Accounts without a password, and posts from the day of `now` on; groups get their members."""
    root = Person.objects.create_user(ADMINISTRATOR.code, name=_name(ADMINISTRATOR, 0))
    first_administrator(root, region.city, now)
    cast = Cast(root)
    _note(cast, ADMINISTRATOR, region.city, root)
    actor = actor_of(root.pk, localdate(now))
    for role, place in _wanted(region):
        number = sum(len(people) for (code, _), people in cast.at.items() if code == role.code)
        person = Person.objects.create_user(f"{role.code}{number + 1 if number else ''}", name=_name(role, number))
        grant(actor, person, role.code, place, localdate(now), None, now)
        _note(cast, role, place, person)
    for group, places in region.groups.items():
        for place in places:
            join(actor, group, place, localdate(now), None, now)
    return cast


def lend_posts(cast: Cast, region: Region, now: datetime) -> None:
    """Who is away lends the own posts: a president up to a sum in one flow, a doctor and a desk for a week or two."""
    hospital = region.hospitals[region.leads[0]]
    day, end = localdate(now), localdate(now + _LENT_BEFORE + _LENT_AFTER)
    president, leader = cast.of(PRESIDENT.code, hospital), cast.of("leader", hospital)
    lend(_actor(president, now), leader, day, end, _CAP, "procurement", "外出学习", now)
    cast.stands_in = (day, leader)
    other = region.hospitals[region.leads[1]]
    for role, giver, taker in ((DOCTOR.code, hospital, hospital), (DESK.code, other, other)):
        lend(_actor(cast.of(role, giver), now), cast.of(role, taker, 1), day, end, None, "", "休假", now)


def when_lent(now: datetime) -> datetime:
    """The moment at which posts are lent, so that the loans are in force `now`."""
    return now - _LENT_BEFORE


def _actor(person: Person, now: datetime) -> Actor:
    return actor_of(person.pk, localdate(now))


def _wanted(region: Region) -> Iterator[tuple[Role, Place]]:
    """Every post that is to be filled, the region's first."""
    roles = [role for _, role in sorted(known_roles().items()) if role != ADMINISTRATOR]
    yield from ((role, region.city) for role in roles if REGION in role.held_at)
    whole = region.leads[:_WHOLE]
    for code in whole:
        hospital = region.hospitals[code]
        for role in roles:
            if INSTITUTION in role.held_at:
                yield from ((role, hospital) for _ in range(_MANY.get(role.code, 2 if role in (DOCTOR, DESK) else 1)))
            elif DEPARTMENT in role.held_at:
                yield from ((role, place) for place in region.departments[code][:_DEPARTMENTS])
    for code, hospital in region.hospitals.items():
        if code not in whole:
            yield from ((role, hospital) for role in (DOCTOR, DESK))


def _name(role: Role, number: int) -> str:
    return f"演示{role.word.zh}{number + 1 if number else ''}"


def _note(cast: Cast, role: Role, place: Place, person: Person) -> None:
    cast.at.setdefault((role.code, place.code), []).append(person)
    cast.first.setdefault(role.code, person)
