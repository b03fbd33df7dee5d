"""yiheng dip build and yiheng dip assign."""

import csv
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.dip.catalogue.build import SCHEMA
from yiheng.policy.loader import scheme
from yiheng.sample.discharges import discharges
from yiheng.tables.contract import contract
from yiheng.tables.digest import file_sha256
from yiheng.tables.runs import read_run
from yiheng.tables.version import code_version

OUT = ["status", "group", "kind", "rw", "points", "reason"]
GROUPS = ["I21.9", "I21.9:36.06+88.55", "J18.9"]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def catalogue(yiheng: Any, cases_csv: Path, tmp_path: Path) -> Path:
    out = tmp_path / "catalogue.parquet"
    assert yiheng("dip", "build", "--cases", cases_csv, "--out", out).code == 0
    return out


def rewritten(path: Path, **about: str) -> Path:
    """The catalogue with other metadata."""
    table = pq.read_table(path)
    changed = dict(table.schema.metadata) | {name.encode(): value.encode() for name, value in about.items()}
    pq.write_table(table.replace_schema_metadata(changed), path)
    return path


def test_a_catalogue_says_how_it_was_made(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    ran = yiheng("dip", "build", "--cases", cases_csv, "--out", out)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"3 core and 0 comprehensive groups in {out}",
        "sum of RW x n / n = 1 over the weighted cases that the means are made of",
    ]
    table = pq.read_table(out)
    assert list(zip(table.schema.names, table.schema.types, strict=True)) == list(
        zip(SCHEMA.names, SCHEMA.types, strict=True)
    )
    assert table["group"].to_pylist() == GROUPS
    assert table["n"].to_pylist() == [30, 30, 15]
    about = {name.decode(): value.decode() for name, value in table.schema.metadata.items()}
    about.pop("ARROW:schema", None)
    assert about == {
        "code_version": code_version(), "scheme": "dip/national-1.0", "day": "2024-12-31",
        "scheme_digest": scheme("dip/national-1.0").digest, "year_weights": '{"2024": 7}', "mean_cost": "4700.5",
    }  # fmt: skip


def test_a_catalogue_of_data_is_kept_as_a_run(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    assert yiheng("dip", "build", "--cases", loaded, "--out", out).code == 0
    table = pq.read_table(out)
    assert table.schema.metadata[b"commit"] == b"2"
    assert table.schema.metadata[b"year_weights"] == b'{"2023": 2, "2024": 7}'
    runs = [read_run(folder) for folder in (loaded / "results" / "catalogues").glob("000002-*")]
    assert any(run.table("groups").to_pydict() == table.to_pydict() for run in runs)
    assert all(run.inputs.policy == {"dip/national-1.0": scheme("dip/national-1.0").digest} for run in runs)


def test_a_catalogue_of_an_earlier_commit(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    assert yiheng("dip", "build", "--cases", loaded, "--commit", 1, "--out", out).code == 0
    assert sum(pq.read_table(out)["n"].to_pylist()) == 75


def test_several_files_of_one_name_are_all_read(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> None:
    files = []
    for year in (2022, 2023, 2024):
        (tmp_path / str(year)).mkdir()
        rows = [{**row, "year": str(year)} for row in case_rows(year)]
        files += ["--cases", as_csv(tmp_path / str(year) / "cases.csv", rows)]
    out = tmp_path / "c.parquet"
    assert yiheng("dip", "build", *files, "--out", out).code == 0
    assert pq.read_table(out)["n"].to_pylist() == [90, 90, 45]
    assert pq.read_table(out).schema.metadata[b"year_weights"] == b'{"2022": 1, "2023": 2, "2024": 7}'


def test_assignment_has_the_rows_of_its_input_in_their_order(
    yiheng: Any, catalogue: Path, as_csv: Any, tmp_path: Path
) -> None:
    """Ids need not be unique; columns beyond those needed are left aside."""
    cases = [("B", "7", "J18.9", ""), ("A", "7", "K80.2", ""), ("A", "7", "", "36.06"),
             ("A", "1", "I21.9", "88.55|36.06"), ("B", "7", "J18.9", "")]  # fmt: skip
    rows = [
        {"hospital": h, "case_id": n, "dx": dx, "proc": proc, "status": "x", "kind": "y"} for h, n, dx, proc in cases
    ]
    out = tmp_path / "x.csv"
    ran = yiheng("dip", "assign", "--catalogue", catalogue, "--cases", as_csv(tmp_path / "a.csv", rows), "--out", out)
    assert (ran.code, ran.out, ran.err) == (0, f"grouped 3, invalid 1, ungroupable 1 in {out}\n", "")
    found = read(out)
    assert list(found[0]) == ["hospital", "case_id", *OUT]
    assert [(row["hospital"], row["case_id"], row["status"], row["group"], row["kind"]) for row in found] == [
        ("B", "7", "grouped", "J18.9", "core"),
        ("A", "7", "ungroupable", "", "none"),
        ("A", "7", "invalid", "", "none"),
        ("A", "1", "grouped", "I21.9:36.06+88.55", "core"),
        ("B", "7", "grouped", "J18.9", "core"),
    ]
    assert [row["reason"] for row in found] == [
        "", "no such combination in the catalogue", "no principal diagnosis", "", "",
    ]  # fmt: skip
    assert [(row["rw"], row["points"]) for row in found[1:3]] == [("", ""), ("", "")]
    groups = {row["group"]: row for row in pq.read_table(catalogue).to_pylist()}
    assert float(found[0]["rw"]) == groups["J18.9"]["rw"]
    assert float(found[0]["points"]) == groups["J18.9"]["points"]


def test_hospital_stands_in_the_out_only_where_the_input_has_it(
    yiheng: Any, catalogue: Path, as_csv: Any, tmp_path: Path
) -> None:
    out = tmp_path / "x.parquet"
    source = as_csv(tmp_path / "a.csv", [{"case_id": "1", "dx": "J18.9"}])
    assert yiheng("dip", "assign", "--catalogue", catalogue, "--cases", source, "--out", out).code == 0
    table = pq.read_table(out)
    assert table.column_names == ["case_id", *OUT]
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "string",
        "string",
        "string",
        "double",
        "double",
        "string",
    ]
    assert table.schema.metadata[b"catalogue_sha256"].decode() == file_sha256(catalogue)
    assert table.schema.metadata[b"code_version"].decode() == code_version()


def test_many_rows_keep_their_order(yiheng: Any, catalogue: Path, tmp_path: Path) -> None:
    """More rows than the engine takes at once, in several row groups."""
    count = 300_000
    ids = pa.array([str((n * 7919) % count) for n in range(count)])
    dx = pa.array([["J18.9"] if n % 3 else ["Z99.9"] for n in range(count)], pa.list_(pa.string()))
    pq.write_table(pa.table({"case_id": ids, "dx": dx}), tmp_path / "a.parquet", row_group_size=50_000)
    out = tmp_path / "x.parquet"
    cases = tmp_path / "a.parquet"
    assert yiheng("dip", "assign", "--catalogue", catalogue, "--cases", cases, "--out", out).code == 0
    found = pq.read_table(out)
    assert found["case_id"].to_pylist() == ids.to_pylist()
    assert found["status"].to_pylist() == ["grouped" if n % 3 else "ungroupable" for n in range(count)]


def test_an_assignment_of_data_is_kept_as_a_run(yiheng: Any, loaded: Path, catalogue: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    for _ in range(2):
        assert (
            yiheng("dip", "assign", "--catalogue", catalogue, "--cases", loaded, "--out", out, "--commit", 1).code == 0
        )
    (folder,) = (loaded / "results" / "groupings").glob("000001-*")
    run = read_run(folder)
    assert run.inputs.parameters == {"catalogue": file_sha256(catalogue)}
    assert run.table("cases").to_pydict() == pq.read_table(out).to_pydict()
    assert pq.read_table(out)["hospital"].to_pylist() == ["A"] * 38 + ["B"] * 37


def test_a_catalogue_of_another_edition_of_its_scheme_is_refused(
    yiheng: Any, catalogue: Path, cases_csv: Path, tmp_path: Path
) -> None:
    changed = rewritten(catalogue, scheme_digest="0" * 64)
    ran = yiheng("dip", "assign", "--catalogue", changed, "--cases", cases_csv, "--out", tmp_path / "x.csv")
    assert ran.refusal == (
        "file catalogue.parquet: was built with another edition of dip/national-1.0 -> build it again"
    )
    assert not (tmp_path / "x.csv").exists()


def test_a_catalogue_of_an_unknown_scheme_is_refused(
    yiheng: Any, catalogue: Path, cases_csv: Path, tmp_path: Path
) -> None:
    changed = rewritten(catalogue, scheme="dip/atlantis")
    ran = yiheng("dip", "assign", "--catalogue", changed, "--cases", cases_csv, "--out", tmp_path / "x.csv")
    assert ran.refusal.startswith("there is no policy dip/atlantis -> one of: ")


@pytest.mark.parametrize("content", ["csv", "parquet", "damaged", "cut", "empty"])
def test_what_is_no_catalogue_is_refused(
    yiheng: Any, catalogue: Path, cases_csv: Path, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "other.parquet"
    whole = catalogue.read_bytes()
    pq.write_table(pa.table({"a": [1]}), tmp_path / "plain.parquet")
    made = {
        "csv": cases_csv.read_bytes(),
        "parquet": (tmp_path / "plain.parquet").read_bytes(),
        "damaged": whole[:-200] + b"\xff" * 100 + whole[-100:],
        "cut": whole[:100],
        "empty": b"",
    }
    path.write_bytes(made[content])
    ran = yiheng("dip", "assign", "--catalogue", path, "--cases", cases_csv, "--out", tmp_path / "x.csv")
    assert ran.refusal == "file other.parquet: is not a catalogue -> yiheng dip build"
    assert not (tmp_path / "x.csv").exists()


def test_a_catalogue_that_is_not_there_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    path = tmp_path / "no.parquet"
    ran = yiheng("dip", "assign", "--catalogue", path, "--cases", cases_csv, "--out", tmp_path / "x.csv")
    assert ran.refusal == f"file {path}: there is no such file"


@pytest.mark.parametrize("column", ["case_id", "dx"])
def test_cases_without_what_is_needed_are_refused(
    yiheng: Any, catalogue: Path, as_csv: Any, tmp_path: Path, column: str
) -> None:
    row = {name: value for name, value in {"case_id": "1", "dx": "J18.9", "los": "1"}.items() if name != column}
    source = as_csv(tmp_path / "a.csv", [row])
    ran = yiheng("dip", "assign", "--catalogue", catalogue, "--cases", source, "--out", tmp_path / "x.csv")
    assert ran.refusal == f"file a.csv, column {column}: this column is missing"


def test_the_year_is_that_of_the_discharge(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> None:
    dated = [{k: v for k, v in row.items() if k != "year"} for row in case_rows()]
    undated = [{k: v for k, v in row.items() if k != "discharge_date"} for row in dated]
    ran = yiheng("dip", "build", "--cases", as_csv(tmp_path / "a.csv", dated), "--out", tmp_path / "c.parquet")
    assert ran.code == 0
    ran = yiheng("dip", "build", "--cases", as_csv(tmp_path / "b.csv", undated), "--out", tmp_path / "d.parquet")
    assert ran.refusal == "no case with a principal diagnosis, a fee and a year"
    assert not (tmp_path / "d.parquet").exists()


@pytest.mark.parametrize("column", ["dx", "total_fee"])
def test_a_catalogue_from_cases_without_what_is_needed_is_refused(
    yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path, column: str
) -> None:
    rows = [{k: v for k, v in {**row, "year": "2024"}.items() if k != column} for row in case_rows()]
    ran = yiheng("dip", "build", "--cases", as_csv(tmp_path / "a.csv", rows), "--out", tmp_path / "c.parquet")
    assert ran.refusal == f"file a.csv, column {column}: this column is missing"
    assert not (tmp_path / "c.parquet").exists()


def test_a_catalogue_is_parquet(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    ran = yiheng("dip", "build", "--cases", cases_csv, "--out", tmp_path / "c.csv")
    assert ran.refusal == f"file {tmp_path / 'c.csv'}: a catalogue must end in .parquet"


def test_an_unknown_scheme_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    ran = yiheng("dip", "build", "--cases", cases_csv, "--scheme", "dip/atlantis", "--out", out)
    assert ran.refusal.startswith("there is no policy dip/atlantis -> one of: ")
    assert ", dip/jingmen-420800, " in ran.refusal
    assert not out.exists()


def test_nothing_to_build_from_is_refused(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    source = as_csv(tmp_path / "a.csv", [{"case_id": "1", "dx": "", "total_fee": "1", "year": "2024"}])
    ran = yiheng("dip", "build", "--cases", source, "--out", tmp_path / "c.parquet")
    assert ran.refusal == "no case with a principal diagnosis, a fee and a year"


def test_a_scheme_of_ones_own_is_a_file(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    """A diff over a national scheme; the catalogue carries its text, so that cases can be assigned without the file."""
    text = (
        "about: {zh: 市, en: a city, base: dip/national-1.0}\ncore_cases: {zh: 例, en: cases, unit: cases, values: "
        "[{from: 2020-11-09, value: 31, choice: city, checked_until: null}]}\n"
    )
    own, out = tmp_path / "city.yaml", tmp_path / "c.parquet"
    own.write_text(text, encoding="utf-8")
    ran = yiheng("dip", "build", "--cases", cases_csv, "--scheme", own, "--out", out)
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"0 core and 3 comprehensive groups in {out}")
    own.unlink()
    result = tmp_path / "x.csv"
    assert yiheng("dip", "assign", "--catalogue", out, "--cases", cases_csv, "--out", result).code == 0
    assert {row["kind"] for row in read(result)} == {"comprehensive"}
    ran = yiheng("dip", "build", "--cases", cases_csv, "--scheme", own, "--out", out)
    assert ran.refusal == "file city.yaml: there is no such file"


def test_an_unset_scheme_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    ran = yiheng("dip", "build", "--cases", cases_csv, "--scheme", "dip/shuozhou-140600", "--out", out)
    assert ran.refusal.startswith("dip/shuozhou-140600 has not set ")
    assert not out.exists()


def test_a_build_says_where_its_sums_depart_and_what_it_left_out(
    yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path
) -> None:
    rows = [{**row, "year": "2024", "payer": "self" if n == 0 else "resident"} for n, row in enumerate(case_rows())]
    own, levels = tmp_path / "city.yaml", tmp_path / "levels.csv"
    changed = {"points_decimals": 0, "self_paid": '"out"', "day_cases": '"out"',
               "trimming": "{kind: percentile, low: 0.05, high: 0.95}"}  # fmt: skip
    parts = [
        f"{name}: {{zh: 值, en: v, unit: u, values: [{{from: 2020-11-09, value: {value}, choice: city, "
        "checked_until: null}]}"
        for name, value in changed.items()
    ]
    own.write_text("about: {zh: 市, en: a city, base: dip/national-1.0}\n" + "\n".join(parts), encoding="utf-8")
    ran = yiheng(
        "dip", "build", "--cases", as_csv(tmp_path / "a.csv", rows), "--scheme", own, "--out", tmp_path / "c.parquet",
        "--levels", levels,
    )  # fmt: skip
    said = ran.out.splitlines()
    assert said[1] == "sum of RW x n / n = 1 over the weighted cases that the means are made of"
    assert said[2].endswith("over all weighted cases placed")
    assert said[3].startswith("sum of points x n / (points of weight 1 x n) = ")
    assert said[4:] == [
        "4 cases trimmed from the means",
        "left out: self_paid 1",
        "day_cases: not applicable, the cases have no column care_type",
    ]
    assert {row["level"] for row in read(levels)} == {"first", "second"}


def test_explain_says_why_candidates_lost(yiheng: Any, catalogue: Path, cases_csv: Path) -> None:
    ran = yiheng("dip", "explain", "--catalogue", catalogue, "--cases", cases_csv, "--case-id", "2024-000")
    points = {row["group"]: row["points"] for row in pq.read_table(catalogue).to_pylist()}
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "grouped I21.9", "  combination: I21.9: won", "  combination: I21.9:36.06+88.55: needs 36.06",
    ]  # fmt: skip
    assert points["I21.9"] < points["I21.9:36.06+88.55"]
    ran = yiheng("dip", "explain", "--catalogue", catalogue, "--cases", cases_csv, "--case-id", "none")
    assert ran.refusal == "file cases.csv, column case_id, value none: there is no such case"


def test_diff_of_two_catalogues(yiheng: Any, catalogue: Path, cases_csv: Path, tmp_path: Path) -> None:
    other, hospitals = tmp_path / "two.parquet", tmp_path / "h.csv"
    assert yiheng("dip", "build", "--cases", cases_csv, "--scheme", "dip/national-2.0", "--out", other).code == 0
    ran = yiheng("dip", "diff", catalogue, other, "--cases", cases_csv, "--hospitals", hospitals)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "born 1, gone 1, changed 0"
    assert "30 of 75 cases move" in ran.out
    assert [(row["hospital"], row["n"], row["moved"]) for row in read(hospitals)] == [
        ("A", "38", "15"),
        ("B", "37", "15"),
    ]
    assert yiheng("dip", "diff", catalogue, catalogue).out == "born 0, gone 0, changed 0\n"
    ran = yiheng("dip", "diff", catalogue, other, "--hospitals", hospitals)
    assert ran.refusal == "column --hospitals: the effect by hospital needs cases -> --cases"


def test_a_catalogue_goes_out_as_a_workbook_and_comes_back(
    yiheng: Any, catalogue: Path, cases_csv: Path, tmp_path: Path
) -> None:
    workbook, again = tmp_path / "c.xlsx", tmp_path / "again.parquet"
    assert yiheng("dip", "export", "--catalogue", catalogue, "--out", workbook).out == f"3 groups in {workbook}\n"
    arguments = ("--scheme", "dip/national-1.0", "--day", "2024-12-31", "--out", again)
    assert yiheng("dip", "import", workbook, *arguments).out == f"3 groups in {again}\n"
    results = []
    for each in (catalogue, again):
        out = tmp_path / f"{each.stem}.csv"
        assert yiheng("dip", "assign", "--catalogue", each, "--cases", cases_csv, "--out", out).code == 0
        results.append([(row["group"], row["points"]) for row in read(out)])
    assert results[0] == results[1]
    ran = yiheng("dip", "import", workbook, *arguments[:3], "soon", *arguments[4:])
    assert ran.refusal == "column --day, value soon: is no day -> such as 2024-12-31"


def typed(path: Path, as_csv: Path) -> Path:
    """A CSV of cases as Parquet in the case table's types, which needs no engine to be read."""
    from yiheng.cases.input import open_cases
    from yiheng.tables.engine import engine

    with engine() as backend:
        found = open_cases(backend, as_csv)
        names = [name for name in found.table.columns if name in found.given]
        pq.write_table(found.table.order_by("row").select(names).to_pyarrow(), path, row_group_size=20)
    return path


def test_a_file_read_as_it_is_gives_what_the_engine_gives(
    yiheng: Any, catalogue: Path, cases_csv: Path, tmp_path: Path
) -> None:
    """The years of these cases are those of their discharges."""
    path, made, out = (tmp_path / name for name in ("typed.parquet", "made.parquet", "out.parquet"))
    typed(path, cases_csv)
    assert yiheng("dip", "build", "--cases", path, "--out", made).code == 0
    assert pq.read_table(made).to_pydict() == pq.read_table(catalogue).to_pydict()
    assert yiheng("dip", "assign", "--catalogue", catalogue, "--cases", path, "--out", out).code == 0
    by_engine = tmp_path / "out.csv"
    assert yiheng("dip", "assign", "--catalogue", catalogue, "--cases", path, "--out", by_engine).code == 0
    rows = pq.read_table(out).to_pylist()
    assert [{name: "" if its is None else str(its) for name, its in row.items()} for row in rows] == read(by_engine)
    assert pq.read_table(out).schema.metadata[b"catalogue_sha256"].decode() == file_sha256(catalogue)


@pytest.mark.parametrize("command", [("build",), ("assign", "--catalogue")])
def test_an_engine_that_there_is_not_is_refused(
    yiheng: Any, catalogue: Path, cases_csv: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    out, given = tmp_path / "x.parquet", [*command, *([catalogue] if len(command) > 1 else [])]
    ran = yiheng("dip", *given, "--cases", cases_csv, "--out", out, "--engine", "flink://x")
    assert ran.refusal == "column --engine, value flink://x: is neither local nor spark://HOST:PORT"
    ran = yiheng("dip", *given, "--cases", cases_csv, "--out", out, "--engine", "spark://127.0.0.1:1")
    assert "is no Parquet file with the case table's types: a cluster reads no other" in ran.refusal
    assert not out.exists()


@pytest.mark.spark
@pytest.mark.slow
def test_a_cluster_builds_and_assigns_what_this_machine_does(
    yiheng: Any, master: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200,000 cases: the same catalogue, figures and groups here, here again, and on two workers."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    cases = tmp_path / "cases.parquet"
    with pq.ParquetWriter(cases, contract("cases").schema) as writer:
        for batch in discharges(7, 100_000, (2024, 2025)):
            writer.write_batch(batch, row_group_size=25_000)
    found = []
    for engine in ("local", "local", master):
        out, groups = tmp_path / "x.parquet", tmp_path / "c.parquet"
        built = yiheng("dip", "build", "--cases", cases, "--out", groups, "--engine", engine)
        ran = yiheng("dip", "assign", "--catalogue", groups, "--cases", cases, "--out", out, "--engine", engine)
        assert (built.code, ran.code) == (0, 0), (built.err, ran.err)
        found.append((built.out, ran.out, pq.read_table(groups), pq.read_table(out)))
    here, again, there = found
    assert here[3].num_rows == 200_000
    assert here[:2] == again[:2] == there[:2]
    for one, other in ((here, again), (here, there)):
        assert [one[at].equals(other[at]) for at in (2, 3)] == [True, True]
