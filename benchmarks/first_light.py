"""Load and analyse at 1 and 10 million cases, beside DuckDB reading the same files and averaging by the same keys.

    make bench                                  # writes benchmarks/first_light.md
    python benchmarks/first_light.py 100000     # other sizes, printed only

Every step is a process of its own; its wall time and peak memory are the operating system's own account. Figures are
of one machine on one day: the ratios are what to quote.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow

import yiheng

SIZES = (1_000_000, 10_000_000)
RESULT = Path(__file__).with_suffix(".md")
YEARS = 3

SAMPLE = """
import sys; from pathlib import Path
from yiheng.base.progress import Silent
from yiheng.sample.write import write
write(Path(sys.argv[1]), 20250101, int(sys.argv[2]), Silent())
"""
DUCKDB = """
import sys, duckdb
files = sys.argv[1:]
duckdb.sql("SET memory_limit = '512MB'")
duckdb.sql('SET enable_progress_bar = false')
duckdb.sql('''SELECT hospital, dx[1], proc, count(*), avg(total_fee), avg(los)
              FROM read_parquet($files) GROUP BY ALL''', params={"files": files}).fetchall()
"""


@dataclass(frozen=True)
class Measured:
    """One step at one size: wall seconds and peak resident memory in MiB."""

    step: str
    cases: int
    seconds: float
    peak: float

    @property
    def rate(self) -> float:
        return self.cases / self.seconds


def main() -> None:
    sizes = tuple(int(size) for size in sys.argv[1:]) or SIZES
    measured = [each for size in sizes for each in at_size(size)]
    text = report(measured, sizes)
    print(text)
    if sizes == SIZES:
        RESULT.write_text(text, encoding="utf-8")


def at_size(size: int) -> list[Measured]:
    """All steps at one size, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="yiheng-bench-") as folder:
        root = Path(folder)
        made = run("sample", size, [sys.executable, "-c", SAMPLE, str(root / "sources"), str(-(-size // YEARS))])
        files = sorted(map(str, (root / "sources").glob("cases-*.parquet")))
        command = [str(Path(sys.executable).with_name("yiheng"))]
        return [
            made,
            run("duckdb", size, [sys.executable, "-c", DUCKDB, *files]),
            run("load", size, [*command, "cases", "load", *files, "--to", str(root / "data")]),
            run("analyse", size, [*command, "analyse", "--cases", str(root / "data"), "--out", str(root / "out")]),
        ]


def run(step: str, cases: int, command: list[str]) -> Measured:
    """Run a command to its end; a command that fails ends the benchmark."""
    print(f"{step} at {cases:,} ...", file=sys.stderr, flush=True)
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{step} at {cases:,} failed")
    return Measured(step, cases, time.perf_counter() - start, usage.ru_maxrss / 1024)


def report(measured: list[Measured], sizes: tuple[int, ...]) -> str:
    """The figures as a page."""
    base = {each.cases: each for each in measured if each.step == "duckdb"}
    lines = [
        "# First light: load and analyse",
        "",
        (
            f"Yiheng {yiheng.__version__}, DuckDB {duckdb.__version__}, pyarrow {pyarrow.__version__}, "
            f"{os.cpu_count()} cores. One run; whole processes, start-up included. `make bench` measures again."
        ),
        "",
        "| step | cases | seconds | cases/s | peak MiB | time / DuckDB's | memory / DuckDB's |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for each in measured:
        beside = base[each.cases]
        lines.append(
            f"| {each.step} | {each.cases:,} | {each.seconds:.1f} | {each.rate:,.0f} | {each.peak:,.0f} "
            f"| {each.seconds / beside.seconds:.2f} | {each.peak / beside.peak:.2f} |"
        )
    lines += ["", *growth(measured, sizes), "", EXPLAINED, ""]
    return "\n".join(lines)


def growth(measured: list[Measured], sizes: tuple[int, ...]) -> list[str]:
    """How memory grows from the smallest to the largest size."""
    peak = {(each.step, each.cases): each.peak for each in measured}
    steps = dict.fromkeys(each.step for each in measured)
    return [
        f"- {step}: peak memory x {peak[step, sizes[-1]] / peak[step, sizes[0]]:.2f} "
        f"for x {sizes[-1] / sizes[0]:.0f} cases"
        for step in steps
    ]


EXPLAINED = """\
- sample: the made-up region written as Parquet; duckdb: the same files read and averaged by hospital, principal
  diagnosis and procedures, under the same memory limit; load: held against all quality rules, counted, looked through
  for duplicates and committed; analyse: catalogue, assignment, norms by eight units, digests of every result, report.
- The memory of analyse ends where the engine's limit does (512 MB unless YIHENG_MEMORY says otherwise)."""


if __name__ == "__main__":
    main()
