"""DIP: a catalogue and its assignment beside what reading the same columns alone takes.

    .venv/bin/python benchmarks/dip.py [--cases 1500000] [--seed 1] [--write]

Made-up cases over three years, 600 diagnoses and 60 operations, frequent and rare ones. Beside the build: DuckDB's own
time to read the columns that a build reads and average the fee by a key. Beside the assignment: a floor that reads the
same columns and writes as many. `--write`: into benchmarks/dip.md.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yiheng.cases.input import open_cases
from yiheng.dip.assign import NEEDED, SCHEMA, assign, assigner, batches
from yiheng.dip.caseset import COLUMNS
from yiheng.dip.catalogue import build
from yiheng.policy.loader import scheme
from yiheng.tables.engine import engine, scratch

ROOT = Path(__file__).resolve().parent.parent
ROW_GROUP = 2**18
Made = TypeVar("Made")


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="yiheng-bench-") as folder:
        path = Path(folder) / "cases.parquet"
        _write_cases(path, options.cases, options.seed)
        lines = list(_measured(path, options.cases))
    text = _page(lines)
    print(text, end="")
    if options.write:
        (ROOT / "benchmarks" / "dip.md").write_text(text, encoding="utf-8")


def _measured(path: Path, count: int) -> list[str]:
    rules = scheme("dip/national-1.0")
    with engine() as backend:
        cases = open_cases(backend, path, used=(*COLUMNS, "case_id")).table
        used = ", ".join(name for name in COLUMNS if name not in ("dx_edition", "proc_edition"))
        query = f"SELECT dx[1], avg(total_fee), {_each(used)} FROM '{path}' GROUP BY dx[1]"
        read, _ = _timed(lambda: backend.con.sql(query).fetchall())
        built, catalogue = _timed(lambda: build(backend, cases, rules))
        wanted = cases.select("case_id", *NEEDED)
        floor, _ = _timed(lambda: _floor(backend, wanted, scratch(backend) / "floor.parquet"))
        day = date(2024, 12, 31)
        whole, _ = _timed(lambda: assign(backend, cases, catalogue.groups, rules, day, ["case_id"]))
        its = assigner(catalogue.groups, rules, day)
        pieces = list(batches(backend, wanted.limit(500_000)))
        its.assign(pieces[0])
        alone, _ = _timed(lambda: [its.assign(piece) for piece in pieces])
        some = sum(piece.num_rows for piece in pieces)
    return [
        _line("DuckDB: read and average by key", count, read, ""),
        _line(f"catalogue of {catalogue.groups.num_rows:,} groups", count, built, f"{built / read:.1f} x DuckDB"),
        _line("floor: read and write as many columns", count, floor, ""),
        _line("assign, file to file", count, whole, f"{floor / whole:.2f} of the floor"),
        _line("assign, batches in memory, one thread", some, alone, ""),
    ]


def _each(columns: str) -> str:
    """Every column looked at, so that it is read."""
    return ", ".join(f"count({name})" for name in columns.split(", ") if name != "total_fee")


def _floor(backend: object, cases: object, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([("case_id", pa.string()), *SCHEMA])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in batches(backend, cases):  # type: ignore[arg-type]
            count = batch.num_rows
            word, number = pa.array(["grouped"] * count), pa.array(np.zeros(count))
            columns = [number if kind == pa.float64() else word for kind in SCHEMA.types]
            writer.write_batch(pa.RecordBatch.from_arrays([batch.column("case_id"), *columns], schema=schema))


def _timed(work: Callable[[], Made]) -> tuple[float, Made]:
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def _line(name: str, count: int, seconds: float, said: str) -> str:
    return f"| {name} | {count:,} | {seconds:.2f} | {count / seconds:,.0f} | {said} |"


def _page(lines: list[str]) -> str:
    about = f"pyarrow {pa.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores"
    return (
        f"# DIP: catalogue and assignment\n\n{about}. Inside one process, once; `benchmarks/dip.py` measures again.\n\n"
        "| work | cases | seconds | cases/s | |\n|---|---:|---:|---:|---|\n" + "\n".join(lines) + "\n"
    )


def _write_cases(path: Path, count: int, seed: int) -> None:
    """Row groups of made-up cases."""
    chance = np.random.default_rng(seed)
    dx = np.array([f"{chr(65 + n // 30)}{n % 30:02}.{d}00" for n in range(600) for d in range(4)])
    proc = np.array([f"{n:02}.{n % 10}{n % 7}00" for n in range(1, 61)])
    schema: pa.Schema | None = None
    writer: pq.ParquetWriter | None = None
    for start in range(0, count, ROW_GROUP):
        table = _cases(chance, dx, proc, start, min(ROW_GROUP, count - start))
        schema = schema or table.schema
        writer = writer or pq.ParquetWriter(path, schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _cases(chance: np.random.Generator, dx: np.ndarray, proc: np.ndarray, start: int, count: int) -> pa.Table:
    main = dx[np.minimum(chance.geometric(0.003, count), len(dx)) - 1]
    others = chance.integers(0, 5, count)
    codes = np.empty(count + others.sum(), dtype=dx.dtype)
    offsets = np.concatenate([[0], np.cumsum(others + 1)]).astype(np.int32)
    codes[:] = dx[chance.integers(0, len(dx), len(codes))]
    codes[offsets[:-1]] = main
    done = chance.choice([0, 1, 2, 3], count, p=[0.55, 0.25, 0.15, 0.05])
    procs = proc[np.minimum(chance.geometric(0.15, done.sum()), len(proc)) - 1]
    fen = (chance.lognormal(13, 0.8, count)).astype(np.int64)
    amounts = [pa.array(part, pa.int64()).cast(pa.decimal128(19, 0)) for part in (fen, fen // 4, fen // 5)]
    cent = pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))
    yuan = [pc.multiply(each, cent).cast(pa.decimal128(18, 2)) for each in amounts]
    where = pa.array(np.concatenate([[0], np.cumsum(done)]), pa.int32())
    return pa.table(
        {
            "case_id": pa.array([str(start + number) for number in range(count)]),
            "dx": pa.ListArray.from_arrays(pa.array(offsets), pa.array(codes)),
            "proc": pa.ListArray.from_arrays(where, pa.array(procs)),
            "year": pa.array(chance.integers(2022, 2025, count), pa.int16()),
            "los": pa.array(chance.integers(1, 20, count), pa.int32()),
            **dict(zip(("total_fee", "drug_fee", "material_fee"), yuan, strict=True)),
        }
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_500_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
