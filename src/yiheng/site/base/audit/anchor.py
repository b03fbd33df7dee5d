"""The anchor (锚点): a file outside of the database that says where the chain was; lines are only added.

A table that was emptied, or a chain whose end was cut off or written anew, is whole in itself: only something that lies
elsewhere can tell. Copy the file to another machine now and then.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from yiheng.base.refusal import Refusal

_LINE = re.compile(r"([1-9][0-9]*) ([0-9a-f]{64}) \S+")


@dataclass(frozen=True)
class Mark:
    """The chain had this entry with this digest."""

    seq: int
    digest: str


def path() -> Path:
    """Where the anchor is: in the site's folder."""
    return Path(settings.FOLDER) / "anchor"


def append(mark: Mark, now: datetime) -> None:
    """Add a line, unless the last one says the same; it is on the disk when this returns."""
    if marks()[-1:] == [mark]:
        return
    line = f"{mark.seq} {mark.digest} {now.isoformat(timespec='seconds')}\n".encode()
    try:
        handle = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as fault:
        raise Refusal("cannot be written", file=str(path()), value=fault.strerror or "") from None


def marks() -> list[Mark]:
    """The lines of the anchor in their order; none where there is no file. A line of another form is refused."""
    try:
        lines = path().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as fault:
        raise Refusal("cannot be read", file=str(path()), value=str(fault)) from None
    return [_mark(number, line) for number, line in enumerate(lines, 1)]


def _mark(number: int, line: str) -> Mark:
    if (found := _LINE.fullmatch(line)) is None:
        raise Refusal("is not a line of an anchor", file=str(path()), row=number, value=line)
    return Mark(int(found[1]), found[2])
