"""The norms on 36,631 real discharges, loaded through examples/ny2020.yaml, against a computation from the CSV."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from yiheng.cases.load import load
from yiheng.cli.norms_build import build

pytestmark = [pytest.mark.golden, pytest.mark.parity]

CASES = 36_631
FIRST = ["n", "mean_cost", "mean_los", "cmi", "cost_index", "time_index"]


@pytest.fixture(scope="module")
def ny2020(tmp_path_factory: pytest.TempPathFactory, ny2020_file: Path, root: Path) -> Path:
    """DATA with all of them."""
    folder = tmp_path_factory.mktemp("ny2020") / "data"
    loaded = load(folder, [ny2020_file], root / "examples" / "ny2020.yaml")
    assert (loaded.accepted, loaded.quarantined, loaded.lines) == (CASES, 0, [])
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, ny2020_rows: list[dict[str, Any]]) -> Path:
    """The same as a bare CSV with another name for the group."""
    path = tmp_path_factory.mktemp("bare") / "cases.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["hospital", "case_id", "los", "total_fee", "apr_drg", "note"])
        names = ("hospital", "case_id", "los", "total_fee", "group", "dept")
        writer.writerows([row[name] for name in names] for row in ny2020_rows)
    return path


@pytest.fixture(scope="module")
def plain(ny2020_rows: list[dict[str, Any]], plain_norms: Any) -> dict[str, Any]:
    """The computation from the CSV, by unit."""
    return {by: plain_norms(ny2020_rows, by) for by in ("hospital", "group", "region")}


def assert_figures(table: pa.Table, plain_rows: dict[tuple[str | None, ...], dict[str, Any]], by: str) -> None:
    found = {row[by]: row for row in table.to_pylist()}
    assert {(unit,) for unit in found} == plain_rows.keys()
    for (unit,), wanted in plain_rows.items():
        for name, value in wanted.items():
            got = found[unit][name]
            assert got == value if name in ("fee", "norm_fee", "difference") else got == pytest.approx(value, rel=1e-9)


def test_every_discharge_is_accounted_for(ny2020_rows: list[dict[str, Any]]) -> None:
    assert len(ny2020_rows) == CASES
    assert len({row["hospital"] for row in ny2020_rows}) == 169


@pytest.mark.slow
@pytest.mark.parametrize("by", ["hospital", "group", "region"])
def test_data_by_unit(by: str, ny2020: Path, tmp_path: Path, plain: Any) -> None:
    """Weights, CMI, means and both indices of every facility and group to 1e-9, money to the cent."""
    out = tmp_path / "x.parquet"
    build(cases=ny2020, by=by, out=out)
    table = pq.read_table(out)
    assert table.column_names[:7] == [by, *FIRST]
    assert sum(table["n"].to_pylist()) == CASES
    assert_figures(table, plain[by], by)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["hospital", "group"])
def test_a_bare_file_with_its_own_group_column(by: str, bare: Path, tmp_path: Path, plain: Any) -> None:
    out = tmp_path / "x.csv"
    build(cases=bare, by=by, out=out, group="apr_drg")
    types = {by: pa.string(), **dict.fromkeys(("fee", "norm_fee", "difference"), pa.decimal128(18, 2))}
    table = pyarrow.csv.read_csv(out, convert_options=pyarrow.csv.ConvertOptions(column_types=types))
    assert table.column_names[:7] == [by, *FIRST]
    assert_figures(table, plain[by], by)


def test_a_file_and_data_give_the_same_content(ny2020: Path, bare: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    build(cases=ny2020, by="hospital", out=one)
    build(cases=bare, by="hospital", out=other, group="apr_drg")
    assert pq.read_table(one).equals(pq.read_table(other))
