"""yiheng norms opportunity, trend and publish, from files to the result."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.cases.load import load
from yiheng.tables.contract import contract
from yiheng.tables.runs import read_run

FEES = {"A": 200, "B": 100, "C": 110, "D": 120, "E": 130}


def rows() -> list[dict[str, str]]:
    """12 cases of each of five hospitals, one a month, of the same fee; D has two of a group of its own."""
    found = [
        {"hospital": hospital, "case_id": f"{month:02}", "dept": "1", "discharge_date": f"2024-{month:02}-15",
         "total_fee": f"{fee}.00", "los": str(fee // 20), "group": "g"}
        for hospital, fee in FEES.items() for month in range(1, 13)
    ]  # fmt: skip
    return found + [{**found[36], "case_id": f"h{place}", "group": "h"} for place in range(2)]


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory, as_csv: Any) -> Path:
    """DATA with these cases and their places. For reading only."""
    folder = tmp_path_factory.mktemp("compared")
    places = {
        "institution": [
            {"code": code, "name": f"{code}院", "name_en": code, "level": 2, "class": "甲"} for code in FEES
        ],
        "dept": [{"hospital": code, "code": "1", "standard_code": "03"} for code in FEES],
    }
    tables = {name: pa.Table.from_pylist(its, schema=contract(name).schema) for name, its in places.items()}
    load(folder / "data", [as_csv(folder / "a.csv", rows())], places=tables)
    return folder / "data"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_refused(ran: Any, said: str, out: Path, data: Path) -> None:
    assert ran.refusal == said
    assert not out.exists()
    assert not any((data / "results").glob("*/0*/*.draft"))


def test_what_a_hospital_would_save(yiheng: Any, compared: Path, tmp_path: Path) -> None:
    """12 cases at 200 against the median 110: 1,080 yuan; 10 days against 5: 60 days."""
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "opportunity", "--cases", compared, "--hospital", "A", "--out", out)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "同类单位 peers: 4 (level 2, class 甲)",
        "  B B院 / B", "  C C院 / C", "  D D院 / D", "  E E院 / E",
        "可节省费用 fees that could be saved: 1080.00 yuan (1080 to 1080)",
        "可节省住院日 days that could be saved: 60.0 (60 to 60)",
        f"1 groups in {out}",
    ]  # fmt: skip
    group, total = read(out)
    assert (group["group"], group["fee_state"], group["fee_median_peer"], group["fee_saving"]) == (
        "g",
        "above",
        "C",
        "1080.00",
    )
    assert (total["group"], total["fee_saving"], total["los_saving"]) == ("all", "1080.00", "60.0")


def test_a_result_is_kept_with_its_peers_and_policies(yiheng: Any, compared: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    arguments = ("norms", "opportunity", "--cases", compared, "--hospital", "B", "--peers", "C,D,E", "--out", out)
    assert yiheng(*arguments).code == 0
    runs = [read_run(folder) for folder in (compared / "results" / "opportunity").glob("0*")]
    (run,) = [run for run in runs if run.inputs.parameters["hospital"] == "B"]
    assert run.table("peers").to_pydict() == {
        "hospital": ["C", "D", "E"], "dept": [None] * 3, "name": ["C院", "D院", "E院"], "name_en": ["C", "D", "E"],
    }  # fmt: skip
    assert sorted(run.inputs.policy) == ["norms/indices", "norms/peers"]
    assert run.table("groups").to_pylist() == pq.read_table(out).to_pylist()
    about = pq.read_schema(out).metadata
    assert (about[b"commit"], about[b"day"]) == (b"1", b"2024-12-15")


def test_a_department_and_other_peers(yiheng: Any, compared: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    ran = yiheng(
        "norms", "opportunity", "--cases", compared, "--hospital", "E", "--dept", "1", "--alike", "level", "--out", out
    )
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["同类单位 peers: 4 (level 2, standard_code 03)", "  A 1 A院 / A"]
    assert read(out)[0]["fee_median_peer"] == "C 1"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--hospital", "X"), "column hospital, value X: there is no such hospital on 2024-12-15 in DATA"),
        (("--hospital", "A", "--peers", "B,C"),
         "value A: has 2 peers, and 3 are needed -> --alike fewer columns, or --peers A,B,..."),
        (("--hospital", "A", "--peers", "B,C,D", "--alike", "level"), "--peers and --alike do not go together"),
        (("--hospital", "A", "--dept", "9"),
         "column department, value A 9: there is no such department on 2024-12-15 in DATA"),
    ],
)  # fmt: skip
def test_bad_peers_are_refused(yiheng: Any, compared: Path, tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    before = sorted(compared.rglob("run.json"))
    out = tmp_path / "x.csv"
    assert_refused(yiheng("norms", "opportunity", "--cases", compared, *more, "--out", out), said, out, compared)
    assert sorted(compared.rglob("run.json")) == before


def test_a_bare_file_has_no_peers(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "a.csv", rows()), tmp_path / "x.csv"
    ran = yiheng("norms", "opportunity", "--cases", source, "--hospital", "A", "--out", out)
    assert ran.refusal == "file a.csv: hospitals and departments are known only to a DATA folder"
    assert not out.exists()


def test_months_of_hospitals(yiheng: Any, compared: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "trend", "--cases", compared, "--figure", "cases", "--by", "hospital", "--out", out)
    assert (ran.code, ran.out.splitlines()) == (
        0,
        ["5 个信号月份 months with a signal", "5 of 5 units have 12 months and limits", f"60 months in {out}"],
    )
    found = [row for row in read(out) if row["hospital"] == "D"]
    assert [row["total"] for row in found] == ["3"] + ["1"] * 11
    assert [row["signals"] for row in found] == ["beyond", *[""] * 7, *["side_8"] * 4]


def test_months_of_a_bare_file(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "a.csv", rows()[:11]), tmp_path / "x.csv"
    ran = yiheng("norms", "trend", "--cases", source, "--figure", "mean_fee", "--by", "region", "--out", out)
    assert (ran.code, ran.out.splitlines()[1]) == (0, "0 of 1 units have 12 months and limits")
    assert (read(out)[0]["value"], read(out)[0]["upper"], read(out)[0]["signals"]) == ("200.0", "", "")


@pytest.mark.parametrize(
    ("figure", "by", "said"),
    [
        ("income", "region", "column --figure, value income: is no figure with a trend -> one of: mean_fee, mean_los,"),
        ("cases", "month", "column --by, value month: is no unit with months -> one of: region, county, hospital,"),
        ("cases", "ward", "column --by, value ward: is no unit with months -> one of: region, county, hospital,"),
    ],
)
def test_a_trend_of_nothing_is_refused(
    yiheng: Any, compared: Path, tmp_path: Path, figure: str, by: str, said: str
) -> None:
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "trend", "--cases", compared, "--figure", figure, "--by", by, "--out", out)
    assert ran.refusal.startswith(said)
    assert not out.exists()


@pytest.mark.slow
def test_what_others_may_see(yiheng: Any, compared: Path, tmp_path: Path) -> None:
    """D's two cases of h, the total of h, and what would tell them: D's g, the total of g."""
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "publish", "--cases", compared, "--out", out)
    assert (ran.code, ran.out.splitlines()) == (
        0,
        ["隐藏 hidden: 4 of 14 rows, fewer than 10 cases or their cover", f"14 rows in {out}"],
    )
    hidden = {(row["hospital"], row["group"]) for row in read(out) if row["hidden"] == "true"}
    assert hidden == {("D", "g"), ("D", "h"), ("all", "g"), ("all", "h")}
    assert yiheng("norms", "publish", "--cases", compared, "--viewer", "D", "--out", out).code == 0
    assert {row["n"] for row in read(out) if row["hospital"] == "D"} == {"12", "2", "14"}
