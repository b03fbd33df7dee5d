"""Grouping, Parquet to Parquet, as whole processes: `yiheng drg group` beside a floor that reads, encodes and writes.

    .venv/bin/python benchmarks/drg.py [--times 500] [--version chs_drg_11] [--rounds 3]

The cases are the golden ones, `times` times over (20,000 each). The floor has the same imports and the same streams of
the same columns; where grouping would be, it gives every case the same answer.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("YIHENG_SHARED") or ROOT.parent / "shared")
ANSWERS = ("kind", "target", "exp_status", "exp_mdc", "exp_adrg", "exp_drg")
ROW_GROUP = 2**20


def main() -> None:
    options = _options()
    if options.floor:
        floor(*map(Path, options.floor))
        return
    with tempfile.TemporaryDirectory(prefix="yiheng-bench-") as folder:
        cases, out = Path(folder) / "cases.parquet", Path(folder) / "out.parquet"
        rows = _write_cases(cases, options.version, options.times)
        group = ["drg", "group", "--pack", str(SHARED / "packs" / options.version), "--cases", str(cases)]
        commands = {
            "yiheng drg group": [str(Path(sys.executable).with_name("yiheng")), *group, "--out", str(out)],
            "floor": [sys.executable, __file__, "--floor", str(cases), str(out)],
        }
        best = {name: min(_seconds(command) for _ in range(options.rounds)) for name, command in commands.items()}
    for name, seconds in best.items():
        print(f"{name}: {rows:,} cases in {seconds:.1f} s, {rows / seconds:,.0f} cases/s")
    print(f"speed of grouping / speed of the floor: {best['floor'] / best['yiheng drg group']:.2f}")
    print(f"largest memory of a process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20:.2f} GiB")


def floor(cases: Path, out: Path) -> None:
    """Read the columns that grouping reads, encode codes and numbers, write as many columns as it writes."""
    import yiheng.cli.main  # noqa: F401  (the same imports)
    from yiheng.base.progress import Silent
    from yiheng.drg.stream import grouped, parquet_pieces, write_parquet

    columns = ["case_id", *_Floor.numbers, "dx", "proc"]
    results = grouped(parquet_pieces(cases, columns), _Floor(), ["case_id"], os.cpu_count() or 1)  # type: ignore[arg-type]
    write_parquet(results, out, ["case_id"], {}, Silent())


class _Floor:
    """Takes the place of a grouper."""

    numbers = ("sex", "age", "age_days", "weight_g")

    def group(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        from yiheng.drg.batch import RESULT

        for name in self.numbers:
            batch[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        for name in ("dx", "proc"):
            values = batch[name].flatten()
            coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
            np.asarray(coded.indices)
        count = batch.num_rows
        word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["AA19"]))
        return pa.RecordBatch.from_arrays([word] * 4 + [pa.nulls(count, pa.string())], schema=RESULT)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--version", default="chs_drg_11")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--floor", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _write_cases(path: Path, version: str, times: int) -> int:
    """The golden cases `times` times over, row groups of 2^20 rows."""
    golden = pq.read_table(SHARED / "golden" / f"{version}.parquet").drop_columns(list(ANSWERS))
    batch = ROW_GROUP // golden.num_rows
    with pq.ParquetWriter(path, golden.schema, compression="zstd") as writer:
        for done in range(0, times, batch):
            writer.write_table(pa.concat_tables([golden] * min(batch, times - done)).combine_chunks(), ROW_GROUP)
    return int(golden.num_rows) * times


def _seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
