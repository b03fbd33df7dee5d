"""Places and insured population as files: merged by key and date of validity into what DATA has."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.load import load

HEADER = "code,name,level,class,county,valid_from,valid_to"
SHOWN = ("code", "valid_from", "name", "level", "valid_to")


def held(rows_of: Any, root: Path, table: str = "institution", *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, table, *(columns or SHOWN))]


@pytest.fixture
def root(csv_file: Any, tmp_path: Path) -> Path:
    """DATA with two institutions."""
    rows = ("H1,甲医院,3,甲,东县,2020-01-01,", "H2,乙医院,2,,西县,2020-01-01,")
    load(tmp_path / "DATA", [csv_file("places.csv", HEADER, *rows)])
    return tmp_path / "DATA"


def test_a_row_is_read_to_exact_values(root: Path, rows_of: Any) -> None:
    assert held(rows_of, root) == [
        ("H1", date(2020, 1, 1), "甲医院", 3, None),
        ("H2", date(2020, 1, 1), "乙医院", 2, None),
    ]


def test_a_row_takes_the_place_of_that_with_its_key_and_date(
    csv_file: Any, root: Path, rows_of: Any, whole: Any
) -> None:
    rows = ("H1,甲医院,3,甲,东县,2020-01-01,2023-12-31", "H1,甲中心医院,3,甲,东县,2024-01-01,", "H3,丙,1,,东县,,")
    done = load(root, [csv_file("more.csv", HEADER, *rows)])
    whole(done)
    assert (done.accepted, done.quarantined, done.files[0].format) == (3, 0, "places")
    assert held(rows_of, root) == [
        ("H1", date(2020, 1, 1), "甲医院", 3, date(2023, 12, 31)),
        ("H1", date(2024, 1, 1), "甲中心医院", 3, None),
        ("H2", date(2020, 1, 1), "乙医院", 2, None),
        ("H3", None, "丙", 1, None),
    ]


def test_rows_that_do_not_fit_are_named(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    before = held(rows_of, root)
    done = load(root, [csv_file("more.csv", HEADER, "H1,甲,三,,,2020-01-01,", ",x,1,,,,", "H4,丁,1,,,2020-02-30,")])
    whole(done)
    assert (done.accepted, done.quarantined) == (0, 3)
    assert held(rows_of, root, "quarantine", "row", "column", "value", "rule") == [
        (1, "level", "三", "whole_number"),
        (2, "code", "", "required"),
        (3, "valid_from", "2020-02-30", "date"),
    ]
    assert held(rows_of, root) == before


def test_chinese_headers_are_known(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    path = csv_file("p.csv", "统筹区,行政区划,年龄段,医疗集团,月份,参保人数", "employee,990100,60,G1,2024-01-01,1200")
    done = load(tmp_path / "DATA", [path])
    assert (done.accepted, done.files[0].table) == (1, "population")
    columns = ("pool", "area", "age_band", "group", "month", "persons")
    [found] = held(rows_of, tmp_path / "DATA", "population", *columns)
    assert found[:2] == ("employee", "990100")
    assert found[3:] == ("G1", date(2024, 1, 1), 1200)


def test_after_a_refusal_nothing_has_changed(csv_file: Any, root: Path, content: Any) -> None:
    before = content(root)
    with pytest.raises(Refusal, match="no column"):
        load(root, [csv_file("more.csv", HEADER.replace("code,", ""), "甲,3,甲,东县,2020-01-01,")], format="places")
    assert content(root) == before
