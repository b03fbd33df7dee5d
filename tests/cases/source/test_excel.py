"""What Excel may have changed is found; what it holds is read as it is."""

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from yiheng.base.refusal import Refusal
from yiheng.cases.source import excel as module
from yiheng.cases.source import package, worksheet
from yiheng.cases.source.excel import Workbook
from yiheng.cases.source.worksheet import Book, Covered, cell_of

HEAD = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
NAMES = ["病例号", "诊断"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument"
STYLES = f"""<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"""
FIRST_MARCH = datetime.datetime.fromisoformat("1900-03-01")
DAY = datetime.timedelta(days=1)


def sheet(rows: str, after: str = "") -> tuple[str, str, str, str]:
    return "表1", "visible", rows, after


def read(book: Workbook, wanted: list[str], **how: Any) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """All rows (number first), and all findings."""
    rows, found = [], []
    for each in book.rows(wanted, **how):
        cells = zip(*(column.to_pylist() for column in each.table.columns), strict=True)
        rows += [(number, *row) for number, row in zip(each.numbers.tolist(), cells, strict=True)]
        found += [(one.row, one.column, one.value, one.rule) for one in each.broken + each.hazards]
    return rows, found


CELLS = {
    '<c r="B2"><v>1.0101</v></c>': ("1.0101", "excel_number"),
    '<c r="B2"><v>250</v></c>': ("250", "excel_number"),
    '<c r="B2"><v>0.30000000000000004</v></c>': ("0.3", "excel_number"),
    '<c r="B2"><v>1E-7</v></c>': ("0.0000001", "excel_number"),
    '<c r="B2"><v>999999999999999</v></c>': ("999999999999999", "excel_number"),
    '<c r="B2"><v>1000000000000000</v></c>': ("1000000000000000", "excel_precision"),
    '<c r="B2"><v>1.4042519900101001E+17</v></c>': ("140425199001010000", "excel_precision"),
    '<c r="B2" s="5"><v>12.5</v></c>': ("12.5", "excel_number"),
    '<c r="B2" s="1"><v>45659</v></c>': ("2025-01-02", "excel_date"),
    '<c r="B2" s="3"><v>45659</v></c>': ("2025-01-02", "excel_date"),
    '<c r="B2" s="2"><v>45659.354166666664</v></c>': ("2025-01-02 08:30:00", "excel_date"),
    '<c r="B2" s="1"><v>0.5</v></c>': ("12:00:00", "excel_date"),
    '<c r="B2" s="4"><v>1.25</v></c>': ("30:00:00", "excel_date"),
    '<c r="B2" s="1"><v>59</v></c>': ("1900-02-28", "excel_date"),
    '<c r="B2" s="1"><v>60</v></c>': ("60", "excel_error"),
    '<c r="B2" s="1"><v>61</v></c>': ("1900-03-01", "excel_date"),
    '<c r="B2" s="1"><v>-1</v></c>': ("-1", "excel_error"),
    '<c r="B2" s="1"><v>99999999999</v></c>': ("99999999999", "excel_error"),
    '<c r="B2" t="d"><v>2025-01-02</v></c>': ("2025-01-02", "excel_date"),
    '<c r="B2" t="e"><v>#N/A</v></c>': ("#N/A", "excel_error"),
    '<c r="B2"><f>A1&amp;"x"</f></c>': (None, "excel_formula"),
    '<c r="B2"><f>A1&amp;"x"</f><v></v></c>': (None, "excel_formula"),
    '<c r="B2" t="str"><f>A1</f><v>I10</v></c>': ("I10", ""),
    '<c r="B2" t="str"><f>A1</f><v></v></c>': (None, ""),
    '<c r="B2"><f>A1+1</f><v>2</v></c>': ("2", "excel_number"),
    '<c r="B2" t="b"><v>1</v></c>': ("true", ""),
    '<c r="B2" t="b"><v>0</v></c>': ("false", ""),
    '<c r="B2" t="s"><v>2</v></c>': ("a\rb", ""),
    '<c r="B2" t="str"><v>a_x005F_x000D_b</v></c>': ("a_x000D_b", ""),
    '<c r="B2" t="inlineStr"><is><t> 01.0101 </t></is></c>': ("01.0101", ""),
    '<c r="B2" t="inlineStr"><is><r><t>I</t></r><r><t>10</t></r><rPh sb="0" eb="1"/></is></c>': (
        "I10",
        "",
    ),
    '<c r="B2" t="str"><v> </v></c>': (None, ""),
    '<c r="B2" s="1"/>': (None, ""),
}


@pytest.mark.parametrize("cell", CELLS)
def test_cells_as_text_and_their_hazards(cell: str, make_book: Any) -> None:
    path = make_book(sheet(f'{HEAD}<row r="2"><c r="A2" t="str"><v>x</v></c>{cell}</row>'))
    text, rule = CELLS[cell]
    shown = '=A1&"x"' if rule == "excel_formula" else text
    hazards = [(1, "诊断", shown, rule)] if rule else []
    assert read(Workbook(path), NAMES, codes={"诊断"}) == ([(1, "x", text)], hazards)
    others = [each for each in hazards if rule not in ("excel_number", "excel_date")]
    assert read(Workbook(path), NAMES, codes={"病例号"}) == ([(1, "x", text)], others)
    assert read(Workbook(path), NAMES) == ([(1, "x", text)], others)
    assert read(Workbook(path), ["病例号"], codes={"诊断"}) == ([(1, "x")], [])


def test_days_count_from_1904_where_the_workbook_says_so(make_book: Any) -> None:
    rows = f'{HEAD}<row r="2"><c r="A2" s="1"><v>60</v></c><c r="B2" s="2"><v>44197.5</v></c></row>'
    path = make_book(sheet(rows), about='<workbookPr date1904="1"/>')
    assert read(Workbook(path), NAMES)[0] == [(1, "1904-03-01", "2025-01-02 12:00:00")]
    path = make_book(sheet(rows), about='<workbookPr date1904="false"/>')
    assert read(Workbook(path), ["诊断"])[0] == [(1, "2021-01-01 12:00:00")]


@pytest.mark.property
@given(st.datetimes(FIRST_MARCH, FIRST_MARCH + 299 * 365 * DAY), st.booleans())
def test_every_second_is_read_back(moment: datetime.datetime, from_1904: bool) -> None:
    moment = moment.replace(microsecond=0)
    first = FIRST_MARCH + (1401 if from_1904 else -61) * DAY
    if moment <= first + DAY:
        return
    serial = (moment - first) / DAY
    book = Book(dates=frozenset({1}), epoch=MAC_EPOCH if from_1904 else WINDOWS_EPOCH)
    cell = {"value": serial, "data_type": "n", "style_id": 1}
    assert cell_of(cell, book).text == str(moment).removesuffix(" 00:00:00")


def test_covered_cells_are_hazards_and_phantom_rows_are_no_rows(make_book: Any) -> None:
    cell = '<c r="{}" t="str"><v>{}</v></c>'
    rows = "".join(
        [
            f'<row r="1">{cell.format("A1", "甲医院2024年病例")}</row>',
            '<row r="2"/><row r="3"><c r="A3" s="1"/></row>',
            f'<row r="4">{cell.format("A4", "号")}{cell.format("B4", "科")}{cell.format("C4", "诊断")}</row>',
            f'<row r="5">{cell.format("A5", "1")}{cell.format("B5", "内科")}{cell.format("C5", "I10")}</row>',
            *(f'<row r="{n}"><c r="A{n}" s="2"/></row>' for n in range(6, 512)),
            f'<row r="512">{cell.format("A512", "2")}{cell.format("C512", "J18")}</row>',
            f'<row r="513">{cell.format("A513", "3")}{cell.format("C513", "K35")}{cell.format("D513", "x")}</row>',
            f'<row r="514">{cell.format("A514", "4")}{cell.format("B514", "外科")}</row>',
        ]
    )
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in ("A1:C1", "B5:B513", "B514:C514"))
    merged = f'<mergeCells count="3">{ranges}</mergeCells>'
    book = Workbook(make_book(sheet(rows, merged)))
    assert book.headers(3) == [(1, ["甲医院2024年病例"]), (4, ["号", "科", "诊断"]), (5, ["1", "内科", "I10"])]
    assert book.header() == ["甲医院2024年病例"]
    assert book.header(4) == ["号", "科", "诊断"]
    assert read(book, ["诊断", "科"], header_row=4) == (
        [(1, "I10", "内科"), (2, "J18", None), (4, None, "外科")],
        [(3, "", "4/3", "columns"), (2, "科", "", "excel_merged"), (4, "诊断", "", "excel_merged")],
    )
    assert read(book, ["号"], header_row=4)[1] == [(3, "", "4/3", "columns")]
    assert dict(book.raw([4, 3, 1, 9], header_row=4)) == {
        1: ["1", "内科", "I10"], 3: ["3", "", "K35", "x"], 4: ["4", "外科", ""]
    }  # fmt: skip
    for row in (2, 600):
        with pytest.raises(Refusal, match=f"^file a.xlsx, sheet 表1, value {row}: this row of the sheet is empty"):
            book.header(row)


@pytest.mark.property
@given(st.lists(st.tuples(*[st.integers(1, 12)] * 4), max_size=6))
def test_covered_columns(corners: list[tuple[int, int, int, int]]) -> None:
    ranges = [(min(a, b), min(c, d), max(a, b), max(c, d)) for a, b, c, d in corners]
    letter = get_column_letter
    refs = [f"{letter(left)}{top}:{letter(right)}{bottom}" for top, left, bottom, right in ranges]
    part = "".join(f'<x:mergeCell ref="{ref}"/>' for ref in refs)
    covered = Covered(io.BytesIO(f'<x:worksheet xmlns:x="x">{part}</x:worksheet>'.encode()))
    for row in range(1, 13):
        assert covered.columns(row) == {
            column
            for top, left, bottom, right in ranges
            for column in range(left, right + 1)
            if top <= row <= bottom and (row, column) != (top, left)
        }


def test_hidden_sheets_are_named_and_never_read(make_book: Any) -> None:
    row = '<row r="1"><c r="A1" t="str"><v>{}</v></c></row>'
    path = make_book(
        ("旧表", "hidden", row.format("secret"), ""),
        ("一月", "visible", row.format("号"), ""),
        ("深藏", "veryHidden", row.format("secret"), ""),
        ("二月", "visible", row.format("病案号"), ""),
    )
    book = Workbook(path)
    assert (book.sheet, book.sheets(), book.hidden) == ("一月", ["一月", "二月"], ["旧表", "深藏"])
    assert book.header() == ["号"]
    assert Workbook(path, "二月").header() == ["病案号"]
    for name in ("旧表", "深藏"):
        with pytest.raises(Refusal) as caught:
            Workbook(path, name)
        assert str(caught.value) == f"file a.xlsx, sheet {name}: this sheet is hidden -> unhide it in Excel (取消隐藏)"
    with pytest.raises(Refusal, match="^file a.xlsx, sheet 三月: there is no such sheet -> sheets: 一月, 二月$"):
        Workbook(path, "三月")
    with pytest.raises(Refusal, match="^file a.xlsx: every sheet is hidden -> unhide one in Excel"):
        Workbook(make_book(("旧表", "hidden", row, "")))


def test_the_other_namespace_and_prefixes_of_the_format(make_book: Any) -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    part = (
        f'<x:worksheet xmlns:x="{strict}"><x:sheetData>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>号</x:t></x:is></x:c></x:row>'
        '<x:row><x:c t="n"><x:v>1</x:v></x:c></x:row><x:row><x:c><x:f>1</x:f></x:c></x:row></x:sheetData>'
        '<x:mergeCells><x:mergeCell ref="A2:A3"/></x:mergeCells></x:worksheet>'
    )
    book = Workbook(make_book(sheet(""), more={"xl/worksheets/sheet1.xml": part}))
    hazards = [(2, "号", "=1", "excel_formula"), (2, "号", "", "excel_merged")]
    assert read(book, ["号"]) == ([(1, "1"), (2, None)], hazards)


def test_a_workbook_in_the_strict_form_throughout(make_book: Any) -> None:
    path = make_book(sheet(f'{HEAD}<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="3"><v>45659</v></c></row>'))
    with zipfile.ZipFile(path) as given:
        parts = {name: given.read(name).decode() for name in given.namelist()}
    strict = {MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main", OFFICE: f"{STRICT}/relationships"}
    for old, new in strict.items():
        parts = {name: part.replace(old, new) for name, part in parts.items()}
    assert read(Workbook(make_book(more=parts)), NAMES)[0] == [(1, "a\rb", "2025-01-02")]


def test_fonts_and_fills_are_not_looked_at(make_book: Any) -> None:
    styles = STYLES.replace(
        "<cellXfs>", '<fonts><font><family val="99"/></font></fonts><fills><fill/></fills><cellXfs>'
    )
    path = make_book(sheet(f'{HEAD}<row r="2"><c r="B2" s="1"><v>45659</v></c></row>'), more={"xl/styles.xml": styles})
    assert read(Workbook(path), ["诊断"])[0] == [(1, "2025-01-02")]


def test_a_row_without_an_end_is_refused(make_book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worksheet, "_AT_ONCE", 100)
    book = Workbook(make_book(sheet(HEAD + f'<row r="2">{"<c/>" * 99}</row><row r="3">{"<c/>" * 100}</row>')))
    with pytest.raises(Refusal) as caught:
        list(book.rows(NAMES))
    line = "file a.xlsx: is not an Excel workbook (.xlsx): more than 100 elements without an end of <row>"
    assert str(caught.value) == line


@pytest.mark.slow
def test_a_sheet_as_wide_as_can_be(tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("宽")
    page.append([f"c{n}" for n in range(16_384)])
    for number in range(200):
        page.append([number] + [None] * 16_382 + ["last"])
    book.save(tmp_path / "a.xlsx")
    read_book = Workbook(tmp_path / "a.xlsx")
    header = read_book.header()
    batches = list(read_book.rows(header))
    assert [len(each.numbers) for each in batches] == [61, 61, 61, 17]
    assert batches[-1].table.slice(16).to_pylist() == [dict.fromkeys(header) | {"c0": "199", "c16383": "last"}]


DAMAGED = {
    "beyond the last column": '<row r="2"><c r="XFE2" t="str"><v>x</v></c></row>',
    "no such text": '<row r="2"><c r="A2" t="s"><v>77</v></c></row>',
    "no number": '<row r="2"><c r="A2"><v>seven</v></c></row>',
    "beyond the last row": '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
    "rows out of order": '<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
    "cut": '<row r="2"><c r="A2"><v>1</v></c>',
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_sheet_is_refused_in_one_line(name: str, make_book: Any) -> None:
    book = Workbook(make_book(sheet(HEAD + DAMAGED[name])))
    with pytest.raises(Refusal) as caught:
        list(book.rows(NAMES))
    assert str(caught.value).startswith("file a.xlsx: is not an Excel workbook (.xlsx): ")
    assert len(str(caught.value).splitlines()) == 1


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"]
)
def test_entities_are_refused(part: str, make_book: Any) -> None:
    path = make_book(sheet(HEAD), more={part: f"{BOMB}<x>&b;</x>"})
    with pytest.raises(Refusal, match=r"^file a.xlsx: is not an Excel workbook \(.xlsx\): .*declares a document type"):
        Workbook(path).header()


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from([None, "x", "", 1, 2.5]), max_size=4), max_size=30), st.integers(1, 7))
def test_numbers_of_raw_rows_are_those_of_rows(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[Any]], size: int
) -> None:
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    book = openpyxl.Workbook()
    for line in (["a", "b", "c"], *lines):
        book.active.append(line)
    book.save(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "rows_at_once", lambda _: size)
        rows, found = read(Workbook(path), ["c", "a"])
    texts = [["" if cell is None else str(cell) for cell in line] for line in lines]
    filled = [line for line in texts if any(line)]
    raw = dict(Workbook(path).raw(range(len(lines) + 1)))
    assert {n: [cell for cell in row if cell] for n, row in raw.items()} == {
        n: [cell for cell in line if cell] for n, line in enumerate(filled, 1)
    }
    assert found == [(n, "", "4/3", "columns") for n, row in raw.items() if len(row) > 3]
    assert rows == [(n, row[2] or None, row[0] or None) for n, row in raw.items() if len(row) == 3]


def test_a_part_is_read_once_more_only_for_merges(make_book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory and time: the header, the search for merges and the rows each read the sheet once, in small pieces."""
    book = Workbook(make_book(sheet(HEAD + '<row r="2"><c r="A2"><v>1</v></c></row>')))
    assert book.header() == NAMES
    opened: list[str] = []
    real = package.opened
    monkeypatch.setattr(package, "opened", lambda path: (opened.append(path.name), real(path))[1])
    assert len(list(book.rows(NAMES))) == 1
    assert len(opened) == 3
