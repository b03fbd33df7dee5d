"""Making a backup (备份): written beside, read through once, then put in place; whole or not at all.

First the audit is sealed and its anchor read, then the database copied, then the uploads: so the copy has every entry
that the anchor names, and every file that it names is there.
"""

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from yiheng.base.refusal import Refusal
from yiheng.site.base.audit import anchor
from yiheng.site.base.audit.chain import write as write_entry
from yiheng.site.base.audit.looks import seal
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.backup import content, copying
from yiheng.site.base.backup.content import Listed
from yiheng.site.base.backup.room import refusing
from yiheng.site.base.backup.sealing import Sealed
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.keys import Ring
from yiheng.tables.version import code_version

_KIND = "backup"


@dataclass(frozen=True)
class Made:
    """What was written: how many bytes; how many files and rows are in it."""

    size: int
    files: int
    rows: int


def make(file: Path, now: datetime) -> Made:
    """Write a backup of the site to a new file. A Refusal leaves no file, and nothing in the audit."""
    ring = keys.read()
    folder = Path(settings.FOLDER)
    if file.exists():
        raise Refusal("is there already", file=str(file), cure="choose another file")
    if file.absolute().is_relative_to(folder.absolute()):
        raise Refusal("lies in the site's own folder", file=str(file), cure="keep it on another disk or machine")
    seal(now)
    try:
        listed = _written(file, ring, now)
    except OSError as fault:
        raise Refusal("cannot be written", file=str(file), value=fault.strerror or str(fault)) from None
    made = Made(file.stat().st_size, len(listed.files), sum(listed.rows.values()))
    write_entry(None, "backup.make", Of(_KIND), now, size=made.size, files=made.files, rows=made.rows)
    return made


def last_made() -> datetime | None:
    """When the last backup was made."""
    return Entry.objects.filter(kind=_KIND, action="backup.make").order_by("-seq").values_list("at", flat=True).first()


def _written(file: Path, ring: Ring, now: datetime) -> Listed:
    number, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".partial", dir=file.absolute().parent)
    partial = Path(name)
    with ExitStack() as undo:
        undo.callback(partial.unlink)
        with refusing(file.absolute().parent), os.fdopen(number, "wb") as out:
            sealed = Sealed(out, ring.current)
            _fill(sealed, now)
            sealed.close()
            out.flush()
            os.fsync(out.fileno())
        listed = content.checked(partial, ring, file.name)
        partial.rename(file)
        undo.pop_all()
    content.on_disk(file.absolute().parent)
    return listed


def _fill(sealed: Sealed, now: datetime) -> None:
    folder, uploads = Path(settings.FOLDER), Path(settings.MEDIA_ROOT)
    before = anchor.path().read_bytes() if anchor.path().exists() else b""
    with tempfile.TemporaryDirectory(prefix="backup.", suffix=".partial", dir=folder) as beside:
        copy = Path(beside) / content.DATABASE
        with refusing(folder):
            rows = copying.copied(copy)
        listed = Listed(now.isoformat(timespec="seconds"), code_version(), connection.vendor, rows)
        content.write(sealed, listed, folder, uploads, copy, before)
