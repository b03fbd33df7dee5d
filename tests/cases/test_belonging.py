"""Rows that belong to cases find them part by part: how many are looked up at a time changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from yiheng.cases import belonging, linesums
from yiheng.cases.load import load

CASES = "hospital,case_id,stay_id,year,admit_date,discharge_date,los,total_fee,fee_01"
LINES = "hospital,case_id,line_no,item_code,category,quantity,unit_price,amount"
OF_CASES = (
    "H1,1,S1,2024,2024-03-01,2024-03-06,5,30.00,30.00",
    "H1,2,S2,2024,2024-04-01,2024-04-03,2,5.00,5.00",
    # One stay with two settlements; the stay that is called like another case.
    "H1,3,S3,2024,2024-04-03,2024-04-05,2,5.00,5.00",
    "H1,4,S3,2024,2024-04-05,2024-04-09,4,5.00,5.00",
    "H1,5,1,2024,2024-05-05,2024-05-09,4,5.00,5.00",
    "H2,1,S1,2023,2023-05-05,2023-05-09,4,5.00,5.00",
)
OF_LINES = (
    "H1,S1,1,A,01,1,10,10.00",
    "H1,1,2,A,01,-2,10,-20.00",
    "H1,S2,1,A,01,1,5,5.00",
    "H1,S3,1,A,01,1,5,5.00",
    "H1,2,2,B,01,1,1,1.00",
    "H2,S1,1,A,01,-1,5,-5.00",
    "H1,5,1,A,01,1,5,5.00",
    "H9,5,1,A,01,1,5,5.00",
)


def judged(csv_file: Any, rows_of: Any, root: Path) -> list[list[tuple[Any, ...]]]:
    load(root, [csv_file("cases.csv", CASES, *OF_CASES)])
    load(root, [csv_file("lines.csv", LINES, *OF_LINES)])
    columns = {
        "lines": ("hospital", "case_id", "line_no", "year", "month", "amount", "source_row"),
        "findings": ("hospital", "case_id", "rule", "value", "row"),
        "quarantine": ("row", "rule", "value", "hospital", "case_id"),
    }
    return [[tuple(row.values()) for row in rows_of(root, table, *names)] for table, names in columns.items()]


@pytest.mark.slow
@pytest.mark.parametrize(("part", "at_once", "lines"), [(1, 1, 1), (3, 2, 2), (500_000, 50_000, 3)])
def test_parts_do_not_matter(
    part: int, at_once: int, lines: int, csv_file: Any, rows_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = judged(csv_file, rows_of, tmp_path / "whole")
    monkeypatch.setattr(belonging, "_PART", part)
    monkeypatch.setattr(belonging, "_AT_ONCE", at_once)
    monkeypatch.setattr(linesums, "_LINES", lines)
    monkeypatch.setattr("yiheng.cases.source.csv.ROWS", 1)
    assert judged(csv_file, rows_of, tmp_path / "parts") == whole
    assert [(hospital, case, line, month) for hospital, case, line, _, month, *_ in whole[0]] == [
        ("H1", "1", 1, 202403),
        ("H1", "1", 2, 202403),
        ("H1", "2", 1, 202404),
        ("H1", "2", 2, 202404),
        ("H1", "5", 1, 202405),
        ("H2", "1", 1, 202305),
    ]
    assert [row[:3] for row in whole[2]] == [(4, "line_unknown_case", "S3"), (8, "line_unknown_case", "5")]
