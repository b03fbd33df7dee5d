"""Damaged rows and files: never a fault, never a lost row, and the right row and column are named.

YIHENG_FUZZ multiplies the numbers of examples (`make soak`).
"""

import csv
import gzip
import io
import json
import os
import random
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from yiheng.base.refusal import Refusal
from yiheng.cases.forms import known_form
from yiheng.cases.identity import KEY_FILE, new_key
from yiheng.cases.load import Loaded, load
from yiheng.tables.data import Data
from yiheng.tables.delta import version_files

pytestmark = pytest.mark.property

TIMES = int(os.environ.get("YIHENG_FUZZ", "1"))
ROWS_DRAWN, ROWS_A_FILE = 50, 250
# Of a row's key: none that a changed cell would make of another's.
FIRST_KEY = 2001
QUICK_ROWS, QUICK_FILES = 150 * TIMES, 10 * TIMES
ALL_ROWS, ALL_FILES = 10_000 * TIMES, 500 * TIMES
# Of each further kind of file.
MORE_ROWS, MORE_FILES = 300 * TIMES, 15 * TIMES
HOSPITAL = "H1"

NASTY = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "　",
            "-",
            "—",
            "/",
            "无",
            "NA",
            "null",
            "None",
            "NaN",
            "nan",
            "inf",
            "-inf",
            "1e400",
            "1e-400",
            "-0",
            "00",
            "０",
            "１２３",
            "2024年3月1日",
            "2024-02-30",
            "2024-13-01",
            "0000-00-00",
            "9999-12-31",
            "20240230",
            "2024-03-01 25:61:61",
            "1900-02-29 00:00:00",
            "99999999999999999999",
            "-9223372036854775808",
            "9223372036854775807",
            "9999999999999999.99",
            "-9999999999999999.99",
            "99999999999999.9999",
            "2147483648",
            "-2147483648",
            "-32769",
            "32768",
            "128",
            "1,234.50",
            "1.005",
            "1.",
            ".5",
            "+1",
            "--1",
            "0x10",
            "1/2/3",
            "99999/9999/99999",
            "1/2",
            "//",
            "=1+1",
            "=CMD|' /C calc'!A0",
            "+SUM(A1)",
            "@x",
            "'1",
            '"',
            '""',
            '"a',
            'a"b',
            "|",
            "||||",
            "a|b|c",
            ",",
            ";",
            "\t",
            "\n",
            "\r\n",
            "\\",
            "\x00",
            "\x01",
            "\x1e",
            "\x1eend",
            "\x1f",
            "\x7f",
            "\u200b",
            "\u202e",
            "\ufeff",
            "\ufffd",
            "\U0001f600",
            "e\u0301",
            "\\xff",
            "true",
            "是",
            "男",
            "一万",
            "K35.800",
            "k35.８00",
            "I1O",
            "47.0100",
            "x" * 5000,
            "1" * 400,
            "|".join(["K35.800"] * 150),
            "→" * 120,
            "；",
            "2024-03-01T08:00:00",
            "2024-03-01 08:30:00.123",
            "24:00",
            "1E3",
            "1e3",
            "٣",
            "½",
        ]  # fmt: skip
    ),
    st.text(max_size=12),
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
)
# No row is a row of its own any more where a header stands in it, and no text of UTF-8 is half a pair.
CELL = NASTY.map(lambda text: re.sub("[\ud800-\udfff]", "?", text))


# What a workbook's cell, or a value of JSON, can be beside text.
OF_WORKBOOK = st.one_of(
    CELL.map(lambda text: ILLEGAL_CHARACTERS_RE.sub("?", text)),
    st.none(), st.booleans(), st.integers(-(10**9), 10**16), st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(datetime.fromisoformat("1900-03-01"), datetime.fromisoformat("2100-01-01")),
)  # fmt: skip
PLAIN_JSON = st.one_of(
    CELL, st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(allow_nan=False, allow_infinity=False)
)
OF_JSON = st.one_of(PLAIN_JSON, st.lists(PLAIN_JSON, max_size=3), st.dictionaries(CELL, PLAIN_JSON, max_size=2))


@dataclass(frozen=True)
class Changed:
    """A value that stands in the place of a sound one."""

    value: Any


def as_csv(header: list[str], rows: list[list[Any]]) -> bytes:
    return written(header, [[its.value if isinstance(its, Changed) else its for its in row] for row in rows]).encode()


def as_workbook(header: list[str], rows: list[list[Any]]) -> bytes:
    book, file = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("病案")
    for row in [header, *rows]:
        sheet.append([its.value if isinstance(its, Changed) else its for its in row])
    book.save(file)
    return file.getvalue()


def as_lists(header: list[str], rows: list[list[Any]]) -> bytes:
    """Lists of the interface; a changed value of a node is that of its first item."""
    lists = []
    for row in rows:
        its: dict[str, Any] = {"setlinfo": {}}
        for name, cell in zip(header, row, strict=True):
            node, _, field = name.partition(".")
            if not field:
                its["setlinfo"][name] = cell.value if isinstance(cell, Changed) else cell
                continue
            items = its.setdefault(node, [])
            for place, value in enumerate([cell.value] if isinstance(cell, Changed) else cell.split("|")):
                items.extend({} for _ in range(place + 1 - len(items)))
                items[place][field] = value
        lists.append(its)
    return json.dumps(lists, ensure_ascii=False).encode()


WRITTEN = {"csv": as_csv, "xlsx": as_workbook, "json": as_lists}
VALUES: dict[str, st.SearchStrategy[Any]] = {"csv": CELL, "xlsx": OF_WORKBOOK, "json": OF_JSON}


@dataclass(frozen=True)
class Sound:
    """A form with a row that nothing is wrong with; `key` is the column that tells rows apart.

    A workbook and JSON have only the columns of the row.
    """

    form: str
    row: dict[str, str]
    key: str
    kind: str = "csv"

    def rows(self, count: int) -> list[list[Any]]:
        made: list[list[Any]] = []
        for number in range(FIRST_KEY, FIRST_KEY + count):
            its = self.row | {self.key: str(number)}
            made.append([its.get(code, "") for code in self.header])
        return made

    def content(self, rows: list[list[Any]]) -> bytes:
        return WRITTEN[self.kind](self.header, rows)

    @property
    def name(self) -> str:
        return f"a.{self.kind}"

    @property
    def header(self) -> list[str]:
        return list(known_form(self.form).columns if self.kind == "csv" else self.row)


FRONT_PAGE = {
    "P900": HOSPITAL, "P2": "1", "P3": "1", "P5": "2", "P6": "1984-03-01", "P7": "40", "P804": "1",
    "P22": "2024-03-01 08:30:00", "P23": "0401", "P25": "2024-03-06 10:05:00", "P26": "0404", "P27": "5",
    "P321": "K35.800", "P805": "1", "P324": "I10.x05", "P806": "4", "P490": "47.0100", "P491": "2024-03-01",
    "P820": "2", "P6911": "1", "P6912": "2024-03-01 20:00:00", "P6913": "2024-03-02 08:30:00", "P72": "3.5",
    "P741": "1", "P830": "1", "P1": "1", "P782": "100.00", "P752": "80.00", "P769": "20.00",
}  # fmt: skip
SETTLEMENT = {
    "mdtrt_id": "S1", "setl_id": "1", "fixmedins_code": HOSPITAL, "gend": "2", "brdy": "1984-03-01", "age": "40",
    "hi_type": "310", "ipt_med_type": "1", "adm_way": "1", "adm_time": "2024-03-01 08:30:00", "adm_caty": "A04",
    "dscg_time": "2024-03-06 10:00:00", "dscg_caty": "A07", "act_ipt_days": "5", "dscg_way": "1",
    "vent_used_dura": "0/2/30", "setl_end_date": "2024-03-07", "psn_selfpay": "10.00", "psn_ownpay": "0.00",
    "acct_pay": "0.00", "psn_cashpay": "10.00", "diseinfo.diag_type": "1|1", "diseinfo.diag_code": "K35.800|I10.x05",
    "diseinfo.adm_cond_type": "1|1", "diseinfo.maindiag_flag": "1|0", "iteminfo.med_chrgitm": "01|09",
    "iteminfo.amt": "80.00|20.00", "oprninfo.oprn_oprt_type": "1", "oprninfo.oprn_oprt_code": "47.0100",
    "oprninfo.oprn_oprt_date": "2024-03-01", "payinfo.fund_pay_type": "310100", "payinfo.fund_payamt": "90.00",
    "icuinfo.scs_cutd_ward_type": "1", "icuinfo.scs_cutd_inpool_time": "2024-03-01 20:00:00",
    "icuinfo.scs_cutd_exit_time": "2024-03-02 08:30:00", "icuinfo.scs_cutd_sum_dura": "0/12/30",
}  # fmt: skip
PAGE_2019 = {
    "A01": HOSPITAL, "A48": "1", "A49": "1", "A12C": "2", "A13": "1984-03-01", "A14": "40", "A46C": "1", "B11C": "1",
    "B12": "2024-03-01 08:30:00", "B13C": "0401", "B15": "2024-03-06 10:05:00", "B16C": "0404", "B20": "5",
    "B34C": "1", "B36C": "1", "C03C": "K35.800", "C05C": "1", "C06x01C": "I10.x05", "C08x01C": "4",
    "C14x01C": "47.0100", "C16x01": "2024-03-01", "C17x01": "2", "D01": "100.00", "D11": "80.00", "D23": "20.00",
}  # fmt: skip
LINE = {
    "hospital": HOSPITAL, "case_id": "C", "line_no": "1", "day_no": "1", "item_code": "A1", "item_name": "甲",
    "category": "01", "list_class": "A", "quantity": "2", "unit_price": "1.5", "amount": "3.00", "is_drug": "false",
}  # fmt: skip
FORMS = [Sound("frontpage-hqms", FRONT_PAGE, "P3"), Sound("settlement", SETTLEMENT, "setl_id"),
         Sound("lines", LINE, "line_no")]  # fmt: skip
MORE = [Sound("frontpage-2019", PAGE_2019, "A48"), Sound("frontpage-hqms", FRONT_PAGE, "P3", "xlsx"),
        Sound("settlement", SETTLEMENT, "setl_id", "json")]  # fmt: skip
EACH_FORM = pytest.mark.parametrize("sound", FORMS, ids=lambda its: its.form)
EACH_OTHER = pytest.mark.parametrize("sound", MORE, ids=lambda its: f"{its.form}.{its.kind}")
EACH = pytest.mark.parametrize("sound", [*FORMS, *MORE], ids=lambda its: f"{its.form}.{its.kind}")
CASE = "hospital,case_id,year,admit_date,discharge_date,los\nH1,C,2024,2024-03-01,2024-03-06,5\n"
OF_LINES = "DATA-of-lines"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A folder with a region's key, which the environment names, and DATA with the case that lines belong to."""
    path = tmp_path_factory.mktemp("fuzz")
    new_key(path / "key")
    before = os.environ.get(KEY_FILE)
    os.environ[KEY_FILE] = str(path / "key")
    (path / "case.csv").write_text(CASE, encoding="utf-8")
    load(path / OF_LINES, [path / "case.csv"])
    yield path
    os.environ.pop(KEY_FILE)
    if before is not None:
        os.environ[KEY_FILE] = before


def written(header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def loaded_at(root: Path, sound: Sound, content: bytes) -> Loaded | Refusal:
    """What becomes of a file in a folder of its own; anything but a refusal is a fault."""
    path = root / sound.name
    path.write_bytes(content)
    data = root / "DATA"
    if sound.form == "lines":
        shutil.copytree(root.parent / OF_LINES, data)
    before = state(data)
    try:
        done = load(data, [path])
    except Refusal as told:
        refusal = told
    else:
        check_whole(data, done)
        return done
    assert len(str(refusal).splitlines()) == 1
    assert state(data) == before
    return refusal


def state(data: Path) -> list[tuple[str, int]]:
    """The files of DATA but for its lock."""
    return sorted(
        (path.relative_to(data).as_posix(), path.stat().st_size)
        for path in data.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    )


def rows_of(data: Path, table: str, columns: list[str]) -> list[dict[str, Any]]:
    """The rows of a table at the last commit, read from its files."""
    its = Data.open(data)
    versions = its.commits()[-1].tables
    files = version_files(its.table_folder(table), versions[table]) if table in versions else []
    return [row for file in files for row in pq.ParquetFile(file).read(columns).to_pylist()]


def check_whole(data: Path, done: Loaded) -> None:
    """accepted + quarantined = rows, and the tables hold just so many."""
    [source] = done.commit.sources
    assert source.accepted + source.quarantined == source.rows
    kept = rows_of(data, done.files[0].table, ["source_file", "source_row"])
    rows = [row["source_row"] for row in kept if row["source_file"] == source.file]
    out = {row["row"] for row in rows_of(data, "quarantine", ["file", "row"]) if row["file"] == source.file}
    assert (len(rows), len(out)) == (source.accepted, source.quarantined)
    assert sorted([*rows, *out]) == list(range(1, source.rows + 1))


def quarantined(data: Path, file: str) -> dict[int, list[tuple[str, str]]]:
    """Column and rule of what is wrong, by row."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in rows_of(data, "quarantine", ["file", "row", "column", "rule"]):
        if row["file"] == file:
            found.setdefault(row["row"], []).append((row["column"], row["rule"]))
    return found


def example_settings(count: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=count, deadline=None, phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck), database=None, derandomize=TIMES == 1,
    )  # fmt: skip


# What a rule over several columns names is one of these, whichever of them was changed.
BETWEEN = {
    "discharge_before_admission": {"P22", "P25", "adm_time", "dscg_time", "B12", "B15"},
    "required": {"P2", "P3", "P25", "A48", "A49", "B15"},
    "duplicate": {"P2", "P3", "P900", "setl_id", "fixmedins_code", "A01", "A48", "A49"},
    "line_duplicate": {"line_no", "case_id", "hospital"},
    "line_unknown_case": {"case_id", "hospital"},
    "parallel": set(),
}


def is_named(column: str, wrong: list[tuple[str, str]]) -> bool:
    """Whether the findings on a row name the column that was changed."""
    node = column.partition(".")[0]
    for named, rule in wrong:
        if column in (*named.split("+"), named.partition(".")[0]) or column in BETWEEN.get(rule, ()):
            return True
        if rule == "parallel" and "." in named and named.partition(".")[0] == node:
            return True
    return False


def check_mutated_rows(sound: Sound, changes: list[tuple[int, Any]], folder: Path) -> None:
    """A file of so many rows, in each of which one cell was changed."""
    rows = sound.rows(len(changes))
    for row, (place, value) in zip(rows, changes, strict=True):
        row[place] = Changed(value)
    with TemporaryDirectory(dir=folder) as name:
        check_named(Path(name), sound, changes, rows)


def check_named(root: Path, sound: Sound, changes: list[tuple[int, Any]], rows: list[list[Any]]) -> None:
    done = loaded_at(root, sound, sound.content(rows))
    assert not isinstance(done, Refusal), str(done)
    assert done.commit.sources[0].rows == len(rows)
    for row, wrong in quarantined(root / "DATA", sound.name).items():
        column = sound.header[changes[row - 1][0]]
        assert is_named(column, wrong), (column, changes[row - 1][1], wrong)


def changes_of(sound: Sound) -> st.SearchStrategy[list[tuple[int, Any]]]:
    """Mostly columns that are read."""
    read = known_form(sound.form).layout
    names = read.sources() if read else list(sound.row)
    places = [sound.header.index(name) for name in names if name in sound.header]
    place = st.one_of(st.sampled_from(places), st.sampled_from(places), st.integers(0, len(sound.header) - 1))
    return st.lists(st.tuples(place, VALUES[sound.kind]), min_size=ROWS_DRAWN, max_size=ROWS_DRAWN)


def run_rows(sound: Sound, folder: Path, count: int) -> None:
    """Rows are drawn few at a time, and loaded many at a time, as to load a file costs more than its rows."""
    drawn: list[tuple[int, Any]] = []

    @example_settings(max(1, count // ROWS_DRAWN))
    @given(changes=changes_of(sound))
    def draw(changes: list[tuple[int, Any]]) -> None:
        drawn.extend(changes)

    draw()
    for start in range(0, len(drawn), ROWS_A_FILE):
        check_mutated_rows(sound, drawn[start : start + ROWS_A_FILE], folder)


@pytest.mark.soak
@EACH
def test_a_changed_cell_is_named_or_goes_in(sound: Sound, folder: Path) -> None:
    run_rows(sound, folder, QUICK_ROWS // len(FORMS))


@pytest.mark.slow
@EACH_FORM
def test_ten_thousand_changed_cells(sound: Sound, folder: Path) -> None:
    run_rows(sound, folder, ALL_ROWS // len(FORMS))


@pytest.mark.slow
@EACH_OTHER
def test_changed_cells_of_other_kinds(sound: Sound, folder: Path) -> None:
    run_rows(sound, folder, MORE_ROWS)


def flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def other_columns(content: bytes, chance: random.Random) -> bytes:
    """Columns dropped, repeated or shuffled."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    order = list(range(len(rows[0])))
    match chance.randrange(4):
        case 0:
            chance.shuffle(order)
        case 1:
            order = sorted(chance.sample(order, chance.randrange(1, len(order))))
        case 2:
            order.insert(chance.randrange(len(order)), chance.choice(order))
        case _:
            order.remove(chance.choice(order))
    return written(
        [rows[0][place] for place in order], [[row[place] for place in order if place < len(row)] for row in rows[1:]]
    ).encode()


def other_lines(content: bytes, chance: random.Random) -> bytes:
    """Lines repeated, dropped, joined, or blank lines between them."""
    lines = content.split(b"\n")
    place = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            lines.insert(place, lines[chance.randrange(len(lines))])
        case 1:
            lines.pop(place)
        case 2:
            lines.insert(place, b"")
        case _:
            lines[place] += chance.choice([b",", b'"', b"\r", b",x,y", b"\xef\xbb\xbf"])
    return b"\n".join(lines)


def other_encoding(content: bytes, chance: random.Random) -> bytes:
    encoding = chance.choice(["utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "big5"])
    return content.decode().encode(encoding, errors="replace")


OTHER_SIGNS = [(b",", b"\t"), (b",", b";"), (b"\n", b"\r"), (b"\n", b"\r\n")]


def other_wrapping(content: bytes, chance: random.Random) -> bytes:
    packed = gzip.compress(content)
    changed = [content.replace(old, new) for old, new in OTHER_SIGNS]
    before = [mark + content for mark in (b"PK\x03\x04", b"PAR1", b"[", b"{", b"\n\n")]
    return chance.choice([packed, cut(packed, chance), flipped(packed, chance), *changed, *before])


def other_parts(content: bytes, chance: random.Random) -> bytes:
    """A part of a package spoilt, emptied, left out, or there under another name; its sums are right again."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name = chance.choice(list(parts))
    match chance.randrange(5):
        case 0:
            parts.pop(name)
        case 1:
            parts[name] = b""
        case 2:
            parts[chance.choice(["../x", name.upper(), f"{name}/x"])] = parts.pop(name)
        case _:
            parts[name] = chance.choice([flipped, cut, other_marks])(parts[name], chance)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for each, part in parts.items():
            package.writestr(each, part)
    return file.getvalue()


MARKS = [
    b"<",
    b">",
    b"/",
    b'"',
    b"=",
    b"&",
    b"<row>",
    b"</c>",
    b' r="A1"',
    b' t="s"',
    b' t="d"',
    b"<v>9</v>",
    b"<f>1</f>",
]
SIGNS = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u12", b"1e999", b"NaN", b"null", b"{}", b'"setlinfo":1,']


def inserted(content: bytes, signs: list[bytes], chance: random.Random) -> bytes:
    """A few signs put in or taken out, mostly those that mean something."""
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(content) + 1)
        more = chance.choice(signs)
        content = content[:place] + (more if chance.random() < 0.6 else b"") + content[place + chance.randrange(3) :]
    return content


def other_marks(content: bytes, chance: random.Random) -> bytes:
    return inserted(content, MARKS, chance)


def other_signs(content: bytes, chance: random.Random) -> bytes:
    return inserted(content, SIGNS, chance)


def other_envelope(content: bytes, chance: random.Random) -> bytes:
    """Lists one after the other, in envelopes, in arrays of arrays, beside what is no list."""
    lists = json.loads(content)
    one = json.dumps(lists[0], ensure_ascii=False)
    forms = [
        "\n".join(json.dumps(its, ensure_ascii=False) for its in lists),
        json.dumps({"infno": "4101A", "input": lists}), json.dumps({"input": {"data": lists}}), json.dumps([lists]),
        f"[{one}, 1, null, [], {{}}, {one}]", f"[{one}]{one}", f'[{one[:-1]}, "setlinfo": {{}}}}]',
        "[" * 40 + one + "]" * 40, f'{{"a": {one}}}',
    ]  # fmt: skip
    return chance.choice(forms).encode()


DAMAGES = {
    "csv": [flipped, cut, other_columns, other_lines, other_encoding, other_wrapping],
    "xlsx": [flipped, cut, other_parts, other_parts, other_parts, other_wrapping],
    "json": [flipped, cut, other_signs, other_signs, other_envelope, other_encoding, other_wrapping],
}
# The next damage needs what the first has spoilt.
SPOILT = (ValueError, csv.Error, zipfile.BadZipFile, zlib.error, TypeError, KeyError, NotImplementedError)


def run_files(sound: Sound, folder: Path, count: int) -> None:
    content = sound.content(sound.rows(6))

    @example_settings(count)
    @given(seed=st.integers(0, 2**32), damages=st.lists(st.sampled_from(DAMAGES[sound.kind]), min_size=1, max_size=2))
    def check(seed: int, damages: list[Callable[[bytes, random.Random], bytes]]) -> None:
        chance, damaged = random.Random(seed), content
        for damage in damages:
            try:
                damaged = damage(damaged, chance) or b" "
            except SPOILT:
                break
        with TemporaryDirectory(dir=folder) as name:
            loaded_at(Path(name), sound, damaged)

    check()


@pytest.mark.soak
@EACH
def test_a_damaged_file_is_refused_or_read(sound: Sound, folder: Path) -> None:
    run_files(sound, folder, -(-QUICK_FILES // len(FORMS)))


@pytest.mark.slow
@EACH_FORM
def test_five_hundred_damaged_files(sound: Sound, folder: Path) -> None:
    run_files(sound, folder, -(-ALL_FILES // len(FORMS)))


@pytest.mark.slow
@EACH_OTHER
def test_damaged_files_of_other_kinds(sound: Sound, folder: Path) -> None:
    run_files(sound, folder, MORE_FILES)
