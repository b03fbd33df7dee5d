"""A policy file says everything about each value, or is refused by name."""

import hashlib
from datetime import date, timedelta

import pytest

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.policy.loader import Dated, read_scheme, scheme, scheme_ids

TEXT = """
about: {zh: 例, en: an example}
floor:
  zh: 下限
  en: lower bound
  unit: cases
  values:
    - {from: 2020-01-01, value: 5, document: 某文件, article: 第三条, checked_until: 2024-06-30}
    - {from: 2023-07-01, value: 8, choice: city, checked_until: null, note: as agreed}
"""


def test_values_come_with_dates_and_sources() -> None:
    example = read_scheme("dip/example", TEXT)
    assert (example.id, example.word) == ("dip/example", Word("例", "an example"))
    assert example.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    floor = example.parameters["floor"]
    assert (floor.name, floor.word, floor.unit) == ("floor", Word("下限", "lower bound"), "cases")
    assert floor.values == (
        Dated(date(2020, 1, 1), 5, "某文件", "第三条", "", date(2024, 6, 30), ""),
        Dated(date(2023, 7, 1), 8, "", "", "city", None, "as agreed"),
    )


@pytest.mark.parametrize(("day", "value"), [("2020-01-01", 5), ("2023-06-30", 5), ("2023-07-01", 8), ("2099-12-31", 8)])
def test_the_value_in_force_on_a_day(day: str, value: int) -> None:
    assert read_scheme("dip/example", TEXT).value("floor", date.fromisoformat(day)) == value


def test_before_the_first_date_there_is_no_value() -> None:
    with pytest.raises(Refusal) as caught:
        read_scheme("dip/example", TEXT).value("floor", date(2019, 12, 31))
    assert str(caught.value) == "floor (下限) has no value on 2019-12-31"


def test_a_parameter_that_is_not_set_is_refused() -> None:
    with pytest.raises(Refusal, match=r"^dip/example sets no ceiling$"):
        read_scheme("dip/example", TEXT).value("ceiling", date(2024, 1, 1))


@pytest.mark.parametrize(("day", "unchecked"), [("2023-01-01", 0), ("2023-07-01", 1)])
def test_what_nobody_has_checked_is_listed(day: str, unchecked: int) -> None:
    found = read_scheme("dip/example", TEXT).unchecked(date.fromisoformat(day))
    assert len(found) == unchecked


def test_a_check_that_has_run_out_is_listed() -> None:
    only = TEXT.replace("    - {from: 2023-07-01, value: 8, choice: city, checked_until: null, note: as agreed}\n", "")
    example = read_scheme("dip/example", only)
    assert example.unchecked(date(2024, 6, 30)) == []
    [(parameter, its)] = example.unchecked(date(2024, 7, 1))
    assert (parameter.name, its.value) == ("floor", 5)


CEILING = "ceiling: {{zh: 上限, en: x, unit: x, values: {}}}\n"
BROKEN = [
    ("", "the file: is not a table of names and values"),
    ("- a\n", "the file: is not a table of names and values"),
    (TEXT.replace("about: {zh: 例, en: an example}", ""), "about: is not a table of names and values"),
    (TEXT.replace("zh: 例, ", ""), "about: missing or unknown zh"),
    (TEXT.replace("  unit: cases\n", ""), "floor: missing or unknown unit"),
    (TEXT.replace("  unit: cases\n", "  unit: cases\n  units: 1\n"), "floor: missing or unknown units"),
    (TEXT + "ceiling: 5\n", "ceiling: is not a table of names and values"),
    (TEXT + CEILING.format("[]"), "ceiling: values must be in order of their dates, one a date"),
    (TEXT + CEILING.format("null"), "ceiling: values must be in order of their dates, one a date"),
    (TEXT + CEILING.format("[5]"), "ceiling: is not a table of names and values"),
    (TEXT.replace("2023-07-01", "2020-01-01"), "floor: values must be in order of their dates, one a date"),
    (TEXT.replace("2023-07-01", "2019-01-01"), "floor: values must be in order of their dates, one a date"),
    (TEXT.replace("checked_until: null", "seen: null"), "floor: missing or unknown checked_until, seen"),
    (TEXT.replace("document: 某文件, ", ""), "floor: neither a document with its article nor whose choice it is"),
    (TEXT.replace("article: 第三条, ", ""), "floor: neither a document with its article nor whose choice it is"),
    (TEXT.replace("choice: city, ", ""), "floor: neither a document with its article nor whose choice it is"),
    (TEXT.replace("from: 2020-01-01", "from: 2020"), "floor: from and checked_until are days, such as 2020-11-09"),
    (TEXT.replace("2024-06-30", "soon"), "floor: from and checked_until are days, such as 2020-11-09"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), BROKEN)
def test_a_file_that_says_less_or_more_is_refused_by_name(text: str, line: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_scheme("dip/example", text)
    assert str(caught.value) == f"file dip/example: {line}"


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refusal) as caught:
        scheme("dip/no-such")
    assert str(caught.value) == f"there is no policy dip/no-such -> one of: {', '.join(scheme_ids())}"
    with pytest.raises(Refusal):
        scheme("../secrets")


def test_every_policy_of_the_package_is_read_and_kinds_are_folders() -> None:
    assert "dip/national-1.0" in scheme_ids("dip")
    assert scheme_ids("no-such-kind") == []
    for scheme_id in scheme_ids():
        for parameter in scheme(scheme_id).parameters.values():
            assert parameter.on(parameter.values[0].start) == parameter.values[0]
            with pytest.raises(Refusal):
                parameter.on(parameter.values[0].start - timedelta(days=1))
