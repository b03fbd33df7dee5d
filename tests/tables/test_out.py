"""A result file is whole or not there."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.refusal import Refusal
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out

TABLE = pa.table({"n": [3, 1, 2], "名称": ["a,b", "it's", None]})
ABOUT = {"commit": 3, "policy": {"dip/x": "ab'c"}, "code_version": "0.1+x"}


def write(path: Path) -> None:
    with engine() as backend:
        backend.con.register("given", TABLE)
        write_out(backend, backend.table("given"), path, about_json(ABOUT))


def test_parquet_keeps_order_and_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "it's 结果.parquet"
    write(path)
    assert pq.read_table(path).to_pylist() == TABLE.to_pylist()
    metadata = pq.read_schema(path).metadata or pq.read_metadata(path).metadata
    found = {key.decode(): value.decode() for key, value in metadata.items()}
    assert found["commit"] == "3"
    assert found["policy"] == '{"dip/x": "ab\'c"}'
    assert found["code_version"] == "0.1+x"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_csv_keeps_order(tmp_path: Path) -> None:
    write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == 'n,名称\n3,"a,b"\n1,it\'s\n2,\n'


@pytest.mark.parametrize("name", ["out.xlsx", "out", "out.parquet.gz", ".csv"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refusal, match=r"must end in \.parquet or \.csv"):
        check_out(tmp_path / name)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="there is no such folder"):
        check_out(tmp_path / "none" / "out.csv")


def test_a_query_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")
    with engine() as backend:
        backend.con.register("given", TABLE)
        broken = backend.table("given").mutate(n=backend.table("given")["名称"].cast("int64"))
        with pytest.raises(Exception, match="Conversion Error"):
            write_out(backend, broken, path, {})
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]
