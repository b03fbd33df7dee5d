"""Intake beside DuckDB: front pages with all rules, and charge lines, each against reading the same file with types.

    make bench                            # writes benchmarks/intake.md
    python benchmarks/intake.py 0.1       # a tenth of the sizes, printed only; --rounds 1 for a first look

DuckDB makes a table of the CSV, every column with its type, with as many threads as the load. Both run in turn, as
whole processes; a round's ratio is of two runs side by side, what is shown is the median. The largest file of front
pages is loaded once, without DuckDB, to see that memory stays what it was. Wall time, processor time and peak memory
are the operating system's own account.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

# This process stays small, as a child's peak memory starts at its parent's: what is large is imported where it is used.
SIZES = {"pages": (100_000, 1_000_000), "lines": (1_000_000, 10_000_000)}
LARGER = {"pages": (3_000_000,)}
WORDS = {"pages": "front pages (HQMS)", "lines": "charge lines"}
RESULT = Path(__file__).with_suffix(".md")
SEED, YEAR, PER_CASE = 20250101, 2025, 20
ROUNDS = 3
MOST_RATIO, MOST_MEMORY, MOST_GROWTH = 6, 1536, 1.15
FORM_TYPES = {"字符": "VARCHAR", "整数": "INTEGER", "日期": "DATE", "日期时间": "TIMESTAMP"}
TABLE_TYPES = {"string": "VARCHAR", "int16": "SMALLINT", "int32": "INTEGER", "bool": "BOOLEAN"}
YIHENG = str(Path(sys.executable).with_name("yiheng"))


@dataclass(frozen=True)
class Run:
    """A whole process: seconds on the wall and of processors, the largest memory it had in MiB, what it printed."""

    seconds: float
    cpu: float
    peak: float
    said: str


@dataclass(frozen=True)
class Measured:
    """One file: its rows, its size in MiB, the runs of each; none of DuckDB where only memory is looked at."""

    kind: str
    rows: int
    size: float
    duckdb: list[Run]
    load: list[Run]

    @property
    def ratios(self) -> list[float]:
        return [ours.seconds / theirs.seconds for ours, theirs in zip(self.load, self.duckdb, strict=True)]

    @property
    def peak(self) -> float:
        """The largest memory of all loads in MiB."""
        return max(run.peak for run in self.load)


def main() -> None:
    match sys.argv[1:]:
        case ["make", kind, rows, folder]:
            _MADE[kind](Path(folder), int(rows))
            write_types(kind, Path(folder) / f"{kind}.csv")
        case ["read", file]:
            read_typed(file)
        case _:
            measure()


def measure() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("share", type=float, nargs="?", default=1.0, help="of the sizes")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    measured = [
        at_size(kind, max(1, round(size * options.share)), rounds)
        for kind, sizes in SIZES.items()
        for size, rounds in [*((size, options.rounds) for size in sizes), *((size, 0) for size in LARGER.get(kind, ()))]
    ]
    text = report(measured, options.rounds)
    print(text)
    if options.share == 1:
        RESULT.write_text(text, encoding="utf-8")


def at_size(kind: str, rows: int, rounds: int) -> Measured:
    """One file, made and read in a folder that is gone afterwards; 0 rounds are one load alone."""
    with tempfile.TemporaryDirectory(prefix="yiheng-bench-") as name:
        folder = Path(name)
        run([sys.executable, __file__, "make", kind, str(rows), name], f"make {rows:,} {kind}")
        file, held = folder / f"{kind}.csv", folder / "held"
        key = folder / "region.key"
        run([YIHENG, "cases", "key", "--new", str(key)], "a key")
        os.environ["YIHENG_KEY_FILE"] = str(key)
        if kind == "lines":
            run([YIHENG, "cases", "load", str(folder / "cases.parquet"), "--to", str(held)], "the cases of the lines")
        runs = list(_rounds(kind, file, held, folder / "data", rounds))
        theirs, ours = [each for each, _ in runs if each], [each for _, each in runs]
        return Measured(kind, _accepted(ours), file.stat().st_size / 2**20, theirs, ours)


def _rounds(kind: str, file: Path, held: Path, data: Path, rounds: int) -> Iterator[tuple[Run | None, Run]]:
    """DuckDB and the load in turn, each load into DATA as it was before."""
    for number in range(1, max(rounds, 1) + 1):
        if held.exists():
            shutil.copytree(held, data)
        read = [sys.executable, __file__, "read", str(file)]
        theirs = run(read, f"round {number}: DuckDB, {kind}") if rounds else None
        ours = run([YIHENG, "cases", "load", str(file), "--to", str(data)], f"round {number}: load, {kind}")
        yield theirs, ours
        shutil.rmtree(data)


def _accepted(runs: list[Run]) -> int:
    """How many rows went in; a load that left one out ends the benchmark."""
    accepted, quarantined = (int(word.strip(",")) for word in runs[0].said.split("\n")[-2].split()[1:4:2])
    if quarantined:
        sys.exit(f"{quarantined} clean rows were quarantined:\n{runs[0].said}")
    return accepted


def run(command: list[str], told: str) -> Run:
    """Run a command to its end; a command that fails ends the benchmark."""
    print(f"{told} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.PIPE)
        assert child.stderr is not None, "it is a pipe"
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if status:
            sys.exit(f"{told} failed:\n{errors.decode()}")
        said.seek(0)
        return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said.read().decode())


def read_typed(file: str) -> None:
    """DuckDB makes a table of a file, of whose columns the file beside it has the types."""
    import duckdb

    from yiheng.tables.limits import threads

    with duckdb.connect() as connection:
        connection.sql(f"SET threads = {threads()}")
        connection.sql("SET enable_progress_bar = false")
        types = json.loads(Path(file).with_suffix(".types").read_text(encoding="utf-8"))
        columns = ", ".join(f"'{name}': '{its}'" for name, its in types.items())
        quote = "quote = '\"', escape = '\"'"
        query = f"read_csv('{file}', header = true, delim = ',', {quote}, columns = {{{columns}}})"
        connection.sql(f"CREATE TABLE held AS SELECT * FROM {query}")


def write_types(kind: str, file: Path) -> None:
    """Beside a file: the type of every column, as the form or the table says."""
    with file.open(encoding="utf-8") as text:
        names = text.readline().strip().split(",")
    file.with_suffix(".types").write_text(json.dumps(_types(kind, names)), encoding="utf-8")


def _types(kind: str, names: list[str]) -> dict[str, str]:
    from yiheng.base.packaged import packaged_rows
    from yiheng.tables.contract import contract

    if kind == "lines":
        declared = {column.name: str(column.type) for column in contract("lines").columns}
        return {n: TABLE_TYPES.get(declared[n], declared[n].replace("decimal128", "DECIMAL")) for n in names}
    form = {row["code"]: row for row in packaged_rows("yiheng.policy", "forms/frontpage-hqms.csv")}
    return {n: FORM_TYPES.get(form[n]["type"], f"DECIMAL({form[n]['length'] or '18,2'})") for n in names}


def make_pages(folder: Path, rows: int) -> None:
    """`pages.csv`: front pages of so many made-up cases."""
    from yiheng.sample.discharges import discharges
    from yiheng.sample.forms.frontpage import FRONTPAGE, header, pages
    from yiheng.sample.forms.sheet import write_csv
    from yiheng.sample.forms.told import told

    blocks = discharges(SEED, rows, (YEAR,))
    sheets = (sheet for block in blocks for sheet in pages(FRONTPAGE, told(SEED, block)))
    write_csv(folder / "pages.csv", sheets, header(FRONTPAGE))


def make_lines(folder: Path, rows: int) -> None:
    """`lines.csv`: about so many charge lines; `cases.parquet`: the cases that they belong to."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from yiheng.sample.discharges import discharges
    from yiheng.sample.forms.files import write_rows
    from yiheng.sample.forms.lines import charge_lines
    from yiheng.tables.contract import contract

    part, whole = folder / "part.csv", folder / "lines.csv"
    with pq.ParquetWriter(folder / "cases.parquet", contract("cases").schema) as cases, whole.open("wb") as lines:
        for block in discharges(SEED, max(1, rows // PER_CASE), (YEAR,)):
            cases.write_batch(block)
            write_rows(part, "lines", pa.Table.from_batches([charge_lines(SEED, block, PER_CASE)]))
            with part.open("rb") as text:
                header = text.readline()
                lines.write(header if not lines.tell() else b"")
                shutil.copyfileobj(text, lines)
    part.unlink()


_MADE = {"pages": make_pages, "lines": make_lines}


def report(measured: list[Measured], rounds: int) -> str:
    """The figures as a page."""
    lines = [
        "# Intake beside DuckDB",
        "",
        (
            f"Yiheng {version('yiheng')}, DuckDB {version('duckdb')}, pyarrow {version('pyarrow')}, {os.cpu_count()} "
            f"cores. Median of {rounds}; whole processes, start-up included. `make bench` measures again."
        ),
        "",
        "| file | rows | MiB | DuckDB s | load s | rows/s | time / DuckDB's | processor time / DuckDB's | peak MiB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *map(_row, measured),
        "",
        *_growth(measured),
        "",
        EXPLAINED,
        "",
    ]
    return "\n".join(lines)


def _row(its: Measured) -> str:
    ours = statistics.median(run.seconds for run in its.load)
    seconds, ratio, cpu = "", "", ""
    if its.duckdb:
        seconds = f"{statistics.median(run.seconds for run in its.duckdb):.1f}"
        ratio = f"{statistics.median(its.ratios):.2f} ({min(its.ratios):.2f}-{max(its.ratios):.2f})"
        cpu = f"{statistics.median(o.cpu / t.cpu for o, t in zip(its.load, its.duckdb, strict=True)):.2f}"
    return (
        f"| {WORDS[its.kind]} | {its.rows:,} | {its.size:,.0f} | {seconds} | {ours:.1f} | {its.rows / ours:,.0f} "
        f"| {ratio} | {cpu} | {its.peak:,.0f} |"
    )


def _growth(measured: list[Measured]) -> Iterator[str]:
    """How memory grows from the last file but one to the largest, and what is asked of them."""
    for kind in SIZES:
        *_, small, large = (its for its in measured if its.kind == kind)
        timed = [its for its in (small, large) if its.duckdb][-1]
        yield (
            f"- {WORDS[kind]}: peak memory x {large.peak / small.peak:.2f} (at most {MOST_GROWTH}) for "
            f"x {large.rows / small.rows:.0f} rows; {statistics.median(timed.ratios):.2f} of at most {MOST_RATIO} "
            f"times, {large.peak:,.0f} of at most {MOST_MEMORY:,} MiB"
        )


EXPLAINED = """\
- DuckDB: CREATE TABLE AS SELECT * FROM read_csv, each column with the type that the form or the table has, in memory.
- load: `yiheng cases load`. Front pages: 346 columns, identity numbers to pseudonyms, every quality rule, duplicates,
  links, commit. Charge lines: beside the cases that DATA holds, every rule, each case's lines summed against its fees,
  refunds against charges, duplicates, commit."""


if __name__ == "__main__":
    main()
