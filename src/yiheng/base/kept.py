"""What is kept between processes (计算缓存): what took long to make, found again by a digest of what it was made of.

The folder may be deleted at any time. An entry starts with the digest of its own content: one that is torn or altered
is as if it were not there.
"""

import hashlib
import os
from pathlib import Path

from yiheng.base.whole import whole

# Entries of a kind that are kept, the newest.
_KEPT = 10


def cache_folder() -> Path:
    """Where this person's caches are: `XDG_CACHE_HOME`, or .cache in the home folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yiheng"


def kept(path: Path) -> bytes | None:
    """The content of an entry; None where it is not there, or is not as it was kept."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if digest == _digest(content) else None


def keep(path: Path, content: bytes) -> None:
    """Put an entry there; of its kind (its suffix) the oldest go. A folder that cannot be written to keeps nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as draft:
            draft.write_bytes(_digest(content) + b"\n" + content)
        entries = sorted(path.parent.glob(f"*{path.suffix}"), key=lambda each: each.stat().st_mtime_ns)
        for old in entries[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
