"""Keys (收件标识): under what a turn is filed, and which files a standing reads: one in common, and it falls to it.

A key is a text, so that an index finds what waits for somebody in the order in which it is due. Who holds a role at a
place also reads what waits for that role at the places around it; what waits above a place is filed under each of those
that the place is in.
"""

from collections.abc import Iterator

from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.standing import Standing, above


def turn_keys(turn: Turn) -> frozenset[str]:
    """The keys under which a turn is filed; none: it waits for nobody."""
    if not turn.role:
        return frozenset() if turn.person is None else frozenset((_own(turn.person),))
    paths = above(turn.path) if turn.over else (turn.path,)
    return frozenset(_of_role(turn.role, path, turn.over, turn.person) for path in paths)


def standing_keys(standing: Standing) -> frozenset[str]:
    """The keys that a standing reads."""
    return frozenset((_own(standing.behalf), *_of_posts(standing)))


def _of_posts(standing: Standing) -> Iterator[str]:
    for held in standing.posts:
        for person in (None, standing.behalf):
            yield _of_role(held.role, held.path, over=True, person=person)
            yield from (_of_role(held.role, path, over=False, person=person) for path in held.above)


def _own(person: int) -> str:
    return f"person {person}"


def _of_role(role: str, path: str, over: bool, person: int | None) -> str:
    key = f"{role} {'over' if over else 'at'} {path}"
    return key if person is None else f"{key} person {person}"
