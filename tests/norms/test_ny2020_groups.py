"""Groups, monthly sums and indices on 36,631 real discharges against a computation from the CSV, in plain Python."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from math import ceil, log, sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pyarrow.parquet as pq
import pytest

from yiheng.cases.load import load
from yiheng.cli.norms_groups import cases, groups
from yiheng.cli.norms_indices import cases_of, indices

pytestmark = [pytest.mark.golden, pytest.mark.parity]

Row = dict[str, Any]


@pytest.fixture(scope="module")
def ny2020(tmp_path_factory: pytest.TempPathFactory, ny2020_file: Path, root: Path) -> Path:
    """DATA with all of them."""
    folder = tmp_path_factory.mktemp("ny2020") / "data"
    load(folder, [ny2020_file], root / "examples" / "ny2020.yaml")
    return folder


@pytest.fixture(scope="module")
def rows(ny2020_rows: list[Row], ny2020_deaths: list[bool]) -> list[Row]:
    """Fees in cents, and whether each died."""
    return [row | {"fee": int(row["total_fee"] * 100), "died": died, "region": "all"}
            for row, died in zip(ny2020_rows, ny2020_deaths, strict=True)]  # fmt: skip


def by_key(rows: list[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[tuple(row[key] for key in keys)].append(row)
    return found


def squares(values: list[int]) -> Fraction:
    mean = Fraction(sum(values), len(values))
    return sum(((value - mean) ** 2 for value in values), Fraction(0))


def quartile(values: list[int], quarter: int) -> int:
    return sorted(values)[ceil(len(values) * quarter / 4) - 1]


@pytest.mark.slow
@pytest.mark.parametrize("by", ["region", "hospital"])
def test_facility_and_group_tables(ny2020: Path, tmp_path: Path, rows: list[Row], by: str) -> None:
    """Quartiles, CV, deaths of every facility and group, and the RIV of every facility's grouping."""
    out, riv = tmp_path / "x.parquet", tmp_path / "riv.parquet"
    groups(cases=ny2020, by=by, out=out, riv=riv)
    wanted = by_key(rows, by, "group")
    table = pq.read_table(out).to_pylist()
    assert {(row[by], row["group"]) for row in table} == set(wanted)
    for row in table:
        its = wanted[row[by], row["group"]]
        fees, stays = [each["fee"] for each in its], [each["los"] for each in its]
        assert (row["n"], row["fee_cases"], row["los_cases"]) == (len(its),) * 3
        assert [row[f"fee_{name}"] * 100 for name in ("least", "p25", "median", "p75", "most")] == [
            min(fees), quartile(fees, 1), quartile(fees, 2), quartile(fees, 3), max(fees),
        ]  # fmt: skip
        assert [row[f"los_{name}"] for name in ("p25", "median", "p75")] == [quartile(stays, q) for q in (1, 2, 3)]
        cv = sqrt(squares(fees) / (len(fees) - 1)) / fmean(fees) if len(fees) > 1 and sum(fees) else None
        assert row["fee_cv"] == (cv if cv is None else pytest.approx(cv, rel=1e-9))
        assert (row["deaths"], row["death_cases"]) == (sum(each["died"] for each in its), len(its))
    assert_riv(pq.read_table(riv).to_pylist(), rows, by)


def assert_riv(table: list[Row], rows: list[Row], by: str) -> None:
    units = by_key(rows, by)
    assert {(row[by],) for row in table} == set(units)
    for row in table:
        its = units[row[by],]
        around = squares([each["fee"] for each in its])
        within = sum((squares([each["fee"] for each in part]) for part in by_key(its, "group").values()), Fraction(0))
        assert row["riv"] == (pytest.approx(float(1 - within / around), rel=1e-9, abs=1e-12) if around else None)


@pytest.mark.slow
def test_mortality_by_risk_of_every_facility(ny2020: Path, tmp_path: Path, rows: list[Row]) -> None:
    """Classes from the very cases; the cases behind the deaths of the low-risk groups are these."""
    out = tmp_path / "x.parquet"
    indices(cases=ny2020, by="hospital", out=out)
    counts = {name[0]: (sum(each["died"] for each in its), len(its)) for name, its in by_key(rows, "group").items()}
    logs = {name: log(deaths / n) for name, (deaths, n) in counts.items() if n >= 30 and deaths}
    mean, deviation = fmean(logs.values()), stdev(logs.values())
    low = {name for name, (deaths, n) in counts.items() if n >= 30 and not deaths}
    low |= {name for name, each in logs.items() if (each - mean) / deviation < -1}
    units = by_key(rows, "hospital")
    table = {row["hospital"]: row for row in pq.read_table(out).to_pylist()}
    assert {(name,) for name in table} == set(units)
    for (name,), its in units.items():
        inside = [each for each in its if each["group"] in low]
        row = table[name]
        assert (row["low_risk_cases"], row["low_risk_deaths"]) == (len(inside), sum(each["died"] for each in inside))
        assert (row["deaths"], row["death_cases"]) == (sum(each["died"] for each in its), len(its))
        assert row["groups"] == len({each["group"] for each in its})
    cases_of(cases=ny2020, figure="low_risk_deaths", out=out)
    found = {(row["hospital"], row["case_id"]) for row in pq.read_table(out).to_pylist()}
    assert found == {(row["hospital"], row["case_id"]) for row in rows if row["group"] in low and row["died"]}


def test_every_case_beside_its_group(ny2020: Path, tmp_path: Path, rows: list[Row]) -> None:
    """No ICD codes, so no severity: every case is held against its whole group, which has the severity in its name."""
    out = tmp_path / "x.parquet"
    cases(cases=ny2020, out=out)
    means = {
        name[0]: Fraction(sum(each["fee"] for each in its), len(its)) for name, its in by_key(rows, "group").items()
    }
    table = {(row["hospital"], row["case_id"]): row for row in pq.read_table(out).to_pylist()}
    assert len(table) == len(rows)
    for row in rows:
        got, mean = table[row["hospital"], row["case_id"]], means[row["group"]]
        assert (got["base"], got["fee"]) == ("group", Decimal(row["fee"]).scaleb(-2))
        assert abs(got["expected_fee"] - float(mean / 100)) <= 1e-10 * float(mean)
        assert abs(got["fee_difference"] - float((row["fee"] - mean) / 100)) <= 1e-9 * float(mean)
    assert {row["category_1"] for row in table.values()} == {None}
