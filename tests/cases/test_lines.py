"""Charge lines: read beside their cases, held against their list, partitioned by month."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.load import load
from yiheng.tables.data import Data

CASES = "hospital,case_id,year,admit_date,discharge_date,los,total_fee,fee_01,fee_09"
LINES = "hospital,case_id,line_no,day_no,item_code,category,list_class,quantity,unit_price,amount"
FIRST = "H1,1,2024,2024-03-01,2024-03-06,5,30.00,10.00,20.00"
SECOND = "H1,2,2024,2024-04-01,2024-04-03,2,5.00,5.00,0.00"
OF_FIRST = ("H1,1,1,1,A1,01,A,2.5,4,10.00", "H1,1,2,5,B1,09,own,1,20,20.00")
OF_SECOND = ("H1,2,1,1,A1,01,A,1,5,5.00",)
FOUND = ("case_id", "rule", "value", "file", "row")


def findings(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, "findings", *FOUND) if row["rule"].startswith("line")]


@pytest.fixture
def loaded(csv_file: Any, tmp_path: Path) -> Path:
    """DATA with two cases, of two months."""
    root = tmp_path / "DATA"
    load(root, [csv_file("cases.csv", CASES, FIRST, SECOND)])
    return root


def test_lines_are_read_to_exact_values(csv_file: Any, loaded: Path, rows_of: Any, whole: Any) -> None:
    done = load(loaded, [csv_file("lines.csv", LINES, *OF_FIRST, *OF_SECOND)])
    whole(done)
    assert (done.accepted, done.quarantined, done.files[0].format) == (3, 0, "lines")
    columns = ("hospital", "case_id", "line_no", "day_no", "year", "month", "item_code", "category", "list_class",
               "quantity", "unit_price", "amount", "source_file", "source_row", "is_drug")  # fmt: skip
    assert [tuple(row.values()) for row in rows_of(loaded, "lines", *columns)] == [
        ("H1", "1", 1, 1, 2024, 202403, "A1", "01", "A", Decimal("2.5000"), Decimal("4.0000"), Decimal("10.00"),
         "lines.csv", 1, None),
        ("H1", "1", 2, 5, 2024, 202403, "B1", "09", "own", Decimal("1.0000"), Decimal("20.0000"), Decimal("20.00"),
         "lines.csv", 2, None),
        ("H1", "2", 1, 1, 2024, 202404, "A1", "01", "A", Decimal("1.0000"), Decimal("5.0000"), Decimal("5.00"),
         "lines.csv", 3, None),
    ]  # fmt: skip
    assert findings(rows_of, loaded) == []


def test_lines_of_two_months_are_two_files(csv_file: Any, loaded: Path) -> None:
    load(loaded, [csv_file("lines.csv", LINES, *OF_SECOND, *OF_FIRST)])
    folder = Data(loaded).table_folder("lines")
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")) == [
        "month=202403/000002.parquet",
        "month=202404/000002.parquet",
    ]


def test_a_line_needs_its_case(csv_file: Any, loaded: Path, rows_of: Any, whole: Any) -> None:
    lines = (*OF_FIRST, "H1,3,1,1,A1,01,A,1,5,5.00", "H2,1,1,1,A1,01,A,1,5,5.00", "H1,,1,1,A1,01,A,1,5,5.00")
    done = load(loaded, [csv_file("lines.csv", LINES, *lines)])
    whole(done)
    assert (done.accepted, done.quarantined) == (2, 3)
    found = rows_of(loaded, "quarantine", "row", "column", "value", "rule", "hospital", "case_id")
    assert sorted(tuple(row.values()) for row in found if row["row"] < 5) == [
        (3, "case_id", "3", "line_unknown_case", "H1", "3"),
        (4, "case_id", "1", "line_unknown_case", "H2", "1"),
    ]
    assert [(row["column"], row["rule"]) for row in found if row["row"] == 5] == [("case_id", "required")]


def test_cases_and_lines_of_one_load(csv_file: Any, rows_of: Any, whole: Any, tmp_path: Path) -> None:
    """A case that is quarantined is not known to its lines; the order in which files are named does not matter."""
    root = tmp_path / "DATA"
    bad = FIRST.replace("2024-03-01", "2024-03-09")
    files = [csv_file("lines.csv", LINES, *OF_FIRST, *OF_SECOND), csv_file("cases.csv", CASES, bad, SECOND)]
    done = load(root, files)
    whole(done)
    assert [(each.file, each.accepted, each.quarantined) for each in done.commit.sources] == [
        ("cases.csv", 1, 1),
        ("lines.csv", 1, 2),
    ]
    found = rows_of(root, "quarantine", "file", "row", "rule")
    assert [tuple(row.values()) for row in found] == [
        ("cases.csv", 1, "discharge_before_admission"),
        ("lines.csv", 1, "line_unknown_case"),
        ("lines.csv", 2, "line_unknown_case"),
    ]


def test_sums_against_the_list(csv_file: Any, loaded: Path, rows_of: Any) -> None:
    """A wrong category breaks only the rule of categories; a wrong amount both."""
    lines = (OF_FIRST[0].replace(",01,", ",09,"), OF_FIRST[1], "H1,2,1,1,A1,01,A,1,5.02,5.02")
    load(loaded, [csv_file("lines.csv", LINES, *lines)])
    assert findings(rows_of, loaded) == [
        ("1", "line_sum_category", "30.00", "lines.csv", 1),
        ("2", "line_sum_category", "5.02", "lines.csv", 3),
        ("2", "line_sum_total", "5.02", "lines.csv", 3),
    ]


def test_a_further_file_of_lines_adds_to_the_sums(csv_file: Any, loaded: Path, rows_of: Any) -> None:
    load(loaded, [csv_file("one.csv", LINES, OF_FIRST[0])])
    assert findings(rows_of, loaded) == [
        ("1", "line_sum_category", "10.00", "one.csv", 1),
        ("1", "line_sum_total", "10.00", "one.csv", 1),
    ]
    load(loaded, [csv_file("two.csv", LINES, OF_FIRST[1])])
    assert [found for found in findings(rows_of, loaded) if found[3] == "two.csv"] == []
    load(loaded, [csv_file("three.csv", LINES, "H1,1,3,1,A1,01,A,1,1,1.00")])
    assert [found for found in findings(rows_of, loaded) if found[3] == "three.csv"] == [
        ("1", "line_sum_category", "31.00", "three.csv", 1),
        ("1", "line_sum_total", "31.00", "three.csv", 1),
    ]


def test_refunds_net_against_their_charges(csv_file: Any, loaded: Path, rows_of: Any) -> None:
    """Also against charges of an earlier file; another item's charge does not count."""
    load(loaded, [csv_file("one.csv", LINES, *OF_FIRST)])
    refunds = (
        "H1,1,3,5,A1,01,A,-2.5,4,-10.00",
        "H1,1,4,5,B1,09,own,-1.5,20,-30.00",
        "H1,2,1,1,A1,01,A,-1,5,-5.00",
        "H1,2,2,1,B1,01,A,2,5,10.00",
    )
    load(loaded, [csv_file("two.csv", LINES, *refunds)])
    assert [found for found in findings(rows_of, loaded) if found[1] == "line_refund"] == [
        ("1", "line_refund", "B1", "two.csv", 2),
        ("2", "line_refund", "A1", "two.csv", 3),
    ]


def test_quantity_times_price(csv_file: Any, loaded: Path, rows_of: Any, whole: Any) -> None:
    most = "99999999999999.9999"
    lines = (
        "H1,1,1,1,A1,01,A,3,3.3333,10.00",
        "H1,1,2,1,A1,01,A,3,3.3367,10.02",
        f"H1,1,3,1,A1,01,A,{most},{most},9999999999999999.99",
        f"H1,1,4,1,A1,01,A,{most}9,1,1.00",
        "H1,1,5,1,A1,01,A,1.00000,1.00000,1.000",
        "H1,1,6,1,A1,01,A,1,1,1.005",
    )
    done = load(loaded, [csv_file("lines.csv", LINES, *lines)])
    whole(done)
    assert (done.accepted, done.quarantined) == (4, 2)
    assert [found for found in findings(rows_of, loaded) if found[1] == "line_amount"] == [
        ("1", "line_amount", "9999999999999999.99", "lines.csv", 3)
    ]
    assert done.checks["line_amount"].error == 0
    found = rows_of(loaded, "quarantine", "row", "column", "value", "rule")
    assert [tuple(row.values()) for row in found] == [
        (4, "quantity", f"{most}9", "decimals"),
        (6, "amount", "1.005", "money"),
    ]


def test_of_equal_keys_the_first_stays(csv_file: Any, loaded: Path, rows_of: Any, whole: Any) -> None:
    load(loaded, [csv_file("0.csv", LINES, OF_FIRST[0])])
    files = [
        csv_file("b.csv", LINES, OF_FIRST[1].replace("20.00", "20.01"), *OF_SECOND),
        csv_file("a.csv", LINES, OF_FIRST[0].replace(",1,1,A1", ",1,2,A1"), OF_FIRST[1], OF_FIRST[1]),
    ]
    done = load(loaded, files)
    whole(done)
    assert [(each.file, each.accepted, each.quarantined) for each in done.commit.sources] == [
        ("b.csv", 1, 1),
        ("a.csv", 1, 2),
    ]
    found = rows_of(loaded, "quarantine", "file", "row", "column", "value", "rule", "hospital", "case_id")
    assert [tuple(row.values()) for row in found] == [
        ("a.csv", 1, "line_no", "1", "line_duplicate", "H1", "1"),
        ("a.csv", 3, "line_no", "2", "line_duplicate", "H1", "1"),
        ("b.csv", 1, "line_no", "2", "line_duplicate", "H1", "1"),
    ]
    kept = rows_of(loaded, "lines", "case_id", "line_no", "source_file", "source_row")
    assert [tuple(row.values()) for row in kept] == [("1", 1, "0.csv", 1), ("1", 2, "a.csv", 2), ("2", 1, "b.csv", 2)]
    assert [found for found in findings(rows_of, loaded) if found[3] in ("a.csv", "b.csv")] == []


def test_a_line_that_goes_out_as_a_duplicate_leaves_no_finding(csv_file: Any, loaded: Path, rows_of: Any) -> None:
    wrong = OF_FIRST[1].replace(",09,", ",15,")
    load(loaded, [csv_file("lines.csv", LINES, *OF_FIRST, wrong)])
    assert findings(rows_of, loaded) == []


def test_lines_of_a_case_without_discharge(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    """The month follows from the discharge: without one it is the month 0 of the case's year, and nothing is lost."""
    root = tmp_path / "DATA"
    load(root, [csv_file("cases.csv", "hospital,case_id,year,total_fee", "H1,1,2024,5.00")])
    done = load(root, [csv_file("lines.csv", LINES, "H1,1,1,1,A1,01,A,1,5,5.00")])
    assert (done.accepted, done.quarantined) == (1, 0)
    assert rows_of(root, "lines", "case_id", "year", "month", "amount") == [
        {"case_id": "1", "year": 2024, "month": 202400, "amount": Decimal("5.00")}
    ]
