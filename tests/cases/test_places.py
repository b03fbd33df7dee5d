"""Places and insured population as files: merged by key and date of validity into what DATA has."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.intake import WITHDRAW
from yiheng.cases.load import Loaded, load
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

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


def withdraw(root: Path, *paths: Path) -> Loaded:
    return load(root, list(paths), format="withdrawn", action=WITHDRAW)


def at(root: Path, number: int, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a table at a commit."""
    with engine() as backend:
        rows = Snapshot(backend, Data.open(root), number).table(table).select(*columns).to_pyarrow().to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def test_a_row_is_ended_by_its_last_day(csv_file: Any, root: Path, rows_of: Any) -> None:
    """The row that it was stays in the earlier commit."""
    load(root, [csv_file("more.csv", HEADER, "H2,乙医院,2,,西县,2020-01-01,2024-06-30")])
    assert held(rows_of, root)[1] == ("H2", date(2020, 1, 1), "乙医院", 2, date(2024, 6, 30))
    assert at(root, 1, "institution", "code", "valid_to") == [("H1", None), ("H2", None)]


def test_a_wrong_row_is_withdrawn_with_its_reason(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    """What names the row counts and nothing else; what cannot be found is named, and nothing more is taken out."""
    rows = ("H2,乙,三,2020-01-01,不是本地机构", "H1,甲医院,3,2021-01-01,x", "H9,,,2020-01-01,", "H2,,,2020-01-01,again")
    done = withdraw(root, csv_file("gone.csv", "机构代码,机构名称,等级,生效日期,原因", *rows))
    whole(done)
    assert (done.accepted, done.quarantined) == (1, 3)
    assert [(each.action, each.format) for each in done.commit.sources] == [("withdraw", "places")]
    assert held(rows_of, root, "institution", "code") == [("H1",)]
    columns = ("table", "row", "reason", "commit", "source_file", "source_row")
    assert held(rows_of, root, "withdrawn_places", *columns) == [
        ("institution", "code=H2; valid_from=2020-01-01", "不是本地机构", 2, "gone.csv", 1)
    ]
    assert held(rows_of, root, "quarantine", "row", "column", "value", "rule") == [
        (2, "生效日期", "2021-01-01", "row_not_held"),
        (3, "生效日期", "2020-01-01", "row_not_held"),
        (4, "生效日期", "2020-01-01", "row_duplicate"),
    ]
    assert at(root, 1, "institution", "code", "name") == [("H1", "甲医院"), ("H2", "乙医院")]


def test_a_wrong_file_is_withdrawn_as_it_is_and_may_come_in_again(csv_file: Any, root: Path, rows_of: Any) -> None:
    """All its rows go out; what it had taken the place of is in the commit before. Twice it is refused."""
    columns = ("pool", "area", "persons")
    header = "pool,area,age_band,group,month,persons"
    path = csv_file("people.csv", header, "employee,990100,60,G,2024-01-01,7", "resident,990100,60,G,2024-01-01,9")
    load(root, [path])
    done = withdraw(root, path)
    assert (done.accepted, done.quarantined) == (2, 0)
    assert held(rows_of, root, "population", *columns) == []
    assert at(root, 2, "population", *columns) == [("employee", "990100", 7), ("resident", "990100", 9)]
    with pytest.raises(Refusal, match="already loaded as people.csv in commit 3"):
        withdraw(root, path)
    assert load(root, [path]).accepted == 2
    assert held(rows_of, root, "population", *columns) == [("employee", "990100", 7), ("resident", "990100", 9)]
    with pytest.raises(Refusal, match="already loaded as people.csv in commit 4"):
        load(root, [path])


def test_a_row_without_a_first_day_is_one_without_it(csv_file: Any, root: Path, rows_of: Any) -> None:
    load(root, [csv_file("more.csv", "code,name", "H1,甲")])
    done = withdraw(root, csv_file("gone.csv", "code,reason", "H1,x", "H2,x"))
    assert (done.accepted, done.quarantined) == (1, 1)
    assert [row[:2] for row in held(rows_of, root)] == [("H1", date(2020, 1, 1)), ("H2", date(2020, 1, 1))]
    assert held(rows_of, root, "quarantine", "row", "column", "value") == [(2, "code", "H2")]


def test_cases_and_places_are_withdrawn_together(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    load(root, [csv_file("cases.csv", "hospital,case_id,year", "H1,1,2024", "H2,1,2024")])
    cases, places = (
        csv_file("c.csv", "hospital,case_id,reason", "H2,1,x"),
        csv_file("p.csv", HEADER, "H2,,,,,2020-01-01,"),
    )
    done = withdraw(root, cases, places)
    whole(done)
    assert (done.accepted, done.quarantined) == (2, 0)
    assert held(rows_of, root, "cases", "hospital") == held(rows_of, root, "institution", "code") == [("H1",)]


def test_a_withdrawal_of_no_known_table_changes_nothing(csv_file: Any, root: Path, content: Any) -> None:
    before = content(root)
    for header in ("wrong,原因", "name,原因"):
        with pytest.raises(Refusal, match="names neither a case nor a row of a table about places"):
            withdraw(root, csv_file("gone.csv", header, "H2,x"))
    assert content(root) == before


@pytest.mark.usefixtures("region_key")
def test_a_file_of_names_beside_front_pages_loses_nothing(
    form_file: Any, csv_file: Any, rows_of: Any, tmp_path: Path
) -> None:
    """Its names go in, and count more than what a front page calls the same code; the others come from there."""
    page = {"P900": "H1", "P3": "1", "P2": "1", "P25": "2024-03-05", "P321": "K35.800", "P322": "阑尾炎"}
    more = page | {"P3": "2", "P321": "I10.x05", "P322": "高血压"}
    names = csv_file(
        "names.csv", "kind,edition,code,zh,en", "dx,ICD-10 国临2.0,K35.800,急性阑尾炎,", "dx,ICD-10 国临2.0,A01,x,"
    )
    done = load(tmp_path / "DATA", [form_file("frontpage-hqms", "a.csv", page, more), names])
    assert (done.accepted, done.quarantined) == (4, 0)
    expected = [("A01", "x"), ("I10.x05", "高血压"), ("K35.800", "急性阑尾炎")]
    assert held(rows_of, tmp_path / "DATA", "names", "code", "zh") == expected
