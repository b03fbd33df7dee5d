"""Kinds of files (附件格式), told by their content: a file is of a kind when all of it is, from first byte to last.

A file that is two things at once (a picture with a page behind it, a PDF that is also a zip) is neither. The list of a
zip is read, never what is packed in it.
"""

import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from yiheng.base.words import Word

_BLOCK = 1 << 20
_CHECKSUM = 4
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_PDF = re.compile(rb"%PDF-[12]\.\d")
_ZIP_END = b"PK\x05\x06"
_ZIP_END_SIZE = 22
# Where a zip's end may stand: its record, and the longest comment.
_TAIL = _ZIP_END_SIZE + (1 << 16)
# Readers of PDF look so far for its beginning and its end.
_NEAR = 1024
_ZIP_BEGIN = b"PK\x03\x04"
# Pages and scripts, wherever they stand in a file that is none; what a PDF does by itself when it is opened.
_PAGES = re.compile(rb"<!doctype\s+html|<(?:html|script|svg|iframe)[\s>/]|<\?php", re.IGNORECASE)
_LONGEST_MARK = 64
_ACTS = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|XFA|RichMedia)\b")
_STREAM, _STREAM_END = re.compile(rb"\bstream\r?\n"), re.compile(rb"\bendstream\b")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PARTS, _UNPACKED, _RATIO = 5_000, 1 << 30, 200
_ENCRYPTED = 1
_MACROS = ("vbaproject", "macrosheets", "activex", "oleobject", "workbook.bin")


@dataclass(frozen=True)
class Kind:
    """One kind: its code, the suffixes of its names (the first is added where there is none), how it is sent."""

    code: str
    word: Word
    suffixes: tuple[str, ...]
    sent_as: str
    fits: Callable[[IO[bytes]], bool]


def kind_of(path: Path) -> Kind | None:
    """What a file is; None where it is no kind that is known, or more than one thing."""
    with path.open("rb") as stream:
        for kind in KINDS.values():
            stream.seek(0)
            if kind.fits(stream):
                return kind
    return None


def _is_pdf(stream: IO[bytes]) -> bool:
    """Looked at without its streams, which are packed or pictures and have any sequence of bytes by accident."""
    whole = stream.read()
    if not _PDF.match(whole) or b"%%EOF" not in whole[-_NEAR:] or _ZIP_END in whole[-_TAIL:]:
        return False
    outside = _ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), b"".join(_outside_streams(whole)))
    return not _ACTS.search(outside) and not _PAGES.search(outside)


def _outside_streams(whole: bytes) -> Iterator[bytes]:
    """The parts between streams, in one go: a stream without an end is none, and so is each one after it."""
    here = 0
    while begin := _STREAM.search(whole, here):
        end = _STREAM_END.search(whole, begin.end())
        if end is None:
            break
        yield whole[here : begin.start()]
        here = end.end()
    yield whole[here:]


def _is_png(stream: IO[bytes]) -> bool:
    """Chunk after chunk until the last, and nothing behind it."""
    if stream.read(len(_PNG)) != _PNG:
        return False
    while len(head := stream.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        stream.seek(size + _CHECKSUM, 1)
        if name == b"IEND":
            here = stream.tell()
            return size == 0 and here == stream.seek(0, 2) and _is_nothing_else(stream)
    return False


def _is_jpeg(stream: IO[bytes]) -> bool:
    if stream.read(len(_JPEG_START)) != _JPEG_START:
        return False
    return _tail(stream).endswith(_JPEG_END) and _is_nothing_else(stream)


def _is_text(stream: IO[bytes]) -> bool:
    """Text in UTF-8 or GB18030 without control signs that is no page."""
    whole = stream.read()
    if not whole or whole.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or not _is_nothing_else(stream):
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _CONTROLS.search(whole.decode(encoding)) is None
        except UnicodeDecodeError:
            continue
    return False


def _is_office(main: str) -> Callable[[IO[bytes]], bool]:
    """An office document whose main part is `main`, without macros or embedded programs."""

    def fits(stream: IO[bytes]) -> bool:
        names = _zip_names(stream)
        return main in names and "[content_types].xml" in names and not _has_macros(names)

    return fits


def _is_ofd(stream: IO[bytes]) -> bool:
    """The national format of fixed documents (GB/T 33190)."""
    return "ofd.xml" in _zip_names(stream)


def _has_macros(names: frozenset[str]) -> bool:
    return any(mark in name for name in names for mark in _MACROS)


def _zip_names(stream: IO[bytes]) -> frozenset[str]:
    """The names in a zip that is one from its first byte to its last and unpacks to a bearable size; else none."""
    if stream.read(len(_ZIP_BEGIN)) != _ZIP_BEGIN or not _tail(stream)[-_ZIP_END_SIZE:].startswith(_ZIP_END):
        return frozenset()
    try:
        with zipfile.ZipFile(stream) as package:
            parts = package.infolist()
            whole = not package.comment and min((part.header_offset for part in parts), default=1) == 0
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):
        return frozenset()
    if not whole or len(parts) > _PARTS or not all(_is_fair(part) for part in parts):
        return frozenset()
    names = [part.filename.lower() for part in parts]
    if _begins_pdf(stream) or len(set(names)) < len(names) or sum(part.file_size for part in parts) > _UNPACKED:
        return frozenset()
    return frozenset(names)


def _is_fair(part: zipfile.ZipInfo) -> bool:
    """Whether a part is named as one inside the zip, is not encrypted, and does not grow beyond measure."""
    name = part.filename
    inside = not name.startswith(("/", "\\")) and ".." not in re.split(r"[/\\]", name) and ":" not in name
    grows = part.file_size > _RATIO * max(1, part.compress_size) and part.file_size > _BLOCK
    return inside and not part.flag_bits & _ENCRYPTED and not grows


def _is_nothing_else(stream: IO[bytes]) -> bool:
    """Whether the file is not a page, a PDF or a zip as well."""
    if _ZIP_END in _tail(stream):
        return False
    return not any(_PAGES.search(block) for block in _blocks(stream)) and not _begins_pdf(stream)


def _begins_pdf(stream: IO[bytes]) -> bool:
    stream.seek(0)
    return _PDF.search(stream.read(_NEAR)) is not None


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The file from its beginning; each block begins with the end of the one before, so that no mark is cut."""
    stream.seek(0)
    last = b""
    while block := stream.read(_BLOCK):
        yield last + block
        last = block[-_LONGEST_MARK:]


def _tail(stream: IO[bytes]) -> bytes:
    stream.seek(0, 2)
    stream.seek(max(0, stream.tell() - _TAIL))
    return stream.read()


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    kind.code: kind
    for kind in (
        Kind("pdf", Word("PDF", "PDF"), (".pdf",), "application/pdf", _is_pdf),
        Kind("png", Word("PNG图片", "PNG picture"), (".png",), "image/png", _is_png),
        Kind("jpeg", Word("JPEG图片", "JPEG picture"), (".jpg", ".jpeg"), "image/jpeg", _is_jpeg),
        Kind("docx", Word("Word文档", "Word document"), (".docx",), f"{_OFFICE}.wordprocessingml.document",
             _is_office("word/document.xml")),
        Kind("xlsx", Word("Excel工作簿", "Excel workbook"), (".xlsx",), f"{_OFFICE}.spreadsheetml.sheet",
             _is_office("xl/workbook.xml")),
        Kind("ofd", Word("OFD版式文件", "OFD document"), (".ofd",), "application/octet-stream", _is_ofd),
        Kind("text", Word("文本", "text"), (".txt", ".csv"), "application/octet-stream", _is_text),
    )
}  # fmt: skip
# What a step takes where it says nothing else.
PAPERS = ("pdf", "png", "jpeg", "docx", "xlsx", "ofd")
LARGEST = 20 << 20
