"""Keys that stand twice are found wherever they stand; the first row by file and number stays."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.cases.duplicates import duplicates

KEY = ("hospital", "case_id")
KEYS = st.tuples(st.sampled_from("AB"), st.sampled_from(["1", "2", "3", "", "1 "]))


def write(path: Path, rows: list[tuple[str, str]], file: str, first: int = 1) -> Path:
    columns = {
        "hospital": [hospital for hospital, _ in rows],
        "case_id": [case_id for _, case_id in rows],
        "source_file": [file] * len(rows),
        "source_row": pa.array(range(first, first + len(rows)), pa.int64()),
    }
    pq.write_table(pa.table(columns), path)
    return path


def test_where_a_repeated_row_stands(tmp_path: Path) -> None:
    staged = [
        write(tmp_path / "one's.parquet", [("A", "1"), ("A", "2"), ("B", "1"), ("A", "1")], "z.csv"),
        write(tmp_path / "two.parquet", [("A", "2"), ("C", "1")], "a.csv"),
    ]
    held = write(tmp_path / "held.parquet", [("B", "1"), ("D", "1")], "old.csv")
    found = duplicates(staged, [str(held)], KEY).to_pylist()
    assert [(Path(row["path"]).name, row["place"], row["source_file"], row["source_row"]) for row in found] == [
        ("one's.parquet", 1, "z.csv", 2),
        ("one's.parquet", 2, "z.csv", 3),
        ("one's.parquet", 3, "z.csv", 4),
    ]
    assert [(row["hospital"], row["case_id"]) for row in found] == [("A", "2"), ("B", "1"), ("A", "1")]


def test_no_files_are_no_question() -> None:
    with pytest.raises(ValueError, match="no files that could have duplicates"):
        duplicates([], [], KEY)


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=30)
@given(first=st.lists(KEYS, min_size=1, max_size=8), second=st.lists(KEYS, max_size=8), held=st.sets(KEYS))
def test_what_is_left_has_each_key_once(first: Any, second: Any, held: Any, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("keys")
    staged = [write(folder / "1.parquet", first, "a.csv"), write(folder / "2.parquet", second, "b.csv")]
    old = [str(write(folder / "held.parquet", sorted(held), "old.csv"))]
    out = {(row["source_file"], row["source_row"]) for row in duplicates(staged, old, KEY).to_pylist()}
    seen, expected = set(held), set()
    for file, keys in (("a.csv", first), ("b.csv", second)):
        for row, key in enumerate(keys, 1):
            if key in seen:
                expected.add((file, row))
            seen.add(key)
    assert out == expected
