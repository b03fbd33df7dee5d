"""The ways to be concerned by an item (当事方式), each written twice: over plain values, and as a condition on rows.

Tests hold the two equal on generated people, posts and items.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Q

from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.party.party import NOBODY, Party, Turn
from yiheng.site.base.places.roles import Role
from yiheng.site.base.places.standing import Held, Standing


@dataclass(frozen=True)
class _RoleAt:
    """Holds a role at the place in a field, or at a department of it."""

    role: str
    field: str

    def possible(self, standing: Standing) -> bool:
        return any(_posts(standing, self.role))

    def holds(self, standing: Standing, item: Concerned) -> bool:
        path = item.places.get(self.field)
        return path is not None and any(path in held.above for held in _posts(standing, self.role))

    def rows(self, standing: Standing) -> Q:
        paths = {path for held in _posts(standing, self.role) for path in held.above}
        return Q(**{f"{self.field}__path__in": sorted(paths)}) if paths else NOBODY

    def turns(self, item: Concerned) -> Iterator[Turn]:
        if path := item.places.get(self.field):
            yield Turn(self.role, path)

    def fields(self) -> Iterator[str]:
        yield self.field


@dataclass(frozen=True)
class _RoleOver:
    """Holds a role at a place that the place in a field lies in."""

    role: str
    field: str

    def possible(self, standing: Standing) -> bool:
        return any(_posts(standing, self.role))

    def holds(self, standing: Standing, item: Concerned) -> bool:
        path = item.places.get(self.field)
        return path is not None and any(path.startswith(held.path) for held in _posts(standing, self.role))

    def rows(self, standing: Standing) -> Q:
        found = NOBODY
        for held in _posts(standing, self.role):
            found |= Q(**{f"{self.field}__path__startswith": held.path})
        return found

    def turns(self, item: Concerned) -> Iterator[Turn]:
        if path := item.places.get(self.field):
            yield Turn(self.role, path, over=True)

    def fields(self) -> Iterator[str]:
        yield self.field


@dataclass(frozen=True)
class _PersonIn:
    """Is the person in a field."""

    field: str

    def possible(self, standing: Standing) -> bool:
        return True

    def holds(self, standing: Standing, item: Concerned) -> bool:
        return item.people.get(self.field) == standing.behalf

    def rows(self, standing: Standing) -> Q:
        return Q(**{f"{self.field}_id": standing.behalf})

    def turns(self, item: Concerned) -> Iterator[Turn]:
        person = item.people.get(self.field)
        if person is not None:
            yield Turn(person=person)

    def fields(self) -> Iterator[str]:
        yield self.field


@dataclass(frozen=True)
class _Author:
    """Made the item."""

    def possible(self, standing: Standing) -> bool:
        return True

    def holds(self, standing: Standing, item: Concerned) -> bool:
        return item.author == standing.behalf

    def rows(self, standing: Standing) -> Q:
        return Q(author_id=standing.behalf)

    def turns(self, item: Concerned) -> Iterator[Turn]:
        yield Turn(person=item.author)

    def fields(self) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True)
class _Former:
    """Holds a role at a place that was in a field before."""

    role: str
    field: str

    def possible(self, standing: Standing) -> bool:
        return False

    def holds(self, standing: Standing, item: Concerned) -> bool:
        was = item.former.get(self.field, frozenset())
        return any(not was.isdisjoint(held.above) for held in _posts(standing, self.role))

    def rows(self, standing: Standing) -> Q:
        was = apps.get_model("flow", "Was")  # an item's past is kept by flow, which knows parties
        paths = {path for held in _posts(standing, self.role) for path in held.above}
        past = was.objects.filter(field=self.field, place__path__in=sorted(paths))
        return Q(pk__in=past.values("item")) if paths else NOBODY

    def turns(self, item: Concerned) -> Iterator[Turn]:
        return iter(())

    def fields(self) -> Iterator[str]:
        yield self.field


@dataclass(frozen=True)
class _Outsider:
    """Came with a query code of the item."""

    def possible(self, standing: Standing) -> bool:
        return bool(standing.items)

    def holds(self, standing: Standing, item: Concerned) -> bool:
        return item.item in standing.items

    def rows(self, standing: Standing) -> Q:
        return Q(pk__in=sorted(standing.items)) if standing.items else NOBODY

    def turns(self, item: Concerned) -> Iterator[Turn]:
        return iter(())

    def fields(self) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True)
class _Glass:
    """Holds a role and has opened the item by break-glass."""

    role: str

    def possible(self, standing: Standing) -> bool:
        return False

    def holds(self, standing: Standing, item: Concerned) -> bool:
        return item.item in standing.opened and any(_posts(standing, self.role))

    def rows(self, standing: Standing) -> Q:
        return Q(pk__in=sorted(standing.opened)) if standing.opened and any(_posts(standing, self.role)) else NOBODY

    def turns(self, item: Concerned) -> Iterator[Turn]:
        return iter(())

    def fields(self) -> Iterator[str]:
        return iter(())


def _posts(standing: Standing, role: str) -> Iterator[Held]:
    return (held for held in standing.posts if held.role == role)


def RoleAt(role: Role, field: str) -> Party:  # noqa: N802 (reads as the value that it makes)
    """Whoever holds `role` at the place in `field`, or at a department of it."""
    return Party((_RoleAt(role.code, field),))


def RoleOver(role: Role, field: str) -> Party:  # noqa: N802
    """Whoever holds `role` at a place that the place in `field` lies in: its region, and those above."""
    return Party((_RoleOver(role.code, field),))


def PersonIn(field: str) -> Party:  # noqa: N802
    """The person in `field`."""
    return Party((_PersonIn(field),))


def Author() -> Party:  # noqa: N802
    """Whoever made the item."""
    return Party((_Author(),))


def Former(role: Role, field: str) -> Party:  # noqa: N802
    """Whoever holds `role` at a place that was in `field` before another came there."""
    return Party((_Former(role.code, field),))


def Outsider() -> Party:  # noqa: N802
    """Whoever came with a query code of the item (患者、供应商)."""
    return Party((_Outsider(),))


def Glass(role: Role) -> Party:  # noqa: N802
    """Whoever holds `role` anywhere and has broken the glass of the item (紧急查阅): for sights, never to act."""
    return Party((_Glass(role.code),))


def glass_roles(party: Party) -> frozenset[str]:
    """The roles that may open an item by break-glass as this party."""
    return frozenset(term.role for term in party.terms if isinstance(term, _Glass))


def looks_back(party: Party) -> bool:
    """Whether it asks which places were in a field before."""
    return any(isinstance(term, _Former) for term in party.terms)


def System() -> Party:  # noqa: N802
    """No person: the site itself, when a step's time has come."""
    return Party()


def own_places(party: Party, field: str, standings: Iterable[Standing]) -> set[str] | None:
    """The paths of the places in `field` at which one of the standings is the party; None: any place could be."""
    roles = [term.role for term in party.terms if isinstance(term, _RoleAt) and term.field == field]
    if not roles or len(roles) < len(party.terms):
        return None
    posts = (held for standing in standings for role in roles for held in _posts(standing, role))
    return {path for held in posts for path in held.above}
