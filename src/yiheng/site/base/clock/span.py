"""How long something may take (时限长度): a number of minutes, hours, days or working days."""

from dataclasses import dataclass
from enum import StrEnum

from yiheng.base.words import Word


class Kind(StrEnum):
    """What a span counts. Seconds, minutes and hours run round the clock."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True)
class Span:
    """So many of one kind, none or more. A number that is no whole number, or below 0, is a ValueError."""

    kind: Kind
    number: int

    def __post_init__(self) -> None:
        if type(self.number) is not int or self.number < 0:
            raise ValueError(f"{self.number!r} is no number of {self.kind}")

    @property
    def word(self) -> Word:
        """As a person reads it: 5个工作日, 5 working days."""
        zh, en = _WORDS[self.kind]
        return Word(f"{self.number}{zh}", f"{self.number} {en if self.number != 1 else en.removesuffix('s')}")


def minutes(number: int) -> Span:
    """So many minutes, round the clock."""
    return Span(Kind.MINUTES, number)


def hours(number: int) -> Span:
    """So many hours, round the clock."""
    return Span(Kind.HOURS, number)


def days(number: int) -> Span:
    """So many days of the calendar."""
    return Span(Kind.DAYS, number)


def working_days(number: int) -> Span:
    """So many working days."""
    return Span(Kind.WORKING_DAYS, number)


_WORDS = {
    Kind.SECONDS: ("秒", "seconds"),
    Kind.MINUTES: ("分钟", "minutes"),
    Kind.HOURS: ("小时", "hours"),
    Kind.DAYS: ("日", "days"),
    Kind.WORKING_DAYS: ("个工作日", "working days"),
}
