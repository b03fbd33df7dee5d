"""Classes of hospitals (机构等级归属): which class a hospital has on a day, as the list of institutions dates it.

Which row of the list holds on a day is the rule of `norms.institutions`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from yiheng.norms.institutions import spans

# The columns of the list of institutions that can say a hospital's class.
COEFFICIENT_CLASS, LEVEL = "coefficient_class", "level"


@dataclass(frozen=True)
class Membership:
    """A hospital's class from a day on, up to and with another; None = open."""

    hospital: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Members:
    """All memberships, by hospital; a hospital has at most one on a day."""

    def __init__(self, rows: Iterable[Membership]) -> None:
        found: dict[str, list[Membership]] = defaultdict(list)
        for each in rows:
            found[each.hospital].append(each)
        self._by = dict(found)

    def __iter__(self) -> Iterator[Membership]:
        return (each for name in sorted(self._by) for each in self._by[name])

    def on(self, hospital: str | None, day: date | None) -> str | None:
        """The class of a hospital on a day, None where it has none or either is not known."""
        if hospital is None or day is None:
            return None
        return next((each.name for each in self._by.get(hospital, ()) if each.holds(day)), None)


def members_of(institutions: pa.Table, by: str = COEFFICIENT_CLASS) -> Members:
    """The classes that a list of institutions gives: columns code, `by`, valid_from and valid_to.

    A row without a class ends that of the row before it.
    """
    held = spans(institutions.select(["code", by, "valid_from", "valid_to"]), ("code",))
    known = (its for its in held if its.row[by] is not None)
    return Members(Membership(its.row["code"], str(its.row[by]), its.since, its.until) for its in known)
