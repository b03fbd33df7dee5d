"""drg.kernel.store: a compiled pack from disk is the one that was put there; what is torn or altered is made anew."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from yiheng.drg.kernel.batch import Grouper
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.store import stored
from yiheng.drg.packs.load import read_pack

CASES = pa.RecordBatch.from_pylist(
    [
        {"sex": 1, "age": 60, "dx": ["B01", "M01"], "proc": ["01.1"]},
        {"sex": 1, "age": 60, "dx": ["Q9", "M01"], "proc": []},
        {"sex": None, "age": 60, "dx": ["C01"], "proc": ["77.7"]},
    ]
)


def answers(pack: Path, cache: Path) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = Grouper(stored(str(pack), cache, "1")).group(CASES).to_pylist()
    return rows


def entry(cache: Path) -> Path:
    (found,) = cache.iterdir()
    return found


def test_a_stored_pack_is_the_compiled_one(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    folder, cache = folder_of(), tmp_path / "cache"
    made = compiled(read_pack(folder))
    stored(str(folder), cache, "1")
    found = stored(str(folder), cache, "1")
    assert np.array_equal(found.pool.parts, made.pool.parts)
    assert np.array_equal(found.pool.limits, made.pool.limits)
    others = [name for name in vars(made) if name != "pool"]
    assert [vars(found)[name] for name in others] == [vars(made)[name] for name in others]
    assert (found.pool.parts.dtype, found.pool.limits.shape) == (np.int32, made.pool.limits.shape)


def test_what_is_kept_is_used(folder_of: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = folder_of(), tmp_path / "cache"
    expected = answers(folder, cache)
    monkeypatch.setattr("yiheng.drg.kernel.compile.compiled", None)
    assert answers(folder, cache) == expected
    with pytest.raises(TypeError):
        stored(str(folder), cache, "2")


@pytest.mark.parametrize("damage", [b"", b"torn", None])
def test_a_torn_or_altered_entry_is_made_anew(
    folder_of: Callable[..., Path], tmp_path: Path, damage: bytes | None
) -> None:
    folder, cache = folder_of(), tmp_path / "cache"
    expected = answers(folder, cache)
    sound = entry(cache).read_bytes()
    altered = sound.replace(b"BB11", b"BB99", 1)
    assert altered != sound
    entry(cache).write_bytes(altered if damage is None else damage)
    assert answers(folder, cache) == expected
    assert entry(cache).read_bytes() == sound


def test_another_content_is_another_entry(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    folder, cache = folder_of(), tmp_path / "cache"
    before = answers(folder, cache)
    rules = folder / "adrg_list.csv"
    rules.write_text(rules.read_text(encoding="utf-8").replace("BB1,ss,01.1", "BB1,ss,01.2"), encoding="utf-8")
    after = answers(folder, cache)
    assert (before[0]["drg"], after[0]["drg"], len(list(cache.iterdir()))) == ("BB11", "BR19", 2)


def test_a_change_of_the_base_is_seen(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    base, own, cache = folder_of(), tmp_path / "own", tmp_path / "cache"
    own.mkdir()
    (own / "pack.toml").write_text('id = "own"\nbase = "../pack"\n', encoding="utf-8")
    before = answers(own, cache)
    rules = base / "adrg_list.csv"
    rules.write_text(rules.read_text(encoding="utf-8").replace("BB1,ss,01.1", "BB1,ss,01.2"), encoding="utf-8")
    after = answers(own, cache)
    assert (before[0]["drg"], after[0]["drg"]) == ("BB11", "BR19")


def test_where_nothing_can_be_kept_it_is_compiled_each_time(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert answers(folder_of(), tmp_path / "file")[0]["drg"] == "BB11"
