"""yiheng norms build."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.tables.runs import read_run
from yiheng.tables.version import code_version

FIRST = ["n", "mean_cost", "mean_los", "cmi", "cost_index", "time_index"]
UNITS = {
    "region": ["region"], "county": ["county"], "hospital": ["hospital"], "dept": ["hospital", "dept"],
    "physician": ["hospital", "physician"], "group": ["group"], "month": ["month"],
    "hospital_group": ["hospital", "group"],
}  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_refused(ran: Any, said: str, out: Path) -> None:
    assert ran.refusal == said
    assert not out.exists()


@pytest.mark.parametrize("by", UNITS)
def test_data_by_every_unit(yiheng: Any, loaded: Path, tmp_path: Path, by: str) -> None:
    out = tmp_path / "x.parquet"
    ran = yiheng("norms", "build", "--cases", loaded, "--by", by, "--out", out)
    table = pq.read_table(out)
    assert (ran.code, ran.out, ran.err) == (0, f"{table.num_rows} units in {out}\n", "")
    assert table.column_names[: len(UNITS[by]) + 6] == [*UNITS[by], *FIRST]
    assert sum(table["n"].to_pylist()) == 150
    assert sum(table["difference"].to_pylist()) == Decimal("0.00")
    about = {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
    assert (about["code_version"], about["unit"], about["commit"]) == (code_version(), by, "2")


def test_counties_and_months_are_named(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    assert yiheng("norms", "build", "--cases", loaded, "--by", "county", "--out", out).code == 0
    assert [(row["county"], row["n"]) for row in read(out)] == [("east", "76"), ("west", "74")]
    assert yiheng("norms", "build", "--cases", loaded, "--by", "month", "--out", out).code == 0
    assert len(read(out)) == 24
    assert read(out)[0]["month"] == "2023-01"


def test_a_result_on_data_is_kept_as_a_run(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "x.parquet"
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", case_rows()), "--to", data).code == 0
    for _ in range(2):
        assert yiheng("norms", "build", "--cases", data, "--by", "hospital", "--out", out).code == 0
    (folder,) = (data / "results" / "norms").glob("0*")
    run = read_run(folder)
    assert (run.inputs.commit, run.inputs.parameters["by"]) == (1, "hospital")
    assert run.table("units").to_pydict() == pq.read_table(out).to_pydict()


def test_another_commit(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "build", "--cases", loaded, "--by", "region", "--out", out, "--commit", 1)
    assert (ran.code, read(out)[0]["n"]) == (0, "75")


def test_a_csv_with_a_group_column_of_its_own(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    """Every figure by hand, as text: money with two decimals, an index of nothing empty."""
    fees = [("A", "x", "100.00", "2"), ("A", "x", "", "4"), ("B", "x", "300.00", "6"), ("B", "", "5.50", "")]
    rows = [{"hospital": h, "my group": g, "total_fee": f, "los": d} for h, g, f, d in fees]
    out = tmp_path / "x.csv"
    source = as_csv(tmp_path / "a.csv", rows)
    ran = yiheng("norms", "build", "--cases", source, "--group", "my group", "--by", "hospital", "--out", out)
    assert (ran.code, ran.out) == (0, f"2 units in {out}\n")
    assert read(out) == [
        {"hospital": "A", "n": "2", "mean_cost": "100.0", "mean_los": "3.0", "cmi": "1.0", "cost_index": "0.5",
         "time_index": "0.75", "grouped": "2", "fee_cases": "1", "los_cases": "2", "weight_cases": "2",
         "weight": "2.0", "cost_cases": "1", "time_cases": "2", "fee": "100.00", "norm_fee": "200.00",
         "difference": "100.00"},
        {"hospital": "B", "n": "2", "mean_cost": "152.75", "mean_los": "6.0", "cmi": "1.0", "cost_index": "1.5",
         "time_index": "1.5", "grouped": "1", "fee_cases": "2", "los_cases": "1", "weight_cases": "1",
         "weight": "1.0", "cost_cases": "1", "time_cases": "1", "fee": "300.00", "norm_fee": "200.00",
         "difference": "-100.00"},
    ]  # fmt: skip


def test_departments_of_a_file_without_hospitals(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    source = as_csv(tmp_path / "a.csv", [{"dept": "01", "group": "g", "total_fee": "1", "los": "1"}])
    assert yiheng("norms", "build", "--cases", source, "--by", "dept", "--out", out).code == 0
    assert list(read(out)[0])[:7] == ["dept", *FIRST]


def test_the_unit_may_be_the_group_column_too(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    for by in ("dept", "hospital"):
        ran = yiheng("norms", "build", "--cases", cases_csv, "--group", by, "--by", by, "--out", tmp_path / f"{by}.csv")
        assert ran.code == 0
    assert [row["cost_index"] for row in read(tmp_path / "hospital.csv")] == ["1.0", "1.0"]


def test_columns_that_nobody_declared_do_no_harm(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    row = {"hospital": "A", "group": "g", "total_fee": "1.00", "los": "1", "row": "9", "n": "7", "fee": "8", "grp": "z"}
    out = tmp_path / "x.csv"
    assert (
        yiheng("norms", "build", "--cases", as_csv(tmp_path / "a.csv", [row]), "--by", "hospital", "--out", out).code
        == 0
    )
    assert (read(out)[0]["n"], read(out)[0]["fee"]) == ("1", "1.00")


def test_no_case_in_any_group(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    source = as_csv(tmp_path / "a.csv", [{"hospital": "A", "group": "", "total_fee": "1.00", "los": "1"}])
    assert yiheng("norms", "build", "--cases", source, "--by", "group", "--out", out).code == 0
    assert (read(out)[0]["group"], read(out)[0]["n"], read(out)[0]["rw"]) == ("", "1", "")


def test_groups_from_the_out_of_a_grouper(yiheng: Any, cases_csv: Path, loaded: Path, tmp_path: Path) -> None:
    """The same by file and by DATA, whose rows stand in order of hospital and case."""
    catalogue, groups, out = tmp_path / "c.parquet", tmp_path / "g.csv", tmp_path / "x.csv"
    assert yiheng("dip", "build", "--cases", cases_csv, "--out", catalogue).code == 0
    for cases, count in ((cases_csv, 75), (loaded, 150)):
        assert yiheng("dip", "assign", "--catalogue", catalogue, "--cases", cases, "--out", groups).code == 0
        ran = yiheng("norms", "build", "--cases", cases, "--grouping", groups, "--by", "group", "--out", out)
        assert ran.code == 0
        found = {row["group"]: int(row["n"]) for row in read(out)}
        assert found == {"I21.9": 30 * count // 75, "I21.9:36.06+88.55": 30 * count // 75, "J18.9": 15 * count // 75}


def test_another_grouping_of_the_same_name_is_another_run(
    yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path
) -> None:
    data, groups = tmp_path / "data", tmp_path / "g.csv"
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", case_rows()), "--to", data).code == 0
    rows = sorted(case_rows(), key=lambda row: (row["hospital"], row["case_id"]))
    for name in ("one", "two"):
        as_csv(groups, [{k: row[k] for k in ("hospital", "case_id")} | {"group": name} for row in rows])
        out = tmp_path / f"{name}.csv"
        ran = yiheng("norms", "build", "--cases", data, "--grouping", groups, "--by", "group", "--out", out)
        assert (ran.code, [row["group"] for row in read(out)]) == (0, [name])
    assert len(list((data / "results" / "norms").glob("0*"))) == 2


@pytest.mark.parametrize("change", ["fewer", "more", "order", "id", "hospital", "blank"])
def test_a_grouping_of_other_cases_is_refused(
    yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path, change: str
) -> None:
    rows = [{name: row[name] for name in ("hospital", "case_id", "group")} for row in case_rows()]
    source = as_csv(tmp_path / "a.csv", [{**row, "total_fee": "1", "los": "1"} for row in rows])
    changed = {
        "fewer": rows[:-1],
        "more": [*rows, rows[0]],
        "order": rows[::-1],
        "id": [{**rows[0], "case_id": "other"}, *rows[1:]],
        "hospital": [{**rows[0], "hospital": "C"}, *rows[1:]],
        "blank": [*rows, {"hospital": "", "case_id": "", "group": "g1"}],
    }[change]
    groups, out = as_csv(tmp_path / "g.csv", changed), tmp_path / "x.csv"
    ran = yiheng("norms", "build", "--cases", source, "--grouping", groups, "--by", "hospital", "--out", out)
    assert_refused(ran, f"file {groups}: has not the same cases in the same order as the input", out)


def test_a_grouping_without_groups_or_hospitals_is_refused(
    yiheng: Any, as_csv: Any, cases_csv: Path, case_rows: Any, tmp_path: Path
) -> None:
    for missing, kept in (("group", ("hospital", "case_id")), ("hospital", ("case_id", "group"))):
        groups = as_csv(tmp_path / "g.csv", [{name: row[name] for name in kept} for row in case_rows()])
        out = tmp_path / "x.csv"
        ran = yiheng("norms", "build", "--cases", cases_csv, "--grouping", groups, "--by", "hospital", "--out", out)
        assert_refused(ran, f"file g.csv, column {missing}: this column is missing", out)


def test_an_unknown_unit_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    ran = yiheng("norms", "build", "--cases", cases_csv, "--by", "ward", "--out", tmp_path / "x.csv")
    assert_refused(ran, f"column --by, value ward: is no unit -> one of: {', '.join(UNITS)}", tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("by", "column"),
    [
        ("hospital", "hospital"),
        ("hospital_group", "hospital"),
        ("dept", "dept"),
        ("physician", "physician"),
        ("month", "discharge_date"),
    ],
)
def test_a_file_without_the_units_column_is_refused(
    yiheng: Any, as_csv: Any, tmp_path: Path, by: str, column: str
) -> None:
    source = as_csv(tmp_path / "a.csv", [{"group": "g", "total_fee": "1"}])
    ran = yiheng("norms", "build", "--cases", source, "--by", by, "--out", tmp_path / "x.csv")
    assert_refused(ran, f"file a.csv, column {column}: this column is missing", tmp_path / "x.csv")


def test_a_file_has_no_counties(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    ran = yiheng("norms", "build", "--cases", cases_csv, "--by", "county", "--out", tmp_path / "x.csv")
    said = "column --by, value county: counties are known only to a DATA folder with its institutions"
    assert_refused(ran, said, tmp_path / "x.csv")


def test_an_unknown_group_column_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    ran = yiheng(
        "norms", "build", "--cases", cases_csv, "--group", "drg", "--by", "hospital", "--out", tmp_path / "x.csv"
    )
    assert_refused(ran, "file cases.csv, column drg: this column is missing", tmp_path / "x.csv")


@pytest.mark.parametrize("name", ["x.txt", "x", "x.parquet.gz", "x.CSV"])
def test_an_out_of_another_kind_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path, name: str) -> None:
    ran = yiheng("norms", "build", "--cases", cases_csv, "--by", "hospital", "--out", tmp_path / name)
    assert_refused(ran, f"file {tmp_path / name}: must end in .parquet or .csv", tmp_path / name)


def test_an_out_in_a_folder_that_is_not_there_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    ran = yiheng("norms", "build", "--cases", cases_csv, "--by", "hospital", "--out", tmp_path / "no" / "x.csv")
    assert_refused(ran, f"file {tmp_path / 'no'}: there is no such folder", tmp_path / "no")


def test_a_folder_without_commits_is_refused(yiheng: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    ran = yiheng("norms", "build", "--cases", tmp_path / "data", "--by", "hospital", "--out", tmp_path / "x.csv")
    said = f"file {tmp_path / 'data'}: no loaded data here -> yiheng cases load FILE... --to DATA"
    assert_refused(ran, said, tmp_path / "x.csv")
    assert list((tmp_path / "data").iterdir()) == []


def test_an_unknown_commit_is_refused(yiheng: Any, loaded: Path, cases_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "build", "--cases", loaded, "--by", "hospital", "--out", out, "--commit", 3)
    assert_refused(ran, f"file {loaded / 'commits'}: there is no commit 3", out)
    ran = yiheng("norms", "build", "--cases", cases_csv, "--by", "hospital", "--out", out, "--commit", 1)
    assert_refused(ran, f"file {cases_csv}: a bare file has no commits", out)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [("total_fee", "12.345", "money"), ("los", "three", "whole_number"), ("discharge_date", "2024-02-30", "date"),
     ("los", "9999999999", "range")],
)  # fmt: skip
def test_a_csv_with_a_bad_cell_is_refused_and_an_earlier_out_stays(
    yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path, column: str, value: str, rule: str
) -> None:
    rows = case_rows()
    rows[4][column] = value
    out = tmp_path / "x.csv"
    out.write_text("as it was", encoding="utf-8")
    ran = yiheng("norms", "build", "--cases", as_csv(tmp_path / "a.csv", rows), "--by", "hospital", "--out", out)
    assert ran.refusal == f"file a.csv, row 5, column {column}, value {value}: does not fit: {rule}"
    assert out.read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "x.csv"]


def test_a_column_spelled_otherwise_is_refused(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    """The engine does not tell LOS from los: taken as it is, the stays would silently be missing."""
    source = as_csv(tmp_path / "a.csv", [{"hospital": "A", "group": "g", "total_fee": "1", "LOS": "3"}])
    ran = yiheng("norms", "build", "--cases", source, "--by", "hospital", "--out", tmp_path / "x.csv")
    assert_refused(ran, "file a.csv, column LOS: is spelled otherwise -> los", tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("total_fee", ["1.00", "dear"], "row 2, column total_fee, value dear: does not fit decimal(18, 2)"),
        ("los", ["1", "2 days"], "row 2, column los, value 2 days: does not fit int32"),
        ("los", [1, 2**40], f"row 2, column los, value {2**40}: does not fit int32"),
    ],
)
def test_a_parquet_value_that_does_not_fit_is_refused(
    yiheng: Any, tmp_path: Path, column: str, values: list[Any], said: str
) -> None:
    content = {"hospital": ["A", "B"], "group": ["g", "g"], column: values}
    pq.write_table(pa.table(content), tmp_path / "a.parquet")
    ran = yiheng("norms", "build", "--cases", tmp_path / "a.parquet", "--by", "hospital", "--out", tmp_path / "x.csv")
    assert_refused(ran, f"file a.parquet, {said}", tmp_path / "x.csv")


def test_parquet_of_other_but_fitting_types(yiheng: Any, tmp_path: Path) -> None:
    content = {
        "hospital": [1, 2],
        "group": ["g", "g"],
        "total_fee": [1.5, 2.25],
        "los": pa.array([3, None], pa.int64()),
    }
    pq.write_table(pa.table(content), tmp_path / "a.parquet")
    out = tmp_path / "x.csv"
    assert yiheng("norms", "build", "--cases", tmp_path / "a.parquet", "--by", "hospital", "--out", out).code == 0
    assert [(row["hospital"], row["fee"], row["mean_los"]) for row in read(out)] == [
        ("1", "1.50", "3.0"),
        ("2", "2.25", ""),
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"hospital,hospital\nA,B\n", b"hospital,group\n"])
def test_a_broken_file_is_refused(yiheng: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.dat").write_bytes(content)
    ran = yiheng("norms", "build", "--cases", tmp_path / "a.dat", "--by", "hospital", "--out", tmp_path / "x.csv")
    assert "a.dat" in ran.refusal
    assert not (tmp_path / "x.csv").exists()
