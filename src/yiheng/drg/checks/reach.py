"""What conditions leave possible (可达性): which codes can match, what can never hold, what implies what.

All answers are on the safe side: `never` and `implies` say yes only where it is certain.
"""

import math
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache

from yiheng.drg.bycode import PREFIX
from yiheng.drg.condition import (
    MEMBER,
    OPERATORS,
    PROC_ROLES,
    All,
    Always,
    Compared,
    Condition,
    Known,
    Listed,
    ListKey,
    Negated,
    OneOf,
    Present,
    Some,
    atoms,
)
from yiheng.drg.packs.pack import Pack

_WIDER = {"pdx": ("pdx", "dx"), "sdx": ("sdx", "dx"), "pproc": ("pproc", "proc"), "sproc": ("sproc", "proc")}
# Stands for a number that the case does not say.
UNKNOWN = math.nan
# The numbers that are not whole.
_FRACTIONS = ("icu_hours",)
_LAST = chr(sys.maxunicode)
Codes = frozenset[str]
Numeric = Compared | OneOf | Known | Present


class Reach:
    """What the conditions of one pack leave possible."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        named = {code for members in pack.lists.values() for code, _ in members.items()}
        self._known = sorted({*pack.dx_names, *pack.proc_names, *named})
        self.members = cache(self._members)

    def _members(self, key: ListKey) -> Codes:
        """The codes of a list; a prefix also stands for all codes and prefixes of the pack that begin with it."""
        its = self.pack.list(key)
        return frozenset(its.exact).union(*(self.beginning(prefix) for prefix in its.prefixes))

    def beginning(self, prefix: str) -> Codes:
        """The prefix and the codes of the books, codes and prefixes of the lists that begin with it."""
        known = self._known
        inside = known[bisect_left(known, prefix) : bisect_left(known, prefix + _LAST)]
        return frozenset([prefix + PREFIX, *inside])

    def admitted(self, condition: Condition, role: str) -> Codes | None:
        """The codes of which the one in this role (pdx, pproc) is one if the condition holds; None: it may be any."""
        match condition:
            case Listed(its, key) if its == role:
                return self.members(key)
            case Always(False):
                return frozenset()
            case All(parts):
                known = [codes for part in parts if (codes := self.admitted(part, role)) is not None]
                return frozenset.intersection(*known) if known else None
            case Some(parts):
                each = [self.admitted(part, role) for part in parts]
                whole = [codes for codes in each if codes is not None]
                return frozenset[str]().union(*whole) if len(whole) == len(each) else None
        return None

    def never(self, condition: Condition) -> bool:
        """Whether a condition can never hold."""
        match condition:
            case Always(value):
                return not value
            case Listed(_, key):
                return not self.members(key)
            case Some(parts):
                return all(self.never(part) for part in parts)
            case All():
                return self._contradicts(list(flat(condition)))
        return False

    def _contradicts(self, parts: list[Condition]) -> bool:
        whole = All(tuple(parts))
        if any(self.never(part) for part in parts) or any(self.admitted(whole, role) == Codes() for role in MEMBER):
            return True
        denied = [part.part for part in parts if isinstance(part, Negated)]
        if any(self.implies(part, no) for no in denied for part in parts if not isinstance(part, Negated)):
            return True
        return any(not taken(numeric(whole, field), field, all_points([whole], field)) for field in fields(parts))

    def implies(self, this: Condition, that: Condition) -> bool:
        """Whether `that` certainly holds wherever `this` does."""
        if this == that or that == Always(True):
            return True
        if isinstance(that, All):
            return all(self.implies(this, part) for part in that.parts)
        if isinstance(this, Some):
            return all(self.implies(part, that) for part in this.parts)
        if isinstance(that, Some) and any(self.implies(this, part) for part in that.parts):
            return True
        if isinstance(this, All):
            return self._all_imply(this, that)
        return self._one_implies(this, that)

    def _all_imply(self, this: All, that: Condition) -> bool:
        if any(self.implies(part, that) for part in flat(this)):
            return True
        if isinstance(that, Listed) and that.role in MEMBER:
            codes = self.admitted(this, that.role)
            return codes is not None and codes <= self.members(that.key)
        return _numbers_imply(numeric(this, _field(that)), that)

    def _one_implies(self, this: Condition, that: Condition) -> bool:
        match this, that:
            case Negated(no), Negated(other):
                return self.implies(other, no)
            case Listed(role, key), Listed(other, wider):
                return other in _WIDER.get(role, (role,)) and self.members(key) <= self.members(wider)
            case Listed(role), Present("proc"):
                return role in PROC_ROLES
        return _numbers_imply([this], that)


def flat(condition: Condition) -> Iterator[Condition]:
    """The parts of a conjunction, those within parts too."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from flat(part)
    else:
        yield condition


def positive(condition: Condition) -> Iterator[Condition]:
    """The conditions without parts that are not negated."""
    match condition:
        case All(parts) | Some(parts):
            for part in parts:
                yield from positive(part)
        case Negated():
            return
        case _:
            yield condition


# --- numbers


def fields(conditions: Iterable[Condition]) -> list[str]:
    """The numbers that conditions compare."""
    found = (atom.field for each in conditions for atom in atoms(each) if isinstance(atom, Compared | OneOf))
    return list(dict.fromkeys(found))


def numeric(condition: Condition, field: str) -> list[Condition]:
    """The parts of a conjunction that ask for this number alone."""
    return [part for part in flat(condition) if _only(part, field)]


def rest(condition: Condition, field: str) -> frozenset[Condition]:
    """The other parts."""
    return frozenset(part for part in flat(condition) if not _only(part, field))


def points(conditions: Iterable[Condition], field: str) -> list[float]:
    """Numbers from 0 on that stand for all: 0, 1, the limits that conditions name, and those beside and between."""
    limits = {limit for each in conditions for atom in atoms(each) for limit in _limits(atom, field)}
    found = {0.0, 1.0}
    for limit in limits:
        found |= {math.floor(limit) - 1, math.floor(limit), math.ceil(limit), math.ceil(limit) + 1}
        found |= {limit - 1 / 2, limit, limit + 1 / 2} if field in _FRACTIONS else set()
    return sorted(point for point in found if point >= 0)


def all_points(conditions: Iterable[Condition], field: str) -> list[float]:
    """The points, and the unknown number: there a comparison is false, and its negation true."""
    return [*points(conditions, field), UNKNOWN]


def taken(parts: Iterable[Condition], field: str, at: Iterable[float]) -> frozenset[float]:
    """The points at which all parts, which ask for this number alone, hold."""
    its = list(parts)
    return frozenset(point for point in at if all(holds_at(part, field, point) for part in its))


def holds_at(condition: Condition, field: str, value: float) -> bool:
    """Whether a condition that asks for one number alone holds at a value of it, or where it is UNKNOWN."""
    known = not math.isnan(value)
    match condition:
        case Compared(_, op, limit):
            return known and OPERATORS[op](value, limit)
        case OneOf(_, values):
            return value in values
        case Present():
            return known and value != 0
        case Known():
            return known
        case Always(its):
            return its
        case Negated(part):
            return not holds_at(part, field, value)
        case All(parts):
            return all(holds_at(part, field, value) for part in parts)
        case Some(parts):
            return any(holds_at(part, field, value) for part in parts)
    return True


def _numbers_imply(these: list[Condition], that: Condition) -> bool:
    field = _field(that)
    if not field or not these or not all(_only(part, field) for part in these):
        return False
    at = all_points([*these, that], field)
    return taken(these, field, at) <= taken([that], field, at)


def _field(condition: Condition) -> str:
    """The one number that a condition asks for, "" if there is none."""
    found = {getattr(atom, "field", "") for atom in atoms(condition) if not isinstance(atom, Always)}
    name = found.pop() if len(found) == 1 else ""
    return name if name and _only(condition, name) else ""


def _only(condition: Condition, field: str) -> bool:
    asked = [atom for atom in atoms(condition) if not isinstance(atom, Always)]
    return bool(asked) and all(isinstance(atom, Numeric) and atom.field == field != "proc" for atom in asked)


def _limits(atom: Condition, field: str) -> tuple[float, ...]:
    match atom:
        case Compared(its, _, value) if its == field:
            return (value,)
        case OneOf(its, values) if its == field:
            return values
    return ()
