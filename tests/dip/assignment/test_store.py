"""dip.assignment.store: a compiled catalogue from disk gives the answers of the one that was put there."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from yiheng.dip.assignment.batch import Assigner
from yiheng.dip.assignment.store import stored
from yiheng.dip.columns import SCHEMA
from yiheng.dip.file import Held

DAY = date(2024, 12, 31)
ROWS = [
    {"group": "A", "kind": "core", "dx": "I21.9/I21.0", "treatment": "conservative", "rw": 1.5, "points": 1500.0},
    {"group": "B", "kind": "core", "dx": "I21.9", "proc": "36.06+88.55/88.56", "treatment": "surgery", "points": 2.5},
    {"group": "C", "kind": "core", "dx": "I21.9", "proc": "36.06+88.55", "treatment": "surgery", "points": 3.5},
    {"group": "E", "kind": "early", "dx": "C50*", "other_dx": "E11.9", "treatment": "*", "place": 1},
    {"group": "P", "kind": "comprehensive", "wide": "I21", "treatment": "surgery", "points": 9.0},
    {"group": "R", "kind": "comprehensive", "wide": "J00-J99", "treatment": "conservative", "points": 8.0},
]
CASES = pa.RecordBatch.from_pylist(
    [
        {"dx": ["I21.900x001"], "proc": []},
        {"dx": ["I21.9"], "proc": ["36.0601", None, "88.56"]},
        {"dx": ["I21.9"], "proc": ["36.06", "88.55"]},
        {"dx": ["C50.9", "E11.900"], "proc": []},
        {"dx": ["I21.4"], "proc": ["36.07"]},
        {"dx": ["J18.9"], "proc": []},
        {"dx": ["K80.2"], "proc": []},
        {"dx": [None], "proc": ["36.06"]},
    ],
    schema=pa.schema([("dx", pa.list_(pa.string())), ("proc", pa.list_(pa.string()))]),
)
ANSWERS = ["A", "B", None, "E", "P", "R", None, None]


@pytest.fixture
def catalogue(with_value: Any) -> Held:
    scheme = with_value(match="parts", preference=["matched"])
    return Held(pa.Table.from_pylist(ROWS, schema=SCHEMA), scheme, DAY)


def answers(catalogue: Held, digest: str, cache: Path, version: str = "1") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = Assigner(stored(catalogue, digest, cache, version)).assign(CASES).to_pylist()
    return rows


def test_a_stored_catalogue_is_the_compiled_one(catalogue: Held, tmp_path: Path) -> None:
    made, found = (stored(catalogue, "d", tmp_path, "1") for _ in range(2))
    for name in made.groups._fields:
        one, other = (getattr(its.groups, name) for its in (made, found))
        np.testing.assert_array_equal(one, other, strict=True)
        assert (one.flags.writeable, other.flags.writeable) == (False, False)
    assert (made.dx.tokens.all, made.proc.tokens.all) == (found.dx.tokens.all, found.proc.tokens.all)
    assert made.answers == found.answers
    assert np.array_equal(made.rules.preference, found.rules.preference)


def test_what_is_kept_is_used(catalogue: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = answers(catalogue, "d", tmp_path)
    assert [row["group"] for row in made] == ANSWERS
    assert made[2]["reason"] == "several groups fit equally well: B, C"
    monkeypatch.setattr("yiheng.dip.assignment.store.tables_of", None)
    assert answers(catalogue, "d", tmp_path) == made
    for other in ({"digest": "e"}, {"version": "2"}):
        with pytest.raises(TypeError):
            answers(catalogue, **({"digest": "d", "cache": tmp_path} | other))


def test_an_altered_entry_is_made_anew(catalogue: Held, tmp_path: Path) -> None:
    made = answers(catalogue, "d", tmp_path)
    (entry,) = tmp_path.iterdir()
    sound = entry.read_bytes()
    assert b"C50" in sound
    entry.write_bytes(sound.replace(b"C50", b"C51"))
    assert answers(catalogue, "d", tmp_path) == made
    assert entry.read_bytes() == sound


def test_where_nothing_can_be_kept_it_is_compiled_each_time(catalogue: Held, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert [row["group"] for row in answers(catalogue, "d", tmp_path / "file")] == ANSWERS
