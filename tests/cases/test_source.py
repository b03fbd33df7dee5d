"""A file that cannot be read as a whole is refused in one clear line, and loads nothing."""

import gzip
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.load import load
from yiheng.cases.source import BLOCK

from ..ready import ready
from .command import COMMAND, LOADS

HEADER = "hospital,case_id,year,total_fee,dept,physician\n"
ROW = "H,{},2020,1,a,b\n"
MANY = (HEADER + "".join(ROW.format(n) for n in range(3000))).encode()
COLUMNS = {"hospital": ["H"], "case_id": ["1"], "year": pa.array([2020], pa.int16())}


def workbook(*rows: list[Any]) -> bytes:
    book, written = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(written)
    return written.getvalue()


def parquet(**columns: Any) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


def rezipped(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one of its parts changed."""
    written = io.BytesIO()
    given = zipfile.ZipFile(io.BytesIO(workbook(["hospital", "case_id", "year"], ["H", "1", 2020])))
    with given, zipfile.ZipFile(written, "w") as changed:
        for part in given.namelist():
            changed.writestr(part, change(given.read(part)) if part == name else given.read(part))
    return written.getvalue()


KINDS = {"hospital": pa.string(), "case_id": pa.string(), "year": pa.int16()}
ONE = HEADER + ROW.format(1)
AS_IS = "columns: {hospital: hospital, case_id: case_id, year: year}\n"
NO_TEXT = " bytes that are no UTF-8 text -> say the file's encoding in a mapping, such as gb18030"
OPEN = ": a quotation mark is never closed"
CUT = ": cannot be read to its end: "
NO_BOOK = ": is not an Excel workbook (.xlsx): "
UNKNOWN = ": is not a column of the table cases -> "
NO_FORM = ": no known form has these columns -> give a mapping file"
TWICE = ": this name stands twice in the header"
BROKEN = {
    "empty.csv": (b"", ": the file is empty"),
    "blank.csv": (b" \n\n", ": the file is empty"),
    "no-header.csv": (b"\n" + HEADER.encode(), ": the file has no header"),
    "header-only.csv": (HEADER.encode(), ": the file has a header and no rows"),
    "header-without-end.csv": (HEADER.encode()[:-1], ": the file has a header and no rows"),
    "no-hospital.csv": (b"case_id,year\n1,2020\n", ": no column hospital -> a case needs hospital, case_id and a year"),
    "no-year.csv": (b"case_id,hospital\n1,H\n", ": no column year and no discharge_date -> give one of them"),
    "renamed.csv": (b"hospital,case_id,year,total_fees\n", ", column total_fees" + UNKNOWN + "did you mean total_fee?"),
    "other.csv": ("医院,病例\n1,2\n".encode(), ", value 医院, 病例" + NO_FORM),
    "twice.csv": (b"hospital,case_id,year,dept,dept\n", ", column dept" + TWICE),
    "two\nlines.csv": (b"hospital,case_id,year,dept,dept\n", ", column dept" + TWICE),
    "line-end-in-name.csv": (
        b'hospital,case_id,"ye\nar"\nH,1,2020\n',
        r", column ye\nar" + UNKNOWN + "did you mean year?",
    ),
    "gbk-header.csv": ("医院,病例\n1,2\n".encode("gbk"), ", value 医院, 病例" + NO_FORM),
    "damaged-header.csv": (
        b"hospital,case_id,\xff\n",
        ", value hospital,case_id,\ufffd: the header is not text in utf-8",
    ),
    "damaged-cell.csv": (ONE.encode() + b"H,2,2020,1,\xff,b\n", r", row 2, column dept, value \xff:" + NO_TEXT),
    "damaged-broken-row.csv": (ONE.encode() + "H,2,内".encode() + b"\xff\n", r", row 2, value \xff:" + NO_TEXT),
    "gbk-late.csv": (
        MANY * 80 + "H,x,2020,1,内科,b\n".encode("gbk"),
        r", row 240080, column dept, value \xc4ڿ\xc6:" + NO_TEXT,
    ),
    "cut-in-a-character.csv": (
        (HEADER + "H,1,2020,1,a,内").encode()[:-1],
        r", row 1, column physician, value \xe5\x86:" + NO_TEXT,
    ),
    "open-quote.csv": ((ONE + 'H,2,2020,1,"a,b\n' + ROW.format(3)).encode(), ", row 2" + OPEN),
    "open-quote-at-the-end-of-a-row.csv": ((ONE + 'H,2,2020,1,a,"b\n' + ROW.format(3)).encode(), ", row 2" + OPEN),
    "open-quote-in-the-last-row.csv": ((HEADER + 'H,1,2020,1,a,"b').encode(), ", row 1" + OPEN),
    "open-quote-in-a-large-file.csv": (
        (ONE + 'H,2,2020,1,a,"b\n' + "H,3,2020,1,a,b\n" * 400_000).encode(),
        ", row 2" + OPEN,
    ),
    "open-quote-in-the-header.csv": (
        b'"' + MANY * 5,
        ": the header cannot be read: field larger than field limit (131072)",
    ),
    "truncated.csv.gz": (gzip.compress(MANY)[:-2000], CUT + "Truncated compressed stream"),
    "without-its-last-bytes.csv.gz": (gzip.compress(MANY)[:-4], CUT + "Truncated compressed stream"),
    "damaged.csv.gz": (gzip.compress(MANY)[:500] + b"damage" + gzip.compress(MANY)[506:], CUT),
    "empty-inside.csv.gz": (gzip.compress(b""), ": the file is empty"),
    "zeros.csv": (b"\0" * 1000, ", value " + r"\x00" * 20 + "…" + NO_FORM),
    "no.parquet": (b"PAR1garbage", CUT + "Parquet magic bytes not found in footer"),
    "cut.parquet": (parquet(**COLUMNS)[:-20], CUT + "Parquet magic bytes not found in footer"),
    "no-rows.parquet": (
        parquet(**{name: pa.array([], kind) for name, kind in KINDS.items()}),
        ": the file has a header and no rows",
    ),
    "wide.parquet": (parquet(**COLUMNS | {"year": [2020]}), ", column year: has type int64, not int16"),
    "float-money.parquet": (
        parquet(**COLUMNS, total_fee=[1.5]),
        ", column total_fee: has type double, not decimal128(18, 2)",
    ),
    "other.parquet": (parquet(**COLUMNS, ward=["x"]), ", column ward" + UNKNOWN + "give a mapping file"),
    "no.xlsx": (b"PK\x03\x04garbage", NO_BOOK + "File is not a zip file"),
    "cut.xlsx": (workbook(["hospital"])[:-100], NO_BOOK + "File is not a zip file"),
    "other-zip.xlsx": (rezipped("[Content_Types].xml", lambda _: b"<x/>"), NO_BOOK),
    "cut-sheet.xlsx": (rezipped("xl/worksheets/sheet1.xml", lambda part: part[:300]), NO_BOOK),
    "cut-book.xlsx": (rezipped("xl/workbook.xml", lambda part: part[:200]), NO_BOOK),
    "empty-sheet.xlsx": (workbook(), ", sheet Sheet: the sheet is empty"),
    "header-only.xlsx": (workbook(["hospital", "case_id", "year"]), ": the file has a header and no rows"),
    "twice.xlsx": (workbook(["hospital", "case_id", "year", "year"]), ", column year" + TWICE),
}
MISSING = "columns: {hospital: h, case_id: c, year: {constant: 2020}}"
MAPPED = {
    MISSING: ", column h, c: this column is missing -> the header is: hospital, case_id, year, total_fee, dept, ",
    AS_IS + "file: {encoding: klingon}": ": there is no encoding klingon",
    AS_IS + "file: {encoding: utf-16}": ", value 潨灳",
}


@pytest.fixture
def held(tmp_path: Path, csv_file: Any) -> Path:
    """DATA that holds one load."""
    load(tmp_path / "DATA", [csv_file("held.csv", "hospital,case_id,year,age", "H,held,2020,1", "H,x,2020,x")])
    return tmp_path / "DATA"


@pytest.mark.parametrize("name", BROKEN, ids=[name.replace("\n", "-") for name in BROKEN])
def test_a_broken_file_is_refused_in_one_line_and_loads_nothing(
    name: str, held: Path, content: Any, csv_file: Any, tmp_path: Path
) -> None:
    before = content(held)
    (tmp_path / name).write_bytes(BROKEN[name][0])
    for paths in ([tmp_path / name], [csv_file("sound.csv", *HEADER.split(), "H,1,2020,1,a,b"), tmp_path / name]):
        with pytest.raises(Refusal) as caught:
            load(held, paths)
        line = str(caught.value)
        assert line.startswith(f"file {name}".replace("\n", r"\n") + BROKEN[name][1])
        assert len(line.splitlines()) == 1
        assert content(held) == before


@pytest.mark.parametrize("mapping", MAPPED)
def test_a_file_that_is_not_what_its_mapping_says_is_refused(
    mapping: str, held: Path, content: Any, csv_file: Any, tmp_path: Path
) -> None:
    before = content(held)
    (tmp_path / "map.yaml").write_text(mapping, encoding="utf-8")
    path = csv_file("a.csv", *HEADER.split(), "H,1,2020,1,a,b", *["H,2,2020,1,a,b"] * 3)
    with pytest.raises(Refusal) as caught:
        load(held, [path], tmp_path / "map.yaml")
    assert str(caught.value).startswith(f"file a.csv{MAPPED[mapping]}")
    assert content(held) == before


def test_what_is_no_file_is_refused(held: Path, content: Any, tmp_path: Path) -> None:
    before = content(held)
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(Refusal) as caught:
            load(held, [path])
        assert str(caught.value) == f"file {path}: there is no such file"
    assert content(held) == before


def test_a_file_that_is_refused_makes_no_data(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        load(tmp_path / "DATA", [tmp_path / "none.csv"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault
def test_the_command_says_one_line_and_ends_with_2(yiheng: Any, held: Path, content: Any, tmp_path: Path) -> None:
    """The same through the command, each file alone, the last as it is installed; other lines are of progress."""
    before = content(held)
    with ready(LOADS, COMMAND, tmp_path) as run:
        for name in BROKEN:
            check_said(run, name, held, tmp_path)
            assert content(held) == before
    check_said(yiheng, name, held, tmp_path)
    assert content(held) == before


def check_said(run: Callable[..., Any], name: str, held: Path, folder: Path) -> None:
    written, line = BROKEN[name]
    path = folder / name
    path.write_bytes(written)
    done = run("cases", "load", path, "--to", held)
    said = [each for each in done.stderr.splitlines() if not each.endswith(" ...")]
    if "\n" in name:
        said = said[-1:]
    assert (done.returncode, done.stdout, len(said)) == (2, "", 1), done.stderr
    assert said[0].startswith("yiheng: file " + name.replace("\n", r"\n") + line)


LONG = {
    "first": (b"", b""),
    "second": (HEADER.encode(), b"\n"),
    "after-a-block": (MANY * 100, b"\n" + ROW.format("z").encode()),
    "quoted": (HEADER.encode() + b'H,1,2020,1,"', b'",b\n'),
}


@pytest.mark.fault
@pytest.mark.parametrize(
    "place",
    ["after-a-block", *(pytest.param(each, marks=pytest.mark.soak) for each in LONG if each != "after-a-block")],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_line_of_a_gigabyte_is_refused_in_the_memory_of_a_load(
    place: str, packed: bool, command: str, held: Path, content: Any, tmp_path: Path
) -> None:
    """What is read before such a line is loaded in so much; the line itself is never held."""
    before = content(held)
    path = tmp_path / "long.csv"
    start, end = LONG[place]
    with gzip.open(path, "wb", 1) if packed else path.open("wb") as file:
        file.write(start)
        for _ in range(256):
            file.write(b"x" * (4 << 20))
        file.write(end)
    code, said, peak = measured([command, "cases", "load", str(path), "--to", str(held)])
    assert code == 2
    [line] = [each for each in said if not each.endswith(" ...")]
    assert line.startswith("yiheng: file long.csv")
    assert line.endswith(f"a line is longer than {BLOCK >> 20} MiB")
    assert content(held) == before
    (tmp_path / "without.csv").write_bytes(MANY * 100)
    loaded, _, enough = measured([command, "cases", "load", str(tmp_path / "without.csv"), "--to", str(held)])
    assert loaded == 0
    assert peak < 1.1 * enough


# A child's peak begins at the size of the process that starts it, so a small one does.
SMALL = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss * 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measured(words: list[str]) -> tuple[int, list[str], int]:
    """Run a command: its exit code, its lines on standard error and its peak memory in bytes."""
    done = subprocess.run([sys.executable, "-c", SMALL, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.splitlines(), int(done.stdout.splitlines()[-1])
