"""`yiheng drg group --pack auto`: each case by the pack in force on its day; one without is refused."""

import csv
import json
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


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled packs are kept here, not in the home folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


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
        (
            ("--pack", "auto", "--place", "city", "--engine", "spark://x:1"),
            "column --engine, value spark://x:1: a cluster groups by one pack -> --engine local",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    yiheng: Callable[..., Any], tmp_path: Path, more: tuple[str, ...], line: str
) -> None:
    out = tmp_path / "out.parquet"
    assert yiheng("drg", "group", "--cases", tmp_path, "--out", out, *more).refusal == line
    assert not out.exists()
