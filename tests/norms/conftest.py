"""Cases for the norms, and the norms once more in plain Python: dictionaries and fractions, no code in common."""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.build import norms
from yiheng.norms.cells import cell_table, cells
from yiheng.norms.facts import facts
from yiheng.norms.rules import Rules, rules
from yiheng.norms.units import UNITS, with_units
from yiheng.sample.discharges import discharges
from yiheng.sample.places import places
from yiheng.tables.contract import contract
from yiheng.tables.engine import engine, held

Row = dict[str, Any]
COLUMNS = ("hospital", "case_id", "dept", "physician", "discharge_date", "group", "total_fee", "los")
KEYS = {
    "region": lambda row: ("all",),
    "county": lambda row: (COUNTIES.get(row["hospital"]),),
    "hospital": lambda row: (row["hospital"],),
    "dept": lambda row: (row["hospital"], row["dept"]),
    "physician": lambda row: (row["hospital"], row["physician"]),
    "group": lambda row: (row["group"],),
    "hospital_group": lambda row: (row["hospital"], row["group"]),
    "month": lambda row: (row["discharge_date"].strftime("%Y-%m") if row["discharge_date"] else None,),
}
COUNTIES = {"A": "east", "B": "east", "C": "west"}


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """One engine for all tests of the room."""
    with engine() as one:
        yield one


@pytest.fixture(scope="session")
def table(backend: Backend) -> Callable[[list[Row]], ir.Table]:
    """Rows as a table of cases in the engine."""
    schema = pa.schema([(name, contract("cases").column(name).type) for name in COLUMNS])

    def made(rows: list[Row]) -> ir.Table:
        content = pa.Table.from_pylist([{name: row.get(name) for name in COLUMNS} for row in rows], schema=schema)
        return backend.create_table(ibis.util.gen_name("cases"), ibis.memtable(content), temp=True)

    return made


@pytest.fixture(scope="session")
def institution(backend: Backend) -> ir.Table:
    """The places of hospitals A, B and C; of D the region knows nothing."""
    rows = [{"code": code, "county": county} for code, county in COUNTIES.items()]
    content = pa.Table.from_pylist(rows, schema=contract("institution").schema)
    return backend.create_table(ibis.util.gen_name("institution"), ibis.memtable(content), temp=True)


@pytest.fixture(scope="session")
def by_unit(table: Callable[[list[Row]], ir.Table], institution: ir.Table) -> Callable[[list[Row], str], pa.Table]:
    """The norms of these cases by this unit."""

    def made(rows: list[Row], by: str) -> pa.Table:
        units = with_units(table(rows), by, institution)
        return norms(cells(cell_table(units, UNITS[by], "group"), UNITS[by]))

    return made


@pytest.fixture(scope="session")
def random_cases() -> Callable[[int, int], list[Row]]:
    """`count` cases by a seed: fees and stays skewed, some missing, some zero, rare groups, some without a group."""

    def made(seed: int, count: int) -> list[Row]:
        chance = random.Random(seed)
        return [_case(chance, number) for number in range(count)]

    return made


def _case(chance: random.Random, number: int) -> Row:
    group = chance.choices([f"G{place}" for place in range(12)] + [f"rare{number}", None], [9] * 12 + [1, 6])[0]
    fee = (
        None if chance.random() < 0.1 else chance.choice([0, chance.randint(1, 99), int(chance.lognormvariate(13, 1))])
    )
    return {
        "hospital": chance.choice("ABCD"),
        "case_id": str(number),
        "dept": chance.choice(["01", "02", None]),
        "physician": chance.choice(["x", "y", "z", None]),
        "discharge_date": chance.choice([None, date(2024, chance.randint(1, 12), 15)]),
        "group": group,
        "total_fee": None if fee is None else Decimal(fee).scaleb(-2),
        "los": None if chance.random() < 0.1 else chance.randint(0, 40),
    }


@pytest.fixture(scope="session")
def plain_norms() -> Callable[[list[Row], str], dict[tuple[str | None, ...], Row]]:
    """The definitions of `norms.build`, written out: unit -> column -> exact value, None where nothing is there."""
    return _plain_norms


def _plain_norms(rows: list[Row], by: str) -> dict[tuple[str | None, ...], Row]:
    inside = [row for row in rows if row["group"] is not None]
    region = {name: _means(inside, name) for name in ("total_fee", "los")}
    base = _mean([row["total_fee"] for row in inside])
    weights = {group: mean / base if base else None for group, mean in region["total_fee"].items() if mean is not None}
    units = defaultdict(list)
    for row in rows:
        units[KEYS[by](row)].append(row)
    norm_fees = _norm_fees(inside, by)
    result = {unit: _figures(its, weights, region, norm_fees[unit]) for unit, its in units.items()}
    if by == "group":
        for (group,), its in result.items():
            its["rw"] = weights.get(group)
    return result


def _figures(rows: list[Row], weights: dict[str, Fraction], region: Row, norm_fee: int) -> Row:
    inside = [row for row in rows if row["group"] is not None]
    weighed = [weights[row["group"]] for row in inside if weights.get(row["group"]) is not None]
    fees, stays = ([row[name] for row in rows if row[name] is not None] for name in ("total_fee", "los"))
    cost_cases, cost_index = _index(inside, "total_fee", region)
    time_cases, time_index = _index(inside, "los", region)
    fee = sum((row["total_fee"] for row in inside if row["total_fee"] is not None), Decimal("0.00"))
    money = Decimal(norm_fee).scaleb(-2)
    return {
        "n": len(rows), "grouped": len(inside), "fee_cases": len(fees), "mean_cost": _mean(fees),
        "los_cases": len(stays), "mean_los": _mean(stays),
        "weight_cases": len(weighed), "weight": sum(weighed) if weighed else None, "cmi": _mean(weighed),
        "cost_cases": cost_cases, "cost_index": cost_index, "time_cases": time_cases, "time_index": time_index,
        "fee": fee, "norm_fee": money, "difference": money - fee,
    }  # fmt: skip


def _index(rows: list[Row], name: str, region: Row) -> tuple[int, Fraction | None]:
    """sum k_g n_g / sum n_g over the groups whose regional mean is above nothing."""
    above, below = Fraction(0), 0
    for group, its_mean in _means(rows, name).items():
        n = sum(row["group"] == group and row[name] is not None for row in rows)
        if n and region[name][group] > 0:
            above += its_mean / region[name][group] * n
            below += n
    return below, above / below if below else None


def _means(rows: list[Row], name: str) -> dict[str, Fraction | None]:
    values = defaultdict(list)
    for row in rows:
        values[row["group"]] += [row[name]] if row[name] is not None else []
    return {group: _mean(its) for group, its in values.items()}


def _mean(values: list[Any]) -> Fraction | None:
    there = [Fraction(value) for value in values if value is not None]
    return sum(there, Fraction(0)) / len(there) if there else None


def _norm_fees(rows: list[Row], by: str) -> dict[tuple[str | None, ...], int]:
    """Each group's fees in fen, shared among units by their cases with a fee, by the largest remainder."""
    shared: dict[tuple[str | None, ...], int] = defaultdict(int)
    for group in {row["group"] for row in rows}:
        its = [row for row in rows if row["group"] == group and row["total_fee"] is not None]
        count: dict[tuple[str | None, ...], int] = defaultdict(int)
        for row in its:
            count[KEYS[by](row)] += 1
        total = int(sum(row["total_fee"] for row in its) * 100)
        exact = {unit: Fraction(total * n, len(its)) for unit, n in count.items()}
        left = total - sum(share // 1 for share in exact.values())
        order = sorted(exact, key=lambda unit: (-(exact[unit] % 1), [(part is not None, part or "") for part in unit]))
        for place, unit in enumerate(order):
            shared[unit] += exact[unit] // 1 + (place < left)
    return shared


@pytest.fixture(scope="session")
def ny2020_file(shared: Path) -> Path:
    """36,631 real discharges of New York State, 2020."""
    return shared / "real" / "ny2020_musculoskeletal.csv.gz"


@pytest.fixture(scope="session")
def ny2020_rows(ny2020_file: Path) -> list[Row]:
    """The same, read from the file with nothing of Yiheng."""
    with gzip.open(ny2020_file, "rt", encoding="utf-8", newline="") as file:
        return [_ny_row(number, row) for number, row in enumerate(csv.DictReader(file), start=1)]


def _ny_row(number: int, row: dict[str, str]) -> Row:
    return {
        "hospital": row["Permanent.Facility.Id"],
        "case_id": str(number),
        "dept": None,
        "physician": None,
        "discharge_date": None,
        "group": f"{row['APR.DRG.Code']}-{row['illseveritydesc']}",
        "total_fee": Decimal(row["Total.Costs"]),
        "los": int(row["los"]),
    }


@pytest.fixture(scope="session")
def ny2020_deaths(ny2020_file: Path) -> list[bool]:
    """Whether each of them died, in the order of the file."""
    with gzip.open(ny2020_file, "rt", encoding="utf-8", newline="") as file:
        return [row["Patient.Disposition"] == "Expired" for row in csv.DictReader(file)]


@pytest.fixture(scope="session")
def region_rows() -> list[Row]:
    """20,000 made-up cases of two years with a group each, and gaps as real files have them; `row` is their order."""
    chance, rows = random.Random(20_000), []
    for batch in discharges(11, 10_000, (2024, 2025)):
        rows += batch.to_pylist()
    return [_with_gaps(chance, number, row) for number, row in enumerate(rows)]


GAPS = ("total_fee", "los", "discharge", "patient", "dept", "physician", "residence", "drug_fee", "fee_03", "age")


def _with_gaps(chance: random.Random, number: int, row: Row) -> Row:
    group = row["dx"][0][:3] + ("+" if row["proc"] else "")
    gaps: Row = {name: None for name in GAPS if chance.random() < 0.02}
    if chance.random() < 0.002:
        gaps["discharge_date"] = None
    if chance.random() < 0.01:
        gaps["total_fee"] = -row["total_fee"]
    return row | gaps | {"row": number, "group": None if chance.random() < 0.03 else group}


@pytest.fixture(scope="session")
def as_cases(backend: Backend) -> Callable[[list[Row]], ir.Table]:
    """Rows as a whole case table in the engine, with `row`."""
    schema = contract("cases").schema.append(pa.field("row", pa.int64()))

    def made(rows: list[Row]) -> ir.Table:
        return held(backend, pa.Table.from_pylist(rows, schema=schema))

    return made


@pytest.fixture(scope="session")
def its_rules() -> Rules:
    return rules(date(2025, 12, 31))


@pytest.fixture(scope="session")
def region_places() -> pa.Table:
    """The institutions of the made-up region; one became of another class and county in the middle of 2024."""
    found = places(11)["institution"].to_pylist()
    first = found[0]
    changed = [
        first | {"valid_to": date(2024, 6, 30)},
        first | {"valid_from": date(2024, 7, 1), "class": "乙", "county": "演示新区", "area": "990199"},
    ]
    return pa.Table.from_pylist([*changed, *found[1:]], schema=contract("institution").schema)


@pytest.fixture(scope="session")
def as_facts(backend: Backend, as_cases: Any, region_places: pa.Table, its_rules: Rules) -> Callable[..., ir.Table]:
    """Rows as facts, with the places of the made-up region."""

    def made(rows: list[Row], institution: pa.Table | None = region_places) -> ir.Table:
        known = None if institution is None else held(backend, institution)
        return facts(backend, as_cases(rows), "group", known, its_rules)

    return made


@pytest.fixture(scope="session")
def region_facts(as_facts: Any, region_rows: list[Row]) -> ir.Table:
    return as_facts(region_rows)


@pytest.fixture(scope="session")
def plain_facts(region_rows: list[Row], region_places: pa.Table) -> list[Row]:
    """`facts` once more in plain Python: money as fen, places by date, readmissions by comparing every two stays."""
    return plain(region_rows, region_places.to_pylist())


@pytest.fixture(scope="session")
def plainly() -> Callable[[list[Row], list[Row]], list[Row]]:
    return plain


def plain(rows: list[Row], institutions: list[Row]) -> list[Row]:
    stays = defaultdict(list)
    for row in rows:
        if row["patient"] and row["admit_date"] and row["discharge_date"]:
            stays[row["patient"]].append(row)
    return [_plain_fact(row, institutions, stays[row["patient"]] if row["patient"] else []) for row in rows]


def _plain_fact(row: Row, institutions: list[Row], stays: list[Row]) -> Row:
    place = _plain_place(row, institutions) or {}
    parts = {f"fee_{number:02}": row[f"fee_{number:02}"] for number in range(1, 15)}
    parts |= {"drug": row["drug_fee"], "material": row["material_fee"]}
    grade = place.get("class")
    level = place.get("level")
    home, area = row["residence"], place.get("area")
    return (
        {name: row[name] for name in ("row", "hospital", "case_id", "dept", "physician", "payer", "group", "los")}
        | {name: None if value is None else int(value * 100) for name, value in parts.items()}
        | {
            "fee": None if row["total_fee"] is None else int(row["total_fee"] * 100),
            "month": row["discharge_date"] and row["discharge_date"].isoformat()[:7],
            "county": place.get("county"),
            "area": area,
            "hospital_class": None if level is None else f"{level}{'' if grade in (None, 'none') else grade}",
            "died": None if row["discharge"] is None else row["discharge"] == 5,
            "away": None if row["out_of_area"] is None else row["out_of_area"] > 0,
            "home": home,
            "outside": None if home is None or area is None else home != area,
        }
        | _plain_returns(row, stays)
    )


def _plain_place(row: Row, institutions: list[Row]) -> Row | None:
    its = sorted((i for i in institutions if i["code"] == row["hospital"]), key=lambda i: i["valid_from"])
    day = row["discharge_date"]
    if day is None:
        return its[-1] if its else None
    begun = [i for i in its if i["valid_from"] <= day]
    return begun[-1] if begun and (begun[-1]["valid_to"] or day) >= day else None


def _plain_returns(row: Row, stays: list[Row]) -> Row:
    if row not in stays or row["discharge"] in (2, 5) or row["planned_readmit"] or row["interim"]:
        return {"returned_any": None, "returned_same": None}
    order = lambda its: (its["admit_date"], its["discharge_date"], its["hospital"], its["case_id"])  # noqa: E731
    later = [
        its for its in stays
        if order(its) > order(row) and 0 <= (its["admit_date"] - row["discharge_date"]).days <= 31
        and not (its["stay_id"] and its["stay_id"] == row["stay_id"] and its["hospital"] == row["hospital"])
    ]  # fmt: skip
    return {"returned_any": bool(later), "returned_same": any(its["hospital"] == row["hospital"] for its in later)}
