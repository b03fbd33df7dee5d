"""yiheng norms groups, cases."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from yiheng.norms.groups.expected import schema
from yiheng.norms.groups.statistics import FIGURES, RIV, STRUCTURE
from yiheng.norms.rules import EXPECTED, INDICES
from yiheng.policy.loader import scheme
from yiheng.tables.runs import read_run
from yiheng.tables.version import code_version


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def metadata(path: Path) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in (pq.read_schema(path).metadata or {}).items()}


def runs(data: Path, kind: str) -> list[Any]:
    return [read_run(folder) for folder in sorted((data / "results" / kind).glob("0*"))]


@pytest.fixture
def data(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> Path:
    """DATA with one commit, to be written to."""
    folder = tmp_path / "data"
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", case_rows()), "--to", folder).code == 0
    return folder


def test_groups_of_data_with_structure_and_riv_are_kept(yiheng: Any, data: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.parquet" for name in ("groups", "structure", "riv")]
    arguments = ["--out", paths[0], "--structure", paths[1], "--riv", paths[2]]
    ran = yiheng("norms", "groups", "--cases", data, "--by", "hospital", *arguments)
    assert (ran.code, ran.out) == (0, f"6 groups of 2 units in {paths[0]}\n")
    groups, structure, riv = (pq.read_table(path) for path in paths)
    assert groups.column_names == ["hospital", "group", *(name for name, _ in FIGURES)]
    assert structure.column_names == ["hospital", "group", *(name for name, _ in STRUCTURE)]
    assert riv.column_names == ["hospital", *(name for name, _ in RIV)]
    assert sum(groups["n"].to_pylist()) == 75
    about = metadata(paths[0])
    assert (about["commit"], about["day"], about["code_version"]) == ("1", "2024-12-15", code_version())
    assert about[INDICES] == scheme(INDICES).digest
    (run,) = runs(data, "group_statistics")
    assert sorted(run.digests) == ["groups", "riv", "structure"]
    assert run.table("groups").to_pydict() == groups.to_pydict()
    assert (run.inputs.commit, run.inputs.policy) == (1, {INDICES: scheme(INDICES).digest})
    assert run.inputs.parameters == {"by": "hospital", "group": "group", "grouping": ""}


def test_classes_and_counties_of_data(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    """The places of this DATA have no dates: they always hold."""
    out = tmp_path / "x.csv"
    assert yiheng("norms", "groups", "--cases", loaded, "--by", "county", "--out", out).code == 0
    found = {(row["county"], row["group"]): row["n"] for row in read(out)}
    assert found == {("east", ""): "16", ("east", "g1"): "30", ("east", "g2"): "30", ("west", ""): "14",
                     ("west", "g1"): "30", ("west", "g2"): "30"}  # fmt: skip


def test_a_bare_file_by_hand(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    rows = [
        {"hospital": "A", "case_id": str(n), "year": "2024", "group": group, "total_fee": fee, "los": los}
        for n, (group, fee, los) in enumerate([("g", "8.00", "1"), ("g", "12.00", "3"), ("", "5.00", "")])
    ]
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "groups", "--cases", as_csv(tmp_path / "a.csv", rows), "--by", "region", "--out", out)
    assert ran.code == 0
    none, its = read(out)
    assert (none["group"], none["n"], none["fee_median"], none["los_median"], none["fee_cv"]) == (
        "",
        "1",
        "5.00",
        "",
        "",
    )
    assert {name: its[name] for name in ("region", "n", "mean_fee", "fee_p25", "fee_median", "fee_p75")} == {
        "region": "all", "n": "2", "mean_fee": "10.0", "fee_p25": "8.00", "fee_median": "8.00", "fee_p75": "12.00",
    }  # fmt: skip
    assert (its["fee_cv"], its["death_cases"], its["death_rate"]) == ("0.282842712475", "0", "")


@pytest.mark.slow
def test_cases_of_data_stand_in_their_order_and_are_kept(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    ran = yiheng("norms", "cases", "--cases", data, "--out", out)
    assert (ran.code, ran.out) == (0, f"group+charlson 60, none 15 in {out}\n")
    table = pq.read_table(out)
    assert table.column_names == schema(3).names
    order = list(zip(table["hospital"].to_pylist(), table["case_id"].to_pylist(), strict=True))
    assert order == sorted(order)
    assert metadata(out)[EXPECTED] == scheme(EXPECTED).digest
    (run,) = runs(data, "expected")
    assert run.table("cases").to_pydict() == table.to_pydict()
    assert run.inputs.policy == {EXPECTED: scheme(EXPECTED).digest}


def test_cases_of_a_file_without_hospitals_and_in_its_order(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    rows = [{"case_id": name, "year": "2024", "group": "g", "total_fee": fee, "los": "2"}
            for name, fee in (("z", "1.00"), ("a", "3.00"), ("a", "5.00"))]  # fmt: skip
    out = tmp_path / "x.csv"
    assert yiheng("norms", "cases", "--cases", as_csv(tmp_path / "a.csv", rows), "--out", out).code == 0
    found = read(out)
    assert list(found[0])[:2] == ["case_id", "group"]
    assert [(row["case_id"], row["expected_fee"], row["fee_difference"]) for row in found] == [
        ("z", "3.0", "-2.0"), ("a", "3.0", "0.0"), ("a", "3.0", "2.0"),
    ]  # fmt: skip


@pytest.mark.slow
def test_the_severity_of_a_grouping_is_used(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    """15 cases with MCC beside 15 without, in one group: each is held against its own kind."""
    rows, groups = [], []
    for number in range(30):
        name, grave = {"hospital": "A", "case_id": f"{number:02}"}, number % 2
        rows.append(name | {"discharge_date": date(2024, 5, 5).isoformat(), "total_fee": "30.00" if grave else "10.00"})
        groups.append(name | {"status": "grouped", "drg": "AB1", "severity": "MCC" if grave else "none"})
    out, grouping = tmp_path / "x.csv", as_csv(tmp_path / "g.csv", groups)
    ran = yiheng("norms", "cases", "--cases", as_csv(tmp_path / "a.csv", rows), "--grouping", grouping, "--out", out)
    assert (ran.code, ran.out) == (0, f"group+severity 30 in {out}\n")
    assert {(row["severity"], row["base_cases"], row["expected_fee"]) for row in read(out)} == {
        ("MCC", "15", "30.0"), ("none", "15", "10.0"),
    }  # fmt: skip


@pytest.mark.slow
def test_a_grouping_that_says_no_severity_leaves_the_charlson_band(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    rows = [{"hospital": "A", "case_id": f"{number:02}", "discharge_date": "2024-05-05", "total_fee": "10.00",
             "dx": "J18.900"} for number in range(15)]  # fmt: skip
    groups = [{"hospital": "A", "case_id": row["case_id"], "status": "grouped", "drg": "AB1", "severity": ""}
              for row in rows]  # fmt: skip
    out, grouping = tmp_path / "x.csv", as_csv(tmp_path / "g.csv", groups)
    ran = yiheng("norms", "cases", "--cases", as_csv(tmp_path / "a.csv", rows), "--grouping", grouping, "--out", out)
    assert (ran.code, {(row["severity"], row["charlson"]) for row in read(out)}) == (0, {("", "charlson:0")})


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("ward", "column --by, value ward: is no such unit -> one of: region, county, class, hospital"),
        ("class",
         "column --by, value class: the places of hospitals are known only to a DATA folder with its institutions"),
        ("county",
         "column --by, value county: the places of hospitals are known only to a DATA folder with its institutions"),
        ("hospital", "file a.csv, column hospital: this column is missing"),
    ],
)  # fmt: skip
def test_a_unit_that_the_cases_do_not_have_is_refused(
    yiheng: Any, as_csv: Any, tmp_path: Path, by: str, said: str
) -> None:
    source = as_csv(tmp_path / "a.csv", [{"case_id": "1", "year": "2024", "group": "g", "total_fee": "1"}])
    ran = yiheng("norms", "groups", "--cases", source, "--by", by, "--out", tmp_path / "x.csv")
    assert ran.refusal == said
    assert not (tmp_path / "x.csv").exists()


def test_a_bad_second_out_is_refused_before_anything_is_done(yiheng: Any, data: Path, tmp_path: Path) -> None:
    ran = yiheng(
        "norms", "groups", "--cases", data, "--by", "region", "--out", tmp_path / "x.csv", "--riv", tmp_path / "r.txt"
    )
    assert ran.refusal == f"file {tmp_path / 'r.txt'}: must end in .parquet or .csv"
    assert not (tmp_path / "x.csv").exists()
    assert not (data / "results").exists()


@pytest.mark.parametrize("command", [("groups", "--by", "region"), ("cases",)])
def test_cases_of_no_day_are_refused(yiheng: Any, as_csv: Any, tmp_path: Path, command: tuple[str, ...]) -> None:
    source = as_csv(tmp_path / "a.csv", [{"case_id": "1", "group": "g", "total_fee": "1"}])
    ran = yiheng("norms", *command, "--cases", source, "--out", tmp_path / "x.csv")
    assert ran.refusal == "column year: no case has a discharge date or a year: the policy of which day holds?"
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize("command", [("groups", "--by", "region"), ("cases",)])
def test_a_day_before_policy_begins_is_refused(
    yiheng: Any, as_csv: Any, tmp_path: Path, command: tuple[str, ...]
) -> None:
    row = {"case_id": "1", "group": "g", "total_fee": "1", "discharge_date": "2018-12-31"}
    ran = yiheng("norms", *command, "--cases", as_csv(tmp_path / "a.csv", [row]), "--out", tmp_path / "x.csv")
    assert ran.refusal == "high_weight (高权重病例的 RW 下限（含）) has no value on 2018-12-31"
    assert not (tmp_path / "x.csv").exists()
