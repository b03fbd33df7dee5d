"""Packages (压缩包): the zip file that an Excel workbook is, looked at before anything in it is believed.

What is no workbook, holds macros, is encrypted, declares a document type, or would grow beyond all measure is refused.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError, fromstring
from xml.parsers import expat

from openpyxl.packaging.manifest import Manifest
from openpyxl.xml.constants import ARC_CONTENT_TYPES, REL_NS, XLSX, XLTX

from yiheng.base.refusal import Refusal

# The names that the strict form of the format has for relations; openpyxl knows those of the other form.
_STRICT_RELATIONS = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
_BEGINNING = 4 << 10
# A part that is read as a whole, all of the texts, and everything: bytes unpacked.
_PART = 64 << 20
_TEXTS = 512 << 20
_TOTAL = 8 << 30
# A large part that shrinks to less than this share was made to fill the machine.
_RATIO = 200
_SMALL = 64 << 20
_ENCRYPTED = 1
_READ_WHOLE = re.compile(r"(workbook|styles|\[Content_Types\])\.xml$|\.rels$")
_TEXTS_PART = re.compile(r"sharedStrings\.xml$", re.IGNORECASE)

_SAVE = "save it in Excel as .xlsx (Excel 工作簿)"


class Parts(zipfile.ZipFile):
    """The parts of a workbook; those that are read as a whole name relations as openpyxl knows them."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        return super().read(name, pwd).replace(_STRICT_RELATIONS, REL_NS.encode())


@contextmanager
def opened(path: Path) -> Iterator[Parts]:
    """The parts of a workbook; a file that is none, or one that is not safe to read, is refused."""
    try:
        with Parts(path) as parts:
            _check_size(parts, path)
            for name in parts.namelist():
                with parts.open(name) as stream:
                    _check_beginning(stream, name)
            _check_kind(parts, path)
            yield parts
    except (ParseError, expat.ExpatError) as error:
        raise Refusal(f"is not an Excel workbook (.xlsx): its XML is damaged: {error}", file=path.name) from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, LookupError, TypeError, ValueError) as error:
        raise Refusal(f"is not an Excel workbook (.xlsx): {error}", file=path.name) from None


def main_part(parts: Parts) -> str:
    """The name of the part that lists the sheets; empty where there is none."""
    types: Any = fromstring(parts.read(ARC_CONTENT_TYPES))
    manifest: Any = Manifest.from_tree(types)
    found = manifest.find(XLSX) or manifest.find(XLTX)
    return str(found.PartName).lstrip("/") if found else ""


def _check_beginning(stream: IO[bytes], name: str) -> None:
    """A part of a workbook has no document type, in which entities could be declared; pictures are no XML."""
    begun: list[str] = []

    def refuse(*_: object) -> None:
        raise ValueError(f"{name} declares a document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, _: begun.append(tag)
    with suppress(expat.ExpatError):
        while not begun and (block := stream.read(_BEGINNING)):
            parser.Parse(block, False)


def _check_size(package: zipfile.ZipFile, path: Path) -> None:
    parts = package.infolist()
    for part in parts:
        limit = _PART if _READ_WHOLE.search(part.filename) else _TEXTS if _TEXTS_PART.search(part.filename) else _TOTAL
        bomb = part.file_size > _SMALL and part.file_size > _RATIO * part.compress_size
        if part.file_size > limit or bomb:
            raise _too_large(path, part.filename)
        if part.flag_bits & _ENCRYPTED:
            raise Refusal("is encrypted", file=path.name, cure="take the password away and send it again")
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refusal("is packed in a way that Excel does not use", file=path.name, cure=_SAVE)
    if sum(part.file_size for part in parts) > _TOTAL:
        raise _too_large(path, "")


def _too_large(path: Path, part: str) -> Refusal:
    what = "unpacks to more than a workbook can hold"
    return Refusal(what, file=path.name, value=part, cure="send it as CSV or in parts")


def _check_kind(parts: Parts, path: Path) -> None:
    names = " ".join(parts.namelist()).lower()
    if ARC_CONTENT_TYPES.lower() not in names:
        what = "is not an Excel workbook (.xlsx): it is a zip of other files"
        raise Refusal(what, file=path.name, cure="unpack it and send the files")
    kinds = parts.read(ARC_CONTENT_TYPES).lower()
    if b"sheet.binary" in kinds or "workbook.bin" in names:
        raise Refusal("is a binary workbook (.xlsb)", file=path.name, cure=_SAVE)
    if b"macro" in kinds or "vbaproject" in names or "/macrosheets/" in names:
        raise Refusal("holds macros (宏)", file=path.name, cure=f"{_SAVE}, without macros")
    if not main_part(parts):
        raise Refusal("is not an Excel workbook (.xlsx): it has no list of sheets", file=path.name, cure=_SAVE)
