"""Scores (专家评分): points of several experts; nobody reads another's before all are in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from django import forms

from yiheng.site.base.flow.declare import Outcome, Step
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Item, Poll, Seat
from yiheng.site.base.panel import seats
from yiheng.site.base.panel.forms import score_form
from yiheng.site.base.panel.holders import barred
from yiheng.site.base.panel.outcome import mean, shown
from yiheng.site.base.panel.refused import NotFit
from yiheng.site.base.panel.signing import no_locks
from yiheng.site.base.texts import say

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting


@dataclass(frozen=True)
class Scores:
    """Blind points.

    - experts: (item, moment) -> persons by number; least: how many there must be; bounds: lowest and highest points
    - passes: (item, moment, exact mean) -> whether the item goes on
    """

    experts: Callable[[Item, datetime], Sequence[int]]
    least: Callable[[Item, datetime], int]
    bounds: Callable[[Item, datetime], tuple[Decimal, Decimal]]
    passes: Callable[[Item, datetime, Fraction], bool]
    locks: Callable[[Item], Iterable[str]] = no_locks
    verbs: ClassVar[frozenset[str]] = frozenset(("recuse",))

    def form(self, step: Step) -> type[forms.Form]:
        """Points and a comment."""
        return score_form()

    def is_secret(self, item: Item) -> bool:
        """Never."""
        return False

    def open(self, acting: "Acting", step: Step) -> None:
        """Freeze who the experts are; too few, one twice, or one who did a duty apart is a refusal."""
        experts = list(self.experts(acting.item, acting.now))
        seats.bar_author(acting, step)
        if len(set(experts)) != len(experts) or len(experts) < self.least(acting.item, acting.now):
            raise NotFit("评审专家人数不足或重复", "there are too few experts, or one twice")
        if barred(acting.item.matter_id, acting.flow.code, step.name) & set(experts):
            raise NotFit("评审专家中有人办理过不相容的步骤", "an expert did a duty that is apart from this one")
        poll = seats.open_poll(acting, step, "scores")
        seats.seat_people(poll, experts, frozenset(), frozenset(experts))

    def answer(self, acting: "Acting") -> Outcome | None:
        """Keep an expert's points."""
        seat = Seat.objects.select_related("poll").get(pk=acting.seat)
        low, high = self.bounds(acting.item, seat.poll.opened_at)
        score = acting.data["score"]
        if not low <= score <= high:
            raise Invalid({"score": [str(say(f"请填写{low}至{high}之间的分数", f"points from {low} to {high}"))]})
        seats.fill(acting, seat, score=score, comment=acting.data["comment"])
        return self._go_on(acting, seat.poll)

    def change(self, acting: "Acting", step: Step, verb: str, seat: int, person: int) -> Outcome | None:
        """An expert withdraws."""
        its = Seat.objects.select_related("poll").get(pk=seat)
        seats.recuse(acting, its, person)
        return self._go_on(acting, its.poll)

    def _go_on(self, acting: "Acting", poll: Poll) -> Outcome | None:
        rows = list(poll.seats.filter(recused=False))
        if len(rows) < self.least(acting.item, poll.opened_at):
            return seats.close(poll, Outcome.RETURNED, acting, experts=len(rows))
        points = [row.score for row in rows if row.score is not None]
        if len(points) < len(rows):
            return None
        exact = mean(points)
        passed = self.passes(acting.item, poll.opened_at, exact)
        outcome = Outcome.AGREED if passed else Outcome.REFUSED
        return seats.close(poll, outcome, acting, sum=str(sum(points)), count=len(points), mean=str(shown(exact)))
