"""yiheng norms doctors, doctor-cases, object, answer and objections."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.tables.data import Data

ABOUT = ("mean_fee", "fee_cases", "fee_objected", "fee_left_out")


def rows() -> list[dict[str, str]]:
    """40 cases of physician p, 35 of q, 5 of r; those of p cost 100 to 139, the others 100."""
    counts = (("p", 40), ("q", 35), ("r", 5))
    return [
        {"hospital": "H", "case_id": f"{name}{place:02}", "physician": name, "discharge_date": "2024-03-01",
         "total_fee": f"{100 + place * (name == 'p')}.00", "los": "4", "group": "g", "dx": "J18.900", "age": "50",
         "discharge": "1"}
        for name, count in counts for place in range(count)
    ]  # fmt: skip


@pytest.fixture
def data(yiheng: Any, as_csv: Any, tmp_path: Path) -> Path:
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", rows()), "--to", tmp_path / "data").code == 0
    return tmp_path / "data"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of(name: str, *more: object) -> tuple[object, ...]:
    return ("--hospital", "H", "--physician", "p", "--case", name, *more)


@pytest.mark.slow
def test_physicians_of_data_and_of_a_file(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    told = [
        "少于 fewer than 30 例 cases: 1 名医师不列出 physicians not shown",
        "无医师 without a physician: 0; 无病组 in no group: 0",
        f"2 physicians in {out}",
    ]
    for source in (data, tmp_path / "a.csv"):
        ran = yiheng("norms", "doctors", "--cases", source, "--out", out)
        assert (ran.code, ran.out.splitlines(), ran.err) == (0, told, "")
        found = read(out)
        assert [(row["physician"], row["group"], row["n"]) for row in found] == [
            ("p", "all", "40"), ("p", "g", "40"), ("q", "all", "35"), ("q", "g", "35"),
        ]  # fmt: skip
        assert (found[0]["mean_fee"], found[0]["expected_mean_fee"], found[0]["los_index"]) == (
            "119.5",
            "109.75",
            "1.0",
        )
    assert yiheng("norms", "doctors", "--cases", data, "--hospital", "I", "--out", out).code == 0
    assert read(out) == []


@pytest.mark.slow
def test_from_an_objection_to_a_figure_without_the_case(yiheng: Any, data: Path, tmp_path: Path) -> None:
    """p39 costs 139: without it the mean of p's cases falls from 119.5 to 119; the expected stays."""
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "object", "--cases", data, *of("p39", "--figure", "fee", "--reason", "转入时已危重"))
    assert (ran.code, ran.out, ran.err) == (0, f"已记录异议 recorded: commit 2 in {data}\n", "")
    assert yiheng("norms", "doctors", "--cases", data, "--out", out).code == 0
    seen = read(out)[0]
    assert (seen["mean_fee"], seen["fee_cases"], seen["fee_objected"], seen["fee_left_out"]) == (
        "119.5",
        "40",
        "1",
        "0",
    )
    ran = yiheng("norms", "answer", "--cases", data, *of("p39", "--figure", "fee", "--reason", "属实", "--accept"))
    assert (ran.code, ran.out) == (0, f"已采纳 accepted: commit 3 in {data}\n")
    assert yiheng("norms", "doctors", "--cases", data, "--out", out).code == 0
    seen = read(out)[0]
    assert (seen["mean_fee"], seen["fee_cases"], seen["fee_objected"], seen["fee_left_out"]) == (
        "119.0",
        "39",
        "0",
        "1",
    )
    assert (seen["expected_mean_fee"], seen["los_cases"]) == ("109.75", "40")
    assert yiheng("norms", "doctors", "--cases", data, "--commit", 2, "--out", out).code == 0
    assert read(out)[0]["mean_fee"] == "119.5"


@pytest.mark.slow
def test_a_declined_objection_is_kept_with_its_reason(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    assert yiheng("norms", "object", "--cases", data, *of("p01", "--reason", "not mine")).code == 0
    assert yiheng("norms", "answer", "--cases", data, *of("p01", "--reason", "signed by p", "--decline")).code == 0
    listed = yiheng("norms", "objections", "--cases", data).out.splitlines()
    assert listed[0].startswith("H p p01 all: declined ")
    assert listed[0].endswith(": not mine")
    assert listed[1].endswith(": signed by p")
    assert listed[2] == "1 项异议 objections"
    ran = yiheng("norms", "doctor-cases", "--cases", data, "--hospital", "H", "--physician", "p", "--out", out)
    assert (ran.code, ran.out) == (0, f"40 cases in {out}\n")
    found = read(out)
    assert [row["case_id"] for row in found] == [f"p{place:02}" for place in range(40)]
    assert [row["fee_objection"] for row in found[:3]] == ["", "declined", ""]
    assert (found[1]["expected_fee"], found[1]["fee_difference"]) == ("109.75", "-8.75")


@pytest.mark.slow
def test_a_grouping_made_before_an_objection_still_holds(yiheng: Any, data: Path, tmp_path: Path) -> None:
    """It says which commit it is of: the objection made another with the same cases, a correction one with others."""
    groups, out = tmp_path / "g.parquet", tmp_path / "x.csv"
    names = [row["case_id"] for row in rows()]
    given = pa.table({"hospital": ["H"] * len(names), "case_id": names, "group": ["k"] * len(names)})
    pq.write_table(given.replace_schema_metadata({"commit": "1"}), groups)
    assert yiheng("norms", "object", "--cases", data, *of("p01", "--reason", "not mine")).code == 0
    ran = yiheng("norms", "doctors", "--cases", data, "--grouping", groups, "--out", out)
    assert ran.code == 0
    assert [(row["group"], row["fee_objected"]) for row in read(out)[:2]] == [("all", "1"), ("k", "1")]
    write_corrected(tmp_path / "b.csv")
    assert yiheng("cases", "correct", tmp_path / "b.csv", "--to", data).code == 0
    ran = yiheng("norms", "doctors", "--cases", data, "--grouping", groups, "--out", tmp_path / "y.csv")
    assert ran.refusal == f"file {groups}: was made from commit 1, not 3 -> --commit 1, or group again"
    assert not (tmp_path / "y.csv").exists()


def write_corrected(path: Path) -> None:
    """The first case once more, with another fee."""
    row = rows()[0] | {"total_fee": "7.00"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("object", *of("q01", "--reason", "x")), "column H p, value q01: is no case of this physician"),
        (("object", *of("p01", "--reason", " ")), "column --reason: needs a reason"),
        (("object", *of("p01", "--reason", "x", "--figure", "pay")),
         "column --figure, value pay: is no figure of a case -> one of: fee, los, death, all"),
        (("answer", *of("p01", "--reason", "x", "--accept")), "column H p, value p01 all: there is no such objection"),
    ],
)  # fmt: skip
def test_what_is_refused_makes_no_commit(yiheng: Any, data: Path, arguments: tuple[object, ...], said: str) -> None:
    command, *more = arguments
    assert yiheng("norms", command, "--cases", data, *more).refusal == said
    assert Data.open(data).commit().number == 1


def test_an_answer_must_say_which(yiheng: Any, data: Path) -> None:
    ran = yiheng("norms", "answer", "--cases", data, *of("p01", "--reason", "x"))
    assert (ran.code, "--accept" in ran.err) == (2, True)
    assert Data.open(data).commit().number == 1


def test_a_file_without_physicians_is_refused(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    lacking = [{name: row[name] for name in row if name != "physician"} for row in rows()]
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "doctors", "--cases", as_csv(tmp_path / "b.csv", lacking), "--out", out)
    assert ran.refusal == "file b.csv, column physician: this column is missing"
    assert not out.exists()


def test_cases_of_a_physician_are_open_only_from_data(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "b.csv", rows()), tmp_path / "x.csv"
    ran = yiheng("norms", "doctor-cases", "--cases", source, "--hospital", "H", "--physician", "p", "--out", out)
    assert ran.refusal == "file b.csv: hospitals and departments are known only to a DATA folder"
    assert not out.exists()
