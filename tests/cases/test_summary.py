"""The summary counts what still holds: of the versions of cases and the lines that are there now."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from yiheng.cases.load import load
from yiheng.cases.summary import open_findings, summary
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

CASE = {
    "hospital": "H1", "case_id": "C1", "admit_date": "2024-05-01", "discharge_date": "2024-05-04", "los": "3",
    "sex": "1", "age": "50", "dx": "I10", "discharge": "1", "dept": "0301", "total_fee": "30.00", "fee_09": "30.00",
}  # fmt: skip
LINE = {"hospital": "H1", "case_id": "C1", "category": "09", "item_code": "X", "list_class": "A", "day_no": "1"}


def line(number: int, amount: str) -> dict[str, str]:
    return LINE | {"line_no": str(number), "quantity": "1", "unit_price": amount, "amount": amount}


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    names = list(rows[0])
    path.write_text("\n".join([",".join(names), *(",".join(row[name] for name in names) for row in rows)]) + "\n")
    return path


def rules(root: Path) -> list[str]:
    with engine() as backend:
        found: pa.Table = open_findings(Snapshot(backend, Data.open(root))).to_pyarrow()
    return sorted(found["rule"].to_pylist())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    load(tmp_path / "data", [write(tmp_path / "cases.csv", [CASE, CASE | {"case_id": "C2", "sex": ""}])])
    return tmp_path / "data"


def test_counts_before_shares(root: Path) -> None:
    with engine() as backend:
        rows = summary(Snapshot(backend, Data.open(root))).to_pylist()
    told: list[dict[str, Any]] = [row for row in rows if row["rule"] == "sex_missing"]
    assert told == [
        {
            "hospital": "H1", "month": 202405, "rule": "sex_missing", "severity": "flag", "zh": "性别为空",
            "en": "no sex", "cases": 2, "failed": 1, "share": 0.5,
        }
    ]  # fmt: skip


def test_a_corrected_case_has_only_what_is_wrong_with_its_new_version(root: Path, tmp_path: Path) -> None:
    before = rules(root)
    assert before.count("sex_missing") == 1
    load(root, [write(tmp_path / "again.csv", [CASE | {"case_id": "C2", "sex": "2"}])], action="correct")
    assert rules(root) == sorted(set(before) - {"sex_missing"})


def test_further_lines_void_what_was_found_on_the_sum(root: Path, tmp_path: Path) -> None:
    load(root, [write(tmp_path / "one.csv", [line(1, "20.00")])])
    assert {"line_sum_total", "line_sum_category"} <= set(rules(root))
    load(root, [write(tmp_path / "two.csv", [line(2, "10.00")])])
    assert not {"line_sum_total", "line_sum_category"} & set(rules(root))


@pytest.mark.slow
def test_a_corrected_list_is_held_against_its_lines_again(root: Path, tmp_path: Path) -> None:
    load(root, [write(tmp_path / "one.csv", [line(1, "20.00")])])
    assert "line_sum_total" in rules(root)
    right = CASE | {"total_fee": "20.00", "fee_09": "20.00"}
    load(root, [write(tmp_path / "again.csv", [right])], action="correct")
    assert not {"line_sum_total", "line_sum_category"} & set(rules(root))
    load(root, [write(tmp_path / "wrong.csv", [right | {"total_fee": "21.00", "fee_09": "21.00"}])], action="correct")
    assert {"line_sum_total", "line_sum_category"} <= set(rules(root))


def test_lines_go_with_a_case_whose_month_moves(root: Path, tmp_path: Path) -> None:
    load(root, [write(tmp_path / "one.csv", [line(1, "20.00"), line(2, "10.00")])])
    later = CASE | {"admit_date": "2025-01-01", "discharge_date": "2025-01-04"}
    load(root, [write(tmp_path / "again.csv", [later])], action="correct")
    with engine() as backend:
        lines = Snapshot(backend, Data.open(root)).table("lines").order_by("line_no").to_pyarrow().to_pylist()
    assert [(its["line_no"], its["month"], its["year"], its["source_row"]) for its in lines] == [
        (1, 202501, 2025, 1),
        (2, 202501, 2025, 2),
    ]
    assert not {"line_sum_total", "line_day_outside_stay"} & set(rules(root))
