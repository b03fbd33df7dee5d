"""The working calendar (工作日历): which days are worked, as each year's notice says; without one, all but weekends."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from yiheng.base.refusal import Refusal
from yiheng.policy.loader import Scheme, scheme

_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked.

    - years: those whose notice is known; off: days off beside weekends, or on them; worked: weekends that are worked
    - zone: where a day begins and ends

    A notice may say something of the last days of the year before, so whoever keeps a result computes it anew when
    `digest` has changed.
    """

    years: frozenset[int]
    off: frozenset[date]
    worked: frozenset[date]
    zone: tzinfo

    def works(self, day: date) -> bool:
        """Whether a day is worked."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def is_known(self, first: date, last: date) -> bool:
        """Whether the notices of all years from one day to another are known."""
        return all(year in self.years for year in range(first.year, last.year + 1))

    @cached_property
    def digest(self) -> str:
        """sha256 of all that it says: another digest, another calendar."""
        said = [sorted(self.years), *(sorted(map(str, days)) for days in (self.off, self.worked)), str(self.zone)]
        return hashlib.sha256(repr(said).encode()).hexdigest()


@cache
def china() -> Calendar:
    """The calendar of China's published years, from the policy `calendar/china`."""
    return calendar_of(scheme("calendar/china"), ZoneInfo("Asia/Shanghai"))


def calendar_of(content: Scheme, zone: tzinfo) -> Calendar:
    """A policy file's calendar: a parameter is a year, its last value holds. What contradicts itself is refused."""
    off: set[date] = set()
    worked: set[date] = set()
    for parameter in content.parameters.values():
        for feast in parameter.values[-1].value:
            off.update(_off(content.id, parameter.name, feast))
            worked.update(feast["work"])
    if both := sorted(off & worked):
        raise Refusal("is both off and worked", file=content.id, value=str(both[0]))
    if idle := sorted(day for day in worked if day.weekday() < _SATURDAY):
        raise Refusal("is worked, but is no day of a weekend", file=content.id, value=str(idle[0]))
    years = frozenset(_year(content.id, name) for name in content.parameters)
    return Calendar(years, frozenset(off), frozenset(worked), zone)


def _off(file: str, year: str, feast: Any) -> list[date]:
    """The days off of a feast; another number of them than the notice says is a slip of whoever wrote it down."""
    first, last = feast["rest"]
    found = list(_days(first, last))
    if len(found) != feast["days"]:
        raise Refusal(f"{year} {feast['name']}: has {len(found)} days, the notice says {feast['days']}", file=file)
    return found


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _year(file: str, name: str) -> int:
    if not name.isdecimal():
        raise Refusal("is no year", file=file, value=name)
    return int(name)
