"""The site's secret (站点密钥): a file of the site's folder that only its owner reads, made once."""

import os
import secrets
from pathlib import Path

from yiheng.base.refusal import Refusal

_BYTES = 48


def secret_of(folder: Path) -> str:
    """The secret that signs sessions; it is made where there is none. One that others may read is refused."""
    path = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
        if path.stat().st_mode & 0o077:
            raise Refusal("may be read by others", file=str(path), cure=f"chmod 600 {path}")
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise Refusal("cannot be read or made", file=str(path), value=fault.strerror or "") from None


def _make(path: Path) -> None:
    """Written beside and linked into place, so that two that start at once have one secret."""
    if path.exists():
        return
    own = path.with_name(f"secret.{os.getpid()}.partial")
    own.touch(mode=0o600)
    own.write_text(secrets.token_urlsafe(_BYTES), encoding="utf-8")
    try:
        path.hardlink_to(own)
    except FileExistsError:
        return
    finally:
        own.unlink()
