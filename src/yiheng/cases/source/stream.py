"""Streams (数据流): the bytes of a file block by block, unpacked where it is gzipped, and as UTF-8 where it is text."""

import codecs
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from yiheng.base.refusal import Refusal

BLOCK = 4 << 20

_GZIP = b"\x1f\x8b"


@contextmanager
def unpacked(path: Path) -> Iterator[pa.NativeFile]:
    """The file's bytes, unpacked where it is gzipped."""
    packed = is_gzip(path)
    with pa.OSFile(str(path)) as file:
        yield pa.CompressedInputStream(file, "gzip") if packed else file


def is_gzip(path: Path) -> bool:
    """Whether the file's first bytes are those of gzip."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What Arrow says of a file that cannot be read to its end, as one refusal."""
    try:
        yield
    except UnicodeError as error:
        raise Refusal(f"is not text in its encoding: {error}", file=path.name) from None
    except (pa.ArrowInvalid, OSError, zlib.error) as error:
        reason = str(error).split("\n")[0].strip()
        raise Refusal(f"cannot be read to its end: {reason}", file=path.name) from None


def first_block(path: Path, size: int = BLOCK) -> bytes:
    """The first bytes of the file, unpacked; fewer than `size` only where it has no more."""
    with unpacked(path) as stream, readable(path):
        return bytes(stream.read(size))


def utf8_blocks(stream: pa.NativeFile, encoding: str) -> Iterator[bytes]:
    """The stream as UTF-8, block by block; bytes that are no text in `encoding` stay as they are, and are no UTF-8."""
    codec = codecs.lookup(encoding)
    decoder = None if codec.name == "utf-8" else codec.incrementaldecoder("surrogateescape")
    while block := bytes(stream.read(BLOCK)):
        yield decoder.decode(block).encode("utf-8", "surrogateescape") if decoder else block
    if decoder:
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")
