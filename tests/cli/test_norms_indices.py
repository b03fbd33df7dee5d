"""yiheng norms monthly, risk, indices, cases-of, outflow."""

import csv
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.norms.indices.figures import ADDED, UNITS
from yiheng.norms.indices.monthly import KEYS
from yiheng.norms.indices.outflow import PLACES
from yiheng.norms.indices.outflow import UNITS as FLOWING
from yiheng.norms.rules import INDICES
from yiheng.norms.sums import CORE
from yiheng.policy.loader import scheme
from yiheng.tables.runs import read_run


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def runs(data: Path, kind: str) -> list[Any]:
    return [read_run(folder) for folder in sorted((data / "results" / kind).glob("0*"))]


@pytest.fixture
def dying(as_csv: Any, case_rows: Any, tmp_path: Path) -> Path:
    """75 cases as a bare file: 3 of the 30 of g1 and 1 of the 30 of g2 died, 2 of the others."""
    rows = [{**row, "discharge": "5" if n in (0, 1, 2, 30, 60, 61) else "1"} for n, row in enumerate(case_rows())]
    return as_csv(tmp_path / "cases.csv", rows)


@pytest.fixture
def data(yiheng: Any, dying: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert yiheng("cases", "load", dying, "--to", folder).code == 0
    return folder


def test_monthly_sums_are_kept_and_are_all_the_cases(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    ran = yiheng("norms", "monthly", "--cases", data, "--out", out)
    table = pq.read_table(out)
    assert (ran.code, ran.out) == (0, f"{table.num_rows} sums in {out}\n")
    assert table.column_names == [*KEYS, *CORE]
    assert (sum(table["n"].to_pylist()), sum(table["deaths"].to_pylist())) == (75, 6)
    (run,) = runs(data, "monthly")
    assert run.inputs.policy == {INDICES: scheme(INDICES).digest}
    rows = [sorted(map(str, its.to_pylist())) for its in (run.table("sums"), table)]
    assert rows[0] == rows[1]


def test_a_cluster_that_there_is_not_and_a_bare_file_for_one_are_refused(
    yiheng: Any, dying: Path, tmp_path: Path
) -> None:
    out = tmp_path / "x.parquet"
    ran = yiheng("norms", "monthly", "--cases", dying, "--out", out, "--engine", "flink://x")
    assert ran.refusal == "column --engine, value flink://x: is neither local nor spark://HOST:PORT"
    ran = yiheng("norms", "monthly", "--cases", dying, "--out", out, "--engine", "spark://127.0.0.1:1")
    assert ran.refusal == "file cases.csv: is no DATA folder: a cluster reads no other cases"
    assert not out.exists()


@pytest.mark.soak
@pytest.mark.spark
def test_a_cluster_sums_the_cases_of_data(
    yiheng: Any, data: Path, master: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    found = []
    for engine in ("local", master):
        ran = yiheng("norms", "monthly", "--cases", data, "--out", tmp_path / "x.parquet", "--engine", engine)
        assert ran.code == 0, ran.err
        found.append(sorted(map(str, pq.read_table(tmp_path / "x.parquet").to_pylist())))
    assert found[0] == found[1]
    (run,) = runs(data, "monthly")
    assert sum(run.table("sums")["n"].to_pylist()) == 75


@pytest.mark.slow
def test_classes_of_risk_of_a_base_period(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "risk", "--cases", data, "--out", out, "--from", "2024-01", "--until", "2024-12")
    assert (ran.code, ran.out) == (0, f"middle_high 1, middle_low 1 in {out}\n")
    assert [(row["group"], row["cases"], row["deaths"], row["risk"], row["z"]) for row in read(out)] == [
        ("g1", "30", "3", "middle_high", "0.707106781187"),
        ("g2", "30", "1", "middle_low", "-0.707106781187"),
    ]
    (run,) = runs(data, "risk")
    assert (run.inputs.parameters["from"], run.inputs.parameters["until"]) == ("2024-01", "2024-12")
    half = tmp_path / "half.csv"
    assert yiheng("norms", "risk", "--cases", data, "--out", half, "--until", "2024-06").code == 0
    assert [row["risk"] for row in read(half)] == ["", ""]


@pytest.mark.slow
def test_frozen_classes_are_used_by_later_periods(yiheng: Any, dying: Path, data: Path, tmp_path: Path) -> None:
    frozen, out = tmp_path / "risk.csv", tmp_path / "x.csv"
    assert yiheng("norms", "risk", "--cases", dying, "--out", frozen).code == 0
    ran = yiheng("norms", "indices", "--cases", data, "--by", "region", "--risk", frozen, "--out", out)
    assert (ran.code, ran.out) == (0, f"1 units in {out}\n")
    (row,) = read(out)
    assert (row["middle_low_risk_deaths"], row["middle_low_risk_cases"], row["middle_low_risk_death_rate"]) == (
        "1", "30", "0.0333333333333",
    )  # fmt: skip
    assert (row["deaths"], row["death_cases"], row["death_rate"]) == ("6", "75", "0.08")
    (run,) = runs(data, "indices")
    assert len(run.inputs.parameters["risk"]) == 64


def test_classes_of_the_very_cases_are_said_to_be_so(yiheng: Any, data: Path, tmp_path: Path) -> None:
    ran = yiheng("norms", "indices", "--cases", data, "--by", "hospital", "--out", tmp_path / "x.csv")
    said = "classes of mortality risk from these very cases, not frozen"
    assert (ran.code, ran.out) == (0, f"2 units in {tmp_path / 'x.csv'}; {said}\n")


@pytest.mark.slow
@pytest.mark.parametrize("by", UNITS)
def test_every_unit_of_data(yiheng: Any, loaded: Path, tmp_path: Path, by: str) -> None:
    out = tmp_path / "x.parquet"
    assert yiheng("norms", "indices", "--cases", loaded, "--by", by, "--out", out).code == 0
    table = pq.read_table(out)
    assert table.column_names[: len(UNITS[by]) + 1] == [*UNITS[by], "n"]
    assert set(ADDED) < set(table.column_names)
    assert sum(table["n"].to_pylist()) == 150


@pytest.mark.slow
def test_the_cases_behind_a_number(yiheng: Any, data: Path, tmp_path: Path) -> None:
    """Of the six deaths 0, 2, 30 and 60 are hospital A's; its middle-low ones are those of g2: 30."""
    out = tmp_path / "x.csv"
    base = ("norms", "cases-of", "--cases", data, "--out", out, "--hospital", "A")
    ran = yiheng(*base, "--figure", "deaths")
    assert (ran.code, ran.out) == (0, f"4 of 4 cases in {out}\n")
    assert [(row["hospital"], row["case_id"]) for row in read(out)] == [
        ("A", f"2024-{number:03}") for number in (0, 2, 30, 60)
    ]
    assert yiheng(*base, "--figure", "middle_low_risk_deaths").out == f"1 of 1 cases in {out}\n"
    assert [row["case_id"] for row in read(out)] == ["2024-030"]
    ran = yiheng(*base, "--figure", "death_rate", "--of", "g1", "--month", "2024-01")
    assert ran.out == f"1 of 3 cases in {out}\n"
    assert [(row["case_id"], row["in_numerator"]) for row in read(out)] == [
        ("2024-000", "true"), ("2024-012", "false"), ("2024-024", "false"),
    ]  # fmt: skip
    assert not (data / "results").exists()


def test_a_number_without_cases_gives_an_empty_list(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    ran = yiheng("norms", "cases-of", "--cases", data, "--figure", "deaths", "--hospital", "Z", "--out", out)
    assert (ran.code, ran.out) == (0, f"0 of 0 cases in {out}\n")
    assert out.read_text(encoding="utf-8") == "hospital,case_id,in_numerator\n"


@pytest.mark.slow
def test_residents_treated_elsewhere(yiheng: Any, made_up: Path, tmp_path: Path) -> None:
    """The areas with insured people are the region's; --home gives others."""
    out = tmp_path / "x.csv"
    assert yiheng("norms", "outflow", "--cases", made_up, "--group", "payer", "--by", "home", "--out", out).code == 0
    rows = read(out)
    assert [row["home"] for row in rows] == ["990102", "990103", "990121", "990122", "990123", "990181"]
    assert all(int(row["outside_region"]) <= int(row["outside"]) <= int(row["n"]) for row in rows)
    assert sum(int(row["outside"]) for row in rows) > 0
    ran = yiheng(
        "norms", "outflow", "--cases", made_up, "--group", "payer", "--by", "region", "--home", "990102", "--out", out
    )
    assert ran.code == 0
    assert [row["n"] for row in read(out)] == [rows[0]["n"]]


@pytest.mark.slow
def test_residents_treated_elsewhere_by_disease(yiheng: Any, made_up: Path, tmp_path: Path) -> None:
    """By category of ICD-10; all diseases of a home together are all of its cases, also of those in no group."""
    out = tmp_path / "x.csv"
    assert yiheng("norms", "outflow", "--cases", made_up, "--by", "home_diagnosis", "--out", out).code == 0
    rows = read(out)
    assert yiheng("norms", "outflow", "--cases", made_up, "--group", "payer", "--by", "home", "--out", out).code == 0
    for whole in read(out):
        its = [row for row in rows if row["home"] == whole["home"]]
        assert [sum(int(row[name]) for row in its) for name in ("n", "placed", "outside")] == [
            int(whole[name]) for name in ("n", "placed", "outside")
        ]
    assert all(len(row["diagnosis"]) == 3 for row in rows)
    assert len({row["diagnosis"] for row in rows}) > 20
    kept = [run.inputs.parameters for run in runs(made_up, "outflow")]
    assert ("home_diagnosis", "diagnosis") in [(its["by"], its["group"]) for its in kept]


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA of 600 made-up cases with their places."""
    from yiheng.cases.load import load
    from yiheng.sample.discharges import discharges
    from yiheng.sample.places import places

    folder = tmp_path_factory.mktemp("made_up")
    (batch,) = discharges(3, 600, (2025,))
    pq.write_table(pa.Table.from_batches([batch]), folder / "cases.parquet")
    load(folder / "data", [folder / "cases.parquet"], places=places(3))
    return folder / "data"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("indices", "--by", "ward"), f"column --by, value ward: is no such unit -> one of: {', '.join(UNITS)}"),
        (("indices", "--by", "class"),
         "column --by, value class: the places of hospitals are known only to a DATA folder with its institutions"),
        (("indices", "--by", "payer"), "file cases.csv, column payer: this column is missing"),
        (("outflow", "--by", "home"),
         "column --by, value home: the places of hospitals are known only to a DATA folder with its institutions"),
        (("outflow", "--by", "ward"),
         f"column --by, value ward: is no such unit -> one of: {', '.join((*FLOWING, *PLACES))}"),
        (("outflow", "--by", "diagnosis", "--grouping", "g.csv"),
         "column --by, value diagnosis: --grouping does not go with diseases"),
        (("risk", "--from", "2024-13"), "value 2024-13: is no month -> YYYY-MM, such as 2024-05"),
        (("risk", "--until", "2024-5"), "value 2024-5: is no month -> YYYY-MM, such as 2024-05"),
        (("risk", "--from", "2030-01"), "file cases.csv: there is no grouped case in the base period"),
        (("cases-of", "--figure", "deaths", "--month", "May"), "value May: is no month -> YYYY-MM, such as 2024-05"),
        (("monthly", "--group", "drg"), "file cases.csv, column drg: this column is missing"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_nothing_is_written(
    yiheng: Any, dying: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    out = tmp_path / "x.csv"
    out.write_text("as it was", encoding="utf-8")
    ran = yiheng("norms", arguments[0], "--cases", dying, *arguments[1:], "--out", out)
    assert ran.refusal == said
    assert out.read_text(encoding="utf-8") == "as it was"


def test_an_unknown_figure_is_refused_with_the_known_ones(yiheng: Any, dying: Path, tmp_path: Path) -> None:
    ran = yiheng("norms", "cases-of", "--cases", dying, "--figure", "profit", "--out", tmp_path / "x.csv")
    assert ran.refusal.startswith("column --figure, value profit: is no figure -> one of: mean_cost, mean_los, cmi, ")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"group": "g1"}], "file r.csv, column risk: this column is missing"),
        ([{"risk": "low"}], "file r.csv, column group: this column is missing"),
        ([{"group": "g1", "risk": "low"}, {"group": "g1", "risk": "low"}],
         "column group, value g1: a group stands here twice"),
        ([{"group": "g1", "risk": "none"}],
         "column risk, value none: is no class of mortality risk -> one of: low, middle_low, middle_high, high, zero"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_classes_is_refused(
    yiheng: Any, dying: Path, as_csv: Any, tmp_path: Path, rows: list[dict[str, str]], said: str
) -> None:
    risk, out = as_csv(tmp_path / "r.csv", rows), tmp_path / "x.csv"
    ran = yiheng("norms", "indices", "--cases", dying, "--by", "region", "--risk", risk, "--out", out)
    assert ran.refusal == said
    assert not out.exists()
