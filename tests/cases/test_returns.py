"""Quarantined rows that come back mended close what was found on them; those that are wrong again do so too."""

from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.intake import CORRECT
from yiheng.cases.load import load
from yiheng.cases.returns import number_of

HEADER = "hospital,case_id,year,admit_date,discharge_date"
RETURNED = f"{HEADER},退回编号,问题,处理办法"
CLOSED = ("opened", "file", "row", "commit", "outcome")
GOOD = "2024,2024-03-01,2024-03-06"
BAD = "2024,2024-02-30,2024-03-06"


def closed(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, "closed", *CLOSED)]


@pytest.fixture
def root(csv_file: Any, tmp_path: Path) -> Path:
    """DATA that kept rows 2, 3 and 4 of a.csv out."""
    rows = (f"H1,1,{GOOD}", f"H1,2,{BAD}", f"H1,3,{BAD}", f"H1,,{GOOD}")
    done = load(tmp_path / "DATA", [csv_file("a.csv", HEADER, *rows)])
    assert (done.accepted, done.quarantined, done.closed) == (1, 3, 0)
    return tmp_path / "DATA"


def test_a_number_says_commit_source_and_row() -> None:
    assert number_of(12, 3, 4567) == "12-3-4567"


def test_a_case_that_goes_in_closes_what_was_found_under_its_key(csv_file: Any, root: Path, rows_of: Any) -> None:
    done = load(root, [csv_file("b.csv", HEADER, f"H1,2,{GOOD}", f"H9,3,{GOOD}")])
    assert (done.accepted, done.closed) == (2, 1)
    assert closed(rows_of, root) == [(1, "a.csv", 2, 2, "accepted")]
    again = load(root, [csv_file("c.csv", HEADER, f"H1,2,{GOOD.replace('06', '07')}")], action=CORRECT)
    assert again.closed == 0


def test_a_row_that_comes_back_with_its_number_closes_it(csv_file: Any, root: Path, rows_of: Any, whole: Any) -> None:
    """Also under another key, as where the key itself was wrong."""
    rows = (f"H1,2,{GOOD},1-1-2,x,y", f"H1,3,{BAD},1-1-3,x,y", f"H1,4,{GOOD}, 1-1-4 ,x,y")
    done = load(root, [csv_file("a.returned.csv", RETURNED, *rows)])
    whole(done)
    assert (done.accepted, done.quarantined, done.closed) == (2, 1, 3)
    assert done.files[0].strange == ()
    assert closed(rows_of, root) == [
        (1, "a.csv", 2, 2, "accepted"),
        (1, "a.csv", 3, 2, "quarantined again"),
        (1, "a.csv", 4, 2, "accepted"),
    ]
    assert [tuple(row.values()) for row in rows_of(root, "quarantine", "commit", "file", "row", "rule")][-1] == (
        2, "a.returned.csv", 2, "date"
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("number", ["", "x", "1-1", "9-1-2", "1-2-2", "1-0-2", "-1-1-2", "1-1-2-3", "９-1-2"])
def test_numbers_that_mean_nothing_close_nothing(number: str, csv_file: Any, root: Path, rows_of: Any) -> None:
    done = load(root, [csv_file("b.csv", RETURNED, f"H9,9,{GOOD},{number},x,y")])
    assert (done.accepted, done.closed) == (1, 0)
    assert closed(rows_of, root) == []


def test_a_row_that_never_was_quarantined_is_not_closed(csv_file: Any, root: Path, rows_of: Any) -> None:
    done = load(root, [csv_file("b.csv", RETURNED, f"H9,9,{GOOD},1-1-1,x,y", f"H9,8,{GOOD},1-1-99,x,y")])
    assert (done.accepted, done.closed) == (2, 0)
    assert closed(rows_of, root) == []


def test_what_is_closed_is_not_closed_again(csv_file: Any, root: Path, rows_of: Any) -> None:
    load(root, [csv_file("b.csv", RETURNED, f"H1,2,{BAD},1-1-2,x,y")])
    done = load(root, [csv_file("c.csv", RETURNED, f"H1,2,{GOOD},2-1-1,x,y")])
    assert (done.accepted, done.closed) == (1, 1)
    assert closed(rows_of, root) == [(1, "a.csv", 2, 2, "quarantined again"), (2, "b.csv", 1, 3, "accepted")]


def test_a_duplicate_is_not_closed_by_the_row_that_was_first(csv_file: Any, root: Path, rows_of: Any) -> None:
    load(root, [csv_file("b.csv", HEADER, f"H1,1,{GOOD}", f"H1,5,{GOOD}")])
    corrected = csv_file("c.csv", HEADER, f"H1,1,{GOOD.replace('06', '07')}")
    assert load(root, [corrected], action=CORRECT).closed == 0
    assert closed(rows_of, root) == []


def test_lines_that_come_back_close_theirs(csv_file: Any, root: Path, rows_of: Any) -> None:
    lines = "hospital,case_id,line_no,amount"
    load(root, [csv_file("lines.csv", lines, "H1,1,1,x", "H1,7,1,5.00")])
    back = csv_file("back.csv", f"{lines},退回编号,问题,处理办法", "H1,1,1,5.00,2-1-1,,", "H1,7,1,5.00,2-1-2,,")
    done = load(root, [back])
    assert (done.accepted, done.quarantined, done.closed) == (1, 1, 2)
    assert closed(rows_of, root) == [(2, "lines.csv", 1, 3, "accepted"), (2, "lines.csv", 2, 3, "quarantined again")]
