"""What DATA holds and what is open in it, after loads, returns, corrections and a withdrawal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from yiheng.cases.intake import CORRECT, WITHDRAW
from yiheng.cases.load import load
from yiheng.reports.analysis import Holding
from yiheng.reports.held import holdings, open_months, open_rules, quarantined
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

HEADER = "hospital,case_id,year,sex,age,dx,admit_date,discharge_date"
SYMPTOM, PLAIN = "R51.x00", "I10.x00"


def row(hospital: str, number: int, dx: str, month: int, admitted: str = "") -> str:
    day = f"2024-{month:02d}"
    return f"{hospital},{number},2024,1,50,{dx},{admitted or day + '-01'},{day}-09"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Five cases with three symptoms as principal diagnosis; one row is kept out."""
    rows = [
        row("H1", 1, SYMPTOM, 1), row("H1", 2, SYMPTOM, 2), row("H1", 3, PLAIN, 2), row("H2", 1, SYMPTOM, 2),
        row("H2", 2, PLAIN, 1), row("H2", 3, PLAIN, 1, "2024-02-30"),
    ]  # fmt: skip
    lines = ["hospital,case_id,line_no,item_code,item_name,category,quantity,unit_price,amount"]
    lines += [f"H1,{case},{number},X1,药,09,1,2.00,2.00" for case, number in ((1, 1), (1, 2), (2, 1))]
    done = load(tmp_path / "DATA", [written(tmp_path, "a.csv", HEADER, *rows), written(tmp_path, "l.csv", *lines)])
    assert (done.accepted, done.quarantined) == (8, 1)
    return tmp_path / "DATA"


def written(folder: Path, name: str, *lines: str) -> Path:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def rows_of(root: Path, read: Callable[[Snapshot], pa.Table]) -> list[tuple[Any, ...]]:
    with engine() as backend:
        return [tuple(each.values()) for each in read(Snapshot(backend, Data.open(root))).to_pylist()]


def symptoms(root: Path) -> list[tuple[Any, ...]]:
    found = rows_of(root, open_rules)
    return [(each[0], *each[5:]) for each in found if each[1] == "principal_symptom"]


def test_findings_are_counted_by_hospital_and_month(root: Path) -> None:
    assert symptoms(root) == [("H1", 3, 2), ("H2", 2, 1)]
    assert rows_of(root, open_months) == [("2024-01", 2, 1), ("2024-02", 3, 2)]


def test_what_was_corrected_is_not_open(root: Path) -> None:
    load(root, [written(root.parent, "b.csv", HEADER, row("H1", 1, PLAIN, 1))], action=CORRECT)
    assert symptoms(root) == [("H1", 3, 1), ("H2", 2, 1)]
    assert rows_of(root, open_months) == [("2024-01", 2, 0), ("2024-02", 3, 2)]


def test_what_was_withdrawn_is_neither_open_nor_counted(root: Path) -> None:
    gone = written(root.parent, "gone.csv", "hospital,case_id,reason", "H1,2,重复上报")
    load(root, [gone], format="withdrawn", action=WITHDRAW)
    assert symptoms(root) == [("H1", 2, 1), ("H2", 2, 1)]
    assert rows_of(root, open_months) == [("2024-01", 2, 1), ("2024-02", 2, 1)]


def test_quarantined_rows_that_came_back_are_not_listed(root: Path) -> None:
    assert [(each[0], each[1], each[2], each[5]) for each in rows_of(root, quarantined)] == [
        ("a.csv", "admit_date", "date", 1)
    ]
    load(root, [written(root.parent, "c.csv", HEADER, row("H2", 3, PLAIN, 1))])
    assert rows_of(root, quarantined) == []


def test_a_row_that_came_back_wrong_again_is_listed_once(root: Path) -> None:
    returned = f"{HEADER},退回编号", f"{row('H2', 3, PLAIN, 1, '2024-02-31')},1-1-6"
    load(root, [written(root.parent, "a.returned.csv", *returned)])
    assert [(each[0], each[5]) for each in rows_of(root, quarantined)] == [("a.returned.csv", 1)]


def test_lines_stays_links_corrections_and_withdrawals_are_counted(root: Path) -> None:
    load(root, [written(root.parent, "b.csv", HEADER, row("H2", 1, PLAIN, 1))], action=CORRECT)
    gone = written(root.parent, "gone.csv", "hospital,case_id,reason", "H1,2,重复上报")
    load(root, [gone], format="withdrawn", action=WITHDRAW)
    with engine() as backend:
        found = holdings(Snapshot(backend, Data.open(root)))
    assert found == (
        Holding("lines", 2, 1),
        Holding("icu", 0, 0),
        Holding("link_same_stay", 0, 0),
        Holding("link_mother", 0, 0),
        Holding("corrected", 1, 1),
        Holding("withdrawn", 1, 1),
    )


def test_an_earlier_commit_is_shown_as_it_was(root: Path) -> None:
    load(root, [written(root.parent, "b.csv", HEADER, row("H1", 1, PLAIN, 1))], action=CORRECT)
    with engine() as backend:
        earlier = open_rules(Snapshot(backend, Data.open(root), 1)).to_pylist()
    assert [each["failed"] for each in earlier if each["rule"] == "principal_symptom"] == [2, 1]
