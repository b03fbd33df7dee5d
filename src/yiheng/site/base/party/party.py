"""The value itself (当事方): one term, or any of several."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from django.db.models import Q

from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.places.standing import Standing, above


@dataclass(frozen=True)
class Turn:
    """Whom an item waits for: a person, or whoever holds a role at a place or (`over`) above it.

    `path` is that of the place; empty for a person. With a role and a person: this person, while in that role there.
    """

    role: str = ""
    path: str = ""
    over: bool = False
    person: int | None = None

    def falls_to(self, standing: Standing) -> bool:
        """Whether it is the standing that is waited for; `waiting_for` is the same as a condition."""
        if self.person not in (None, standing.behalf):
            return False
        if not self.role:
            return self.person is not None
        held = (each for each in standing.posts if each.role == self.role)
        return any(self.path.startswith(each.path) if self.over else self.path in each.above for each in held)


def waiting_for(standing: Standing) -> list[Q]:
    """The rows with a turn (columns `role`, `path`, `over`, `person`) that wait for the standing: any of these.

    Each names a person or a role and its places, as indexes have them.
    """
    posts: list[Q] = []
    for role in sorted({held.role for held in standing.posts}):
        paths = sorted({held.path for held in standing.posts if held.role == role})
        around = sorted({path for each in paths for path in above(each)})
        posts.append(Q(role=role, over__in=(False,), path__in=around))
        posts += (Q(role=role, over__in=(True,), path__startswith=path) for path in paths)
    own = Q(person_id=standing.behalf)
    return [own & Q(role=""), *(each & (own | Q(person_id=None)) for each in posts)]


class Term(Protocol):
    """One way to be concerned by an item."""

    def possible(self, standing: Standing) -> bool:
        """Whether the standing could be this party of an item that is not there yet."""
        ...

    def holds(self, standing: Standing, item: Concerned) -> bool:
        """Whether the standing is this party of the item."""
        ...

    def rows(self, standing: Standing) -> Q:
        """The items of which the standing is this party."""
        ...

    def turns(self, item: Concerned) -> Iterator[Turn]:
        """Whom the item waits for when it waits for this party."""
        ...

    def fields(self) -> Iterator[str]:
        """The fields of the item that it reads."""
        ...


@dataclass(frozen=True)
class Party:
    """Whoever is one of several terms; no term: nobody."""

    terms: tuple[Term, ...] = ()

    def __or__(self, other: "Party") -> "Party":
        return Party((*self.terms, *(term for term in other.terms if term not in self.terms)))

    def possible(self, standing: Standing) -> bool:
        """Whether the standing could be this party of an item that is not there yet."""
        return any(term.possible(standing) for term in self.terms)

    def holds(self, standing: Standing, item: Concerned) -> bool:
        """Whether the standing is this party of the item."""
        return any(term.holds(standing, item) for term in self.terms)

    def rows(self, standing: Standing) -> Q:
        """The items of which the standing is this party, as a condition on rows of their table."""
        found = NOBODY
        for term in self.terms:
            found |= term.rows(standing)
        return found

    def turns(self, item: Concerned) -> list[Turn]:
        """Whom the item waits for when it waits for this party, each once."""
        return list(dict.fromkeys(turn for term in self.terms for turn in term.turns(item)))

    def fields(self) -> set[str]:
        """The fields of the item that it reads."""
        return {name for term in self.terms for name in term.fields()}


# No row has no key: a condition that the database answers without looking.
NOBODY = Q(pk__in=())
