"""What a panel has come to (会签结果): pure, from plain values; no table is asked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from yiheng.base.money import half_up
from yiheng.site.base.flow.declare import Outcome


class Value(StrEnum):
    """An answer's code."""

    AGREE = "agree"
    REFUSE = "refuse"
    RETURN = "return"
    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"
    ABSENT = "absent"


ENDS = {Value.REFUSE: Outcome.REFUSED, Value.RETURN: Outcome.RETURNED}


class Again(StrEnum):
    """A rung whose only holder has signed a lower one: the one signature counts for both, or the next rung up signs."""

    ONCE = "once"
    UP = "up"


@dataclass(frozen=True)
class Holders:
    """A rung: the natural persons who could sign it (duties apart taken off), and whether it is asked at all.

    One that is not needed only stands in for a lower one that nobody can sign.
    """

    able: frozenset[int]
    needed: bool = True


@dataclass(frozen=True)
class Given:
    """An answer: for which rung or party, by and for whom, and its code."""

    group: int
    people: frozenset[int]
    value: str = Value.AGREE


@dataclass(frozen=True)
class Next:
    """Where a panel stands: what it has come to, or the rungs and parties that are to answer now.

    - once: those for which an earlier answer of the same person counts; up: those that a higher one signs for
    - stuck: the first that nobody can answer for
    """

    outcome: Outcome | None = None
    asked: tuple[int, ...] = ()
    once: tuple[int, ...] = ()
    up: tuple[int, ...] = ()
    stuck: int | None = None


def climb(rungs: Sequence[Holders], given: Sequence[Given], again: Again = Again.ONCE) -> Next:
    """Which rung signs next. One that nobody may sign is signed for by the next above it, by another person."""
    if ended := _ended(given):
        return Next(ended)
    signed = frozenset(person for each in given for person in each.people)
    start = max((each.group + 1 for each in given), default=0)
    once: list[int] = []
    up: list[int] = []
    for place in range(start, len(rungs)):
        rung = rungs[place]
        if not rung.needed and not up:
            continue
        if rung.able - signed:
            return Next(None, (place,), tuple(once), tuple(up))
        if rung.needed:
            (once if again is Again.ONCE and rung.able & signed else up).append(place)
    if up:
        return Next(stuck=up[0], once=tuple(once), up=tuple(up))
    return Next(Outcome.AGREED, once=tuple(once))


def together(parties: Sequence[Holders], given: Sequence[Given]) -> Next:
    """Which parties are still to answer when all are asked at once; the first that refuses ends it.

    Where the only holders of a party have answered for another, their answer counts for it too.
    """
    if ended := _ended(given):
        return Next(ended)
    answered = {each.group for each in given}
    signed = frozenset(person for each in given for person in each.people)
    asked, once = [], []
    for place, party in enumerate(parties):
        if place in answered:
            continue
        if party.able - signed:
            asked.append(place)
        elif party.able:
            once.append(place)
        else:
            return Next(stuck=place)
    return Next(None if asked else Outcome.AGREED, tuple(asked), tuple(once))


def _ended(given: Sequence[Given]) -> Outcome | None:
    return next((ENDS[Value(each.value)] for each in given if each.value in ENDS), None)


def mean(points: Sequence[Decimal]) -> Fraction:
    """The exact mean of points; of none a ValueError."""
    if not points:
        raise ValueError("no points")
    return sum((Fraction(each) for each in points), Fraction(0)) / len(points)


def shown(exact: Fraction) -> Decimal:
    """A mean with two decimals, half up."""
    return Decimal(half_up(exact * 100)).scaleb(-2)


@dataclass(frozen=True)
class Turnout:
    """A vote's numbers: electors without those who took themselves out, and how many of them voted."""

    electors: int
    voted: int


def count(votes: Mapping[str, int], electors: int, quorum: int, majority: int) -> Outcome:
    """What a vote that has ended comes to: too few voted: back; enough said yes: agreed; else refused."""
    voted = sum(votes.get(value, 0) for value in (Value.YES, Value.NO, Value.ABSTAIN))
    if voted > electors:
        raise ValueError(f"{voted} votes of {electors} electors")
    if not voted or voted < quorum:
        return Outcome.RETURNED
    return Outcome.AGREED if votes.get(Value.YES, 0) >= majority else Outcome.REFUSED
