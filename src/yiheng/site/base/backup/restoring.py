"""Restoring a backup (恢复): opened into a folder beside, looked over there, and only then put in place.

The new folder is empty or not there, as is a PostgreSQL database; whatever is wrong, nothing has changed. One that was
killed leaves the folder beside, which is no site, and which the next one names.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.site.base.backup import content, copying
from yiheng.site.base.backup.content import DATABASE, Listed
from yiheng.site.base.backup.room import refusing
from yiheng.site.base.ground.database import database
from yiheng.site.base.vault.keys import Ring, ring_of

_SITE = "site.sqlite3"
_SAID = 300


def restore(file: Path, folder: Path, key_file: Path, address: str) -> Listed:
    """Bring a site back from a backup into an empty folder; the backup's list.

    - key_file: the vault's keys, which are not copied; address: the PostgreSQL database, empty for SQLite
    """
    ring = ring_of(key_file)
    its = database(address, folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal("is not empty", file=str(folder), cure="restore into a new folder")
    with refusing(file):
        listed = content.checked(file, ring, file.name)
    if listed.engine != ("postgresql" if address else "sqlite"):
        raise Refusal("is of the other kind of database", file=file.name, value=listed.engine)
    if address:
        copying.demand_empty(its)
    with refusing(folder):
        _put(file, folder, key_file, address, its, ring)
    return listed


def _put(file: Path, folder: Path, key_file: Path, address: str, its: Mapping[str, Any], ring: Ring) -> None:
    beside = folder.with_name(f"{folder.name}.partial")
    beside.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        try:
            beside.mkdir(mode=0o700)
        except FileExistsError:
            cure = "once none runs, remove it (and empty the database)"
            raise Refusal("another restore runs, or was broken off", file=str(beside), cure=cure) from None
        undo.callback(shutil.rmtree, beside, ignore_errors=True)
        listed = content.checked(file, ring, file.name, beside)
        if address:
            copying.loaded(beside / DATABASE, its)
            undo.callback(copying.emptied, its)
            (beside / DATABASE).unlink()
        else:
            (beside / DATABASE).rename(beside / _SITE)
            copying.demand_whole(beside / _SITE)
        _looked_over(beside, key_file, address, listed, file.name)
        for each in (beside, *filter(Path.is_dir, beside.rglob("*"))):
            content.on_disk(each)
        beside.rename(folder)
        undo.pop_all()
    content.on_disk(folder.parent)


def _demand_rows(rows: dict[str, int], listed: Listed, name: str) -> None:
    wrong = sorted(table for table in {*rows, *listed.rows} if rows.get(table) != listed.rows.get(table))
    if wrong:
        raise Refusal("has other rows than its list says", file=name, value=wrong[0])


def _looked_over(beside: Path, key_file: Path, address: str, listed: Listed, name: str) -> None:
    """A process with the restored site's settings goes through its audit and counts its rows (`child`)."""
    own = {"YIHENG_SITE_DIR": beside, "YIHENG_VAULT_KEYS": key_file.absolute(), "YIHENG_DATABASE": address}
    given = os.environ | {name: str(value) for name, value in own.items()}
    command = [sys.executable, "-m", "yiheng.site.base.backup.child"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise Refusal(f"the site in it is not whole (made by version {listed.version})", file=name, value=why[:_SAID])
    _demand_rows(json.loads(done.stdout), listed, name)
