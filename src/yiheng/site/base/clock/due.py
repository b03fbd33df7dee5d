"""When time is over (到期), and what is left of it while a clock stands still (剩余时限).

Moments carry their time zone. Minutes and hours run round the clock, from the moment on. Days and working days begin on
the day after, and end with the last of them, at 23:59:59, not at the hour at which they began: so the Civil Code counts
(民法典第二百零一条、第二百零三条: the day of beginning is not counted, the last day ends at 24:00), and nobody gains or
loses by the hour of an act. Days are not moved off a day of rest: what is to end on a working day counts working days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from yiheng.site.base.clock.calendar import Calendar
from yiheng.site.base.clock.span import Kind, Span

Pause = tuple[datetime, datetime]

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_END = time(23, 59, 59)
_UNITS = {Kind.SECONDS: _SECOND, Kind.MINUTES: timedelta(minutes=1), Kind.HOURS: timedelta(hours=1)}


@dataclass(frozen=True)
class Due:
    """When time is over; provisional: days of a year whose notice is not known are counted in it."""

    at: datetime
    provisional: bool = False


def due(start: datetime, span: Span, calendar: Calendar, pauses: Iterable[Pause] = ()) -> Due:
    """When a span that begins at `start` is over; `pauses`, in order, keep what was left when each began.

    In working days a due day is always a working day: none at all end with the day of the start, or with the next
    working day where that is none. A pause that begins when time is over changes nothing.
    """
    begin, guessed = _local(start, calendar), False
    at = _end(begin, span, calendar)
    for stop, resume in pauses:
        paused, resumed = max(_local(stop, calendar), begin), _local(resume, calendar)
        if resumed <= begin:
            continue
        if paused >= at:
            break
        guessed |= _is_guessed(begin, paused, span, calendar)
        span = rest(at, paused, span.kind, calendar)
        begin, at = resumed, _end(resumed, span, calendar)
    return Due(at, guessed or _is_guessed(begin, at, span, calendar))


def rest(at: datetime, moment: datetime, kind: Kind, calendar: Calendar) -> Span:
    """What is left at `moment` until `at`: of minutes and hours in seconds, one begun as a whole one, else in days.

    A day that has begun is used up: what is left on the last day is no day, which is to say, until its end.
    """
    end, moment = _local(at, calendar), _local(moment, calendar)
    if kind in _UNITS:
        return Span(Kind.SECONDS, max(0, -((moment - end) // _SECOND)))
    if kind is Kind.DAYS:
        return Span(kind, max(0, (end.date() - moment.date()).days))
    days = range(1, max(0, (end.date() - moment.date()).days) + 1)
    return Span(kind, sum(calendar.works(moment.date() + day * _DAY) for day in days))


def end_of(day: date, calendar: Calendar) -> datetime:
    """The end of a day."""
    return datetime.combine(day, _END, calendar.zone)


def _end(start: datetime, span: Span, calendar: Calendar) -> datetime:
    if span.kind in _UNITS:
        return start + span.number * _UNITS[span.kind]
    if span.kind is Kind.DAYS:
        return end_of(start.date() + span.number * _DAY, calendar)
    return end_of(_working_day(start.date(), span.number, calendar), calendar)


def _working_day(day: date, number: int, calendar: Calendar) -> date:
    """The so-manieth working day after a day; none: the day itself, or the first working day after it."""
    if number == 0:
        day, number = day - _DAY, 1
    while number:
        day += _DAY
        number -= calendar.works(day)
    return day


def _is_guessed(start: datetime, end: datetime, span: Span, calendar: Calendar) -> bool:
    return span.kind is Kind.WORKING_DAYS and not calendar.is_known(start.date(), end.date())


def _local(moment: datetime, calendar: Calendar) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(calendar.zone)
