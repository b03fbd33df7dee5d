"""Keeping files (附件保存): looked at while they come in, then stored under their digest, outside every web address."""

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.files.kinds import kind_of
from yiheng.site.base.files.models import File
from yiheng.site.base.files.names import cleaned
from yiheng.site.base.files.refused import BadFile, NotYours
from yiheng.site.base.identity import has_number

if TYPE_CHECKING:
    from yiheng.site.base.flow.models import Act


def path_of(digest: str) -> Path:
    """Where the content with this digest lies."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest


def keep(
    owner: Person,
    purpose: str,
    name: str,
    chunks: Iterable[bytes],
    allowed: tuple[str, ...],
    largest: int,
    now: datetime,
) -> File:
    """Take in a file of at most `largest` bytes whose content is of one of the `allowed` kinds; else BadFile.

    `chunks` is read no further than the limit. The same content is stored once. No name has an identity number.
    """
    if has_number(name):
        raise BadFile.named()
    partial, digest, size = _received(name, chunks, largest)
    try:
        kind = kind_of(partial) if size else None
        if not size:
            raise BadFile.empty(name)
        if kind is None or kind.code not in allowed:
            raise BadFile.strange(name, allowed)
        _store(partial, digest)
    finally:
        partial.unlink(missing_ok=True)
    return File.objects.create(
        owner=owner,
        purpose=purpose,
        name=cleaned(name, kind),
        kind=kind.code,
        size=size,
        digest=digest,
        made_at=now,
    )


def offered(person: int, numbers: Collection[int]) -> list[File]:
    """Files that the person uploaded and no act has taken yet, by number; NotYours where one is none such."""
    files = list(File.objects.filter(pk__in=numbers, owner=person, act=None).order_by("pk"))
    if len(files) != len(set(numbers)):
        raise NotYours
    return files


def take(act: "Act", files: Collection[File]) -> None:
    """Files become part of an item by an act of their owner; NotYours where one was taken meanwhile or is another's."""
    numbers = {file.pk for file in files}
    free = File.objects.filter(pk__in=numbers, act=None, owner=act.person_id)
    if free.update(act=act, item_id=act.item_id) != len(numbers):
        raise NotYours


def is_whole(file: File) -> bool:
    """Whether the stored content is there and still has the digest under which it was kept."""
    path = path_of(file.digest)
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.digest


def _received(name: str, chunks: Iterable[bytes], largest: int) -> tuple[Path, str, int]:
    """The content in a file beside the others, readable by the site alone; its digest and size."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, partial = tempfile.mkstemp(suffix=".partial", dir=root)
    with ExitStack() as undo:
        undo.callback(Path(partial).unlink)
        digest, size = _written(number, name, chunks, largest)
        undo.pop_all()
    return Path(partial), digest, size


def _written(number: int, name: str, chunks: Iterable[bytes], largest: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(number, "wb") as stream:
        for chunk in chunks:
            size += len(chunk)
            if size > largest:
                raise BadFile.large(name, largest)
            digest.update(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest(), size


def _store(partial: Path, digest: str) -> None:
    path = path_of(digest)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    partial.replace(path)
