"""A snapshot is what one commit has, with exactly the declared columns, whatever is written meanwhile."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.tables.contract import TABLES, contract
from yiheng.tables.data import Data
from yiheng.tables.digest import digest
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot, read_files


def test_stays_as_it_was_after_later_loads(tmp_path: Path, put: Any, case: Any) -> None:
    put(tmp_path, cases=[case("1", fee_01=Decimal("1.10")), case("2", 2024)])
    with engine() as backend:
        opened = Snapshot(backend, Data.open(tmp_path))
        table = opened.table("cases")
        before = digest(backend, table)
        put(tmp_path, cases=[case("3"), case("4", 2031)])
        assert digest(backend, table) == before
        assert digest(backend, opened.table("cases")) == before
        assert digest(backend, Snapshot(backend, Data.open(tmp_path), 1).table("cases")) == before
        assert Snapshot(backend, Data.open(tmp_path)).table("cases").count().to_pyarrow().as_py() == 4


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_was_never_loaded_is_empty_and_typed(tmp_path: Path, put: Any, case: Any, name: str) -> None:
    put(tmp_path, cases=[case("1")])
    with engine() as backend:
        table = Snapshot(backend, Data.open(tmp_path)).table(name)
        assert table.schema() == ibis.Schema.from_pyarrow(contract(name).schema)
        assert table.count().to_pyarrow().as_py() == (1 if name == "cases" else 0)


def test_what_was_written_is_read(tmp_path: Path, put: Any, case: Any, table_of: Any) -> None:
    rows = [
        case("1", dx=["I63.9", None], dx_present=[1, None], total_fee=Decimal("0.10"), planned_readmit=False, sex=1),
        case("2", 2024, dx=[], dx_present=None, group="", icu_hours=0.5),
    ]
    put(tmp_path, cases=rows)
    with engine() as backend:
        found = Snapshot(backend, Data.open(tmp_path)).table("cases").order_by("case_id").to_pyarrow()
    assert found.to_pylist() == table_of("cases", *rows).to_pylist()


def test_columns_that_old_files_lack_are_null_and_others_are_left_out(tmp_path: Path) -> None:
    """Columns are only added: files of an older and of a newer version are read together."""
    old = pa.table({"kind": ["dx"], "edition": ["E"], "code": ["A"]})
    new = pa.table({"kind": ["dx"], "edition": ["E"], "code": ["B"], "zh": ["乙"], "later": [1]})
    paths = [tmp_path / "old.parquet", tmp_path / "new.parquet"]
    for path, table in zip(paths, (old, new), strict=True):
        pq.write_table(table, path)
    with engine() as backend:
        found = read_files(backend, paths, contract("names")).order_by("code").to_pyarrow()
    assert found.schema.names == ["kind", "edition", "code", "zh", "en"]
    assert found.to_pylist() == [
        {"kind": "dx", "edition": "E", "code": "A", "zh": None, "en": None},
        {"kind": "dx", "edition": "E", "code": "B", "zh": "乙", "en": None},
    ]


@pytest.mark.parametrize("name", ["data", "区域 数据", "it's", "a[1]*?", "a&b#c;d"])
def test_hard_folder_names(tmp_path: Path, put: Any, case: Any, name: str) -> None:
    root = tmp_path / name
    put(root, cases=[case("1", 2023), case("2", 2024)])
    put(root, cases=[case("3", 2024)])
    with engine() as backend:
        found = Snapshot(backend, Data.open(root)).table("cases").select("case_id", "year").order_by("case_id")
        assert [tuple(row.values()) for row in found.to_pyarrow().to_pylist()] == [
            ("1", 2023),
            ("2", 2024),
            ("3", 2024),
        ]
