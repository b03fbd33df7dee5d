"""Files of the made-up region."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.base.progress import Silent
from yiheng.sample.discharges import YEARS, discharges
from yiheng.sample.forms.lines import charge_lines
from yiheng.sample.places import places
from yiheng.sample.write import write
from yiheng.tables.contract import contract


def test_files_hold_what_the_functions_give(tmp_path: Path) -> None:
    files = write(tmp_path, 9, 120, Silent())
    assert [path.relative_to(tmp_path).as_posix() for path in files[:3]] == [f"cases-{year}.parquet" for year in YEARS]
    assert files[3].name == "lines-2025.parquet"
    assert {path.relative_to(tmp_path).as_posix() for path in files[4:]} == {
        f"places/{name}.parquet" for name in places(9)
    }
    lines = pa.Table.from_batches([charge_lines(9, block) for block in discharges(9, 120, YEARS[-1:])])
    assert pq.ParquetFile(files[3]).read().equals(lines)
    for year, path in zip(YEARS, files, strict=False):
        written = pq.ParquetFile(path).read()
        assert written.schema.equals(contract("cases").schema)
        assert written.equals(pa.Table.from_batches(list(discharges(9, 120, (year,)))))


def test_writing_again_gives_the_same_content(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", 3, 40, Silent()), write(tmp_path / "b", 3, 40, Silent())
    for one, other in zip(first, second, strict=True):
        assert pq.ParquetFile(one).read().equals(pq.ParquetFile(other).read())


def test_without_lines_there_is_no_file_of_them(tmp_path: Path) -> None:
    files = write(tmp_path, 9, 40, Silent(), lines_per_case=0)
    assert [path for path in files if "lines" in path.name] == [] == list(tmp_path.glob("lines*"))
    more = write(tmp_path / "more", 9, 40, Silent(), lines_per_case=60)
    assert pq.ParquetFile(more[3]).metadata.num_rows > 40 * 35
