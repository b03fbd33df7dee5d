"""What a condition lacks (条件缺口): the fewest changes of its parts that make it hold for a case."""

from collections.abc import Sequence
from dataclasses import dataclass

from yiheng.drg.condition import LEVELS, All, Always, Atom, Condition, Negated, Severe, Some
from yiheng.drg.facts import Facts


@dataclass(frozen=True)
class Lack:
    """A condition without parts that should hold and does not, or should not hold and does."""

    atom: Atom
    wanted: bool


def repair(condition: Condition, facts: Facts, wanted: bool = True) -> tuple[Lack, ...] | None:
    """The fewest lacks of a condition, none where it is as wanted; None where nothing can make it so."""
    match condition:
        case Negated(part):
            return repair(part, facts, not wanted)
        case All(parts) if wanted:
            return _every(parts, facts, wanted)
        case Some(parts) if not wanted:
            return _every(parts, facts, wanted)
        case All(parts) | Some(parts):
            return _easiest(parts, facts, wanted)
        case Always(value):
            return () if value == wanted else None
    return () if condition.holds(facts) == wanted else (Lack(condition, wanted),)


def _every(parts: Sequence[Condition], facts: Facts, wanted: bool) -> tuple[Lack, ...] | None:
    found: dict[Lack, None] = {}
    for part in parts:
        its = repair(part, facts, wanted)
        if its is None:
            return None
        found |= dict.fromkeys(its)
    return tuple(found)


def _easiest(parts: Sequence[Condition], facts: Facts, wanted: bool) -> tuple[Lack, ...] | None:
    each = [its for part in parts if (its := repair(part, facts, wanted)) is not None]
    return min(each, key=_weight, default=None)


def _weight(lacks: tuple[Lack, ...]) -> tuple[int, int]:
    """Fewer lacks weigh less; of as many, those that ask for no MCC."""
    return len(lacks), sum(isinstance(lack.atom, Severe) and lack.atom.level == LEVELS[0] for lack in lacks)
