"""The sender of files that do not say it: named on the command, checked, recorded, and never guessed."""

import json
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.giveback import give_back
from yiheng.cases.intake import CORRECT, WITHDRAW
from yiheng.cases.load import load

# A list of 4101A: the nodes of 4101 without the code of the hospital.
LIST = {
    "setlinfo": {
        "mdtrt_id": "S1", "setl_id": "1", "gend": "2", "age": 40, "adm_time": "2024-03-01 08:30:00",
        "dscg_time": "2024-03-06 10:00:00", "act_ipt_days": 5,
    },
    "diseinfo": [{"diag_type": "1", "diag_code": "K35.800", "maindiag_flag": "1", "adm_cond_type": "1"}],
}  # fmt: skip
PLACES = "code,name\nH1,甲医院\nH2,乙医院\n"


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([LIST]), encoding="utf-8")
    return path


pytestmark = pytest.mark.usefixtures("region_key")


def cases(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, "cases", "hospital", "case_id", "dx")]


def test_without_a_sender_the_file_is_refused_by_the_column(lists: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as caught:
        load(tmp_path / "DATA", [lists])
    assert str(caught.value) == (
        "file a.json, column fixmedins_code 定点医药机构编号: lacks columns of the form "
        "医疗保障基金结算清单（4101/4101A） settlement list (4101/4101A) -> name the sender: --hospital CODE"
    )
    assert not list((tmp_path / "DATA").glob("tables/*"))


def test_the_sender_is_that_of_every_row_and_on_record(lists: Path, rows_of: Any, whole: Any, tmp_path: Path) -> None:
    done = load(tmp_path / "DATA", [lists], hospital="H1")
    whole(done)
    assert cases(rows_of, tmp_path / "DATA") == [("H1", "1", ["K35.800"])]
    assert [(its.file, its.hospital) for its in done.commit.sources] == [("a.json", "H1")]


def test_a_sender_is_one_of_the_institutions(lists: Path, content: Any, tmp_path: Path) -> None:
    """Where some are known, in DATA or in the same load; else nobody can say."""
    root = tmp_path / "DATA"
    places = tmp_path / "places.csv"
    places.write_text(PLACES, encoding="utf-8")
    with pytest.raises(Refusal, match="column --hospital, value H22: is none of the institutions -> did you mean H2"):
        load(root, [lists, places], hospital="H22")
    load(root, [places])
    before = content(root)
    with pytest.raises(Refusal, match="value Z: is none of the institutions -> load the institution first"):
        load(root, [lists], hospital="Z")
    assert content(root) == before
    assert load(root, [lists], hospital="H2").accepted == 1


def test_a_file_that_says_its_hospital_keeps_it(lists: Path, csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    other = csv_file("b.csv", "hospital,case_id,year", "H2,7,2024")
    with pytest.raises(Refusal, match="column --hospital, value H1: every file says its hospital itself"):
        load(tmp_path / "DATA", [other], hospital="H1")
    done = load(tmp_path / "DATA", [lists, other], hospital="H1")
    assert {its.file: its.hospital for its in done.commit.sources} == {"a.json": "H1", "b.csv": ""}
    assert [row[:2] for row in cases(rows_of, tmp_path / "DATA")] == [("H1", "1"), ("H2", "7")]


@pytest.mark.slow
def test_any_known_form_may_lack_it(lists: Path, csv_file: Any, rows_of: Any, whole: Any, tmp_path: Path) -> None:
    """Front pages, lines, ICU stays, the table's own columns, corrections and withdrawals."""
    root = tmp_path / "DATA"
    done = load(
        root,
        [
            lists,
            csv_file("page.csv", "P3,P2,P5,P22,P25", "A,1,1,2024-03-01,2024-03-05"),
            csv_file("own.csv", "case_id,year,sex", "B,2024,1"),
            csv_file("lines.csv", "case_id,line_no,item_code,quantity,amount", "B,1,X,1,5.00"),
            csv_file("icu.csv", "case_id,stay_no,entered", "A,1,2024-03-02"),
        ],
        hospital="H1",
    )
    whole(done)
    assert (done.accepted, done.quarantined) == (5, 0)
    assert {(row["hospital"], row["case_id"]) for row in rows_of(root, "cases", "hospital", "case_id")} == {
        ("H1", "1"), ("H1", "A"), ("H1", "B"),
    }  # fmt: skip
    assert rows_of(root, "lines", "hospital") == rows_of(root, "icu", "hospital") == [{"hospital": "H1"}]
    load(root, [csv_file("more.csv", "case_id,year,sex", "B,2024,2")], action=CORRECT, hospital="H1")
    assert {row["sex"] for row in rows_of(root, "cases", "case_id", "sex") if row["case_id"] == "B"} == {2}
    gone = csv_file("gone.csv", "case_id,reason", "B,x")
    done = load(root, [gone], format="withdrawn", action=WITHDRAW, hospital="H1")
    assert (done.accepted, done.quarantined) == (1, 0)


def test_rows_come_back_without_the_sender_being_named_again(lists: Path, rows_of: Any, tmp_path: Path) -> None:
    bad = {**LIST, "setlinfo": LIST["setlinfo"] | {"dscg_time": "2024-02-30"}}
    lists.write_text(json.dumps([LIST, bad]), encoding="utf-8")
    load(tmp_path / "DATA", [lists], hospital="H1")
    [returned] = json.loads(give_back(tmp_path / "DATA", lists, tmp_path).read_text(encoding="utf-8"))
    assert returned["setlinfo"]["退回编号"] == "1-1-2"
    assert rows_of(tmp_path / "DATA", "quarantine", "hospital", "case_id") == [{"hospital": "H1", "case_id": "1"}]


@pytest.mark.slow
def test_the_command_tells_the_sender(lists: Path, yiheng: Any, tmp_path: Path) -> None:
    done = yiheng("cases", "load", lists, "--to", tmp_path / "DATA", "--hospital", "H1")
    assert done.returncode == 0, done.stderr
    assert (
        "a.json: 医疗保障基金结算清单（4101/4101A） / settlement list (4101/4101A) (报送机构 sender H1)" in done.stdout
    )
    assert done.stdout.splitlines()[-1] == "accepted 1, quarantined 0, of 1 rows"
    wrong = yiheng("cases", "load", lists, "--to", tmp_path / "OTHER")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "name the sender: --hospital CODE" in wrong.stderr
