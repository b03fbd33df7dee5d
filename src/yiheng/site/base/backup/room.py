"""Room on a disk (磁盘空间): where it gives out, or a disk fails, is said in one line that names the place."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yiheng.base.refusal import Refusal

_WHAT = "cannot be read or written"


@contextmanager
def refusing(where: Path) -> Iterator[None]:
    """What the disk refuses in here, as a Refusal; it names `where`, as the system names no file once one is open."""
    try:
        yield
    except OSError as fault:
        raise Refusal(_WHAT, file=str(fault.filename or where), value=fault.strerror or str(fault)) from None
    except sqlite3.OperationalError as fault:
        raise Refusal(_WHAT, file=str(where), value=str(fault)) from None
