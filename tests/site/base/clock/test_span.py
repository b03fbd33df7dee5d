"""Spans: what they count, and how they read."""

import pytest

from yiheng.site.base.clock.span import Kind, Span, days, hours, minutes, working_days


def test_each_kind_has_its_maker() -> None:
    assert minutes(10) == Span(Kind.MINUTES, 10)
    assert hours(2) == Span(Kind.HOURS, 2)
    assert days(30) == Span(Kind.DAYS, 30)
    assert working_days(5) == Span(Kind.WORKING_DAYS, 5)


@pytest.mark.parametrize("number", [-1, 1.5, "3", True, None])
def test_only_whole_numbers_from_0_on(number: object) -> None:
    with pytest.raises(ValueError, match="no number of days"):
        Span(Kind.DAYS, number)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (working_days(5), "5个工作日", "5 working days"),
        (working_days(1), "1个工作日", "1 working day"),
        (hours(1), "1小时", "1 hour"),
        (minutes(10), "10分钟", "10 minutes"),
        (days(0), "0日", "0 days"),
        (Span(Kind.SECONDS, 90), "90秒", "90 seconds"),
    ],
)
def test_a_span_reads_in_both_languages(span: Span, zh: str, en: str) -> None:
    assert (span.word.zh, span.word.en) == (zh, en)
