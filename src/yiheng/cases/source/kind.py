"""Kinds of file (文件类型): told from what is in a file, whatever its name ends with."""

import re
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.cases.source.stream import BLOCK, first_block, is_gzip

_HEAD = 64 << 10
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_PARQUET = b"PAR1"
_OLD_OFFICE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PAGE = re.compile(rb"<(!doctype|\?xml|html|head|meta|style|body|table|div)\b", re.IGNORECASE)
# What may stand before the first character: the marks of encodings, the zero bytes of UTF-16, blanks.
_BEFORE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"

_SAVE = "open it in Excel and save it as .xlsx (Excel 工作簿)"


def kind_of(path: Path) -> str:
    """csv, json, xlsx or parquet, read from the content; csv and json also where they are gzipped.

    A file that is missing, empty or of another kind is refused with what to do about it.
    """
    if not path.is_file():
        raise Refusal("there is no such file", file=str(path))
    head = first_block(path, _HEAD)
    if not head:
        raise Refusal("the file is empty", file=path.name)
    binary = _binary(path, head)
    if binary and is_gzip(path):
        raise Refusal("only text is read from a gzip file", file=path.name, cure="unpack it and send what is in it")
    return binary or _text(path, head)


def _binary(path: Path, head: bytes) -> str:
    """xlsx or parquet; empty for text."""
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        if not is_gzip(path):
            # Slow to load, and for workbooks alone.
            from yiheng.cases.source import package

            with package.opened(path):
                pass
        return "xlsx"
    if head.startswith(_OLD_OFFICE):
        raise _old_office(path)
    return ""


def _text(path: Path, head: bytes) -> str:
    if head.startswith(b"%PDF"):
        raise Refusal("is a PDF document", file=path.name, cure="send the table itself, as .xlsx or CSV")
    start = head.replace(b"\0", b"").lstrip(_BEFORE)
    if _PAGE.match(start):
        raise Refusal("is a web page or XML, not a table", file=path.name, cure=_SAVE)
    return "json" if start.startswith((b"{", b"[")) else "csv"


def _old_office(path: Path) -> Refusal:
    """An Excel file of before 2007, or one with a password, which is kept in the same way."""
    if _holds(path, _ENCRYPTED):
        return Refusal("is encrypted", file=path.name, cure=f"take the password away: {_SAVE}")
    return Refusal("is a workbook of an old Excel (.xls)", file=path.name, cure=_SAVE)


def _holds(path: Path, what: bytes) -> bool:
    with path.open("rb") as file:
        before = b""
        while block := file.read(BLOCK):
            if what in before + block:
                return True
            before = block[-len(what) :]
    return False
