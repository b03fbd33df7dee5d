"""A backup has the whole site, is written whole or not at all, and shows nothing without its key."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit import anchor
from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.backup import content, copying
from yiheng.site.base.backup.content import checked
from yiheng.site.base.backup.making import last_made, make
from yiheng.site.base.backup.restoring import restore
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.vault import keys

from ..town import NOW, Town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(town: Town, settings: object, tmp_path: Path) -> Town:
    """The town with an upload, an item, a key that lies elsewhere and what a site's folder has."""
    folder = tmp_path / "site"
    folder.mkdir()
    settings.FOLDER, settings.MEDIA_ROOT = folder, folder / "uploads"  # type: ignore[attr-defined]
    settings.VAULT_KEYS = tmp_path / "vault.keys"  # type: ignore[attr-defined]
    keys.add()
    (folder / "secret").write_text("the secret", encoding="utf-8")
    (folder / "made-up").touch()
    (folder / "left.partial").write_text("x", encoding="utf-8")
    keep(town.people["dan"], "consent", "同意.txt", [b"a consent that somebody gave"], ("text",), 10_000, NOW)
    town.sent(subject="血样甲")
    return town


def test_it_has_everything_but_the_key(home: Town, tmp_path: Path) -> None:  # noqa: ARG001
    file, into = tmp_path / "b.yhb", tmp_path / "into"
    people = Person.objects.count()
    made = make(file, NOW)
    listed = checked(file, keys.read(), "b.yhb", into)
    (upload,) = (into / "uploads").glob("*/*")
    assert upload.read_bytes() == b"a consent that somebody gave"
    assert (into / "secret").read_text(encoding="utf-8") == "the secret"
    assert {path.name for path in into.iterdir()} == {"database", "secret", "anchor", "made-up", "uploads"}
    assert (into / "anchor").read_bytes() == anchor.path().read_bytes()
    copy = sqlite3.connect(into / "database")
    assert copy.execute("SELECT count(*) FROM accounts_person").fetchone() == (people,)
    assert copy.execute("SELECT subject FROM site_small_errand").fetchall() == [("血样甲",)]
    copy.close()
    assert (listed.engine, listed.rows["accounts_person"], listed.rows["audit_entry"]) == (
        "sqlite", people, Entry.objects.count() - 1
    )  # fmt: skip
    assert (made.files, made.size, made.rows) == (5, file.stat().st_size, sum(listed.rows.values()))
    assert all(path.stat().st_mode & 0o077 == 0 for path in (file, into / "database", into / "secret", upload))


def test_without_the_key_nothing_is_seen(home: Town, tmp_path: Path) -> None:  # noqa: ARG001
    make(tmp_path / "b.yhb", NOW)
    text = (tmp_path / "b.yhb").read_bytes()
    for said in ("血样甲", "a consent", "the secret", "CREATE TABLE", "accounts_person"):
        assert said.encode() not in text


def test_the_audit_and_the_site_know_the_last(home: Town, tmp_path: Path) -> None:  # noqa: ARG001
    assert last_made() is None
    made = make(tmp_path / "b.yhb", NOW)
    later = NOW + timedelta(days=1)
    make(tmp_path / "c.yhb", later)
    assert last_made() == later
    first = Entry.objects.filter(action="backup.make").earliest("seq")
    assert first.detail == {"size": made.size, "files": made.files, "rows": made.rows}
    assert not Look.objects.filter(seal=None).exists(), "looks are sealed before"


def test_where_it_is_not_written(home: Town, settings: object, tmp_path: Path) -> None:  # noqa: ARG001
    taken, inside = tmp_path / "taken", settings.FOLDER / "b.yhb"  # type: ignore[attr-defined]
    taken.write_text("mine", encoding="utf-8")
    for file, why in (
        (taken, "is there already"),
        (inside, "lies in the site's own folder"),
        (tmp_path / "none" / "b.yhb", "cannot be written"),
    ):
        with pytest.raises(Refusal, match=why):
            make(file, NOW)
    keys.path().unlink()
    with pytest.raises(Refusal, match="the vault has no key file"):
        make(tmp_path / "b.yhb", NOW)
    assert taken.read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "taken"]
    assert not Entry.objects.filter(action="backup.make").exists()


@pytest.mark.parametrize("fails", ["write", "checked"])
def test_whole_or_not_at_all(home: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:  # noqa: ARG001
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(content, fails, full)
    with pytest.raises(Refusal) as why:
        make(tmp_path / "b.yhb", NOW)
    said = {"write": f"{tmp_path}, value No space left on device: cannot be read or written"}
    said["checked"] = f"{tmp_path / 'b.yhb'}, value No space left on device: cannot be written"
    assert str(why.value) == f"file {said[fails]}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "vault.keys"]
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == [
        "anchor",
        "left.partial",
        "made-up",
        "secret",
        "uploads",
    ]
    assert last_made() is None


@pytest.fixture
def small() -> Iterator[Callable[[int], None]]:
    """Lets this process write no file beyond so many bytes, as a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_folder_that_is_full_is_named(home: Town, tmp_path: Path, small: Callable[[int], None]) -> None:
    file, size = tmp_path / "b.yhb", 8 << 20
    keep(home.people["dan"], "consent", "大.txt", [b"x" * (size + 1)], ("text",), 2 * size, NOW)
    for most, folder, said in ((100_000, tmp_path / "site", "disk I/O error"), (size, tmp_path, "File too large")):
        small(most)
        with pytest.raises(Refusal) as why:
            make(file, NOW)
        assert str(why.value) == f"file {folder}, value {said}: cannot be read or written"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "vault.keys"]
    assert last_made() is None


def test_an_upload_that_cannot_be_read_is_named(home: Town, tmp_path: Path) -> None:  # noqa: ARG001
    (upload,) = (tmp_path / "site" / "uploads").glob("*/*")
    upload.unlink()
    upload.mkdir()
    with pytest.raises(Refusal) as why:
        make(tmp_path / "b.yhb", NOW)
    assert str(why.value) == f"file {upload}, value Is a directory: cannot be read or written"
    assert not (tmp_path / "b.yhb").exists()


def test_a_list_that_is_not_kept_is_seen(home: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    file = tmp_path / "b.yhb"
    real = content._put

    def shorter(package: object, listed: content.Listed, name: str, path: Path) -> None:
        if name == "database":
            real(package, listed, name, path)  # type: ignore[arg-type]
        else:
            listed.files[name] = (1, "0" * 64)

    monkeypatch.setattr(content, "_put", shorter)
    with pytest.raises(Refusal, match="does not have what its list says"):
        make(file, NOW)
    assert not file.exists()


def test_a_new_key_leaves_older_backups_open(home: Town, tmp_path: Path) -> None:  # noqa: ARG001
    file = tmp_path / "b.yhb"
    make(file, NOW)
    keys.add()
    assert checked(file, keys.read(), "b.yhb").engine == "sqlite"


def test_a_database_that_is_none_is_refused(tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    torn.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(Refusal, match="is no"):
        copying.demand_whole(torn)


def test_a_tool_that_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refusal) as why:
        copying._run("pg_dump", {"PASSWORD": "geheim"}, "x")
    assert str(why.value) == ("file pg_dump: is not installed -> install PostgreSQL's client programs, version 15")


def test_a_backup_with_other_rows_than_its_list_is_not_restored(
    home: Town,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = copying.copied
    monkeypatch.setattr(copying, "copied", lambda to: real(to) | {"accounts_person": 99})
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "yiheng.site.settings")
    make(tmp_path / "b.yhb", NOW)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Refusal) as why:
        restore(tmp_path / "b.yhb", tmp_path / "new", keys.path(), "")
    assert str(why.value) == "file b.yhb, value accounts_person: has other rows than its list says"
    assert sorted(tmp_path.iterdir()) == before
