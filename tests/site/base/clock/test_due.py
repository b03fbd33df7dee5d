"""When time is over and what is left of it: exact days, and laws that hold for any of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.site.base.clock.calendar import china
from yiheng.site.base.clock.due import Due, due, end_of, rest
from yiheng.site.base.clock.span import Kind, Span, days, hours, minutes, working_days

ZONE = ZoneInfo("Asia/Shanghai")
CHINA = china()


def at(month: int, day: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def end(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 23, 59, 59, tzinfo=ZONE)


# Moments to the microsecond of the years that are known, far enough from their end for what is added.
moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 8, 31), timezones=st.just(ZONE))  # noqa: DTZ001
counts = st.integers(0, 40)
spans = st.builds(Span, st.sampled_from(Kind), counts)


@pytest.mark.parametrize(
    ("start", "span", "over"),
    [
        (at(9, 24), working_days(5), end(10, 9)),  # Mid-Autumn and National Day in between
        (at(9, 18), working_days(1), end(9, 20)),  # a Sunday that is worked
        (at(9, 25), working_days(1), end(9, 28)),  # begun on a day off
        (at(10, 9), working_days(1), end(10, 10)),  # a Saturday that is worked
        (at(2, 13), working_days(3), end(2, 25)),  # the 14th is worked, then nine days off
        (at(9, 24, 0, 0), working_days(5), end(10, 9)),
        (at(9, 24, 23, 59), working_days(5), end(10, 9)),
        (at(9, 24), working_days(0), end(9, 24)),
        (at(9, 25), working_days(0), end(9, 28)),
        (at(9, 24), days(5), end(9, 29)),
        (at(9, 24), days(0), end(9, 24)),
        (at(1, 31), days(30), end(3, 2)),
        (at(2, 28, year=2024), days(1), end(2, 29, year=2024)),
        (at(9, 24, 23, 55), minutes(10), at(9, 25, 0, 5)),
        (at(9, 30, 22), hours(24), at(10, 1, 22)),  # round the clock, also on days off
        (at(9, 24), Span(Kind.SECONDS, 90), at(9, 24) + timedelta(seconds=90)),
    ],
)
def test_when_time_is_over(start: datetime, span: Span, over: datetime) -> None:
    assert due(start, span, CHINA) == Due(over)


def test_a_year_that_is_not_published_is_provisional_until_it_is() -> None:
    assert due(at(12, 29), working_days(2), CHINA) == Due(end(12, 31))
    assert due(at(12, 29), working_days(5), CHINA) == Due(end(1, 5, 2027), provisional=True)
    known = replace(CHINA, years=CHINA.years | {2027}, off=CHINA.off | {date(2027, 1, 1)})
    assert due(at(12, 29), working_days(5), known) == Due(end(1, 6, 2027))


@pytest.mark.parametrize("span", [days(10), hours(240), minutes(9000)])
def test_what_no_notice_changes_is_never_provisional(span: Span) -> None:
    assert not due(at(12, 29), span, CHINA).provisional


def test_a_day_is_a_day_of_china_in_whatever_zone_the_moment_is_given() -> None:
    utc = datetime(2026, 9, 23, 16, 30, tzinfo=ZoneInfo("UTC"))  # half past midnight of the 24th in China
    assert due(utc, working_days(5), CHINA) == Due(end(10, 9))
    assert due(utc, minutes(1), CHINA).at == utc + timedelta(minutes=1)
    assert rest(end(9, 28), utc, Kind.WORKING_DAYS, CHINA) == working_days(1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        due(datetime(2026, 9, 24), hours(1), CHINA)  # noqa: DTZ001
    with pytest.raises(ValueError, match="has no time zone"):
        rest(at(9, 24), datetime(2026, 9, 24), Kind.HOURS, CHINA)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("moment", "kind", "left"),
    [
        (at(9, 24), Kind.WORKING_DAYS, working_days(5)),
        (at(9, 28, 23), Kind.WORKING_DAYS, working_days(4)),
        (at(10, 5), Kind.WORKING_DAYS, working_days(2)),
        (at(10, 9), Kind.WORKING_DAYS, working_days(0)),
        (at(10, 20), Kind.WORKING_DAYS, working_days(0)),
        (at(10, 1), Kind.DAYS, days(8)),
        (at(10, 10), Kind.DAYS, days(0)),
        (at(10, 9, 23, 59), Kind.HOURS, Span(Kind.SECONDS, 59)),
        (at(10, 10), Kind.MINUTES, Span(Kind.SECONDS, 0)),
    ],
)
def test_what_is_left(moment: datetime, kind: Kind, left: Span) -> None:
    assert rest(end(10, 9), moment, kind, CHINA) == left


def test_a_second_begun_is_left_whole() -> None:
    moment = at(10, 9, 23, 59) + timedelta(microseconds=1)
    assert rest(end(10, 9), moment, Kind.HOURS, CHINA) == Span(Kind.SECONDS, 59)
    assert rest(end(10, 9), moment + timedelta(seconds=1), Kind.HOURS, CHINA) == Span(Kind.SECONDS, 58)


@pytest.mark.parametrize(
    ("span", "pauses", "over"),
    [
        # 5 working days from 24 September: on the 28th one is used, four are left
        (working_days(5), [(at(9, 28), at(9, 29))], end(10, 10)),
        (working_days(5), [(at(9, 28), at(9, 28, 17))], end(10, 9)),  # a pause within a day costs nothing
        (working_days(5), [(at(9, 28), at(10, 8))], end(10, 13)),
        (working_days(5), [(at(9, 25), at(9, 27))], end(10, 9)),  # nor does one of days off
        (working_days(5), [(at(9, 28), at(9, 29)), (at(9, 30), at(10, 8))], end(10, 12)),
        (working_days(1), [(at(9, 28), at(10, 1))], end(10, 8)),  # nothing left but the day: the next working day
        (working_days(1), [(at(9, 29), at(10, 1))], end(9, 28)),  # over before the pause
        (hours(24), [(at(9, 24, 10), at(9, 24, 12))], at(9, 25, 11)),
        (hours(24), [(at(9, 24, 8), at(9, 24, 12))], at(9, 25, 12)),  # begun while it stood still
        (hours(24), [(at(9, 23), at(9, 24))], at(9, 25)),  # over before it began
        (hours(24), [(at(9, 24, 10), at(9, 24, 12)), (at(9, 25, 9), at(9, 26, 9))], at(9, 26, 11)),
        (days(3), [(at(9, 25), at(9, 27))], end(9, 29)),
    ],
)
def test_a_pause_keeps_the_rest(span: Span, pauses: list[tuple[datetime, datetime]], over: datetime) -> None:
    assert due(at(9, 24), span, CHINA, pauses).at == over


def test_a_pause_that_leads_into_an_unpublished_year_makes_it_provisional() -> None:
    pauses = [(at(12, 30), at(1, 4, year=2027))]
    assert due(at(12, 29), working_days(2), CHINA, pauses) == Due(end(1, 5, 2027), provisional=True)
    assert not due(at(12, 29), working_days(2), CHINA, [(at(12, 30), at(12, 30, 11))]).provisional


@given(moments, spans, spans.map(lambda span: span.number))
def test_a_longer_span_is_never_over_sooner(start: datetime, span: Span, more: int) -> None:
    assert due(start, span, CHINA).at <= due(start, Span(span.kind, span.number + more), CHINA).at


@given(moments, spans, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_what_begins_later_is_never_over_sooner(start: datetime, span: Span, later: timedelta) -> None:
    assert due(start, span, CHINA).at <= due(start + later, span, CHINA).at


@given(moments, st.integers(1, 30), counts)
def test_n_and_then_m_working_days_are_n_plus_m(start: datetime, n: int, m: int) -> None:
    first = due(start, working_days(n), CHINA).at
    assert due(first, working_days(m), CHINA) == due(start, working_days(n + m), CHINA)


@given(moments, st.sampled_from(Kind), counts, counts)
def test_n_and_then_m_of_any_other_kind_are_n_plus_m(start: datetime, kind: Kind, n: int, m: int) -> None:
    if kind is not Kind.WORKING_DAYS:
        first = due(start, Span(kind, n), CHINA).at
        assert due(first, Span(kind, m), CHINA) == due(start, Span(kind, n + m), CHINA)


@pytest.mark.parity
@given(moments, st.integers(1, 40))
def test_working_days_are_those_of_chinesecalendar(start: datetime, n: int) -> None:
    over = due(start, working_days(n), CHINA).at
    between = chinese_calendar.get_workdays(start.date() + timedelta(days=1), over.date())
    assert (len(between), between[-1]) == (n, over.date())


@given(moments, spans)
def test_all_of_it_is_left_when_it_begins(start: datetime, span: Span) -> None:
    over = due(start, span, CHINA).at
    assert due(start, rest(over, start, span.kind, CHINA), CHINA).at == over


@given(moments, spans, st.timedeltas(timedelta(0), timedelta(days=60)), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_a_pause_leaves_what_was_left(start: datetime, span: Span, ran: timedelta, stood: timedelta) -> None:
    over = due(start, span, CHINA).at
    stop, resume = start + ran, start + ran + stood
    after = due(start, span, CHINA, [(stop, resume)]).at
    if stop >= over:
        assert after == over
    else:
        assert after >= over
        assert rest(after, resume, span.kind, CHINA) == rest(over, stop, span.kind, CHINA)


@given(moments, spans, st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=4, max_size=4))
def test_two_pauses_are_one_after_the_other(start: datetime, span: Span, lengths: list[timedelta]) -> None:
    moments_of = [start + sum(lengths[: number + 1], timedelta(0)) for number in range(4)]
    first, second = tuple(moments_of[:2]), tuple(moments_of[2:])
    once = due(start, span, CHINA, [first]).at
    both = due(start, span, CHINA, [first, second]).at
    if second[0] >= once:
        assert both == once
    else:
        assert both == due(second[1], rest(once, second[0], span.kind, CHINA), CHINA).at


@given(moments, st.integers(0, 40))
def test_a_due_in_working_days_is_the_end_of_a_working_day(start: datetime, n: int) -> None:
    over = due(start, working_days(n), CHINA).at
    assert CHINA.works(over.date())
    assert over == end_of(over.date(), CHINA)
