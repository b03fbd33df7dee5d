"""Signing (签批), what ladder and countersign share: rungs made when the item comes, a signature each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django import forms

from yiheng.site.base.flow.declare import Outcome, Step
from yiheng.site.base.flow.models import Item, Poll, Seat
from yiheng.site.base.panel import seats
from yiheng.site.base.panel.forms import answer_form
from yiheng.site.base.panel.outcome import Given, Holders, Next, Value
from yiheng.site.base.panel.refused import NoSigner
from yiheng.site.base.panel.rung import Rung

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting


def no_locks(item: Item) -> Iterable[str]:  # noqa: ARG001 (nothing is asked that another act changes)
    """The names of a panel whose rungs follow from its item alone."""
    return ()


@dataclass(frozen=True)
class Signing:
    """Several signatures.

    - rungs: (item, moment) -> who is asked; it may ask tables, such as the sum of all orders to a supplier
    - locks: item -> names of what `rungs` asks about, so that two acts at once do not both see the smaller sum
    """

    rungs: Callable[[Item, datetime], Sequence[Rung]]
    locks: Callable[[Item], Iterable[str]] = no_locks
    kind: ClassVar[str]
    verbs: ClassVar[frozenset[str]] = frozenset(("pass_on", "add_signer"))

    def next(self, rungs: Sequence[Holders], given: Sequence[Given]) -> Next:
        """Who is to answer now, or what it has come to."""
        raise NotImplementedError

    def place_of_added(self, seat: Seat, poll: Poll) -> int:
        """Where an added signer comes in."""
        raise NotImplementedError

    def form(self, step: Step) -> type[forms.Form]:
        """Agree; refuse or return where the step says where to."""
        values = [Value.AGREE]
        values += [Value.REFUSE] if step.refused else []
        values += [Value.RETURN] if step.returned else []
        return answer_form(values)

    def is_secret(self, item: Item) -> bool:
        """Never."""
        return False

    def open(self, acting: "Acting", step: Step) -> None:
        """Make the rungs as the limits of the day say; nobody who could sign is a refusal of the act that led here."""
        seats.bar_author(acting, step)
        poll = seats.open_poll(acting, step, self.kind)
        rungs = self.rungs(acting.item, acting.now)
        if all(rung.spare for rung in rungs):
            raise NoSigner(step.word.zh)
        seats.set_rungs(acting, poll, rungs)
        self._go_on(acting, poll)

    def answer(self, acting: "Acting") -> Outcome | None:
        """Keep a signature and ask who is next."""
        seat = Seat.objects.select_related("poll").get(pk=self._chosen(acting))
        seats.fill(acting, seat, acting.data["value"], comment=acting.data["comment"])
        return self._go_on(acting, seat.poll)

    def change(self, acting: "Acting", step: Step, verb: str, seat: int, person: int) -> Outcome | None:
        """Pass a seat on, or add a signer."""
        its = Seat.objects.select_related("poll").get(pk=seat)
        if verb == "pass_on":
            seats.pass_on(acting, its.poll, its, person)
            return None
        seats.add(acting, its.poll, self.place_of_added(its, its.poll), person)
        return self._go_on(acting, its.poll)

    def _chosen(self, acting: "Acting") -> int:
        """Of the seats that fall to whoever answers, that of the rung that fewest others could answer."""
        standing = acting.standing
        waiting = acting.facts.seats[acting.step.name] if standing else ()
        falls = {seat.number for seat in waiting if standing and seat.turn.falls_to(standing)}
        rows = Seat.objects.select_related("poll").filter(pk__in=falls)
        rungs = seats.able(acting, rows[0].poll)
        return min(rows, key=lambda seat: (len(rungs[seat.rung].able), seat.pk)).pk

    def _go_on(self, acting: "Acting", poll: Poll) -> Outcome | None:
        found = self.next(seats.able(acting, poll), seats.given(poll))
        if found.stuck is not None:
            raise NoSigner(poll.basis["rungs"][found.stuck][0])
        for name, places in (("once", found.once), ("up", found.up)):
            poll.basis[name] = sorted({*poll.basis.get(name, ()), *places})
        if found.outcome is not None:
            return seats.close(poll, found.outcome, acting)
        poll.save()
        seats.ask(poll, found.asked)
        return None
