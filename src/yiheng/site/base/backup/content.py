"""What is in a backup (备份内容): database, uploads, audit's anchor, secret, marks of the site; a list of all.

The list comes last, with each file's size and digest and the number of rows of each table.
"""

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, cast

from yiheng.base.refusal import Refusal
from yiheng.site.base.backup.sealing import Opened, Sealed
from yiheng.site.base.vault.keys import Ring

DATABASE, _LIST = "database", "list.json"
# What of a site's folder is kept beside the database; the vault's keys never are.
_PLAIN = ("secret", "oidc.json", "made-up")
_UPLOADS = "uploads"
_NAME = re.compile(rf"{DATABASE}|anchor|secret|oidc\.json|made-up|{_UPLOADS}/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}")
_BLOCK = 1 << 20


@dataclass
class Listed:
    """The list: when and by which version it was made, of which engine, rows by table, [size, sha256] by file."""

    made_at: str
    version: str
    engine: str
    rows: dict[str, int]
    files: dict[str, tuple[int, str]] = field(default_factory=dict)


def write(out: Sealed, listed: Listed, folder: Path, uploads: Path, database: Path, anchor: bytes) -> None:
    """Write a site's content, and the list of it last; `anchor` as it was before the database was copied."""
    with tarfile.open(fileobj=cast("IO[bytes]", out), mode="w|", format=tarfile.PAX_FORMAT) as package:
        _put(package, listed, DATABASE, database)
        if anchor:
            _put_bytes(package, listed, "anchor", anchor)
        for name in _PLAIN:
            if (folder / name).is_file():
                _put(package, listed, name, folder / name)
        for path in sorted(uploads.glob("??/*")):
            if _NAME.fullmatch(name := f"{_UPLOADS}/{path.parent.name}/{path.name}"):
                _put(package, listed, name, path)
        text = json.dumps(asdict(listed), ensure_ascii=False).encode()
        package.addfile(_entry(_LIST, len(text)), BytesIO(text))


def checked(file: Path, ring: Ring, name: str, folder: Path | None = None) -> Listed:
    """Read a backup through to its end, and put it into `folder`, where one is named; its list.

    A Refusal, with `name` for the file, where anything of it is not as it was written.
    """
    with file.open("rb") as stream:
        opened = Opened(stream, ring, name)
        listed = _read(opened, name, folder)
        opened.finish()
    return listed


def on_disk(folder: Path) -> None:
    """Return once what is in a folder, by its names, would be there after a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _read(source: Opened, name: str, folder: Path | None) -> Listed:
    seen: dict[str, tuple[int, str]] = {}
    listed: Listed | None = None
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as package:
            for entry in package:
                stream = package.extractfile(entry)
                if listed is not None or stream is None or not _is_known(entry.name, seen):
                    raise Refusal("has what no backup has", file=name, value=entry.name)
                if entry.name == _LIST:
                    listed = _listed(stream.read())
                else:
                    seen[entry.name] = _kept(stream, folder and folder / entry.name)
    except (tarfile.TarError, ValueError, TypeError):
        raise Refusal("is no backup of a site", file=name) from None
    if listed is None or listed.files != seen or DATABASE not in seen:
        raise Refusal("does not have what its list says", file=name)
    return listed


def _is_known(name: str, seen: dict[str, tuple[int, str]]) -> bool:
    return name == _LIST or (_NAME.fullmatch(name) is not None and name not in seen)


def _listed(text: bytes) -> Listed:
    said = json.loads(text)
    files = {name: (int(size), str(digest)) for name, (size, digest) in said.pop("files").items()}
    return Listed(**said, files=files)


def _put(package: tarfile.TarFile, listed: Listed, name: str, path: Path) -> None:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = stream.tell()
        stream.seek(0)
        package.addfile(_entry(name, size), stream)
    listed.files[name] = (size, digest)


def _put_bytes(package: tarfile.TarFile, listed: Listed, name: str, content: bytes) -> None:
    package.addfile(_entry(name, len(content)), BytesIO(content))
    listed.files[name] = (len(content), hashlib.sha256(content).hexdigest())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    its = tarfile.TarInfo(name)
    its.size, its.mode = size, 0o600
    return its


def _kept(stream: IO[bytes], path: Path | None) -> tuple[int, str]:
    """The size and digest of a file, which is written to `path`, if there is one, for its owner alone."""
    digest, size = hashlib.sha256(), 0
    with _written(path) as out:
        for block in _blocks(stream):
            digest.update(block)
            size += len(block)
            out.write(block)
        out.flush()
        if path is not None:
            os.fsync(out.fileno())
    return size, digest.hexdigest()


def _written(path: Path | None) -> IO[bytes]:
    if path is None:
        return Path(os.devnull).open("wb")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block
