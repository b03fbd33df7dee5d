"""Packages (压缩包): the zip file that an Excel workbook is, looked at before anything in it is believed.

What is no workbook, holds macros, is encrypted, or would grow beyond all measure is refused.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers.expat import ExpatError

from yiheng.base.refusal import Refusal

CONTENT_TYPES = "[Content_Types].xml"

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


@contextmanager
def workbook(path: Path) -> Iterator[None]:
    """What is wrong with a workbook whose parts cannot be read, as one refusal."""
    try:
        yield
    except (zipfile.BadZipFile, KeyError, OSError, zlib.error, EOFError, ValueError, IndexError) as error:
        raise Refusal(f"is not an Excel workbook (.xlsx): {error}", file=path.name) from None
    except (ParseError, ExpatError) as error:
        raise Refusal(f"is not an Excel workbook (.xlsx): its XML is damaged: {error}", file=path.name) from None


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The parts of a workbook; a file that is none, or one that is not safe to read, is refused."""
    with workbook(path), zipfile.ZipFile(path) as package:
        _check_size(package, path)
        _check_kind(package, path)
        yield package


def read(package: zipfile.ZipFile, name: str) -> Element:
    """A small part as XML; one with a document type of its own is no part of a workbook."""
    content = package.read(name)
    if b"<!DOCTYPE" in content:
        raise ValueError(f"{name} declares a document type")
    return fromstring(content)


def local(tag: str) -> str:
    """The name of an element or attribute without its namespace, of which there are two kinds."""
    return tag.rpartition("}")[2]


def main_part(package: zipfile.ZipFile) -> str:
    """The name of the part that lists the sheets; empty where there is none."""
    for name, kind in _kinds(package).items():
        if kind.endswith(("sheet.main+xml", "template.main+xml")):
            return name
    return ""


def _kinds(package: zipfile.ZipFile) -> dict[str, str]:
    """The content type of each part that has one of its own."""
    overrides = (each for each in read(package, CONTENT_TYPES) if local(each.tag) == "Override")
    return {each.get("PartName", "").lstrip("/"): each.get("ContentType", "") for each in overrides}


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
    return Refusal(
        "unpacks to more than a workbook can hold", file=path.name, value=part, cure="send it as CSV or in parts"
    )


def _check_kind(package: zipfile.ZipFile, path: Path) -> None:
    names = [name.lower() for name in package.namelist()]
    if CONTENT_TYPES.lower() not in names:
        what = "is not an Excel workbook (.xlsx): it is a zip of other files"
        raise Refusal(what, file=path.name, cure="unpack it and send the files")
    kinds = " ".join(_kinds(package).values())
    if "sheet.binary" in kinds or any(name.endswith("workbook.bin") for name in names):
        raise Refusal("is a binary workbook (.xlsb)", file=path.name, cure=_SAVE)
    if "macro" in kinds.lower() or any("vbaproject" in name or "/macrosheets/" in name for name in names):
        raise Refusal("holds macros (宏)", file=path.name, cure=f"{_SAVE}, without macros")
    if not main_part(package):
        raise Refusal("is not an Excel workbook (.xlsx): it has no list of sheets", file=path.name, cure=_SAVE)
