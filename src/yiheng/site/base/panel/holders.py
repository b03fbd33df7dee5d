"""Who could answer (可办人员): the natural persons to whom a turn falls by their own posts on a day."""

from collections.abc import Iterable
from datetime import date

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.facts import EVERY
from yiheng.site.base.flow.models import Bar
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.standing import above


def holders(turns: Iterable[Turn], day: date) -> frozenset[int]:
    """The people to whom one of the turns falls. Those to whom a post is only lent are not counted: who lent it is."""
    return frozenset(person for turn in turns for person in _of(turn, day))


def barred(matter: int, flow: str, step: str) -> frozenset[int]:
    """The people who may not take this step in the matter because of a duty that they did."""
    found = Bar.objects.filter(matter=matter)
    return frozenset(
        person for its, name, person in found.values_list("flow", "step", "person_id")
        if (its, name) in ((flow, step), (EVERY, EVERY))
    )  # fmt: skip


def _of(turn: Turn, day: date) -> Iterable[int]:
    if not turn.role:
        return Person.objects.filter(pk=turn.person, is_active=True).values_list("pk", flat=True)
    posts = Post.objects.filter(Post.on(day), Post.on(day, "place__"), role=turn.role, person__is_active=True)
    if turn.person is not None:
        posts = posts.filter(person=turn.person)
    if turn.over:
        return posts.filter(place__path__in=above(turn.path)).values_list("person_id", flat=True)
    return posts.filter(place__path__startswith=turn.path).values_list("person_id", flat=True)
