"""Writing the made-up region (写出演示数据): one Parquet file a year of discharges, one for each table of places.

Of the last year also the charge lines, in one file, block by block.
"""

from pathlib import Path

import pyarrow.parquet as pq

from yiheng.base.progress import Progress
from yiheng.sample.discharges import BLOCK, YEARS, discharges
from yiheng.sample.forms.lines import PER_CASE, charge_lines
from yiheng.sample.places import places
from yiheng.tables.contract import contract

COMPRESSION = "zstd"
# Cases whose lines are made together: some hundred thousand lines.
AT_ONCE = 10_000


def write(
    folder: Path, seed: int, cases_per_year: int, progress: Progress, lines_per_case: int = PER_CASE
) -> list[Path]:
    """Writes `cases-2023.parquet` ..., `lines-2025.parquet` and `places/<table>.parquet` below `folder`.

    Returns all files, cases first, then lines. About `lines_per_case` charge lines for each case of the last year; with
    0 there is no file of lines. A row group is a block of discharges or its lines, so that memory holds one block.
    Files of the same names are replaced.
    """
    (folder / "places").mkdir(parents=True, exist_ok=True)
    cases = [_write_year(folder, seed, cases_per_year, year, progress) for year in YEARS]
    lines = [_write_lines(folder, seed, cases_per_year, lines_per_case, progress)] if lines_per_case else []
    return cases + lines + _write_places(folder / "places", seed, progress)


def _write_year(folder: Path, seed: int, cases_per_year: int, year: int, progress: Progress) -> Path:
    path = folder / f"cases-{year}.parquet"
    blocks = discharges(seed, cases_per_year, (year,))
    progress.step(f"made-up discharges {year}", cases_per_year)
    with pq.ParquetWriter(path, contract("cases").schema, compression=COMPRESSION) as file:
        for block in blocks:
            file.write_batch(block, row_group_size=BLOCK)
            progress.advance(block.num_rows)
    return path


def _write_lines(folder: Path, seed: int, cases_per_year: int, per_case: int, progress: Progress) -> Path:
    path = folder / f"lines-{YEARS[-1]}.parquet"
    progress.step(f"made-up charge lines {YEARS[-1]}", cases_per_year)
    with pq.ParquetWriter(path, contract("lines").schema, compression=COMPRESSION) as file:
        for block in discharges(seed, cases_per_year, YEARS[-1:]):
            for first in range(0, block.num_rows, AT_ONCE):
                part = block.slice(first, AT_ONCE)
                file.write_batch(charge_lines(seed, part, per_case))
                progress.advance(part.num_rows)
    return path


def _write_places(folder: Path, seed: int, progress: Progress) -> list[Path]:
    made = places(seed)
    progress.step("made-up places", len(made))
    for name, rows in made.items():
        pq.write_table(rows, folder / f"{name}.parquet", compression=COMPRESSION)
        progress.advance(1)
    return [folder / f"{name}.parquet" for name in made]
