"""Standards from charge lines, as whole processes: `yiheng norms standards` beside DuckDB's plain group-by.

    .venv/bin/python benchmarks/norms.py [--lines 200] [--smaller 20] [--rounds 3] [--folder DIR] [--write]

`--lines` and `--smaller` are millions of lines, 200 a case, clustered by hospital and case, 36 months. A standard is
made of what each case used of each item, refunds netted: so the plain group-by of the same columns is the one by
hospital, case and item. Two cheaper ones are shown beside it: of the two amounts alone, and by item, which makes no
standard. Each hands on one line of totals, so that no time goes to writing. All run in turn; a round's ratio is of two
runs side by side, what is shown is the median. It says first how much disk it needs. Data and runs that an earlier one
of the same code left in `--folder` are used again: what was cut off goes on where it stood. `--write`: into
benchmarks/norms.md.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# This process stays small, as a child's peak memory starts at its parent's: what is large is imported where it is used.
MILLION = 1_000_000
MONTHS = [year * 100 + month for year in (2023, 2024, 2025) for month in range(1, 13)]
PER_CASE, HOSPITALS, GROUPS, ITEMS = 200, 60, 600, 10_000
CHUNK = 5_000
BYTES_A_LINE = 20
SPILL_A_LINE = 40
MOST_RATIO, MOST_MEMORY = 10, 12 * 1024
MEMORY = "6GB"
YIHENG = str(Path(sys.executable).with_name("yiheng"))
COLUMNS = ("hospital", "case_id", "item_code", "item_name", "category", "quantity", "amount", "is_drug", "is_material")
_CASE_ITEM = "GROUP BY hospital, case_id, item_code"
_AMOUNTS = "sum(quantity) AS quantity, sum(amount) AS amount"
_NAMES = "max(item_name) AS name, max(category) AS category, max(is_drug) AS drug, max(is_material) AS material"
_IDS = "max(hospital) AS hospital, max(case_id) AS case_id"
_TOTALS = "sum(quantity), sum(amount)"
_NAMED_TOTALS = f"{_TOTALS}, max(name), max(category), max(drug), max(material)"
QUERIES = {
    "DuckDB, by hospital, case and item": (
        f"SELECT {_NAMED_TOTALS} FROM (SELECT {_AMOUNTS}, {_NAMES} FROM lines {_CASE_ITEM})"
    ),
    "the same, amounts alone": f"SELECT {_TOTALS} FROM (SELECT {_AMOUNTS} FROM lines {_CASE_ITEM})",
    "DuckDB, by item": (
        f"SELECT {_NAMED_TOTALS}, max(hospital), max(case_id) "
        f"FROM (SELECT {_AMOUNTS}, {_NAMES}, {_IDS} FROM lines GROUP BY item_code)"
    ),
}
OURS = "yiheng norms standards"


@dataclass(frozen=True)
class Run:
    """A whole process: seconds on the wall and of processors, and the largest memory it had in MiB."""

    seconds: float
    cpu: float
    peak: float


def main() -> None:
    match sys.argv[1:]:
        case ["make", count, folder]:
            make(int(count), Path(folder))
        case ["query", name, folder, spill]:
            query(QUERIES[name], Path(folder), spill)
        case _:
            measure()


def measure() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=float, default=200, help="millions")
    parser.add_argument("--smaller", type=float, default=20, help="millions, to see whether a line's cost stays flat")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "yiheng-bench-norms")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    sizes = sorted({round(size * MILLION) for size in (options.smaller, options.lines) if size})
    _check_disk(options.folder, sizes)
    rows = [row for size in sizes for row in at_size(size, options.folder / str(size), options.rounds)]
    text = page(rows, options.rounds)
    print(text, end="")
    if options.write:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


def _check_disk(folder: Path, sizes: Sequence[int]) -> None:
    """Say what disk is needed before anything is made, and stop where there is less."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = sum(size * BYTES_A_LINE for size in sizes) + max(sizes) * SPILL_A_LINE
    held = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    free = shutil.disk_usage(folder).free + held
    print(f"disk: needs up to {needed / 2**30:.1f} GiB in {folder}, {free / 2**30:.1f} GiB are free", file=sys.stderr)
    if needed > free:
        sys.exit("not enough disk: give another --folder, or fewer --lines")


def at_size(lines: int, folder: Path, rounds: int) -> Iterator[str]:
    """The rows of one size."""
    run([sys.executable, __file__, "make", str(lines), str(folder)], f"make {lines:,} lines")
    ours = [YIHENG, "norms", "standards", "--cases", str(folder / "data"), "--grouping"]
    ours += [str(folder / "groups.parquet"), "--out", str(folder / "standards.parquet")]
    found: dict[str, list[Run]] = {name: [] for name in (OURS, *QUERIES)}
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory(dir=folder) as spill:
            shutil.rmtree(folder / "data" / "results", ignore_errors=True)
            for name in QUERIES:
                command = [sys.executable, __file__, "query", name, str(folder), spill]
                found[name].append(kept(folder, name, number, command))
            found[OURS].append(kept(folder, OURS, number, ours))
    for name, runs in found.items():
        yield _row(name, lines, runs, found[OURS])


def kept(folder: Path, name: str, number: int, command: list[str]) -> Run:
    """A run, or what it was when this version of the code was measured before."""
    from yiheng.tables.version import code_version

    path = folder / f"{code_version()}-{name.replace(' ', '-')}-{number}.json"
    if path.exists():
        return Run(**json.loads(path.read_text(encoding="utf-8")))
    measured = run(command, f"round {number}: {name}")
    path.write_text(json.dumps(asdict(measured)), encoding="utf-8")
    return measured


def _row(name: str, lines: int, runs: list[Run], ours: list[Run]) -> str:
    seconds = statistics.median(its.seconds for its in runs)
    ratio = statistics.median(our.seconds / its.seconds for our, its in zip(ours, runs, strict=True))
    cpu = statistics.median(our.cpu / its.cpu for our, its in zip(ours, runs, strict=True))
    peak = max(its.peak for its in runs)
    a_line = seconds / lines * MILLION
    return f"| {name} | {lines:,} | {seconds:.1f} | {a_line:.2f} | {peak:,.0f} | {ratio:.2f} | {cpu:.2f} |"


def page(rows: list[str], rounds: int) -> str:
    """The figures as a page."""
    import duckdb

    about = f"DuckDB {duckdb.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores"
    return (
        "# Standards from charge lines\n\n"
        f"{about}. Whole processes with start-up; medians, rounds: {rounds}; YIHENG_MEMORY={MEMORY}. "
        "`make bench-large` measures again.\n"
        f"At most {MOST_RATIO} times DuckDB's plain group-by of the same columns, and {MOST_MEMORY:,} MiB, are asked "
        "for.\n"
        "A standard is made of what each case used of each item, refunds netted, so that is the one by hospital, case "
        "and item;\nthe one by item alone makes no standard and is there for comparison.\n\n"
        "| process | lines | seconds | microseconds a line | peak MiB | yiheng's time / its time "
        "| processor time / its |\n"
        "|---|---:|---:|---:|---:|---:|---:|\n" + "\n".join(rows) + "\n\n"
        f"- lines: {PER_CASE} a case, {HOSPITALS} hospitals, {GROUPS} groups, {ITEMS:,} items, 36 months, "
        "a fiftieth are refunds\n" + "".join(f"- {name}: `{text}`\n" for name, text in QUERIES.items())
    )


def run(command: list[str], told: str) -> Run:
    """Run a command to its end; a command that fails ends the benchmark."""
    print(f"{told} ...", file=sys.stderr, flush=True)
    start = time.perf_counter()
    settings = os.environ | {"YIHENG_MEMORY": MEMORY}
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=settings)
    assert child.stderr is not None, "it is a pipe"
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if status:
        sys.exit(f"{told} failed:\n{errors.decode()}")
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def query(text: str, folder: Path, spill: str) -> None:
    """DuckDB alone, over the same files; one line comes back."""
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": spill}) as connection:
        named = ", ".join(COLUMNS)
        files = f"read_parquet('{folder}/data/tables/lines/*/*.parquet')"
        connection.execute(f"CREATE VIEW lines AS SELECT {named} FROM {files}")
        connection.sql(text).fetchall()


def make(lines: int, folder: Path) -> None:
    """DATA with so many lines, one commit a month, and `groups.parquet`; what is there already stays."""
    from yiheng.tables.data import loading

    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    with loading(data) as load:
        done = load.number - 1
    per_month = max(1, lines // PER_CASE // len(MONTHS))
    for number, month in enumerate(MONTHS[done:], start=done):
        with loading(data) as load:
            cases, lists = load.stage("cases"), load.stage("lines")
            cases.write(_cases(number, month, per_month))
            for chunk in _lines(number, month, per_month):
                lists.write(chunk)
            load.commit((), made_up=True)
    _write_groups(folder, per_month)


def _groups_of(number: int, count: int) -> Any:
    import numpy as np

    rng = np.random.default_rng([number, 1])
    return np.minimum((rng.random(count) ** 2 * GROUPS).astype(np.int64), GROUPS - 1)


def _names(number: int, count: int) -> tuple[Any, Any]:
    """Hospital and case id of each case of a month, by hospital."""
    import numpy as np
    import pyarrow as pa

    hospitals = np.sort(np.random.default_rng([number, 2]).integers(0, HOSPITALS, count))
    pool = pa.array([f"H{place:011}" for place in range(HOSPITALS)])
    return pool.take(pa.array(hospitals)), pa.array([f"C{number:02}{place:09}" for place in range(count)])


def _cases(number: int, month: int, count: int) -> Any:
    from datetime import date

    import numpy as np
    import pyarrow as pa

    from yiheng.tables.contract import contract

    hospital, case_id = _names(number, count)
    made = {
        "hospital": hospital,
        "case_id": case_id,
        "year": pa.array(np.full(count, month // 100, np.int16)),
        "discharge_date": pa.array([date(month // 100, month % 100, 28)] * count),
        "los": pa.array(np.full(count, 8, np.int32)),
    }
    schema = contract("cases").schema
    return pa.table([made.get(its.name, pa.nulls(count, its.type)) for its in schema], schema=schema)


def _write_groups(folder: Path, per_month: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for number in range(len(MONTHS)):
        hospital, case_id = _names(number, per_month)
        pool = pa.array([f"G{place:04}" for place in range(GROUPS)])
        group = pool.take(pa.array(_groups_of(number, per_month)))
        tables.append(pa.table({"hospital": hospital, "case_id": case_id, "group": group}))
    pq.write_table(
        pa.concat_tables(tables).sort_by([("hospital", "ascending"), ("case_id", "ascending")]),
        folder / "groups.parquet",
    )


def _lines(number: int, month: int, count: int) -> Iterator[Any]:
    """A month's lines by hospital and case, chunk by chunk."""
    import numpy as np

    hospital, case_id = _names(number, count)
    group = _groups_of(number, count)
    for first in range(0, count, CHUNK):
        rng = np.random.default_rng([number, 3, first])
        its = slice(first, first + CHUNK)
        yield _chunk(rng, month, hospital[its], case_id[its], group[its])


def _chunk(rng: Any, month: int, hospital: Any, case_id: Any, group: Any) -> Any:
    """Lines of some cases, about PER_CASE each."""
    import numpy as np
    import pyarrow as pa

    from yiheng.sample import columns
    from yiheng.sample.forms.lines import _four
    from yiheng.tables.contract import contract

    per_case = rng.poisson(PER_CASE, len(group))
    case = np.repeat(np.arange(len(group)), per_case)
    size, start = len(case), np.cumsum(per_case) - per_case
    place = np.arange(size) - start[case]
    # Few items are used often and many seldom; every group has its own order of them.
    rank = np.floor(np.exp(rng.random(size) * np.log(ITEMS)) - 1).astype(np.int64)
    item = (rank * 7919 + group[case] * 101) % ITEMS
    pieces = np.where(rng.random(size) < 0.7, 1, rng.integers(1, 10, size))
    back = np.flatnonzero((place[1:] > 0) & (rng.random(size - 1) < 0.02)) + 1
    item[back], pieces[back] = item[back - 1], -pieces[back - 1]
    price = 50 + item * 7919 % 20_000
    codes = pa.array([f"I{code:08}" for code in range(ITEMS)])
    names = pa.array([f"收费项目 item {code}" for code in range(ITEMS)])
    categories = pa.array([f"{code % 14 + 1:02}" for code in range(ITEMS)])
    kind = item % 14
    made = {
        "hospital": hospital.take(pa.array(case)), "case_id": case_id.take(pa.array(case)),
        "line_no": pa.array((place + 1).astype(np.int32)),
        "day_no": pa.array((1 + place * 8 // np.maximum(per_case[case], 1)).astype(np.int16)),
        "year": pa.array(np.full(size, month // 100, np.int16)), "month": pa.array(np.full(size, month, np.int32)),
        "item_code": codes.take(pa.array(item)), "item_name": names.take(pa.array(item)),
        "category": categories.take(pa.array(item)),
        "quantity": _four(pieces * 10_000), "unit_price": _four(price * 100), "amount": columns.money(pieces * price),
        "is_drug": pa.array((kind >= 8) & (kind <= 10)), "is_material": pa.array(kind == 11),
    }  # fmt: skip
    schema = contract("lines").schema
    return pa.table([made.get(its.name, pa.nulls(size, its.type)) for its in schema], schema=schema)


if __name__ == "__main__":
    main()
