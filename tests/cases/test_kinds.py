"""Items of a node: none is dropped because of its kind, or because its first column is empty, without a word."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.load import load

MAIN = {"setl_id": "1", "fixmedins_code": "H1", "adm_time": "2024-03-01 08:30:00", "dscg_time": "2024-03-06 10:00:00"}
PRINCIPAL = {"diag_type": "1", "diag_code": "K35.800", "maindiag_flag": "1", "adm_cond_type": "1"}
STAY = {"scs_cutd_ward_type": "1", "scs_cutd_exit_time": "2024-03-02 08:30:00"}


@pytest.fixture
def lists(tmp_path: Path) -> Any:
    """A file of lists with these nodes, one list each."""

    def write(*nodes: dict[str, list[dict[str, str]]]) -> Path:
        path = tmp_path / "a.json"
        content = [{"setlinfo": MAIN | {"setl_id": str(number)}, **its} for number, its in enumerate(nodes, 1)]
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.mark.usefixtures("region_key")
def test_a_diagnosis_of_no_known_type_is_named(lists: Any, rows_of: Any, whole: Any, tmp_path: Path) -> None:
    strange = [PRINCIPAL, {"diag_type": "9", "diag_code": "I10.x05"}]
    blank = [PRINCIPAL, {"diag_type": "", "diag_code": "I10.x05"}]
    nothing = [PRINCIPAL, {"diag_type": "9", "diag_code": ""}]
    done = load(tmp_path / "DATA", [lists(*({"diseinfo": its} for its in ([PRINCIPAL], strange, blank, nothing)))])
    whole(done)
    found = rows_of(tmp_path / "DATA", "quarantine", "row", "column", "value", "rule")
    assert [tuple(row.values()) for row in found] == [
        (2, "diseinfo.diag_type", "9", "translate"),
        (3, "diseinfo.diag_type", "", "translate"),
    ]
    assert [row["case_id"] for row in rows_of(tmp_path / "DATA", "cases", "case_id")] == ["1", "4"]


@pytest.mark.usefixtures("region_key")
def test_a_payment_of_another_kind_is_another_fund(lists: Any, rows_of: Any, tmp_path: Path) -> None:
    """A node one of whose columns takes the items of all other kinds loses none."""
    done = load(tmp_path / "DATA", [lists({"payinfo": [{"fund_pay_type": "999", "fund_payamt": "7.00"}]})])
    assert (done.accepted, done.quarantined) == (1, 0)
    assert [str(row["other_fund"]) for row in rows_of(tmp_path / "DATA", "cases", "other_fund")] == ["7.00"]


@pytest.mark.usefixtures("region_key")
def test_a_stay_without_its_entry_is_a_stay(lists: Any, rows_of: Any, tmp_path: Path) -> None:
    whole_stay = STAY | {"scs_cutd_inpool_time": "2024-03-01 08:30:00"}
    path = lists({"icuinfo": [STAY | {"scs_cutd_inpool_time": ""}]}, {"icuinfo": [whole_stay, STAY]})
    assert load(tmp_path / "DATA", [path]).accepted == 2
    left, entered = datetime.fromisoformat("2024-03-02 08:30"), datetime.fromisoformat("2024-03-01 08:30")
    assert [
        tuple(row.values()) for row in rows_of(tmp_path / "DATA", "icu", "case_id", "stay_no", "entered", "left")
    ] == [("1", 1, None, left), ("2", 1, entered, left), ("2", 2, None, left)]


@pytest.mark.usefixtures("region_key")
def test_what_is_not_read_for_want_of_a_column_is_told(lists: Any, rows_of: Any, tmp_path: Path) -> None:
    path = lists({"diseinfo": [{"diag_type": "1", "diag_code": "K35.800"}], "icuinfo": [STAY]})
    [its] = load(tmp_path / "DATA", [path]).files
    assert its.said == (
        "dx 未读,文件缺少列 not read, the file lacks diseinfo.maindiag_flag",
        "icu 未读,文件缺少列 not read, the file lacks icuinfo.scs_cutd_inpool_time",
    )
    assert rows_of(tmp_path / "DATA", "cases", "dx") == [{"dx": None}]
