"""Corrections and withdrawals: what takes the place of what, what stays to be seen, and what is refused."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.intake import CORRECT, WITHDRAW
from yiheng.cases.load import load
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

HEADER = "hospital,case_id,year,stay_id,admit_date,discharge_date,total_fee"
LINES = "hospital,case_id,line_no,item_code,category,quantity,unit_price,amount"
STAYS = "hospital,case_id,stay_no,ward_type,entered,left"
CASES = (
    "H1,1,2023,S,2023-12-20,2023-12-31,10.00",
    "H1,2,2024,S,2024-01-01,2024-01-05,20.00",
    "H2,1,2024,,2024-01-01,2024-01-05,30.00",
)
OF_CASES = ("H1,1,1,A,01,1,10,10.00", "H1,2,1,A,01,2,5,10.00", "H1,2,2,B,01,1,10,10.00", "H2,1,1,A,01,1,30,30.00")
SHOWN = ("hospital", "case_id", "year", "total_fee", "list_version")


def held(rows_of: Any, root: Path, table: str = "cases", *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, table, *(columns or SHOWN))]


def at(root: Path, number: int, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a table at a commit."""
    with engine() as backend:
        rows = Snapshot(backend, Data.open(root), number).table(table).select(*columns).to_pyarrow().to_pylist()
    return sorted(tuple(row.values()) for row in rows)


@pytest.fixture
def root(csv_file: Any, tmp_path: Path) -> Path:
    """DATA with three cases and their lines in one commit."""
    folder = tmp_path / "DATA"
    load(folder, [csv_file("cases.csv", HEADER, *CASES), csv_file("lines.csv", LINES, *OF_CASES)])
    return folder


def test_a_corrected_list_takes_the_place_of_the_held_one(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    before = at(root, 1, "cases", *SHOWN)
    corrected = ("H1,1,2024,S,2023-12-20,2024-01-01,11.00", "H2,1,2024,,2024-01-01,2024-01-05,30.50")
    done = load(root, [csv_file("b.csv", HEADER, *corrected)], action=CORRECT)
    whole(done)
    assert (done.accepted, done.quarantined) == (2, 0)
    assert [(each.action, each.format) for each in done.commit.sources] == [("correct", "canonical")]
    assert held(rows_of, root) == [
        ("H1", "1", 2024, Decimal("11.00"), 2),
        ("H1", "2", 2024, Decimal("20.00"), 1),
        ("H2", "1", 2024, Decimal("30.50"), 2),
    ]
    assert at(root, 1, "cases", *SHOWN) == before
    again = csv_file("c.csv", HEADER, "H1,1,2023,S,2023-12-20,2023-12-31,12.00")
    load(root, [again], action=CORRECT)
    assert held(rows_of, root)[0] == ("H1", "1", 2023, Decimal("12.00"), 3)
    assert at(root, 2, "cases", *SHOWN)[0] == ("H1", "1", 2024, Decimal("11.00"), 2)


def test_a_correction_of_what_is_not_held_is_quarantined(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    rows = ("H1,3,2024,,2024-01-01,2024-01-05,1.00", "H1,2,2024,S,2024-01-01,2024-01-05,21.00",
            "H3,2,2024,,2024-02-30,2024-01-05,1.00")  # fmt: skip
    done = load(root, [csv_file("b.csv", HEADER, *rows)], action=CORRECT)
    whole(done)
    assert (done.accepted, done.quarantined) == (1, 2)
    assert held(rows_of, root, "quarantine", "row", "column", "value", "rule", "hospital", "case_id") == [
        (1, "case_id", "3", "not_held", "H1", "3"),
        (3, "admit_date", "2024-02-30", "date", "H3", "2"),
    ]


def test_a_correction_that_a_rule_rejects_leaves_the_held_case(csv_file: Any, root: Path, rows_of: Any) -> None:
    before = held(rows_of, root)
    bad = csv_file("b.csv", HEADER, "H1,2,2024,S,2024-01-05,2024-01-01,21.00", "H2,1,2024,,2024-01-01,,x")
    done = load(root, [bad], action=CORRECT)
    assert (done.accepted, done.quarantined) == (0, 2)
    assert held(rows_of, root) == before


def test_of_two_corrections_of_one_case_the_first_stays(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    rows = ("H1,2,2024,S,2024-01-01,2024-01-05,21.00", "H1,2,2023,S,2024-01-01,2024-01-05,22.00")
    done = load(root, [csv_file("b.csv", HEADER, *rows)], action=CORRECT)
    whole(done)
    assert (done.accepted, done.quarantined) == (1, 1)
    assert [row for row in held(rows_of, root) if row[:2] == ("H1", "2")] == [("H1", "2", 2024, Decimal("21.00"), 2)]
    assert held(rows_of, root, "quarantine", "row", "rule") == [(2, "duplicate")]


def test_without_a_correction_a_held_case_stays(csv_file: Any, root: Path, rows_of: Any) -> None:
    before = held(rows_of, root)
    done = load(root, [csv_file("b.csv", HEADER, "H1,2,2024,S,2024-01-01,2024-01-05,21.00")])
    assert (done.accepted, done.quarantined) == (0, 1)
    assert held(rows_of, root) == before


def test_corrected_lines_take_the_place_of_all_lines_of_their_case(
    csv_file: Any, root: Path, rows_of: Any, whole: Any
) -> None:
    lines = csv_file("more.csv", LINES, "H1,2,7,C,01,1,20,20.00", "H9,2,7,C,01,1,20,20.00")
    done = load(root, [lines], action=CORRECT)
    whole(done)
    assert (done.accepted, done.quarantined) == (1, 1)
    columns = ("hospital", "case_id", "line_no", "item_code", "amount")
    assert held(rows_of, root, "lines", *columns) == [
        ("H1", "1", 1, "A", Decimal("10.00")),
        ("H1", "2", 7, "C", Decimal("20.00")),
        ("H2", "1", 1, "A", Decimal("30.00")),
    ]
    assert len(at(root, 1, "lines", *columns)) == 4
    assert held(rows_of, root, "findings", "rule") == []


@pytest.mark.parametrize("named", ["2", "T"], ids=["by case", "by stay"])
def test_a_corrected_case_with_its_lines_has_these_and_no_others(
    named: str, csv_file: Any, root: Path, rows_of: Any, whole: Any
) -> None:
    """Also where they name the stay: the held lines do not come along with the case beside the new ones."""
    case = csv_file("b.csv", HEADER, "H1,2,2024,T,2024-01-01,2024-01-05,22.00")
    lines = csv_file("a.csv", LINES, f"H1,{named},1,A,01,2,6,12.00", f"H1,{named},3,B,01,1,10,10.00")
    done = load(root, [case, lines], action=CORRECT)
    whole(done)
    assert (done.accepted, done.quarantined) == (3, 0)
    columns = ("hospital", "case_id", "line_no", "amount", "source_file")
    assert [row for row in held(rows_of, root, "lines", *columns) if row[:2] == ("H1", "2")] == [
        ("H1", "2", 1, Decimal("12.00"), "a.csv"),
        ("H1", "2", 3, Decimal("10.00"), "a.csv"),
    ]
    assert len(held(rows_of, root, "lines", *columns)) == 4
    assert held(rows_of, root, "findings", "rule") == held(rows_of, root, "quarantine", "rule") == []


def test_corrected_lines_alone_are_summed(csv_file: Any, root: Path, rows_of: Any) -> None:
    load(root, [csv_file("more.csv", LINES, "H1,2,1,A,01,1,19,19.00")], action=CORRECT)
    found = held(rows_of, root, "findings", "case_id", "rule", "value", "file")
    assert [row for row in found if row[3] == "more.csv"] == [("2", "line_sum_total", "19.00", "more.csv")]


def test_links_follow_a_correction(csv_file: Any, root: Path, rows_of: Any) -> None:
    link = ("case_id", "kind", "other", "basis")
    assert held(rows_of, root, "links", *link) == [("2", "same_stay", "1", "stay_id")]
    load(root, [csv_file("b.csv", HEADER, "H1,2,2024,T,2024-01-01,2024-01-05,20.00")], action=CORRECT)
    assert held(rows_of, root, "links", *link) == []
    assert at(root, 1, "links", *link) == [("2", "same_stay", "1", "stay_id")]


def test_icu_stays_follow_a_correction(csv_file: Any, root: Path, rows_of: Any) -> None:
    first = ("H1,2,1,1,2024-01-01 08:00,2024-01-01 10:00", "H1,2,2,1,2024-01-02 08:00,2024-01-02 10:00")
    load(root, [csv_file("icu.csv", STAYS, *first)])
    load(root, [csv_file("icu2.csv", STAYS, "H1,2,1,2,2024-01-03 08:00,2024-01-03 09:30")], action=CORRECT)
    assert held(rows_of, root, "icu", "case_id", "stay_no", "ward_type", "entered", "left") == [
        ("2", 1, "2", datetime.fromisoformat("2024-01-03 08:00"), datetime.fromisoformat("2024-01-03 09:30"))
    ]


def test_a_withdrawn_case_goes_out_with_all_that_belongs_to_it(
    csv_file: Any, root: Path, rows_of: Any, whole: Any
) -> None:
    load(root, [csv_file("icu.csv", STAYS, "H1,2,1,1,2024-01-01 08:00,2024-01-01 10:00")])
    before = {table: at(root, 2, table, "hospital", "case_id") for table in ("cases", "lines", "icu", "links")}
    gone = csv_file("gone.csv", "hospital,case_id,reason", "H1,2,重复上报", "H1,7,", "H2,,x")
    done = load(root, [gone], format="withdrawn", action=WITHDRAW)
    whole(done)
    assert (done.accepted, done.quarantined) == (1, 2)
    assert [(each.action, each.format) for each in done.commit.sources] == [("withdraw", "withdrawn")]
    assert held(rows_of, root, "cases", "hospital", "case_id") == [("H1", "1"), ("H2", "1")]
    assert held(rows_of, root, "lines", "hospital", "case_id") == [("H1", "1"), ("H2", "1")]
    assert held(rows_of, root, "icu", "hospital", "case_id") == []
    assert held(rows_of, root, "links", "case_id") == []
    columns = ("hospital", "case_id", "reason", "commit", "source_file", "source_row")
    assert held(rows_of, root, "withdrawn", *columns) == [("H1", "2", "重复上报", 3, "gone.csv", 1)]
    assert held(rows_of, root, "quarantine", "row", "column", "value", "rule") == [
        (2, "case_id", "7", "not_held"),
        (3, "case_id", "", "required"),
    ]
    assert {table: at(root, 2, table, "hospital", "case_id") for table in before} == before


def test_a_withdrawn_case_may_come_in_again(csv_file: Any, root: Path, rows_of: Any) -> None:
    gone = csv_file("gone.csv", "医疗机构代码,病例号,原因", "H1,2,x")
    load(root, [gone], format="withdrawn", action=WITHDRAW)
    done = load(root, [csv_file("b.csv", HEADER, "H1,2,2024,S,2024-01-01,2024-01-05,22.00")])
    assert (done.accepted, done.quarantined) == (1, 0)
    assert held(rows_of, root)[1] == ("H1", "2", 2024, Decimal("22.00"), 1)
    assert held(rows_of, root, "links", "case_id", "other") == [("2", "1")]


def test_a_case_named_twice_is_withdrawn_once(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    gone = csv_file("gone.csv", "hospital,case_id,reason", "H1,2,a", "H1,2,b")
    done = load(root, [gone], format="withdrawn", action=WITHDRAW)
    whole(done)
    assert (done.accepted, done.quarantined) == (1, 1)
    assert held(rows_of, root, "withdrawn", "reason") == [("a",)]
    assert held(rows_of, root, "quarantine", "row", "rule") == [(2, "row_duplicate")]


def test_withdrawing_everything_leaves_empty_tables(csv_file: Any, root: Path, rows_of: Any) -> None:
    gone = csv_file("gone.csv", "hospital,case_id,reason", "H1,2,", "H1,1,", "H2,1,")
    done = load(root, [gone], format="withdrawn", action=WITHDRAW)
    assert (done.accepted, done.quarantined) == (3, 0)
    assert held(rows_of, root) == held(rows_of, root, "lines", "case_id") == []


@pytest.mark.parametrize("action", [CORRECT, WITHDRAW])
def test_after_a_refusal_nothing_has_changed(action: str, csv_file: Any, root: Path, content: Any) -> None:
    before = content(root)
    files = {
        CORRECT: csv_file("b.csv", HEADER, "H1,2,2024,S,2024-01-01,2024-01-05,21.00", 'H1,1,"2024,,,,'),
        WITHDRAW: csv_file("c.csv", "hospital,case_id,reason", "H1,2,x", 'H1,"1,,'),
    }
    with pytest.raises(Refusal, match="a quotation mark is never closed"):
        load(root, [files[action]], format={WITHDRAW: "withdrawn"}.get(action), action=action)
    assert content(root) == before


def test_a_year_that_moves_leaves_no_file_of_the_old_one_behind(csv_file: Any, root: Path) -> None:
    load(root, [csv_file("b.csv", HEADER, "H1,1,2024,S,2023-12-20,2024-01-01,11.00")], action=CORRECT)
    with engine() as backend:
        days = (
            Snapshot(backend, Data.open(root)).table("cases").select("year", "discharge_date").to_pyarrow().to_pylist()
        )
    assert sorted((row["year"], row["discharge_date"]) for row in days) == [
        (2024, date(2024, 1, 1)), (2024, date(2024, 1, 5)), (2024, date(2024, 1, 5))
    ]  # fmt: skip
