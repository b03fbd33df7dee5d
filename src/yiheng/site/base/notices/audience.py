"""Whom an event concerns (通知对象): whose turn it is, whom the item names, who made it, whom the event names."""

from collections.abc import Iterable
from datetime import date

from yiheng.site.base.flow.facts import Known
from yiheng.site.base.flow.models import Event
from yiheng.site.base.panel.holders import holders
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.models import Delegation


def concerned(event: Event, known: Known, day: date) -> list[int]:
    """The people, by their numbers, who hold what an event calls for on a day; never whoever did it.

    An event that names its turns (`content["turns"]`, each as its fields) is for these alone.
    """
    called = [Turn(**plain) for plain in event.content.get("turns", ())]
    found = reached(called or _waited_for(event), day)
    if not called:
        found |= {known.concerned.author, *(person for person in known.concerned.people.values() if person is not None)}
    act = event.act
    return sorted(found - ({act.person_id, act.behalf_id} if act else set()))


def reached(turns: Iterable[Turn], day: date) -> set[int]:
    """Whoever a turn falls to on a day, and those to whom these have lent their posts."""
    people = set(holders(turns, day))
    lent = Delegation.objects.filter(Delegation.on(day), giver__in=people, giver__is_active=True, taker__is_active=True)
    return people | set(lent.values_list("taker_id", flat=True))


def _waited_for(event: Event) -> list[Turn]:
    rows = event.item.todos.values_list("role", "path", "over", "person_id")
    return [Turn(*row) for row in rows.distinct()]
