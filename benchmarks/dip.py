"""DIP at the size of a province: a catalogue from 15 million cases, and their assignment, as whole processes.

    make bench-large                                     # writes benchmarks/dip.md
    python benchmarks/dip.py --cases 1500000             # a tenth, printed only; --rounds 1 for a first look

- catalogue: `yiheng dip build` beside DuckDB reading the same columns of the same file and averaging the fee by a
  catalogue's key, the combination of principal diagnosis and operations; and by the principal diagnosis alone
- assignment: `yiheng dip assign` beside a floor with the same imports that reads the same columns, encodes them, and
  writes as many, with as many different values: to write a constant costs nearly nothing, and an answer is none. Where
  assigning would be, it gives the answers of one batch of an assignment over and over

Both run in turn; a round's ratio is of two runs side by side, what is shown is the median. A tenth of the cases is
measured too, to see whether a case costs the same. What is made and measured is kept in a folder (`--work`), so that a
run that was cut off goes on where it was; it is for one version of the code, and `--fresh` begins anew.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# This process stays small, as a child's peak memory starts at its parent's: what is large is imported where it is used.
ROOT = Path(__file__).resolve().parent.parent
RESULT = Path(__file__).with_suffix(".md")
WORK = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yiheng" / "bench-large"
YIHENG = str(Path(sys.executable).with_name("yiheng"))
CASES, SEED, ROUNDS = 15_000_000, 1, 3
# On disk: a case of the file, its result (as often as there are outputs), and what the engine may put aside.
BYTES_PER_CASE, BYTES_PER_RESULT, OUTPUTS, SPILL = 70, 40, 2, 2**30
# What is promised: the build in times of DuckDB's own, its memory in MiB; the assignment as a share of the floor, and
# in times of the only open engine's cases a second (1 M cases in 603 s).
MOST_RATIO, MOST_MEMORY, LEAST_SHARE, LEAST_TIMES, OPEN_ENGINE = 6, 8192, 0.4, 200, 1_660
# The columns that a build reads.
READ = ("dx", "proc", "dx_edition", "proc_edition", "total_fee", "los", "year", "drug_fee", "material_fee")
BUILD, ASSIGN, FLOOR = "yiheng dip build", "yiheng dip assign", "floor"
# By what DuckDB averages: a catalogue is made of combinations; the diagnosis alone makes none, and is for comparison.
DUCKDB = {"DuckDB, by combination": "dx[1], list_sort(proc)", "DuckDB, by diagnosis": "dx[1]"}
COMBINED, ALONE = DUCKDB


@dataclass(frozen=True)
class Run:
    """A whole process: seconds on the wall and of processors, and the largest memory it had in MiB."""

    seconds: float
    cpu: float
    peak: float


def main() -> None:
    match sys.argv[1:]:
        case ["make", file, count, seed]:
            from province import write_province

            write_province(Path(file), int(count), int(seed))
        case ["duckdb", file, key]:
            average(file, key)
        case ["floor", cases, out, given]:
            floor(Path(cases), Path(out), Path(given))
        case _:
            measure(_options())


def measure(options: argparse.Namespace) -> None:
    need = options.cases * (BYTES_PER_CASE + OUTPUTS * BYTES_PER_RESULT) + SPILL
    print(f"{options.cases:,} cases need about {need / 2**30:.1f} GiB in {options.work}", file=sys.stderr, flush=True)
    folder = _folder(options)
    if (free := shutil.disk_usage(folder).free) < need:
        sys.exit(f"only {free / 2**30:.1f} GiB are free there: --work another folder, or --cases fewer")
    sizes = (options.cases // 10, options.cases)
    text = report({count: measured(folder, count, options.rounds) for count in sizes})
    print(text, end="")
    if options.cases == CASES and options.rounds >= ROUNDS:
        RESULT.write_text(text, encoding="utf-8")
    shutil.rmtree(folder)


def _folder(options: argparse.Namespace) -> Path:
    """What this version of the code has made and measured; what other versions left goes."""
    from yiheng.tables.version import code_version

    folder = options.work / f"{code_version()}-{options.cases}-{SEED}"
    for other in options.work.glob("*-*-*") if options.work.is_dir() else ():
        if options.fresh or other != folder:
            shutil.rmtree(other)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def measured(folder: Path, count: int, rounds: int) -> dict[str, list[Run]]:
    """The runs of each process over so many cases."""
    cases, catalogue = folder / f"cases-{count}.parquet", folder / f"catalogue-{count}.parquet"
    out, answers = folder / "out.parquet", folder / f"answers-{count}.parquet"
    if not cases.exists():
        _run([sys.executable, __file__, "make", str(cases), str(count), str(SEED)], f"making {count:,} cases")
    if not catalogue.exists():
        draft = catalogue.with_suffix(".draft.parquet")
        _run([YIHENG, "dip", "build", "--cases", str(cases), "--out", str(draft)], "a first catalogue")
        # What is compiled once for all processes is compiled before anything is measured.
        first = ["--catalogue", str(draft), "--cases", str(cases), "--out", str(answers)]
        _run([YIHENG, "dip", "assign", *first], "a first assignment")
        draft.rename(catalogue)
    both = ["--cases", str(cases), "--out", str(out)]
    commands = {
        **{name: [sys.executable, __file__, "duckdb", str(cases), key] for name, key in DUCKDB.items()},
        BUILD: [YIHENG, "dip", "build", *both],
        FLOOR: [sys.executable, __file__, "floor", str(cases), str(out), str(answers)],
        ASSIGN: [YIHENG, "dip", "assign", "--catalogue", str(catalogue), *both],
    }
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(1, rounds + 1):
        for name, command in commands.items():
            found[name].append(_kept(folder, name, count, turn, command))
    return found


def _kept(folder: Path, name: str, count: int, turn: int, command: list[str]) -> Run:
    """A run, or what it was when it was measured before."""
    path = folder / f"{name.replace(' ', '-')}-{count}-{turn}.json"
    if path.exists():
        return Run(**json.loads(path.read_text(encoding="utf-8")))
    run = _run(command, f"round {turn}: {name}, {count:,} cases")
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(run)), encoding="utf-8")
    draft.rename(path)
    return run


def _run(command: Sequence[str], told: str) -> Run:
    """Run a command to its end; a command that fails ends the benchmark."""
    print(f"{told} ...", file=sys.stderr, flush=True)
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None, "it is a pipe"
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if status:
        sys.exit(f"{told} failed:\n{errors.decode()}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def average(file: str, key: str) -> None:
    """DuckDB reads the columns that a build reads and averages the fee by a key."""
    import duckdb

    from yiheng.tables.limits import threads

    looked_at = ", ".join(f"count({name})" for name in READ if name not in ("dx", "total_fee"))
    query = f"SELECT {key}, avg(total_fee), {looked_at} FROM '{file}' GROUP BY {key}"
    with duckdb.connect() as connection:
        connection.sql(f"SET threads = {threads()}")
        connection.sql("SET enable_progress_bar = false")
        connection.sql(query).to_arrow_table()


def floor(cases: Path, out: Path, given: Path) -> None:
    """Read the columns that assignment reads, encode the codes, write as many columns as it writes.

    `given` is a result: the answers of its first batch are written over and over.
    """
    import yiheng.cli.dip_assign
    import yiheng.cli.main
    import yiheng.dip.assignment.batch  # noqa: F401
    from yiheng.base.progress import Silent
    from yiheng.dip.assignment.stream import ASSIGNMENT, ID_COLUMNS, USED
    from yiheng.tables.arrow import forgo_pandas
    from yiheng.tables.limits import threads

    forgo_pandas()
    results = ASSIGNMENT.answers(ASSIGNMENT.pieces(cases, USED), lambda: _Floor(given).assign, ID_COLUMNS, threads())
    ASSIGNMENT.write(results, out, ID_COLUMNS, {}, Silent())


class _Floor:
    """Takes the place of an assigner."""

    def __init__(self, given: Path) -> None:
        import pyarrow.parquet as pq

        from yiheng.dip.assignment.result import RESULT, WORDS

        with pq.ParquetFile(given, read_dictionary=WORDS) as file:
            (self.answers,) = file.read_row_group(0, columns=RESULT.names).cast(RESULT).to_batches()

    def assign(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":  # type: ignore[name-defined] # noqa: F821
        import numpy as np
        import pyarrow as pa

        for name in ("dx", "proc"):
            values = batch[name].flatten()
            coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
            np.asarray(coded.indices)
        return self.answers.slice(0, batch.num_rows)


def report(found: dict[int, dict[str, list[Run]]]) -> str:
    """What was measured, and what was promised."""
    import numba
    import pyarrow as pa

    about = f"pyarrow {pa.__version__}, numba {numba.__version__}, Python {platform.python_version()}"
    lines = [_line(name, count, runs) for count, its in found.items() for name, runs in its.items()]
    few, many = sorted(found)
    ratio, alone = (_ratio(found[many], BUILD, name) for name in (COMBINED, ALONE))
    share = 1 / _ratio(found[many], ASSIGN, FLOOR)
    peak = max(run.peak for run in found[many][BUILD])
    speed = many / statistics.median(run.seconds for run in found[many][ASSIGN])
    costs = [statistics.median(run.cpu for run in found[count][BUILD]) / count * 1e6 for count in (few, many)]
    return (
        "# DIP: catalogue and assignment at the size of a province\n\n"
        f"{about}, {os.cpu_count()} cores. Whole processes with start-up, medians of {len(found[many][BUILD])} rounds; "
        "ratios are of runs side by side.\n`make bench-large` measures again.\n\n"
        "| process | cases | seconds | cases/s | processor seconds | peak MiB |\n|---|---:|---:|---:|---:|---:|\n"
        + "\n".join(lines)
        + f"\n\n- catalogue of {many:,} cases: {ratio:.1f} times DuckDB's own time (at most {MOST_RATIO}), "
        f"{alone:.1f} times that by the diagnosis alone; {peak:,.0f} MiB (at most {MOST_MEMORY:,})\n"
        f"- a case costs {costs[0]:.1f} microseconds of a processor among {few:,}, {costs[1]:.1f} among {many:,}\n"
        f"- assignment of {many:,} cases: {share:.2f} of the floor's speed (at least {LEAST_SHARE}), "
        f"{speed / OPEN_ENGINE:,.0f} times the open engine's {OPEN_ENGINE:,} cases/s (at least {LEAST_TIMES})\n"
        "- DuckDB: reads the columns that a build reads, averages the fee by the combination of principal diagnosis "
        "and\n  operations, by which a catalogue averages, and by the diagnosis alone, of which no catalogue is made\n"
        "- floor: the same imports, the same columns read, encoded and as many columns written, no assignment; the "
        "answers of one batch\n  of an assignment are written over and over, as many different ones as real results "
        "have\n"
    )


def _ratio(its: dict[str, list[Run]], own: str, other: str) -> float:
    return statistics.median(one.seconds / two.seconds for one, two in zip(its[own], its[other], strict=True))


def _line(name: str, count: int, runs: list[Run]) -> str:
    seconds, cpu = (statistics.median(getattr(run, part) for run in runs) for part in ("seconds", "cpu"))
    peak = max(run.peak for run in runs)
    return f"| {name} | {count:,} | {seconds:.2f} | {count / seconds:,.0f} | {cpu:.2f} | {peak:,.0f} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    return parser.parse_args()


if __name__ == "__main__":
    main()
