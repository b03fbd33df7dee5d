"""Grouping, Parquet to Parquet, as whole processes: `yiheng drg group` beside a floor that reads, encodes and writes.

    .venv/bin/python benchmarks/drg.py [--times 500] [--version chs_drg_11] [--rounds 5] [--peers] [--write]

The cases are the golden ones, `times` times over (20,000 each), and a tenth of them, to see whether memory stays flat.
The floor is the same command, so it has the same imports and the same streams of the same columns; but where a batch
would be grouped, its codes and numbers are encoded and each case gets some words of the pack. Both run in turn; a
round's ratio is of two runs side by side, what is shown is the median. `--peers`: two public groupers of US cases, each
on made-up cases of its own codes, in an environment of their own. `--write`: into benchmarks/drg.md.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("YIHENG_SHARED") or ROOT.parent / "shared")
ANSWERS = ("kind", "target", "exp_status", "exp_mdc", "exp_adrg", "exp_drg")
ROW_GROUP = 2**20
GROUP, FLOOR = "yiheng drg group", "floor"

CLAIMS = """
import random, time
DX = "A419 E1165 E119 I10 I2510 I4891 I5020 I5033 J189 J441 J9601 K5730 N179 N390 R6521 Z7901 I214 I639 K8000".split()
PROC = "027034Z 0DB68ZX 0FT44ZZ 0SRC0J9 5A1955Z 02HV33Z".split()
pick = random.Random(1)
claims = [(pick.sample(DX, pick.randint(2, 8)), pick.sample(PROC, pick.randint(0, 3))) for _ in range(20000)]
start = None
"""
PEERS = {
    "msdrg": """
import msdrg
with msdrg.MsdrgGrouper() as grouper:
    def group(dx, proc):
        return grouper.group({"version": 431, "age": 65, "sex": 0, "discharge_status": 1, "pdx": {"code": dx[0]},
            "sdx": [{"code": code} for code in dx[1:]], "procedures": [{"code": code} for code in proc]})
    group(*claims[0])
    start = time.perf_counter()
    for dx, proc in claims:
        group(dx, proc)
    print(len(claims) / (time.perf_counter() - start))
""",
    "drgpy": """
from drgpy.msdrg import DRGEngine
grouper = DRGEngine(version="v43.1")
grouper.get_drg(*claims[0])
start = time.perf_counter()
for dx, proc in claims:
    grouper.get_drg(dx, proc)
print(len(claims) / (time.perf_counter() - start))
""",
}


@dataclass(frozen=True)
class Run:
    """A whole process: seconds, and the largest memory it had in MiB."""

    seconds: float
    peak: float


def main() -> None:
    options = _options()
    if options.floor:
        floor(options.floor)
        return
    with tempfile.TemporaryDirectory(prefix="yiheng-bench-") as folder:
        lines = [line for times in (options.times // 10, options.times) for line in _measured(folder, options, times)]
        lines += _peers(Path(folder) / "peers") if options.peers else []
    text = _page(lines)
    print(text, end="")
    if options.write:
        (ROOT / "benchmarks" / "drg.md").write_text(text, encoding="utf-8")


def _measured(folder: str, options: argparse.Namespace, times: int) -> list[str]:
    cases, out = Path(folder) / "cases.parquet", Path(folder) / "out.parquet"
    rows = _write_cases(cases, options.version, times)
    pack = str(SHARED / "packs" / options.version)
    group = ["drg", "group", "--pack", pack, "--cases", str(cases), "--out", str(out)]
    commands = {
        GROUP: [str(Path(sys.executable).with_name("yiheng")), *group],
        FLOOR: [sys.executable, __file__, "--floor", *group],
    }
    for command in commands.values():
        _run(command)
    rounds = [{name: _run(command) for name, command in commands.items()} for _ in range(options.rounds)]
    ratio = statistics.median(its[FLOOR].seconds / its[GROUP].seconds for its in rounds)
    return [_line(name, rows, [its[name] for its in rounds], ratio if name == GROUP else 1) for name in commands]


def _line(name: str, rows: int, runs: list[Run], ratio: float) -> str:
    seconds = statistics.median(run.seconds for run in runs)
    peak = max(run.peak for run in runs)
    return f"| {name} | {rows:,} | {seconds:.2f} | {rows / seconds:,.0f} | {peak:,.0f} | {ratio:.2f} |"


def _page(lines: list[str]) -> str:
    import numba

    about = f"pyarrow {pa.__version__}, numba {numba.__version__}, Python {platform.python_version()}"
    return (
        "# Grouping: Parquet to Parquet\n\n"
        f"{about}, {os.cpu_count()} cores. Whole processes with start-up; medians. `make bench` measures again.\n\n"
        "| process | cases | seconds | cases/s | peak MiB | speed / the floor's |\n|---|---:|---:|---:|---:|---:|\n"
        + "\n".join(lines)
        + "\n\n- floor: the same command; batches are read, encoded, given as many different words and written\n"
        "- peers: on made-up cases of their own codes, one thread, without reading, writing and start-up\n"
    )


def _peers(folder: Path) -> list[str]:
    """Cases a second of each peer, each installed into an environment of its own."""
    lines = []
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    for name, script in PEERS.items():
        python = str(folder / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", name], check=True)
        said = subprocess.run([python, "-c", CLAIMS + script], check=True, capture_output=True, text=True).stdout
        lines.append(f"| {name} (grouping alone) | 20,000 | | {float(said.split()[-1]):,.0f} | | |")
    return lines


def floor(arguments: list[str]) -> None:
    """The command itself, with what reads, encodes and writes a batch in the place of what groups it."""
    import yiheng.drg.kernel.batch  # noqa: F401
    from yiheng.cli.main import app
    from yiheng.drg.kernel import chosen

    chosen.grouper_of = lambda rules: _Floor(rules).group
    app(arguments)


class _Floor:
    """Takes the place of a grouper: a case's words are any of the pack's, as its principal diagnosis happens to be."""

    numbers = ("sex", "age", "age_days", "weight_g")

    def __init__(self, rules: "Compiled") -> None:  # type: ignore[name-defined] # noqa: F821
        from yiheng.drg.result import RESULT, SEVERITIES, WORDS

        found = {name: {getattr(outcome, name) for outcome in rules.outcomes} - {None} for name in WORDS}
        found["severity"] = set(SEVERITIES)
        self.words = {name: pa.array(sorted(words), pa.string()) for name, words in found.items()}
        self.schema = RESULT

    def group(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        for name in self.numbers:
            batch[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        codes = {name: _coded(batch[name]) for name in ("dx", "proc")}
        starts = batch["dx"].offsets.to_numpy()[:-1]
        principal = np.append(codes["dx"], np.int32(0))[starts]
        made = {
            name: pa.DictionaryArray.from_arrays(pa.array(principal % len(words)), words)
            for name, words in self.words.items()
        }
        columns = [made.get(name, pa.nulls(batch.num_rows, pa.string())) for name in self.schema.names]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _coded(column: pa.ListArray) -> np.ndarray:
    values = column.values
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    return np.asarray(coded.indices.fill_null(0))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--version", default="chs_drg_11")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--floor", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser.parse_args()


def _write_cases(path: Path, version: str, times: int) -> int:
    """The golden cases `times` times over, row groups of 2^20 rows."""
    golden = pq.read_table(SHARED / "golden" / f"{version}.parquet").drop_columns(list(ANSWERS))
    batch = ROW_GROUP // golden.num_rows
    with pq.ParquetWriter(path, golden.schema, compression="zstd") as writer:
        for done in range(0, times, batch):
            writer.write_table(pa.concat_tables([golden] * min(batch, times - done)).combine_chunks(), ROW_GROUP)
    return int(golden.num_rows) * times


def _run(command: Sequence[str]) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(time.perf_counter() - start, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
