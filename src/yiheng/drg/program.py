"""Programs (条件程序): conditions as short sequences of steps in postfix order, for the kernel."""

from collections.abc import Callable

import numpy as np

from yiheng.drg import kernel as a
from yiheng.drg.condition import (
    DEPT,
    All,
    Always,
    Compared,
    Condition,
    InDept,
    Known,
    Listed,
    Negated,
    OneOf,
    Present,
    Severe,
    Some,
)  # fmt: skip

_OPS = {"==": a.EQ, "!=": a.NE, "<": a.LT, "<=": a.LE, ">": a.GT, ">=": a.GE}
_LEVELS = {"MCC": a.MCC, "CC": a.CC}

Steps = list[tuple[int, int]]


class Programs:
    """All conditions of a pack; list conditions, comparisons and departments get their numbers as they are met."""

    def __init__(self) -> None:
        self.atoms: dict[Listed, int] = {}
        self.numbers: dict[tuple[int, int, float], int] = {}
        self.depts: dict[str, int] = {}
        self._places: dict[Condition, tuple[int, int]] = {}
        self._steps: Steps = []

    def place(self, condition: Condition) -> tuple[int, int]:
        """Where the steps of a condition begin and end."""
        if condition not in self._places:
            steps = self._of(condition)
            self._places[condition] = (len(self._steps), len(self._steps) + len(steps))
            self._steps += steps
        return self._places[condition]

    def atom(self, listed: Listed) -> int:
        """The number of a list condition."""
        return self.atoms.setdefault(listed, len(self.atoms))

    def steps(self) -> np.ndarray:
        return np.array([op | argument << a.STEP_BITS for op, argument in self._steps], np.int32)

    def comparisons(self) -> np.ndarray:
        """Records of the comparisons: FIELD, COMPARISON."""
        return np.array([record[:-1] for record in self.numbers], np.int32).reshape(-1)

    def limits(self) -> np.ndarray:
        return np.array([limit for _, _, limit in self.numbers], np.float64)

    def fields(self) -> tuple[str, ...]:
        """The columns of numbers that are asked for."""
        used = {a.FIELDS[field] for field, _, _ in self.numbers}
        return tuple(name for name in a.GIVEN if name in used or name in a.ALWAYS_ASKED)

    def _of(self, condition: Condition) -> Steps:
        match condition:
            case Negated(part):
                return [*self._of(part), (a.NOT, 0)]
            case All(parts):
                return _joined([self._of(part) for part in parts], a.AND)
            case Some(parts):
                return _joined([self._of(part) for part in parts], a.OR)
            case Listed():
                return [(a.LISTED, self.atom(condition))]
            case Always(value):
                return [(a.TRUE if value else a.FALSE, 0)]
            case Severe(level):
                return [(_LEVELS[level], 0)]
        return self._asked(condition)

    def _asked(self, condition: Compared | OneOf | InDept | Known | Present) -> Steps:
        match condition:
            case Compared(field, op, value):
                return [self._number(field, _OPS[op], value)]
            case OneOf(field, values):
                return _joined([[self._number(field, a.EQ, value)] for value in values], a.OR)
            case InDept(names, wanted):
                return self._in_dept(names, wanted)
            case Known(field):
                return [self._number(field, a.IS_KNOWN, 0)]
            case Present("proc"):
                return [self._number("procedures", a.GT, 0)]
        return [self._number(condition.field, a.NE, 0)]

    def _in_dept(self, names: tuple[str, ...], wanted: bool) -> Steps:
        numbers = [self.depts.setdefault(name, len(self.depts) + 1) for name in names]
        op = a.EQ if wanted else a.NE
        return _joined([[self._number(DEPT, op, number)] for number in numbers], a.OR if wanted else a.AND)

    def _number(self, field: str, op: int, value: float) -> tuple[int, int]:
        return a.NUMBER, self.numbers.setdefault((a.FIELDS.index(field), op, value), len(self.numbers))


def _joined(programs: list[Steps], op: int) -> Steps:
    """Programs one after the other, each but the first followed by `op`."""
    return [step for place, program in enumerate(programs) for step in (*program, *([(op, 0)] if place else []))]


def needed(condition: Condition, size: Callable[[Listed], int]) -> frozenset[Listed] | None:
    """List conditions with few codes of which one must be true for the whole to be true; None: there are none."""
    match condition:
        case Listed():
            return frozenset([condition])
        case Always(False):
            return frozenset()
        case All(parts):
            found = [its for part in parts if (its := needed(part, size)) is not None]
            return min(found, key=lambda its: sum(map(size, its)), default=None)
        case Some(parts):
            each = [needed(part, size) for part in parts]
            known = [its for its in each if its is not None]
            return frozenset[Listed]().union(*known) if len(known) == len(each) else None
    return None
