"""Writing the made-up region (写出演示数据): one Parquet file a year of discharges, one for each table of places."""

from pathlib import Path

import pyarrow.parquet as pq

from yiheng.base.progress import Progress
from yiheng.sample.discharges import BLOCK, YEARS, discharges
from yiheng.sample.places import places
from yiheng.tables.contract import contract

COMPRESSION = "zstd"


def write(folder: Path, seed: int, cases_per_year: int, progress: Progress) -> list[Path]:
    """Writes `cases-2023.parquet` ... and `places/<table>.parquet` below `folder`; returns all files, cases first.

    A row group is a block of discharges, so that memory holds one block. Files of the same names are replaced.
    """
    (folder / "places").mkdir(parents=True, exist_ok=True)
    cases = [_write_year(folder, seed, cases_per_year, year, progress) for year in YEARS]
    return cases + _write_places(folder / "places", seed, progress)


def _write_year(folder: Path, seed: int, cases_per_year: int, year: int, progress: Progress) -> Path:
    path = folder / f"cases-{year}.parquet"
    blocks = discharges(seed, cases_per_year, (year,))
    progress.step(f"made-up discharges {year}", cases_per_year)
    with pq.ParquetWriter(path, contract("cases").schema, compression=COMPRESSION) as file:
        for block in blocks:
            file.write_batch(block, row_group_size=BLOCK)
            progress.advance(block.num_rows)
    return path


def _write_places(folder: Path, seed: int, progress: Progress) -> list[Path]:
    made = places(seed)
    progress.step("made-up places", len(made))
    for name, rows in made.items():
        pq.write_table(rows, folder / f"{name}.parquet", compression=COMPRESSION)
        progress.advance(1)
    return [folder / f"{name}.parquet" for name in made]
