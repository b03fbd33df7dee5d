"""Standing (身份): what a person is on a day, read once for all questions of a request; pure afterwards."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from yiheng.site.base.places.models import Delegation, Post


@dataclass(frozen=True)
class Held:
    """A post in force: its role and the path of its place."""

    role: str
    path: str

    @property
    def above(self) -> tuple[str, ...]:
        """The paths of this place and of every place it is in."""
        return above(self.path)


@dataclass(frozen=True)
class Standing:
    """A person in its own posts, or in those that `behalf` lent.

    - person: the natural person who acts; behalf: whose posts these are, the person's own where both are the same
    - cap: the largest amount in fen; None: no limit; flow: the only flow it is for; empty: all
    - items: the items an outsider was let in to by a query code; opened: those that break-glass has opened just now
    """

    person: int
    behalf: int
    posts: tuple[Held, ...] = ()
    cap: int | None = None
    flow: str = ""
    items: frozenset[int] = frozenset()
    opened: frozenset[int] = frozenset()

    @property
    def is_lent(self) -> bool:
        return self.person != self.behalf

    @property
    def people(self) -> frozenset[int]:
        """The natural persons whose hands are in an act of this standing."""
        return frozenset((self.person, self.behalf))


@dataclass(frozen=True)
class Actor:
    """Everything that a person may act as: the own standing first, then each that was lent."""

    own: Standing
    lent: tuple[Standing, ...] = ()

    @property
    def person(self) -> int:
        return self.own.person

    def __iter__(self) -> Iterator[Standing]:
        yield self.own
        yield from self.lent

    @property
    def unopened(self) -> "Actor":
        """The same without what break-glass has opened, which is for pages alone: who exports, or asks the API."""
        return replace(self, own=replace(self.own, opened=frozenset()))

    def in_flow(self, flow: str) -> Iterator[Standing]:
        """The standings that count in a flow."""
        return (standing for standing in self if standing.flow in ("", flow))


def above(path: str) -> tuple[str, ...]:
    """The paths from the root to this one: `/a/b/` has `/a/` and `/a/b/`."""
    codes = path.strip("/").split("/")
    return tuple(f"/{'/'.join(codes[:depth])}/" for depth in range(1, len(codes) + 1))


def actor_of(
    person: int, day: date, items: frozenset[int] = frozenset(), opened: frozenset[int] = frozenset()
) -> Actor:
    """What a person may act as on `day`; posts at places that have ended do not count."""
    actor = actors_of((person,), day)[person]
    return replace(actor, own=replace(actor.own, items=items, opened=opened))


def actors_of(people: Iterable[int], day: date) -> dict[int, Actor]:
    """The same of many, by person, in as many questions as of one."""
    every = set(people)
    loans = list(Delegation.objects.filter(Delegation.on(day), taker__in=every, giver__is_active=True).order_by("pk"))
    posts = _posts(every | {loan.giver_id for loan in loans}, day)
    lent: dict[int, list[Standing]] = {}
    for loan in loans:
        held = Standing(loan.taker_id, loan.giver_id, posts.get(loan.giver_id, ()), loan.cap, loan.flow)
        lent.setdefault(loan.taker_id, []).append(held)
    return {
        person: Actor(Standing(person, person, posts.get(person, ())), tuple(lent.get(person, ()))) for person in every
    }


def _posts(people: set[int], day: date) -> dict[int, tuple[Held, ...]]:
    held: dict[int, list[Held]] = {}
    rows = Post.objects.filter(Post.on(day), Post.on(day, "place__"), person__in=people).order_by("pk")
    for person, role, path in rows.values_list("person_id", "role", "place__path"):
        held.setdefault(person, []).append(Held(role, path))
    return {person: tuple(posts) for person, posts in held.items()}
