"""What a file is, is told from its content; what cannot be read is refused with what to do about it."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.source import kind_of, package

OLD = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 6000
SAVE = "save it in Excel as .xlsx (Excel 工作簿)"
OPEN = "open it in Excel and save it as .xlsx (Excel 工作簿)"
PAGE = f": is a web page or XML, not a table -> {OPEN}"


def xlsx() -> bytes:
    written = io.BytesIO()
    openpyxl.Workbook().save(written)
    return written.getvalue()


def parquet() -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), written)
    return written.getvalue()


def zipped(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return written.getvalue()


KINDS = {
    "csv": [
        b"a,b\n", "医院,号\n".encode("gbk"), "\ufeff医院\n".encode(), "医院,1\n".encode("utf-16"), b" \n", b"<5,>6\n",
        gzip.compress(b"a,b\n"),
    ],
    "json": [
        b"{", b" \r\n\t[1]", b"\xef\xbb\xbf {}", '{"号":1}'.encode("utf-16"), '["号"]'.encode("utf-16-be"),
        gzip.compress(b"[{}]"),
    ],
    "xlsx": [xlsx()],
    "parquet": [parquet()],
}  # fmt: skip
GIVEN = [(kind, content) for kind, contents in KINDS.items() for content in contents]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "xls", "txt", ""])
@pytest.mark.parametrize(("kind", "content"), GIVEN, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(GIVEN)])
def test_the_content_decides_and_not_the_name(kind: str, content: bytes, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)
    assert kind_of(path) == kind


REFUSED = {
    "empty": (b"", ": the file is empty"),
    "empty gzip": (gzip.compress(b""), ": the file is empty"),
    "old excel": (OLD, f": is a workbook of an old Excel (.xls) -> {OPEN}"),
    "password": (
        OLD + b"\0" * (4 << 20) + "EncryptedPackage".encode("utf-16-le"),
        f": is encrypted -> take the password away: {OPEN}",
    ),
    "pdf": (b"%PDF-1.7\n", ": is a PDF document -> send the table itself, as .xlsx or CSV"),
    "page": (b"\r\n<html><table>", PAGE),
    "page with a mark": ("\ufeff<!DOCTYPE html>".encode("utf-16"), PAGE),
    "table": (b"<TABLE border=1>", PAGE),
    "excel 2003 xml": (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', PAGE),
    "other zip": (
        zipped(**{"a.csv": b"a,b\n"}),
        ": is not an Excel workbook (.xlsx): it is a zip of other files -> unpack it and send the files",
    ),
    "empty zip": (
        zipped(),
        ": is not an Excel workbook (.xlsx): it is a zip of other files -> unpack it and send the files",
    ),
    "cut zip": (xlsx()[:-100], ": is not an Excel workbook (.xlsx): File is not a zip file"),
    "document": (
        zipped(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b""}),
        f": is not an Excel workbook (.xlsx): it has no list of sheets -> {SAVE}",
    ),
    "binary": (
        zipped(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b""}),
        f": is a binary workbook (.xlsb) -> {SAVE}",
    ),
    "zip in gzip": (gzip.compress(xlsx()), ": only text is read from a gzip file -> unpack it and send what is in it"),
    "parquet in gzip": (
        gzip.compress(parquet()),
        ": only text is read from a gzip file -> unpack it and send what is in it",
    ),
}


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_what_to_do(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    content, line = REFUSED[name]
    path.write_bytes(content)
    with pytest.raises(Refusal) as caught:
        kind_of(path)
    assert str(caught.value) == f"file a.{ending}{line}"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(Refusal, match=": there is no such file$"):
            kind_of(path)


MACRO = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "XL/VBAPROJECT.BIN", "xl/macrosheets/sheet1.xml", ""])
def test_macros_are_refused_whatever_the_name(part: str, make_book: Any) -> None:
    types = f'<Types><Override PartName="/xl/workbook.xml" ContentType="{MACRO}"/></Types>'
    path = make_book(more={part: b"x"} if part else {"[Content_Types].xml": types})
    with pytest.raises(Refusal) as caught:
        kind_of(path)
    assert str(caught.value) == f"file a.xlsx: holds macros (宏) -> {SAVE}, without macros"


def test_zip_bombs_are_refused(make_book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cure = "unpacks to more than a workbook can hold -> send it as CSV or in parts"
    path = make_book(("s", "visible", " " * (65 << 20), ""))
    with pytest.raises(Refusal) as caught:
        kind_of(path)
    assert str(caught.value) == f"file a.xlsx, value xl/worksheets/sheet1.xml: {cure}"
    for limit, part in (("_PART", "[Content_Types].xml"), ("_TEXTS", "xl/sharedStrings.xml"), ("_TOTAL", "")):
        with monkeypatch.context() as patch:
            patch.setattr(package, limit, 300 if limit == "_TOTAL" else 50)
            with pytest.raises(Refusal) as caught:
                kind_of(make_book() if limit != "_TOTAL" else small(make_book))
        assert str(caught.value) == f"file a.xlsx, value {part}: {cure}".replace(", value :", ":")


def small(make_book: Any) -> Path:
    """A workbook whose parts are each small, and not all together."""
    names = ("[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")
    path: Path = make_book(more=dict.fromkeys((*names, "xl/sharedStrings.xml"), "x" * 90))
    return path


@pytest.mark.parametrize(("flag", "method", "line"), [(1, 8, "is encrypted"), (0, 12, "is packed in a way")])
def test_parts_that_are_packed_otherwise_are_refused(flag: int, method: int, line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8], content[entry + 10] = flag, method
    path.write_bytes(content)
    with pytest.raises(Refusal, match=f"^file a.xlsx: {line}"):
        kind_of(path)
