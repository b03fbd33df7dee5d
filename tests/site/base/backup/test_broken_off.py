"""A restore that is killed, has no more room or a broken audit: the whole site is in its folder, or none is."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from yiheng.site.base.audit import guard
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.backup.making import make
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.vault import keys

from ..town import NOW, Town

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# Arguments: backup, folder, keys, how many bytes a file may have, before which step on the new site it is killed.
# A step is what the interpreter says that it is about to do to a file, or a process that it is about to start.
RESTORE = """
import os, resource, signal, sys
from pathlib import Path
from yiheng.base.refusal import Refusal
from yiheng.site.base.backup.restoring import restore

file, folder, keys, largest, last = sys.argv[1:]
if int(largest):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
steps = 0

def step(event, args):
    global steps
    if event == "subprocess.Popen" or event in ("open", "os.mkdir", "os.rename") and folder in str(args[0]):
        steps += 1
        print(event, flush=True)
        if steps == int(last):
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(step)
try:
    restore(Path(file), Path(folder), Path(keys), "")
except Refusal as why:
    sys.exit(str(why))
"""


@pytest.fixture
def kept(town: Town, settings: object, tmp_path: Path) -> Path:
    """A backup of the town, with two uploads."""
    folder = tmp_path / "site"
    folder.mkdir()
    settings.FOLDER, settings.MEDIA_ROOT = folder, folder / "uploads"  # type: ignore[attr-defined]
    settings.VAULT_KEYS = tmp_path / "vault.keys"  # type: ignore[attr-defined]
    keys.add()
    (folder / "secret").write_text("the secret", encoding="utf-8")
    for text in (b"one", b"another"):
        keep(town.people["dan"], "consent", "同意.txt", [text], ("text",), 10_000, NOW)
    town.sent()
    make(tmp_path / "b.yhb", NOW)
    return tmp_path / "b.yhb"


def restored(kept: Path, largest: int = 0, last: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RESTORE, kept, kept.with_name("new"), kept.with_name("vault.keys"), largest, last]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "yiheng.site.settings"}
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, env=env, check=False, timeout=120)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_killed_before_any_of_its_steps(kept: Path) -> None:
    new, beside = kept.with_name("new"), kept.with_name("new.partial")
    done = restored(kept)
    assert (done.returncode, done.stderr) == (0, "")
    steps = done.stdout.split()
    whole = names(new)
    assert {"site.sqlite3", "secret", "anchor"} < whole
    assert len([name for name in whole if name.startswith("uploads/")]) == 2
    started = steps.index("subprocess.Popen") + 1
    shutil.rmtree(new)
    for last in (2, steps.index("os.rename") + 1, started, len(steps)):
        shutil.rmtree(beside, ignore_errors=True)
        killed = restored(kept, last=last)
        assert (killed.returncode, new.exists(), beside.is_dir()) == (-signal.SIGKILL, False, True)
    again = restored(kept)
    assert again.returncode == 1
    assert again.stderr.startswith(f"file {beside}: another restore runs, or was broken off -> once none runs")
    assert not new.exists()
    shutil.rmtree(beside)
    assert restored(kept).returncode == 0
    assert (names(new), beside.exists()) == (whole, False)
    assert Entry.objects.filter(action="backup.make").count() == 1


def test_a_site_whose_audit_was_changed_is_not_put_in_place(kept: Path) -> None:
    kept.unlink()
    guard.lift(connection)
    Entry.objects.filter(seq=2).update(outcome="seen")
    guard.put(connection)
    make(kept, NOW)
    wrong = restored(kept)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("file b.yhb, value 审计第 2 条：内容与摘要不符 ")
    assert "the site in it is not whole (made by version " in wrong.stderr
    assert [path.name for path in kept.parent.glob("new*")] == []


def test_no_more_room(kept: Path) -> None:
    before = names(kept.parent)
    full = restored(kept, largest=100_000)
    assert full.returncode == 1
    assert full.stderr == f"file {kept.with_name('new')}, value File too large: cannot be read or written\n"
    assert names(kept.parent) == before
    assert [path.name for path in kept.parent.glob("new*")] == []
    assert restored(kept).returncode == 0
