"""Figures of a flow (流程指标): how many of those that came so far came on, and how long it took from state to state.

Each is given with its counts, and hidden where a count of fewer than `minimum` could be told from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Flow, Rate, State, Took
from yiheng.site.base.flow.models import Act, Reached

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from yiheng.site.base.flow.models import Item

_HOUR = 3600


@dataclass(frozen=True)
class Figure:
    """One figure: `part` of `whole` items; or a discrete median of `hours` over `whole`. All None where hidden."""

    word: Word
    part: int | None = None
    whole: int | None = None
    hours: float | None = None


def rates(flow: Flow, items: "QuerySet[Item]", minimum: int) -> list[Figure]:
    """How many items came on, of those that came so far."""
    return [_rate(rate, items, minimum) for rate in flow.rates]


def times(flow: Flow, items: "QuerySet[Item]", minimum: int) -> list[Figure]:
    """How long it took, over the items that came from the one state to the other."""
    return [_took(took, items, minimum) for took in flow.took]


def _rate(rate: Rate, items: "QuerySet[Item]", minimum: int) -> Figure:
    whole = _came(rate.among, items)
    part = len(whole & _came(rate.of, items))
    rest = len(whole) - part
    if any(0 < count < minimum for count in (part, rest)) or (not whole and minimum > 1):
        return Figure(rate.word)
    return Figure(rate.word, part, len(whole))


def _came(marks: Iterable[State | str], items: "QuerySet[Item]") -> set[int]:
    """The items that were in one of the states, or of which one of the steps was taken."""
    given = list(marks)
    states = [mark.code for mark in given if isinstance(mark, State)]
    steps = [mark for mark in given if isinstance(mark, str)]
    its = items.values("pk")
    reached = set(Reached.objects.filter(item__in=its, state__in=states).values_list("item", flat=True))
    return reached | set(Act.objects.filter(item__in=its, step__in=steps).values_list("item", flat=True))


def _took(took: Took, items: "QuerySet[Item]", minimum: int) -> Figure:
    came = Reached.objects.filter(item__in=items.values("pk"), state__in=(took.since.code, took.until.code))
    at: dict[tuple[int, str], float] = {}
    for item, state, when in came.values_list("item", "state", "at"):
        key = item, state
        at[key] = min(at.get(key, when.timestamp()), when.timestamp())
    hours = sorted(
        (end - at[item, took.since.code]) / _HOUR
        for (item, state), end in at.items()
        if state == took.until.code and (item, took.since.code) in at
    )
    if len(hours) < minimum:
        return Figure(took.word, whole=0 if minimum == 1 else None)
    return Figure(took.word, whole=len(hours), hours=hours[(len(hours) - 1) // 2])
