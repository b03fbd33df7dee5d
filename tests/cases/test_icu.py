"""ICU stays as a file of their own: read beside their cases."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.load import load
from yiheng.tables.contract import contract

CASES = "hospital,case_id,year,admit_date,discharge_date"
STAYS = "hospital,case_id,stay_no,ward_type,entered,left,hours"
FOUND = ("case_id", "rule", "column", "value", "row")


@pytest.fixture
def root(csv_file: Any, tmp_path: Path) -> Path:
    """DATA with one case."""
    load(tmp_path / "DATA", [csv_file("cases.csv", CASES, "H1,1,2024,2024-03-01,2024-03-06")])
    return tmp_path / "DATA"


def findings(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, "findings", *FOUND) if row["rule"].startswith("icu")]


def test_stays_are_read_to_exact_values(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    path = csv_file("icu.csv", STAYS, "H1,1,1,综合,2024-03-01 08:00,2024-03-02T09:30:00,25.5", "H1,1,2,,2024-03-03,,")
    done = load(root, [path])
    whole(done)
    assert (done.accepted, done.quarantined, done.files[0].format) == (2, 0, "icu")
    assert [tuple(row.values()) for row in rows_of(root, "icu", *contract("icu").schema.names)] == [
        (
            "H1",
            "1",
            1,
            "综合",
            datetime.fromisoformat("2024-03-01 08:00"),
            datetime.fromisoformat("2024-03-02 09:30"),
            25.5,
            "icu.csv",
            1,
        ),
        ("H1", "1", 2, None, datetime.fromisoformat("2024-03-03 00:00"), None, None, "icu.csv", 2),
    ]
    assert findings(rows_of, root) == []


def test_a_stay_needs_its_case_and_its_own_number(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    stays = (
        "H1,1,1,,2024-03-01 08:00,2024-03-01 09:00,1", "H1,2,1,,2024-03-01 08:00,2024-03-01 09:00,1",
        "H1,1,1,,2024-03-02 08:00,2024-03-02 09:00,1", "H1,1,2,,2024-02-30 08:00,2024-03-02 09:00,1",
        "H1,1,,,2024-03-01 08:00,2024-03-02 09:00,1",
    )  # fmt: skip
    done = load(root, [csv_file("icu.csv", STAYS, *stays)])
    whole(done)
    assert (done.accepted, done.quarantined) == (1, 4)
    found = rows_of(root, "quarantine", "row", "column", "value", "rule", "hospital", "case_id")
    assert [tuple(row.values()) for row in found] == [
        (2, "case_id", "2", "icu_unknown_case", "H1", "2"),
        (3, "stay_no", "1", "icu_duplicate", "H1", "1"),
        (4, "entered", "2024-02-30 08:00", "date", "H1", "1"),
        (5, "stay_no", "", "required", "H1", "1"),
    ]
    again = load(root, [csv_file("more.csv", STAYS, "H1,1,1,,2024-03-03 08:00,2024-03-03 09:00,1")])
    assert (again.accepted, again.quarantined) == (0, 1)


def test_stays_outside_their_case_are_found(csv_file: Any, root: Path, rows_of: Any) -> None:
    stays = (
        "H1,1,1,,2024-02-29 23:00,2024-03-01 01:00,2", "H1,1,2,,2024-03-06 08:00,2024-03-06 23:59,",
        "H1,1,3,,2024-03-02 08:00,2024-03-02 07:00,", "H1,1,4,,2024-03-02 08:00,2024-03-02 09:00,1.2",
    )  # fmt: skip
    done = load(root, [csv_file("icu.csv", STAYS, *stays)])
    assert (done.accepted, done.quarantined) == (4, 0)
    assert findings(rows_of, root) == [
        ("1", "icu_duration", "hours", "1.2", 4),
        ("1", "icu_outside_stay", "entered", "2024-02-29 23:00:00.000000", 1),
        ("1", "icu_times", "left", "2024-03-02 07:00:00.000000", 3),
    ]
