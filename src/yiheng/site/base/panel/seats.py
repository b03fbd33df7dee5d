"""Seats in the tables (席位的登记): opened, filled, passed on, closed. What follows from them, `outcome` says."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils.timezone import localdate

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.declare import Outcome, Step
from yiheng.site.base.flow.models import Act, Bar, Poll, Seat
from yiheng.site.base.panel.holders import barred, holders
from yiheng.site.base.panel.outcome import Given, Holders, Value
from yiheng.site.base.panel.refused import NotFit
from yiheng.site.base.panel.rung import Rung
from yiheng.site.base.party.party import Turn

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting


def open_poll(acting: "Acting", step: Step, kind: str, **basis: Any) -> Poll:
    """A panel that begins, with what it stands on."""
    return Poll.objects.create(item=acting.item, step=step.name, opened_at=acting.now, basis={"kind": kind} | basis)


def current(acting: "Acting", step: Step) -> Poll:
    """The item's open panel for a step."""
    return Poll.objects.get(item=acting.item, step=step.name, closed_at=None)


def set_rungs(acting: "Acting", poll: Poll, rungs: Sequence[Rung]) -> None:
    """Seats for rungs, a seat for each turn; none of them is asked yet."""
    from yiheng.site.base.flow.facts import facts_of

    concerned = facts_of(acting.flow, acting.item).concerned
    Seat.objects.bulk_create(
        _seat(poll, place, rung.word.zh, turn) for place, rung in enumerate(rungs) for turn in rung.turns(concerned)
    )
    poll.basis["rungs"] = [[rung.word.zh, rung.word.en, not rung.spare] for rung in rungs]
    poll.save()


def seat_people(poll: Poll, people: Iterable[int], recused: frozenset[int], asked: frozenset[int]) -> None:
    """A seat for each of these persons; those recused take no part, those asked answer at once."""
    Seat.objects.bulk_create(
        Seat(poll=poll, person_id=person, recused=person in recused, is_open=person in asked - recused)
        for person in people
    )


def _seat(poll: Poll, place: int, label: str, turn: Turn) -> Seat:
    return Seat(
        poll=poll, rung=place, label=label, role=turn.role, path=turn.path, over=turn.over, person_id=turn.person
    )


def turn_of(seat: Seat) -> Turn:
    """Whom a seat waits for."""
    return Turn(seat.role, seat.path, seat.over, seat.person_id)


def able(acting: "Acting", poll: Poll) -> list[Holders]:
    """For every rung who could answer it on the day."""
    off = barred(acting.item.matter_id, acting.flow.code, poll.step)
    turns: dict[int, list[Turn]] = {}
    for seat in poll.seats.all():
        turns.setdefault(seat.rung, []).append(turn_of(seat))
    day = localdate(acting.now)
    return [
        Holders(holders(turns.get(place, ()), day) - off, needed)
        for place, (_, _, needed) in enumerate(poll.basis["rungs"])
    ]


def given(poll: Poll) -> list[Given]:
    """The answers so far."""
    return [
        Given(seat.rung, frozenset((seat.person_answered_id, seat.behalf_id)), seat.value)
        for seat in poll.seats.filter(person_answered__isnull=False)
    ]


def ask(poll: Poll, rungs: Iterable[int]) -> None:
    """Let these rungs, and no others, be answered now."""
    poll.seats.filter(is_open=True).exclude(rung__in=rungs).update(is_open=False)
    poll.seats.filter(rung__in=rungs, person_answered=None, recused=False).update(is_open=True)


def ask_waiting(poll: Poll, rung: int) -> None:
    """Let those of this rung who have neither answered nor been excused answer now, and nobody else."""
    poll.seats.filter(is_open=True).exclude(rung=rung).update(is_open=False)
    poll.seats.filter(rung=rung, recused=False, person_answered=None, value="").update(is_open=True)


def fill(acting: "Acting", seat: Seat, value: str = "", score: Any = None, comment: str = "") -> None:
    """Keep an answer; `ask` sees to it that other turns of the same rung are asked no more."""
    standing = acting.standing
    if standing is None:
        raise ValueError("the site itself has no seat")
    seat.person_answered_id, seat.behalf_id, seat.at = standing.person, standing.behalf, acting.now
    seat.value, seat.score, seat.comment, seat.is_open = value, score, comment, False
    seat.save()


def close(poll: Poll, outcome: Outcome, acting: "Acting", **basis: Any) -> Outcome:
    """End a panel, with the numbers that it ended on."""
    poll.seats.filter(is_open=True).update(is_open=False)
    poll.outcome, poll.closed_at, poll.basis = Poll.Outcome(outcome.value), acting.now, poll.basis | basis
    poll.save()
    return outcome


def bar_author(acting: "Acting", step: Step) -> None:
    """Nobody approves what the own hands have made: the author, and for whom and by whom it was made."""
    item = acting.item
    begun = Act.objects.filter(item=item, from_state="").values_list("person_id", "behalf_id")
    people = {item.author_id, *(person for both in begun for person in both if person is not None)}
    Bar.objects.bulk_create(
        [Bar(matter_id=item.matter_id, person_id=person, flow=acting.flow.code, step=step.name) for person in people],
        ignore_conflicts=True,
    )


def pass_on(acting: "Acting", poll: Poll, seat: Seat, person: int) -> None:
    """Narrow a seat to one of those to whom it falls anyway."""
    free = Turn(seat.role, seat.path, seat.over)
    if not seat.role or person not in holders((free,), localdate(acting.now)):
        raise NotFit("该人员不能办理此席位", "this person could not answer here anyway")
    _fit(acting, poll, person)
    poll.seats.filter(rung=seat.rung).exclude(pk=seat.pk).delete()
    seat.person_id = person
    seat.save()


def add(acting: "Acting", poll: Poll, place: int, person: int) -> None:
    """Put a person in as a rung of its own, at `place`; rungs from there on move up."""
    _fit(acting, poll, person)
    if poll.seats.filter(person=person, role="").exists():
        raise NotFit("该人员已在会签名单中", "this person has a seat already")
    name = Person.objects.get(pk=person).name
    for seat in poll.seats.filter(rung__gte=place):
        poll.seats.filter(pk=seat.pk).update(rung=F("rung") + 1)
    _seat(poll, place, "加签", Turn(person=person)).save()
    poll.basis["rungs"].insert(place, [f"加签：{name}", f"added: {name}", True])
    poll.save()


def _fit(acting: "Acting", poll: Poll, person: int) -> None:
    if person in barred(acting.item.matter_id, acting.flow.code, poll.step):
        raise NotFit("该人员已办理不相容的步骤", "this person did a duty that is apart from this one")
    if any(person in each.people for each in given(poll)):
        raise NotFit("该人员已表态", "this person has answered")


def recuse(acting: "Acting", seat: Seat, person: int) -> None:
    """Take a person out of a panel: out of its roll, its count, and the whole matter's sight."""
    seat.recused, seat.is_open = True, False
    seat.save()
    hide(acting, (person,))


def hide(acting: "Acting", people: Iterable[int]) -> None:
    """Keep people from all of a matter."""
    from yiheng.site.base.flow.facts import EVERY

    Bar.objects.bulk_create(
        [Bar(matter_id=acting.item.matter_id, person_id=person, flow=EVERY, step=EVERY) for person in people],
        ignore_conflicts=True,
    )


def mark_absent(acting: "Acting", seat: Seat) -> None:
    """Nobody waits for an answer that will not come; the seat still counts among those that could."""
    seat.value, seat.at, seat.is_open = Value.ABSENT, acting.now, False
    seat.save()
