"""base.kept: what was kept is found again as it was, or not at all."""

from pathlib import Path

import pytest

from yiheng.base.kept import cache_folder, keep, kept


def test_what_was_kept_is_found(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "one.pack"
    assert kept(path) is None
    keep(path, b"first\nsecond\n")
    assert kept(path) == b"first\nsecond\n"
    keep(path, b"")
    assert kept(path) == b""


@pytest.mark.parametrize("damage", [b"", b"torn", None])
def test_a_torn_or_altered_entry_is_not_there(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "one.pack"
    keep(path, b"content")
    path.write_bytes(path.read_bytes().replace(b"content", b"Content") if damage is None else damage)
    assert kept(path) is None


def test_of_each_kind_the_newest_entries_are_kept(tmp_path: Path) -> None:
    keep(tmp_path / "other.catalogue", b"")
    for number in range(12):
        keep(tmp_path / f"{number}.pack", b"%d" % number)
    assert len(list(tmp_path.glob("*.pack"))) == 10
    assert (kept(tmp_path / "11.pack"), kept(tmp_path / "other.catalogue")) == (b"11", b"")


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"its own")
    keep(tmp_path / "file" / "one.pack", b"content")
    assert kept(tmp_path / "file" / "one.pack") is None
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"its own"


def test_the_cache_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "yiheng"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "yiheng"
