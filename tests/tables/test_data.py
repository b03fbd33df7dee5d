"""DATA has one writer at a time, and what no commit names is put back."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.tables.data import Data, loading
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot
from yiheng.tables.version import code_version

WRITER = """
import sys
from pathlib import Path
from yiheng.tables.data import loading
with loading(Path(sys.argv[1])):
    pass
"""


def ids(root: Path, number: int | None = None) -> list[str]:
    with engine() as backend:
        return sorted(Snapshot(backend, Data.open(root), number).table("cases").case_id.to_pyarrow().to_pylist())


def test_loads_are_numbered_and_readable_one_by_one(tmp_path: Path, put: Any, case: Any, source: Any) -> None:
    first = put(tmp_path, cases=[case("1"), case("2", 2024)])
    second = put(tmp_path, cases=[case("3")], quarantine=[{"file": "2.csv", "row": 1, "column": "x", "rule": "money"}])
    assert (first.number, first.tables) == (1, {"cases": 1})
    assert (second.number, second.tables) == (2, {"cases": 2, "quarantine": 1})
    assert second.sources == (source("2.csv"),)
    data = Data.open(tmp_path)
    assert data.commits() == [first, second]
    assert data.commits(until=1) == [first]
    assert (data.commit(), data.commit(1)) == (second, first)
    assert (ids(tmp_path), ids(tmp_path, 1)) == (["1", "2", "3"], ["1", "2"])


@pytest.mark.parametrize("number", [0, 3, -1])
def test_no_other_commit_stands_in_for_one_that_is_not_there(tmp_path: Path, put: Any, case: Any, number: int) -> None:
    put(tmp_path, cases=[case("1")])
    with pytest.raises(Refusal, match=f"there is no commit {number}$"):
        Data.open(tmp_path).commit(number)


def test_a_folder_without_a_commit_is_refused(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "none"):
        with pytest.raises(Refusal) as caught:
            Data.open(root)
        assert caught.value.file == str(root)
        assert str(caught.value).endswith(": no loaded data here -> yiheng cases load FILE... --to DATA")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder_for_data(tmp_path: Path) -> None:
    root = tmp_path / "file"
    root.write_text("mine", encoding="utf-8")
    with pytest.raises(Refusal, match="is not a folder"), loading(root):
        raise AssertionError
    assert root.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["year=1999", "50%"])
def test_a_path_that_the_engines_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    for use in (loading(tmp_path / name / "DATA").__enter__, lambda: Data.open(tmp_path / name)):
        with pytest.raises(Refusal, match="the path to DATA must be without = and %"):
            use()
    assert list(tmp_path.iterdir()) == []


def test_a_second_writer_is_told_and_changes_nothing(
    tmp_path: Path, put: Any, case: Any, table_of: Any, files_under: Any
) -> None:
    put(tmp_path, cases=[case("1")])
    before = files_under(tmp_path)
    with loading(tmp_path) as new:
        with pytest.raises(Refusal) as caught, loading(tmp_path):
            raise AssertionError
        assert "another load is writing here -> wait until it has ended" in str(caught.value)
        with new.stage("cases") as staged:
            staged.write(table_of("cases", case("2")))
        assert ids(tmp_path) == ["1"]
    assert files_under(tmp_path) == before
    assert put(tmp_path, cases=[case("2")]).number == 2


def test_a_writer_in_another_process_is_told(tmp_path: Path) -> None:
    with loading(tmp_path):
        told = subprocess.run([sys.executable, "-c", WRITER, tmp_path], capture_output=True, text=True, check=False)
    free = subprocess.run([sys.executable, "-c", WRITER, tmp_path], capture_output=True, text=True, check=False)
    assert told.stderr.splitlines()[-1].startswith("yiheng.base.refusal.Refusal: ")
    assert (told.returncode, free.returncode) == (1, 0)


def test_a_block_that_raises_leaves_nothing(
    tmp_path: Path, put: Any, case: Any, table_of: Any, files_under: Any
) -> None:
    put(tmp_path, cases=[case("1")])
    before = files_under(tmp_path)

    def half_way() -> None:
        with loading(tmp_path) as new:
            for table, row in (("cases", case("2")), ("quarantine", {"file": "x"})):
                with new.stage(table) as staged:
                    staged.write(table_of(table, row))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        half_way()
    assert files_under(tmp_path) == before
    assert ids(tmp_path) == ["1"]


def test_tables_ahead_of_the_last_commit_are_put_back(tmp_path: Path, put: Any, case: Any, files_under: Any) -> None:
    """As a crash after the tables were written, before the commit was."""
    put(tmp_path, cases=[case("1")])
    before = files_under(tmp_path)
    put(
        tmp_path,
        cases=[case("2"), case("9", 2031)],
        quarantine=[{"file": "x", "row": 1, "column": "", "rule": "money"}],
    )
    (tmp_path / "commits" / "000002.json").rename(tmp_path / "commits" / ".000002.draft")
    assert ids(tmp_path) == ["1"]
    with loading(tmp_path) as new:
        assert new.number == 2
        assert new.last == Data(tmp_path).commit(1)
        assert files_under(tmp_path) == before
    assert put(tmp_path, cases=[case("3")]).number == 2
    assert ids(tmp_path) == ["1", "3"]


def test_a_table_that_is_replaced_keeps_its_old_version_for_old_commits(tmp_path: Path, put: Any) -> None:
    def row(code: str) -> dict[str, str]:
        return {"kind": "dx", "edition": "ICD-10", "code": code}

    put(tmp_path, names=[row("A"), row("B")])
    put(tmp_path, replace=("names",), names=[row("C")])
    with engine() as backend:
        named = [Snapshot(backend, Data.open(tmp_path), number).table("names") for number in (1, 2)]
        found = [names.code.to_pyarrow().to_pylist() for names in named]
    assert [sorted(codes) for codes in found] == [["A", "B"], ["C"]]


def test_made_up_stays_made_up(tmp_path: Path, put: Any, case: Any, source: Any, table_of: Any) -> None:
    with loading(tmp_path) as new, new.stage("cases") as staged:
        staged.write(table_of("cases", case("1")))
        assert new.commit((source(),), made_up=True).made_up
    assert put(tmp_path, cases=[case("2")]).made_up


def test_the_code_version_names_package_and_digest() -> None:
    version, digest = code_version().split("+")
    assert version == "0.1.0"
    assert len(digest) == 12
    assert set(digest) <= set("0123456789abcdef")
