"""Classes of hospitals (机构等级归属): which class a hospital has on a day, as the list of institutions dates it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from yiheng.base.refusal import Refusal

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
    """All memberships, by hospital; two classes of a hospital at once are refused when they are put together."""

    def __init__(self, rows: Iterable[Membership]) -> None:
        found: dict[str, list[Membership]] = defaultdict(list)
        for each in rows:
            found[each.hospital].append(each)
        self._by: dict[str, list[Membership]] = {name: _one_at_a_time(its) for name, its in found.items()}

    def __iter__(self) -> Iterator[Membership]:
        return (each for name in sorted(self._by) for each in self._by[name])

    def on(self, hospital: str | None, day: date | None) -> str | None:
        """The class of a hospital on a day, None where it has none or either is not known."""
        if hospital is None or day is None:
            return None
        return next((each.name for each in self._by.get(hospital, ()) if each.holds(day)), None)


def members_of(institutions: pa.Table, by: str = COEFFICIENT_CLASS) -> Members:
    """The classes that a list of institutions gives: columns code, `by`, valid_from and valid_to."""
    rows = institutions.select(["code", by, "valid_from", "valid_to"]).to_pylist()
    known = [row for row in rows if row[by] is not None]
    return Members(Membership(row["code"], str(row[by]), row["valid_from"], row["valid_to"]) for row in known)


def _one_at_a_time(rows: list[Membership]) -> list[Membership]:
    ordered = sorted(rows, key=lambda each: (each.valid_from or date.min, each.valid_to or date.max, each.name))
    for one, other in zip(ordered, ordered[1:], strict=False):
        if (other.valid_from or date.min) <= (one.valid_to or date.max) and one.name != other.name:
            day = other.valid_from or date.min
            names = ", ".join(sorted({one.name, other.name}))
            raise Refusal(f"has two classes on {day}: {names}", column="hospital", value=one.hospital)
    return ordered
