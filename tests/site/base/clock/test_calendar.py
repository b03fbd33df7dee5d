"""The working calendar: equal to a second, independent one on every day of every year that it knows."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from yiheng.base.refusal import Refusal
from yiheng.policy.loader import read_scheme, scheme
from yiheng.site.base.clock.calendar import Calendar, calendar_of, china

ZONE = ZoneInfo("Asia/Shanghai")
YEARS = (2024, 2025, 2026)
TEXT = """
about: {zh: 日历, en: calendar}
"YEAR":
  zh: 年
  en: year
  unit: days
  values:
    - {from: 2030-01-01, value: [FEAST], document: 通知, article: 一, checked_until: null}
"""


def made(feast: str, year: str = "2031") -> Calendar:
    return calendar_of(read_scheme("calendar/made", TEXT.replace("FEAST", feast).replace("YEAR", year)), ZONE)


@pytest.mark.parity
@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_a_known_year_is_as_in_chinesecalendar(year: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]
    assert [day for day in days if china().works(day) != chinese_calendar.is_workday(day)] == []


def test_working_days_of_each_year() -> None:
    first, last = date(2024, 1, 1), date(2026, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert {year: sum(china().works(day) for day in days if day.year == year) for year in YEARS} == {
        2024: 251,
        2025: 248,
        2026: 248,
    }


def test_every_year_that_the_policy_has_is_tested_and_known() -> None:
    assert tuple(int(name) for name in scheme("calendar/china").parameters) == YEARS
    assert china().years == frozenset(YEARS)
    assert china().zone == ZONE


def test_an_unpublished_year_has_weekends_only() -> None:
    assert not china().is_known(date(2026, 12, 31), date(2027, 1, 1))
    assert china().is_known(date(2024, 1, 1), date(2026, 12, 31))
    assert china().works(date(2027, 1, 1))  # a Friday: off in truth, but nobody has said so yet
    assert not china().works(date(2027, 1, 2))


def test_every_year_names_its_notice() -> None:
    documents = [each.values[-1].document for each in scheme("calendar/china").parameters.values()]
    numbers = ["国办发明电〔2023〕7号", "国办发明电〔2024〕12号", "国办发明电〔2025〕7号"]
    assert [document.partition("（")[2] for document in documents] == [f"{number}）" for number in numbers]


def test_the_last_value_of_a_year_holds() -> None:
    feast = "{name: 节, rest: [2031-01-01, 2031-01-01], days: 1, work: []}"
    text = TEXT.replace("YEAR", "2031").replace("FEAST", feast)
    changed = (
        f"    - {{from: 2031-02-01, value: [{feast.replace('-01-01', '-01-02')}], choice: city, checked_until: null}}\n"
    )
    its = calendar_of(read_scheme("calendar/made", text + changed), ZONE)
    assert its.off == {date(2031, 1, 2)}


def test_a_digest_stands_for_all_that_a_calendar_says() -> None:
    one = made("{name: 节, rest: [2031-01-01, 2031-01-03], days: 3, work: [2031-01-05]}")
    others = [
        made("{name: 节, rest: [2031-01-01, 2031-01-02], days: 2, work: [2031-01-05]}"),
        made("{name: 节, rest: [2031-01-01, 2031-01-03], days: 3, work: []}"),
        made("{name: 节, rest: [2031-01-01, 2031-01-03], days: 3, work: [2031-01-05]}", "2032"),
        Calendar(one.years, one.off, one.worked, ZoneInfo("UTC")),
    ]
    assert len({one.digest, *(each.digest for each in others)}) == 5
    assert one.digest == Calendar(one.years, one.off, one.worked, ZONE).digest


@pytest.mark.parametrize(
    ("feast", "why"),
    [
        ("{name: 节, rest: [2031-01-01, 2031-01-03], days: 2, work: []}", "2031 节: has 3 days, the notice says 2"),
        ("{name: 节, rest: [2031-01-03, 2031-01-01], days: 3, work: []}", "has 0 days"),
        ("{name: 节, rest: [2031-01-01, 2031-01-05], days: 5, work: [2031-01-05]}", "both off and worked"),
        ("{name: 节, rest: [2031-01-01, 2031-01-01], days: 1, work: [2031-01-06]}", "no day of a weekend"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(feast: str, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        made(feast)


def test_a_parameter_that_is_no_year_is_refused() -> None:
    with pytest.raises(Refusal, match="is no year"):
        made("{name: 节, rest: [2031-01-01, 2031-01-01], days: 1, work: []}", "next")
