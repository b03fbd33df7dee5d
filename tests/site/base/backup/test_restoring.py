"""`yiheng site backup` and `restore`: the site comes back whole in an empty folder, or nothing has changed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PYTHON = [sys.executable, "-c", "from yiheng.cli import main; main()", "site"]
Run = Callable[..., subprocess.CompletedProcess[str]]


def runner(keys: Path, database: str = "") -> Run:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("YIHENG_", "DJANGO_"))}
    env |= {"YIHENG_VAULT_KEYS": str(keys), "YIHENG_DATABASE": database}
    bins = Path("/usr/lib/postgresql/15/bin")
    env["PATH"] = f"{bins}:{env['PATH']}" if database and bins.exists() else env["PATH"]

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [*PYTHON, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=180, check=False)

    return run


def founded(run: Run, data: Path, file: Path) -> str:
    """A site with its administrator and a key, and a backup of it."""
    assert run("found", "--dir", data, "--code", "14", "--name", "市", "--administrator", "root").returncode == 0
    assert run("key", "--dir", data).returncode == 0
    made = run("backup", file, "--dir", data)
    assert made.returncode == 0, made.stderr
    return made.stdout


def back(run: Run, file: Path, keys: Path, data: Path) -> None:
    """Restored, whole, and healthy."""
    restored = run("restore", file, "--keys", keys, "--dir", data)
    assert (restored.returncode, restored.stderr) == (0, "")
    assert run("verify", "--dir", data).stdout == "完整 whole\n"
    assert run("health", "--dir", data).stdout.startswith("正常 ok\n")


@pytest.mark.slow
def test_there_and_back(tmp_path: Path) -> None:
    keys, file, new = tmp_path / "k.keys", tmp_path / "b.yhb", tmp_path / "new"
    run = runner(keys)
    assert "3 files, " in founded(run, tmp_path / "old", file)
    assert "上次备份 last backup: 20" in run("health", "--dir", tmp_path / "old").stdout
    shutil.rmtree(tmp_path / "old")
    back(run, file, keys, new)
    assert sorted(path.name for path in (new / "site").iterdir()) == ["anchor", "secret", "site.sqlite3"]
    again = run("restore", file, "--keys", keys, "--dir", new)
    assert (again.returncode, "is not empty" in again.stderr) == (2, True)
    for name, text in {"cut": file.read_bytes()[:-100], "bit": _turned(file.read_bytes())}.items():
        wrong = tmp_path / name
        wrong.write_bytes(text)
        done = run("restore", wrong, "--keys", keys, "--dir", tmp_path / "other")
        assert (done.returncode, done.stderr) == (2, f"yiheng: file {name}: was cut or changed, or is of another key\n")
    assert not (tmp_path / "other").exists()


def _turned(text: bytes) -> bytes:
    return text[:5000] + bytes((text[5000] ^ 1,)) + text[5001:]


@pytest.mark.slow
@pytest.mark.postgres
def test_there_and_back_on_postgresql(postgres: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as link:
        for name in ("backed", "fresh"):
            link.execute(f"CREATE DATABASE {name}")
    keys, file = tmp_path / "k.keys", tmp_path / "b.yhb"
    founded(runner(keys, f"{postgres}/backed"), tmp_path / "old", file)
    taken = runner(keys, f"{postgres}/backed")("restore", file, "--keys", keys, "--dir", tmp_path / "new")
    assert (taken.returncode, "has tables already" in taken.stderr) == (2, True)
    assert not (tmp_path / "new").exists()
    other = runner(keys)("restore", file, "--keys", keys, "--dir", tmp_path / "new")
    assert (other.returncode, "is of the other kind of database" in other.stderr) == (2, True)
    back(runner(keys, f"{postgres}/fresh"), file, keys, tmp_path / "new")
