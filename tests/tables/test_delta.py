"""Files are staged, then one transaction makes them a version; exactly the declared columns, or nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from yiheng.tables.contract import contract
from yiheng.tables.delta import Staged, add_version, put_back, version_files


def staged(root: Path, number: int, table: pa.Table) -> Staged:
    its = Staged(root, contract("cases"), number)
    with its:
        its.write(table)
    return its


def ids(root: Path, version: int) -> list[str]:
    return sorted(
        value for path in version_files(root, version) for value in pq.ParquetFile(path).read()["case_id"].to_pylist()
    )


def test_versions_are_appended_and_old_ones_stay(tmp_path: Path, table_of: Any, case: Any) -> None:
    first = add_version(staged(tmp_path, 1, table_of("cases", case("1"), case("2", 2024))), replace=False)
    second = add_version(staged(tmp_path, 2, table_of("cases", case("3"))), replace=False)
    third = add_version(staged(tmp_path, 3, table_of("cases", case("4"))), replace=True)
    assert (first, second, third) == (1, 2, 3)
    assert [ids(tmp_path, version) for version in (1, 2, 3)] == [["1", "2"], ["1", "2", "3"], ["4"]]
    assert [Path(path).relative_to(tmp_path).as_posix() for path in version_files(tmp_path, 2)] == [
        "year=2023/000001.parquet", "year=2023/000002.parquet", "year=2024/000001.parquet"
    ]  # fmt: skip
    assert DeltaTable(str(tmp_path)).metadata().partition_columns == ["year"]


def test_only_the_declared_columns_go_in(tmp_path: Path, table_of: Any, case: Any) -> None:
    """Delta itself would take floats into decimals."""
    table = table_of("cases", case("1"))
    place = table.schema.get_field_index("total_fee")
    others = [
        table.set_column(place, "total_fee", pa.array([1.005])),
        table.drop_columns(["payer"]),
        table.append_column("more", pa.array([1])),
        table.select([*table.column_names[1:], "hospital"]),
    ]
    its = Staged(tmp_path, contract("cases"), 1)
    for other in others:
        with its, pytest.raises(TypeError, match="not the columns of cases"):
            its.write(other)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_rows_are_taken_out_of_a_staged_file(tmp_path: Path, table_of: Any, case: Any) -> None:
    rows = [case(str(n), dx=[f"A{n}"] * (n % 3)) for n in range(70_000)]
    its = staged(tmp_path, 1, table_of("cases", *rows))
    unwanted = np.array([0, 65_535, 65_536, 69_999])
    its.rewrite(its.paths[0], unwanted)
    its.close()
    assert its.rows == {2023: 69_996}
    kept = pq.ParquetFile(its.paths[0]).read(["case_id", "dx"]).to_pylist()
    assert kept == [{"case_id": row["case_id"], "dx": row["dx"]} for n, row in enumerate(rows) if n not in unwanted]
    assert [path.name for path in (tmp_path / "year=2023").iterdir()] == ["000001.parquet"]


def test_a_file_without_rows_goes(tmp_path: Path, table_of: Any, case: Any) -> None:
    its = staged(tmp_path, 1, table_of("cases", case("1"), case("2", 2024)))
    its.rewrite(its.paths[0], np.array([0]))
    assert add_version(its, replace=False) == 1
    assert [Path(path).name for path in version_files(tmp_path, 1)] == ["000001.parquet"]
    assert ids(tmp_path, 1) == ["2"]


def test_what_is_put_back(tmp_path: Path, table_of: Any, case: Any) -> None:
    root = tmp_path / "cases"
    add_version(staged(root, 1, table_of("cases", case("1"))), replace=False)
    before = sorted(root.rglob("*"))
    add_version(staged(root, 2, table_of("cases", case("2"), case("9", 2031))), replace=False)
    its = staged(root, 3, table_of("cases", case("3")))
    its.paths[0].rename(its.paths[0].with_suffix(".old"))
    put_back(root, 1, 1)
    assert [path for path in sorted(root.rglob("*")) if path.is_file()] == [path for path in before if path.is_file()]
    assert ids(root, int(DeltaTable(str(root)).version())) == ["1"]
    put_back(root, None, 0)
    assert not root.exists()


def test_rows_wait_until_they_are_a_row_group_worth_writing(
    tmp_path: Path, table_of: Any, case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [table_of("cases", case(str(number), 2023 + number % 2)) for number in range(6)]
    groups = {}
    for name, most in (("one", 1 << 20), ("each", 0)):
        monkeypatch.setattr("yiheng.tables.delta._WAITING", most)
        with Staged(tmp_path / name, contract("cases"), 1) as its:
            for table in tables:
                its.write(table)
        groups[name] = [(pq.read_metadata(path).num_row_groups, pq.read_metadata(path).num_rows) for path in its.paths]
        assert ids(tmp_path / name, add_version(its, replace=False)) == ["0", "1", "2", "3", "4", "5"]
    assert groups == {"one": [(1, 3), (1, 3)], "each": [(3, 3), (3, 3)]}


def test_what_waits_when_a_load_fails_is_not_written(tmp_path: Path, table_of: Any, case: Any) -> None:
    its = Staged(tmp_path, contract("cases"), 1)
    its.write(table_of("cases", case("1")))
    its.__exit__(ValueError, ValueError("halted"), None)
    assert [pq.read_metadata(path).num_rows for path in its.paths] == [0]
