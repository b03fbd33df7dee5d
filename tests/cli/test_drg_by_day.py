"""`yiheng drg group --pack auto`: each case by the pack in force on its day; one without is refused."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.drg.packs.opening import open_pack
from yiheng.tables.contract import contract
from yiheng.tables.data import Data

# The last day of the old rules, and the first of the new, which take one more operation.
TABLES = {
    "mdc.csv": "mdc,name,order,kind,logic\nI,循环,1,principal_dx,pdx in MDC\n",
    "mdc_dx.csv": "mdc,code,site\nI,I21*,\n",
    "adrg.csv": "rule,adrg,mdc,order,phase,logic,if_no_drg\nIB1,IB1,I,1,surgical,pproc in ss,next\n"
    "IR1,IR1,I,2,medical,pdx in MDC,next\n",
    "drg.csv": "rule,adrg,drg,name,order,condition\nIB1,IB1,IB19,支架,1,true\nIR1,IR1,IR19,梗死,1,true\n",
    "cc.csv": "code,level,exclusion_table\n",
    "exclusion.csv": "principal_code,exclusion_table\n",
    "icd10.csv": "code,name\n",
    "icd9.csv": "code,name,is_valid_or\n",
}
LISTS = {"old": "IB1,ss,36.06\n", "new": "IB1,ss,36.06\nIB1,ss,36.07\n"}
PLACES = """\
about: {zh: x, en: x}
city:
  zh: 本市
  en: the city
  unit: pack
  values:
    - {from: 2023-01-01, value: {pack: old, to: 2023-12-31}, choice: city, checked_until: null}
    - {from: 2024-01-01, value: {pack: new, to: 2024-12-31}, choice: city, checked_until: null}
    - {from: 2025-01-01, value: {pack: gone, to: null}, choice: city, checked_until: null}
"""
DAYS = ["2024-01-01", "2023-12-31", "2023-12-30", "2024-12-31"]
UNCHECKED = "未与原文核对 not checked against its documents"


@pytest.fixture
def region(yiheng: Callable[..., Any], tmp_path: Path) -> Callable[..., Path]:
    """DATA with a case for each day given, which has the new operation, and with the packs of the city."""

    def make(*days: str | None) -> Path:
        rows = [
            {
                "hospital": "A", "case_id": str(place), "year": 2024, "sex": 1, "age": 60, "dx": ["I21.900"],
                "proc": ["36.07"], "discharge_date": day,
            }
            for place, day in enumerate(days)
        ]  # fmt: skip
        _write(tmp_path / "load.parquet", rows)
        data = tmp_path / "DATA"
        assert yiheng("cases", "load", tmp_path / "load.parquet", "--to", data).code == 0
        folder = data / "policy" / "drg"
        for name, lists in LISTS.items():
            (folder / name).mkdir(parents=True)
            for file, text in (TABLES | {"adrg_list.csv": f"owner,list,code\n{lists}"}).items():
                (folder / name / file).write_text(text, encoding="utf-8")
        (folder / "places.yaml").write_text(PLACES, encoding="utf-8")
        return data

    return make


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    days = pa.array([row["discharge_date"] for row in rows], pa.string()).cast(pa.date32())
    plain = {name: [row[name] for row in rows] for name in rows[0] if name != "discharge_date"}
    schema = pa.schema([contract("cases").schema.field(name) for name in plain])
    pq.write_table(pa.table(plain, schema).append_column("discharge_date", days), path)


def auto(data: Path, out: Path, *more: object) -> tuple[object, ...]:
    return "drg", "group", "--pack", "auto", "--place", "city", "--cases", data, "--out", out, *more


def test_the_day_before_and_the_day_of_a_change(
    yiheng: Callable[..., Any], region: Callable[..., Path], tmp_path: Path
) -> None:
    data, out = region(*DAYS), tmp_path / "out.parquet"
    ran = yiheng(*auto(data, out))
    assert (ran.code, ran.out) == (0, f"grouped 4 in {out}; old: {UNCHECKED}; new: {UNCHECKED}\n")
    assert pq.read_table(out)["drg"].to_pylist() == ["IB19", "IR19", "IR19", "IB19"]
    digests = {name: open_pack(str(data / "policy" / "drg" / name)).digest for name in LISTS}
    said = {name.decode(): text.decode() for name, text in pq.read_schema(out).metadata.items()}
    assert (said["pack"], said["pack_digest"]) == ("old, new", f"{digests['old']}, {digests['new']}")
    assert (said["place"], said["commit"]) == ("city", "1")
    (run,) = (Data.open(data).results / "groupings").glob("0*")
    kept = json.loads((run / "run.json").read_text(encoding="utf-8"))["inputs"]
    assert kept["policy"] == digests
    assert kept["parameters"]["place"] == "city"
    assert kept["parameters"]["in_force"][0] == ["old", "2023-01-01", "2023-12-31"]


def test_a_csv_gives_the_same(yiheng: Callable[..., Any], region: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert yiheng(*auto(region(*DAYS), out)).code == 0
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["drg"] for row in csv.DictReader(file)] == ["IB19", "IR19", "IR19", "IB19"]


@pytest.mark.parametrize(
    ("days", "line"),
    [
        (("2024-01-01", None), ", row 2, column discharge_date: has no discharge date: no pack is in force for it"),
        (
            ("2024-01-01", "2023-01-01", "2022-12-31"),
            ", row 3, column discharge_date, value 2022-12-31: no pack is in force in city on 2022-12-31",
        ),
        (("2024-01-01", "2025-01-01"), "value gone: there is no such pack"),
    ],
)
def test_a_missing_date_or_pack_is_refused_and_nothing_written(
    yiheng: Callable[..., Any], region: Callable[..., Path], tmp_path: Path, days: tuple[str | None, ...], line: str
) -> None:
    data, out = region(*days), tmp_path / "out.parquet"
    assert line in yiheng(*auto(data, out)).refusal
    assert not out.exists()
    assert not list(Data.open(data).results.glob("groupings/*"))


def test_a_file_without_dates_is_refused(yiheng: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    _write(
        tmp_path / "cases.parquet", [{"case_id": "1", "sex": 1, "age": 6, "dx": ["I21.900"], "discharge_date": None}]
    )
    # A bare file has no registry of its own, and the one with Yiheng names no place.
    found = yiheng(*auto(tmp_path / "cases.parquet", out)).refusal
    assert found == "column --place, value city: drg/places has no packs for this place -> the registry names no place"
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (("--pack", "auto"), "column --place: --pack auto and --place go together"),
        (("--pack", "old", "--place", "city"), "column --place, value city: --pack auto and --place go together"),
    ],
)
def test_what_does_not_go_together_is_refused(
    yiheng: Callable[..., Any], tmp_path: Path, more: tuple[str, ...], line: str
) -> None:
    out = tmp_path / "out.parquet"
    assert yiheng("drg", "group", "--cases", tmp_path, "--out", out, *more).refusal == line
    assert not out.exists()


def test_a_case_is_explained_by_the_pack_of_its_day(yiheng: Callable[..., Any], region: Callable[..., Path]) -> None:
    explain = ("drg", "explain", "--pack", "auto", "--place", "city", "--cases", region(*DAYS), "--json", "--case-id")
    found = [json.loads(yiheng(*explain, case_id).out)["result"]["drg"] for case_id in ("0", "1")]
    assert found == ["IB19", "IR19"]


@pytest.mark.parametrize(
    ("day", "line"),
    [
        (None, ", column discharge_date: has no discharge date: no pack is in force for it"),
        ("2022-12-31", "no pack is in force in city on 2022-12-31 -> in force: 2023-01-01 .. 2023-12-31"),
    ],
)
def test_a_case_without_a_pack_is_not_explained(
    yiheng: Callable[..., Any], region: Callable[..., Path], day: str | None, line: str
) -> None:
    explain = ("drg", "explain", "--pack", "auto", "--place", "city", "--cases", region(day), "--case-id", "0")
    assert line in yiheng(*explain).refusal
    found = yiheng("drg", "explain", "--pack", "auto", "--cases", "x", "--case-id", "0").refusal
    assert found == "column --place: --pack auto and --place go together"


def test_a_case_of_json_says_its_day(yiheng: Callable[..., Any], region: Callable[..., Path], tmp_path: Path) -> None:
    new = region("2024-01-01") / "policy" / "drg" / "new"
    case = {"case_id": "1", "sex": 1, "age": 60, "dx": ["I21.900"], "proc": ["36.07"], "discharge_date": "2024-01-01"}
    (tmp_path / "case.json").write_text(json.dumps(case), encoding="utf-8")
    found = yiheng("drg", "explain", "--pack", new, "--case", tmp_path / "case.json", "--json")
    assert json.loads(found.out)["result"]["drg"] == "IB19"
    (tmp_path / "case.json").write_text(json.dumps(case | {"discharge_date": "2024-01-32"}), encoding="utf-8")
    found = yiheng("drg", "explain", "--pack", new, "--case", tmp_path / "case.json").refusal
    assert found == "file case.json, column discharge_date, value 2024-01-32: does not fit date32[day]"


def test_groups_are_reconciled_by_the_pack_of_each_day(
    yiheng: Callable[..., Any], region: Callable[..., Path], tmp_path: Path
) -> None:
    data, out, payer = region(*DAYS), tmp_path / "out.csv", tmp_path / "payer.csv"
    payer.write_text("hospital,case_id,drg\nA,1,IB19\nA,0,IB19\nA,3,IR19\nB,0,IR19\n", encoding="utf-8")
    reconcile = ("drg", "reconcile", "--pack", "auto", "--place", "city", "--cases", data, "--payer", payer)
    lines = yiheng(*reconcile, "--out", out).out.splitlines()
    assert lines[0] == "4 例"
    assert lines[-3:] == ["仅医保返回有的病例: 1", f"old: {UNCHECKED}", f"new: {UNCHECKED}"]
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["case_id"], row["drg"], row["payer_drg"]) for row in rows] == [
        ("0", "IB19", "IB19"), ("1", "IR19", "IB19"), ("2", "IR19", ""), ("3", "IB19", "IR19"),
    ]  # fmt: skip
    assert [row["payer_kind"] for row in rows][::2] == ["same", "absent"]
    # Under the rules of its day the operation of case 1 is in no list, that of case 3 is.
    assert rows[1]["payer_why"] != rows[3]["payer_why"]


def test_another_pack_is_held_against_those_in_force(yiheng: Callable[..., Any], region: Callable[..., Path]) -> None:
    data = region(*DAYS)
    new = data / "policy" / "drg" / "new"
    found = yiheng("policy", "impact", "auto", new, "--place", "city", "--cases", data, "--lang", "en").out
    lines = found.splitlines()
    assert lines[:3] == ["2 of 4 cases move", "before\tafter\tn\tweight\tweight", "IR19\tIB19\t2\t-\t-"]
    assert lines[-2:] == [f"old: {UNCHECKED}", f"new: {UNCHECKED}"]
    found = yiheng("policy", "impact", new, new, "--place", "city", "--cases", data).refusal
    assert found == "column --place, value city: --pack auto and --place go together"


def test_weights_that_depend_on_the_day_are_refused(yiheng: Callable[..., Any], region: Callable[..., Path]) -> None:
    data = region(*DAYS)
    for name, weight in (("old", "1.20"), ("new", "1.30")):
        text = f"drg,weight\nIB19,{weight}\nIR19,0.80\n"
        (data / "policy" / "drg" / name / "weights.csv").write_text(text, encoding="utf-8")
    new = data / "policy" / "drg" / "new"
    found = yiheng("policy", "impact", "auto", new, "--place", "city", "--cases", data).refusal
    what = "has another weight than a pack in force on other days: 1.30"
    assert found == f"file new, column drg, value IB19: {what} -> cases of one period"


@pytest.mark.spark
@pytest.mark.slow
def test_a_cluster_keeps_the_same_run_of_data(
    master: str, yiheng: Callable[..., Any], region: Callable[..., Path], tmp_path: Path
) -> None:
    data = region(*DAYS)
    one = ("drg", "group", "--pack", data / "policy" / "drg" / "new", "--cases", data, "--out")
    for name, command in (("one", one), ("auto", auto(data, tmp_path / "x.parquet")[:-1])):
        here, there = tmp_path / f"{name}-here.parquet", tmp_path / f"{name}-there.parquet"
        assert yiheng(*command, here).code == 0
        (run,) = (folder for folder in Data.open(data).results.glob("groupings/0*"))
        kept = json.loads((run / "run.json").read_text(encoding="utf-8"))
        shutil.rmtree(run)
        assert yiheng(*command, there, "--engine", master).code == 0
        (again,) = Data.open(data).results.glob("groupings/0*")
        assert (again.name, json.loads((again / "run.json").read_text(encoding="utf-8"))) == (run.name, kept)
        assert pq.read_table(there).to_pydict() == pq.read_table(here).to_pydict()
        assert pq.read_schema(there).metadata == pq.read_schema(here).metadata
        shutil.rmtree(again)
