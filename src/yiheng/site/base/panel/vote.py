"""Vote (表决): who may vote is fixed when it opens; the chair last; a secret ballot keeps who voted apart from what."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.db.models import F

from yiheng.site.base.flow.declare import Outcome, Step
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Item, Poll, Seat
from yiheng.site.base.panel import seats
from yiheng.site.base.panel.forms import answer_form
from yiheng.site.base.panel.holders import barred
from yiheng.site.base.panel.models import Urn
from yiheng.site.base.panel.outcome import Turnout, Value, count
from yiheng.site.base.panel.refused import NotFit
from yiheng.site.base.panel.signing import no_locks
from yiheng.site.base.texts import say

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting

_VOTES = (Value.YES, Value.NO, Value.ABSTAIN)
_CHAIR = 1


@dataclass(frozen=True)
class Elector:
    """A person who may vote; the chair votes after all others."""

    person: int
    is_chair: bool = False


def _nobody(item: Item, now: datetime) -> Iterable[int]:  # noqa: ARG001 (a rule that names nobody)
    return ()


def _never(item: Item) -> bool:  # noqa: ARG001 (open for every item)
    return False


@dataclass(frozen=True)
class Vote:
    """A vote of electors. The step's own party (`who`) runs it: it says who is absent.

    - electors: (item, moment) -> who may vote; quorum: (item, moment, electors) -> the least that must vote
    - majority: (item, moment, turnout) -> the least that must say yes; too few votes send the item back
    - conflicted: who takes no part because of the item's own data; secret: item -> whether the ballot is secret
    """

    electors: Callable[[Item, datetime], Sequence[Elector]]
    quorum: Callable[[Item, datetime, int], int]
    majority: Callable[[Item, datetime, Turnout], int]
    conflicted: Callable[[Item, datetime], Iterable[int]] = _nobody
    secret: Callable[[Item], bool] = _never
    locks: Callable[[Item], Iterable[str]] = no_locks
    verbs: ClassVar[frozenset[str]] = frozenset(("recuse", "excuse"))

    def form(self, step: Step) -> type[forms.Form]:
        """Yes, no or abstain, and a comment, which a secret ballot does not take."""
        return answer_form(_VOTES)

    def is_secret(self, item: Item) -> bool:
        """Whether the ballot is secret."""
        return self.secret(item)

    def open(self, acting: "Acting", step: Step) -> None:
        """Freeze the roll. Whom the item concerns sees it no more; whoever did a duty apart does not vote."""
        roll = list(self.electors(acting.item, acting.now))
        people = [each.person for each in roll]
        if len(set(people)) != len(people) or sum(each.is_chair for each in roll) > 1:
            raise NotFit("表决人员重复，或主持人多于一人", "an elector twice, or more than one chair")
        conflicted = frozenset(self.conflicted(acting.item, acting.now))
        seats.hide(acting, sorted(conflicted))
        recused = conflicted | barred(acting.item.matter_id, acting.flow.code, step.name)
        if not set(people) - recused:
            raise NotFit("没有可以表决的人员", "nobody may vote")
        poll = seats.open_poll(acting, step, "vote", secret=self.secret(acting.item))
        seats.seat_people(poll, people, recused, frozenset())
        poll.seats.filter(person__in=[each.person for each in roll if each.is_chair]).update(rung=_CHAIR)
        if poll.basis["secret"]:
            Urn.objects.bulk_create(Urn(poll=poll, value=value) for value in _VOTES)
        self._go_on(acting, poll)

    def answer(self, acting: "Acting") -> Outcome | None:
        """Keep a vote: open with its seat; secret in the urn, and the seat says only that it was given."""
        seat = Seat.objects.select_related("poll").get(pk=acting.seat)
        value, comment = acting.data["value"], acting.data["comment"]
        if seat.poll.basis["secret"]:
            _only_the_vote(comment, acting.asked.reason)
            Urn.objects.filter(poll=seat.poll, value=value).update(votes=F("votes") + 1)
            seats.fill(acting, seat)
        else:
            seats.fill(acting, seat, value, comment=comment)
        return self._go_on(acting, seat.poll)

    def change(self, acting: "Acting", step: Step, verb: str, seat: int, person: int) -> Outcome | None:
        """An elector withdraws, or is said to be absent."""
        if verb == "recuse":
            its = Seat.objects.select_related("poll").get(pk=seat)
            seats.recuse(acting, its, person)
            return self._go_on(acting, its.poll)
        poll = seats.current(acting, step)
        its = poll.seats.filter(person=person, recused=False, person_answered=None, value="").first()
        if its is None:
            raise NotFit("该人员不在待表决名单中", "this person is not among those who are to vote")
        seats.mark_absent(acting, its)
        return self._go_on(acting, poll)

    def _go_on(self, acting: "Acting", poll: Poll) -> Outcome | None:
        """Ask all but the chair, then the chair, then count."""
        waiting = poll.seats.filter(recused=False, person_answered=None, value="")
        lowest = waiting.order_by("rung").values_list("rung", flat=True).first()
        if lowest is not None:
            seats.ask_waiting(poll, lowest)
            return None
        rows = list(poll.seats.filter(recused=False))
        votes = _votes(poll, rows)
        turnout = Turnout(len(rows), sum(votes.values()))
        quorum = self.quorum(acting.item, poll.opened_at, turnout.electors)
        majority = self.majority(acting.item, poll.opened_at, turnout)
        outcome = count(votes, turnout.electors, quorum, majority)
        numbers = {"electors": turnout.electors, "voted": turnout.voted, "quorum": quorum, "majority": majority}
        return seats.close(poll, outcome, acting, votes=votes, **numbers)


def _votes(poll: Poll, rows: Iterable[Seat]) -> dict[str, int]:
    if poll.basis["secret"]:
        return dict(poll.urn.values_list("value", "votes"))
    found = Counter(row.value for row in rows)
    return {value.value: found[value] for value in _VOTES}


def _only_the_vote(comment: str, reason: str) -> None:
    """A secret ballot takes no words by which it could be known."""
    said = str(say("无记名投票不填写文字", "a secret ballot takes no words"))
    wrong = {name: [said] for name, text in (("comment", comment), ("reason", reason)) if text.strip()}
    if wrong:
        raise Invalid(wrong)
