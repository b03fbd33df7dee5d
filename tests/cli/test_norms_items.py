"""yiheng norms standards, days, departures: charge lines of DATA by group; what cannot be read is one clear line."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.norms.items.standards import SCHEMA
from yiheng.policy.loader import scheme
from yiheng.tables.contract import contract
from yiheng.tables.data import loading
from yiheng.tables.runs import read_run
from yiheng.tables.version import code_version

FIRST = ["group", "item_code", "cases", "using", "quantity", "amount"]
RULES = """\
about: {zh: 小例, en: few, base: norms/standards}
cases_least:
  {zh: 少, en: few, unit: cases, values: [{from: 2019-01-01, value: 2, choice: city, checked_until: null}]}
departure_least:
  {zh: 少, en: few, unit: yuan, values: [{from: 2019-01-01, value: 1, choice: city, checked_until: null}]}
"""


def rows_of(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = contract(table).schema
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


def line(case_id: str, code: str, quantity: int) -> dict[str, Any]:
    return {
        "hospital": "A", "case_id": case_id, "line_no": 1, "day_no": 1, "year": 2025, "month": 202506,
        "item_code": code, "item_name": f"item {code}", "category": "09", "quantity": Decimal(quantity),
        "amount": Decimal(10 * quantity), "is_drug": True, "is_material": False,
    }  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three cases of group g in two commits: first without lines, then with them; the third uses b instead of a."""
    root = tmp_path / "data"
    cases = [
        {"hospital": "A", "case_id": n, "year": 2025, "discharge_date": date(2025, 6, 30), "los": 1, "group": "g"}
        for n in "123"
    ]
    with loading(root) as load:
        load.stage("cases").write(rows_of("cases", cases[:1]))
        load.commit(())
    with loading(root) as load:
        load.stage("cases").write(rows_of("cases", cases[1:]))
        load.stage("lines").write(rows_of("lines", [line("1", "a", 2), line("2", "a", 1), line("3", "b", 5)]))
        load.commit(())
    return root


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "few.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


@pytest.fixture
def refused(yiheng: Any, tmp_path: Path) -> Callable[..., str]:
    """The one line of a refusal that left nothing behind."""

    def run(*arguments: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        said: str = yiheng("norms", *arguments, "--out", tmp_path / "out.csv").refusal
        assert sorted(tmp_path.rglob("*")) == before
        return said

    return run


def write_groups(path: Path, columns: dict[str, list[str | None]], commit: int | None = None) -> Path:
    ids = {"hospital": ["A"] * 3, "case_id": ["1", "2", "3"]}
    table = pa.table(ids | columns)
    pq.write_table(table.replace_schema_metadata(None if commit is None else {"commit": str(commit)}), path)
    return path


def test_standards_of_data(yiheng: Any, data: Path, rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    ran = yiheng("norms", "standards", "--cases", data, "--out", out, "--rules", rules)
    assert (ran.code, ran.out) == (
        0,
        f"2 items of 1 groups, 2 of them standard, in {out}\n3 cases with lines; 0 cases in no group left out\n",
    )
    table = pq.read_table(out)
    assert table.column_names == SCHEMA.names
    assert table.column_names[:6] == FIRST
    assert table.select([*FIRST, "rule"]).to_pylist() == [
        {"group": "g", "item_code": "a", "cases": 3, "using": 2, "quantity": Decimal(3), "amount": Decimal(30),
         "rule": "use_share|fee_share"},
        {"group": "g", "item_code": "b", "cases": 3, "using": 1, "quantity": Decimal(5), "amount": Decimal(50),
         "rule": "fee_share"},
    ]  # fmt: skip
    about = {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
    assert (about["code_version"], about["commit"], about["group"]) == (code_version(), "2", "group")
    (folder,) = (data / "results" / "standards").glob("0*")
    run = read_run(folder)
    assert (run.inputs.commit, run.inputs.parameters) == (2, {"group": "group"})
    assert list(run.inputs.policy) == ["few.yaml"]
    assert run.table("standards").to_pydict() == table.to_pydict()


def test_the_out_of_a_grouper(yiheng: Any, data: Path, tmp_path: Path) -> None:
    """A DRG grouper calls its group drg; a case that is not grouped has none."""
    groups = write_groups(
        tmp_path / "groups.parquet", {"status": ["grouped", "grouped", "invalid"], "drg": ["x", "y", "0000"]}, 2
    )
    out = tmp_path / "out.csv"
    ran = yiheng("norms", "standards", "--cases", data, "--grouping", groups, "--out", out)
    assert ran.out.splitlines()[1] == "2 cases with lines; 1 cases in no group left out"
    with out.open(encoding="utf-8", newline="") as file:
        assert [[row[name] for name in FIRST] for row in csv.DictReader(file)] == [
            ["x", "a", "1", "1", "2.0000", "20.00"], ["y", "a", "1", "1", "1.0000", "10.00"],
        ]  # fmt: skip
    (folder,) = (data / "results" / "standards").glob("0*")
    digest = scheme("norms/standards").digest
    assert read_run(folder).inputs.policy == {"norms/standards": digest}


@pytest.mark.slow
def test_days_and_departures(yiheng: Any, data: Path, rules: Path, tmp_path: Path) -> None:
    """Case 3 lacks a (mean 15) and has b, which is standard by its fees."""
    standards, days, path = (tmp_path / f"{name}.parquet" for name in ("standards", "days", "path"))
    more = ("--rules", rules)
    assert yiheng("norms", "standards", "--cases", data, "--out", standards, *more).code == 0
    ran = yiheng("norms", "days", "--cases", data, "--out", days, "--path", path, *more)
    assert ran.out == f"1 days of groups in {days}; 1 items in the care paths\n"
    out = tmp_path / "out.parquet"
    given = ("--standards", standards, "--days", days, "--path", path)
    ran = yiheng("norms", "departures", "--cases", data, *given, "--out", out, *more)
    found = pq.read_table(out).select(["case_id", "departure", "item_code", "amount"]).to_pylist()
    assert ran.out == f"{len(found)} departures in {out}\n"
    assert [tuple(row.values()) for row in found if row["case_id"] == "3"] == [
        ("3", "missing", "a", Decimal("-15.00")),
        ("3", "category", None, Decimal("23.33")),
        ("3", "day", None, Decimal("23.33")),
        ("3", "missing_on_day", "a", Decimal("-15.00")),
    ]
    (folder,) = (data / "results" / "departures").glob("0*")
    assert read_run(folder).inputs.parameters.keys() == {"group", "standards", "days", "path"}
    ran = yiheng("norms", "departures", "--cases", data, "--case", "3", *more)
    assert ran.out.splitlines()[1:] == [
        "missing\t\t09\ta\titem a\t0.0000\t1.5000\t-15.00",
        "category\t\t09\t\t\t\t\t23.33",
    ]


def test_lines_are_needed(refused: Any, data: Path, cases_csv: Path) -> None:
    cure = "-> yiheng cases load LINES.csv --to DATA"
    assert refused("standards", "--cases", data, "--commit", 1) == f"file {data}: holds no charge lines {cure}"
    what = "is no DATA folder: charge lines are read from nothing else"
    assert refused("days", "--cases", cases_csv) == f"file {cases_csv}: {what}"


def test_a_grouping_of_other_cases(refused: Any, data: Path, tmp_path: Path) -> None:
    """Of another commit, in another order, without a group, or with nothing in it."""
    old = write_groups(tmp_path / "old.parquet", {"group": ["g", "g", "g"]}, 1)
    cure = "--commit 1, or group again"
    said = refused("standards", "--cases", data, "--grouping", old)
    assert said == f"file {old}: was made from commit 1, not 2 -> {cure}"
    less = tmp_path / "less.parquet"
    pq.write_table(pq.read_table(old).replace_schema_metadata(None).slice(1), less)
    said = refused("standards", "--cases", data, "--grouping", less)
    assert said == f"file {less}: has not the same cases in the same order as the input"
    none = write_groups(tmp_path / "none.parquet", {"status": ["grouped"] * 3})
    assert refused("standards", "--cases", data, "--grouping", none) == (
        "file none.parquet, column group: this column is missing"
    )
    empty = write_groups(tmp_path / "empty.parquet", {"group": pa.array([None] * 3, pa.string())})
    assert refused("standards", "--cases", data, "--grouping", empty) == f"file {empty}: no case is in a group"


def test_what_departures_refuse(yiheng: Any, refused: Any, data: Path, tmp_path: Path) -> None:
    said = yiheng("norms", "departures", "--cases", data).refusal
    assert said == "column --out: all cases go to a file -> --out FILE, or --case ID"
    said = refused("departures", "--cases", data, "--case", "9")
    assert said == "column --case, value 9: no case with this id is in a group"
    other = write_groups(tmp_path / "other.parquet", {"group": ["g"] * 3})
    assert "has not the columns of that table" in refused("departures", "--cases", data, "--standards", other)
    said = refused("departures", "--cases", data, "--standards", tmp_path / "no.parquet")
    assert said == f"file {tmp_path / 'no.parquet'}: there is no such .parquet file"
