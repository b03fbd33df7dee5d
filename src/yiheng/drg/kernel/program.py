"""Programs (条件程序): conditions as chains of tests, for the kernel; each test says where to go on."""

from collections.abc import Callable, Sequence

import numpy as np

from yiheng.drg import condition as c
from yiheng.drg.kernel import machine as a

_MARKS = {"MCC": a.MCC, "CC": a.CC}
_FIRST_RANGE = -1
_LEAST, _MOST = -np.inf, np.inf

Range = tuple[float, float]


class Programs:
    """All conditions of a pack; list conditions, ranges and departments get their numbers as they are met."""

    def __init__(self) -> None:
        self.atoms: dict[c.Listed, int] = {}
        self.depts: dict[str, int] = {}
        self._ranges: dict[tuple[int, float, float], int] = {}
        self._tests: dict[tuple[int, int, int], int] = {}

    def chain(self, condition: c.Condition, yes: int, no: int) -> int:
        """Where to begin so as to arrive at `yes` if a condition holds and at `no` if not; places as in the kernel."""
        match condition:
            case c.Negated(part):
                return self.chain(part, no, yes)
            case c.All(parts):
                for part in reversed(parts):
                    yes = self.chain(part, yes, no)
                return yes
            case c.Some(parts):
                for part in reversed(parts):
                    no = self.chain(part, yes, no)
                return no
            case c.Always(value):
                return yes if value else no
            case c.Listed():
                return self._test(a.ATOMS + self.atom(condition), yes, no)
            case c.Severe(level):
                return self._test(_MARKS[level], yes, no)
        return self._number(condition, yes, no)

    def atom(self, listed: c.Listed) -> int:
        """The number of a list condition."""
        return self.atoms.setdefault(listed, len(self.atoms))

    def tests(self) -> np.ndarray:
        """The records of all tests."""
        return np.array(list(self._tests), np.int32).reshape(-1)

    def ranges(self) -> np.ndarray:
        """The field of each range."""
        return np.array([field for field, _, _ in self._ranges], np.int32)

    def limits(self) -> np.ndarray:
        """The least and the largest number of each range."""
        return np.array([limits for _, *limits in self._ranges], np.float64).reshape(-1, len(("least", "most")))

    def fields(self) -> tuple[str, ...]:
        """The columns of numbers that are asked for."""
        used = {a.FIELDS[field] for field, _, _ in self._ranges}
        return tuple(name for name in a.GIVEN if name in used or name in a.ALWAYS_ASKED)

    def _test(self, asked: int, yes: int, no: int) -> int:
        if yes == no:
            return yes
        return self._tests.setdefault((asked, yes, no), a.TEST_RECORD * len(self._tests))

    def _number(self, condition: c.Compared | c.OneOf | c.InDept | c.Known | c.Present, yes: int, no: int) -> int:
        match condition:
            case c.Compared(field, op, value):
                return self._within(field, _ranges(op, value), yes, no)
            case c.OneOf(field, values):
                return self._within(field, [(value, value) for value in values], yes, no)
            case c.InDept(names, wanted):
                return self._in_dept(names, wanted, yes, no)
            case c.Known(field):
                return self._within(field, [(_LEAST, _MOST)], yes, no)
            case c.Present("proc"):
                return self._within("procedures", _ranges(">", 0), yes, no)
        return self._within(condition.field, _ranges("!=", 0), yes, no)

    def _in_dept(self, names: tuple[str, ...], wanted: bool, yes: int, no: int) -> int:
        numbers = [self.depts.setdefault(name, len(self.depts) + 1) for name in names]
        named = [(float(number), float(number)) for number in numbers]
        if wanted:
            return self._within(c.DEPT, named, yes, no)
        return self._within(c.DEPT, named, no, self._within(c.DEPT, [(_LEAST, _MOST)], yes, no))

    def _within(self, field: str, ranges: Sequence[Range], yes: int, no: int) -> int:
        """A number in one of some ranges; one that is unknown is in none."""
        for least, most in reversed(ranges):
            key = (a.FIELDS.index(field), least, most)
            no = self._test(_FIRST_RANGE - self._ranges.setdefault(key, len(self._ranges)), yes, no)
        return no


def _ranges(op: str, value: float) -> list[Range]:
    """The numbers for which a comparison holds, bounds included."""
    below, above = (_LEAST, float(np.nextafter(value, _LEAST))), (float(np.nextafter(value, _MOST)), _MOST)
    return {
        "==": [(value, value)], "!=": [below, above], "<": [below], "<=": [(_LEAST, value)],
        ">": [above], ">=": [(value, _MOST)],
    }[op]  # fmt: skip


def needed(condition: c.Condition, size: Callable[[c.Listed], int]) -> frozenset[c.Listed] | None:
    """List conditions with few codes of which one must be true for the whole to be true; None: there are none."""
    match condition:
        case c.Listed():
            return frozenset([condition])
        case c.Always(False):
            return frozenset()
        case c.All(parts):
            found = [its for part in parts if (its := needed(part, size)) is not None]
            return min(found, key=lambda its: sum(map(size, its)), default=None)
        case c.Some(parts):
            each = [needed(part, size) for part in parts]
            known = [its for its in each if its is not None]
            return frozenset[c.Listed]().union(*known) if len(known) == len(each) else None
    return None
