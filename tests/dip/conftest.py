"""Cases for DIP, and a catalogue once more in plain Python: dictionaries and fractions, sharing no code with `dip`."""

import csv
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.dip.catalogue.build import Catalogue, build
from yiheng.policy.loader import Scheme, read_scheme, scheme
from yiheng.tables.contract import contract
from yiheng.tables.engine import engine

Row = dict[str, Any]
DAY = date(2024, 12, 31)
COLUMNS = (
    "hospital", "case_id", "dx", "proc", "dx_edition", "proc_edition", "total_fee", "los", "year", "group", "drug_fee",
    "material_fee", "excluded_fee", "payer", "out_of_area", "care_type", "pay_method",
)  # fmt: skip


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """One engine for all tests of the room."""
    with engine() as one:
        yield one


@pytest.fixture(scope="session")
def national() -> Scheme:
    return scheme("dip/national-1.0")


@pytest.fixture(scope="session")
def two() -> Scheme:
    return scheme("dip/national-2.0")


@pytest.fixture(scope="session")
def table(backend: Backend) -> Callable[[list[Row]], ir.Table]:
    """Rows as a table of cases in the engine, with `place`, the number of the row."""
    fields = [(name, contract("cases").column(name).type) for name in COLUMNS]
    schema = pa.schema([*fields, ("place", pa.int64())])

    def made(rows: list[Row]) -> ir.Table:
        content = [{name: row.get(name) for name in COLUMNS} | {"place": n} for n, row in enumerate(rows)]
        memory = ibis.memtable(pa.Table.from_pylist(content, schema=schema))
        return backend.create_table(ibis.util.gen_name("cases"), memory, temp=True)

    return made


@pytest.fixture(scope="session")
def built(backend: Backend, table: Callable[[list[Row]], ir.Table], national: Scheme) -> Callable[..., Catalogue]:
    """The catalogue of these cases by a scheme, the national one if no other is given."""
    return lambda rows, by=national: build(backend, table(rows), by)


@pytest.fixture(scope="session")
def with_value(root: Path) -> Callable[..., Scheme]:
    """The national scheme with other values."""
    text = (root / "src/yiheng/policy/dip/national-1.0.yaml").read_text(encoding="utf-8")

    def made(**values: object) -> Scheme:
        changed = text
        for name, value in values.items():
            head, tail = changed.split(f"\n{name}:", 1)
            before, after = tail.split("      value: ", 1)
            rest = after.split("\n", 1)[1]
            changed = f"{head}\n{name}:{before}      value: {said(value)}\n{rest}"
        return read_scheme("dip/changed", changed)

    return made


def said(value: object) -> str:
    """A value as YAML says it."""
    return json.dumps(value, ensure_ascii=False)


@pytest.fixture(scope="session")
def random_cases() -> Callable[[int, int], list[Row]]:
    """`count` cases by a seed, over five years, with frequent and rare combinations and all that can be missing."""

    def made(seed: int, count: int) -> list[Row]:
        chance = random.Random(seed)
        return [_case(chance, number) for number in range(count)]

    return made


def _case(chance: random.Random, number: int) -> Row:
    stem = chance.choices(["I21", "I63", "J18", "K80", "C34", "O80"], [9, 8, 6, 4, 2, 1])[0]
    dx = [f"{stem}.{chance.choice('019')}{chance.choice(['', '00', '00x001'])}", "E11.900", None][
        : chance.randint(1, 3)
    ]
    procs = [["36.0600x004"], ["36.06", "88.5500"], ["88.55", None, "36.0600"], [], None, [None], ["99.2503", "99.25"]]
    fee = None if chance.random() < 0.03 else Decimal(int(chance.lognormvariate(13, 1))).scaleb(-2)
    return {
        "hospital": chance.choice("ABC"),
        "case_id": str(number),
        "dx": chance.choices([dx, None, [], [None, "I10"]], [97, 1, 1, 1])[0],
        "proc": chance.choice(procs),
        "dx_edition": chance.choice([None, "ICD-10"]),
        "proc_edition": None,
        "total_fee": fee,
        "los": None if chance.random() < 0.05 else chance.randint(1, 30),
        "year": chance.choice([2020, 2021, 2022, 2023, 2024]),
    }


@pytest.fixture(scope="session")
def plain_catalogue() -> Callable[..., tuple[dict[str, Row], list[str | None]]]:
    """The groups by name, and each row's own group (None for a row that no catalogue is made of)."""
    return _plain_catalogue


def _plain_catalogue(
    rows: list[Row], weights: tuple[int, ...] = (1, 2, 7), cut: int = 15
) -> tuple[dict[str, Row], list[str | None]]:
    usable = [row for row in rows if row["dx"] and row["dx"][0] is not None and row["total_fee"] is not None]
    newest = max(row["year"] for row in usable)
    weight = {newest - back: each for back, each in enumerate(reversed(weights))}
    usable = [row for row in usable if row["year"] in weight]
    count: dict[str, int] = defaultdict(int)
    for row in usable:
        count[_plain_keys(row)[0]] += 1
    groups: dict[str, Row] = {}
    for row in usable:
        core, wide = _plain_keys(row)
        name, kind = (core, "core") if count[core] >= cut else (wide, "comprehensive")
        its = groups.setdefault(
            name, {"kind": kind, "n": 0, "los_cases": 0, "cases": 0, "fee": 0, "stays": 0, "los": 0, "fees": []}
        )
        own = weight[row["year"]]
        its["n"] += 1
        its["fees"].append(float(row["total_fee"]))
        its["cases"] += own
        its["fee"] += own * Fraction(row["total_fee"])
        if row["los"] is not None:
            its["los_cases"] += 1
            its["stays"] += own
            its["los"] += own * row["los"]
    mean = Fraction(sum(its["fee"] for its in groups.values()), sum(its["cases"] for its in groups.values()))
    for its in groups.values():
        its["mean_cost"] = its["fee"] / its["cases"]
        its["mean_los"] = Fraction(its["los"], its["stays"]) if its["stays"] else None
        its["rw"] = its["mean_cost"] / mean
        its["points"] = its["rw"] * 1000
        its["cv"] = stdev(its["fees"]) / fmean(its["fees"]) if len(its["fees"]) > 1 else None
    kept = {id(row) for row in usable}
    placed = [next((k for k in _plain_keys(row) if k in groups), None) if id(row) in kept else None for row in rows]
    return groups, placed


def _plain_keys(row: Row) -> tuple[str, str]:
    procs = sorted({_cut(code, 4, 2, row["proc_edition"]) for code in row["proc"] or [] if code is not None})
    dx = row["dx"][0]
    core, wide = _cut(dx, 4, 3, row["dx_edition"]), _cut(dx, 3, 3, row["dx_edition"]) + "*"
    if not procs:
        return core, wide
    icd = row["proc_edition"] is None or row["proc_edition"].startswith("ICD")
    chapters = [int(code[:2]) for code in procs] if icd else []
    strength = [0 if each <= 86 else 1 if each >= 93 else 2 for each in chapters]
    own = ("surgery", "therapeutic", "diagnostic")[min(strength)] if icd else "*"
    return core + ":" + "+".join(procs), wide + ":" + own


def _cut(code: str, length: int, point: int, edition: str | None) -> str:
    if edition is not None and not edition.startswith("ICD"):
        return code
    signs = code.strip().upper().replace(".", "")[:length]
    return signs[:point] + ("." + signs[point:] if signs[point:] else "")


@pytest.fixture(scope="session")
def ny2020_rows(shared: Path) -> list[Row]:
    """36,631 real discharges, whose codes are no ICD codes, read with nothing of Yiheng."""
    path = shared / "real" / "ny2020_musculoskeletal.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [_ny_row(number, row) for number, row in enumerate(csv.DictReader(file), start=1)]


def _ny_row(number: int, row: dict[str, str]) -> Row:
    procedure = row["CCSR.Procedure.Code"]
    return {
        "hospital": row["Permanent.Facility.Id"],
        "case_id": str(number),
        "dx": [row["CCSR.Diagnosis.Code"]],
        "proc": None if procedure in ("", "NA") else [procedure],
        "dx_edition": "CCSR",
        "proc_edition": "CCSR",
        "total_fee": Decimal(row["Total.Costs"]),
        "los": int(row["los"]),
        "year": 2020,
    }
