"""Figures of a flow (流程指标): how many of those that came so far came on, and how long it took from state to state.

Each is given with its counts, and hidden where a count of fewer than `minimum` could be told from it.
"""

from collections.abc import Mapping
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
    came = _came({mark for rate in flow.rates for mark in (*rate.among, *rate.of)}, items)
    return [_rate(rate, came, minimum) for rate in flow.rates]


def times(flow: Flow, items: "QuerySet[Item]", minimum: int) -> list[Figure]:
    """How long it took, over the items that came from the one state to the other."""
    return [_took(took, items, minimum) for took in flow.took]


def _rate(rate: Rate, came: Mapping[State | str, set[int]], minimum: int) -> Figure:
    whole, on = (set().union(*(came[mark] for mark in marks)) for marks in (rate.among, rate.of))
    part = len(whole & on)
    rest = len(whole) - part
    if any(0 < count < minimum for count in (part, rest)) or (not whole and minimum > 1):
        return Figure(rate.word)
    return Figure(rate.word, part, len(whole))


def _came(marks: set[State | str], items: "QuerySet[Item]") -> dict[State | str, set[int]]:
    """The items that were in each state, or of which each step was taken."""
    found: dict[State | str, set[int]] = {mark: set() for mark in marks}
    states = {mark.code: mark for mark in marks if isinstance(mark, State)}
    reached = Reached.objects.filter(item__in=items.values("pk"), state__in=states)
    for item, code in reached.values_list("item", "state"):
        found[states[code]].add(item)
    steps = [mark for mark in marks if isinstance(mark, str)]
    acts = Act.objects.filter(item__in=items.values("pk"), step__in=steps)
    for item, step in acts.values_list("item", "step"):
        found[step].add(item)
    return found


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
