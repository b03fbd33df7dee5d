import dataclasses
import io
import zipfile

import pyarrow as pa
import pytest
from openpyxl import load_workbook

from yiheng.base.words import Word
from yiheng.reports.content import content
from yiheng.reports.figures import GAP, Kind, rounded
from yiheng.reports.shape import Column, Report, Section, Table
from yiheng.reports.xlsx import HEADER_ROW, heading, sheets, spread, write_xlsx

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "<script>", "\x07bell", "长" * 40_000]


@pytest.fixture(scope="module")
def report(analysis) -> Report:
    return content(analysis)


@pytest.fixture(scope="module")
def book(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    write_xlsx(report, path)
    return load_workbook(path)


def expected(value, column, language):
    if value is None:
        return GAP
    if isinstance(value, Word):
        return value.zh if language == "zh" else value.en
    return value if isinstance(value, str) else pytest.approx(float(rounded(value, column.kind)), abs=1e-9)


def rows_of(sheet, count, width):
    first = HEADER_ROW + 1
    return [list(row[:width]) for row in sheet.iter_rows(first, first + count - 1, values_only=True)] if count else []


def test_every_sheet_holds_exactly_the_figures_of_the_content(report, book):
    for part in sheets(report):
        columns = spread(part.table)
        places = [part.table.position(column.id) for _, column, _ in columns]
        found = rows_of(book[part.name], len(part.rows), len(columns))
        for row, values in zip(found, part.rows, strict=True):
            wanted = zip(columns, places, strict=True)
            assert row == [expected(values[place], column, language) for (_, column, language), place in wanted]


def test_every_table_has_a_sheet_and_the_first_says_how_many_rows(report, book):
    names = [part.name for part in sheets(report)]
    assert book.sheetnames == ["说明", *names]
    listed = [(row[0], row[2]) for row in book["说明"].iter_rows(HEADER_ROW + 1, values_only=True)]
    assert listed[: len(names)] == [(part.name, len(part.rows)) for part in sheets(report)]


def test_heads_are_bilingual_frozen_and_filtered(book):
    sheet = book["2.1 DIP 病种 医院并列"]
    assert sheet.cell(HEADER_ROW, 1).value == "医院\nHospital"
    assert sheet.cell(HEADER_ROW, 2).value == "医院\nHospital (English)"
    assert sheet.freeze_panes == "B4"
    assert sheet.auto_filter.ref == "A3:P25"
    assert sheet.print_title_rows == "$1:$3"


def test_numbers_have_their_format(report, book):
    sheet = book["2.1 DIP 病种 医院并列"]
    formats = {
        sheet.cell(HEADER_ROW, place).value: sheet.cell(HEADER_ROW + 1, place).number_format for place in range(1, 17)
    }
    columns = {each.id: each for each in next(t for t in report.tables if t.id == "dip-hospitals").columns}
    assert formats[heading(columns["n"])] == "#,##0"
    assert formats[heading(columns["cost_index"])] == "0.000"
    assert formats[heading(columns["difference"])] == "#,##0.00"


def test_made_up_data_say_so_on_every_sheet_and_printed_page(book):
    for sheet in book:
        assert sheet["A2"].value.startswith("演示数据：虚构 Made-up data")
        assert "演示数据：虚构" in sheet.oddHeader.center.text


def test_an_unofficial_pack_is_named_on_every_sheet_and_printed_page_of_it(report, book):
    said = {part.name: part.table.notice is not None for part in sheets(report)}
    assert sum(said.values()) == 12
    for name, unofficial in said.items():
        assert ("提纲版，非官方 Outline, unofficial" in book[name]["A2"].value) == unofficial, name
        assert ("提纲版，非官方" in book[name].oddHeader.center.text) == unofficial, name
    listed = {row[0]: row[3] for row in book["说明"].iter_rows(HEADER_ROW + 1, values_only=True)}
    assert {name for name in said if listed[name]} == {name for name, unofficial in said.items() if unofficial}


def test_other_data_do_not_say_so(bare, tmp_path):
    write_xlsx(content(bare), tmp_path / "r.xlsx")
    for sheet in load_workbook(tmp_path / "r.xlsx"):
        assert "虚构" not in sheet["A2"].value


def one_table(rows) -> Report:
    columns = (Column("a", Word("甲", "A"), Kind.TEXT),)
    table = Table("t", Word("表", "Table"), columns, tuple(rows), Word("空", "empty"))
    return Report(Word("报告", "Report"), 2025, False, (Section("s", Word("节", "Section"), (), (table,)),))


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_is_never_a_formula(text, tmp_path):
    write_xlsx(one_table([(text,)]), tmp_path / "r.xlsx")
    cell = load_workbook(tmp_path / "r.xlsx")["1.1 表"].cell(HEADER_ROW + 1, 1)
    assert cell.data_type == "s"
    assert cell.value == text.replace("\x07", "\N{REPLACEMENT CHARACTER}")[:32_767]
    assert bool(cell.quotePrefix) == text.startswith(("=", "+", "-", "@", "\t"))
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


def test_rows_beyond_a_sheet_go_on_to_the_next(tmp_path):
    report = one_table([(f"row {number}",) for number in range(25)])
    write_xlsx(report, tmp_path / "r.xlsx", rows_per_sheet=14)
    book = load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["说明", "1.1 表 (1)", "1.1 表 (2)", "1.1 表 (3)"]
    found = [row[0] for part in book.worksheets[1:] for row in part.iter_rows(HEADER_ROW + 1, values_only=True)]
    assert found == [f"row {number}" for number in range(25)]
    assert all(part.max_row <= 14 for part in book.worksheets[1:])


def test_sheet_names_are_what_excel_allows(report):
    names = [part.name for part in sheets(report)]
    assert len({name.lower() for name in names}) == len(names)
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_an_empty_table_says_why(bare, tmp_path):
    write_xlsx(content(bare), tmp_path / "r.xlsx")
    sheet = load_workbook(tmp_path / "r.xlsx")["1.3 参保类型构成"]
    assert sheet.cell(HEADER_ROW + 1, 1).value.startswith("来源没有提供参保类型。")


def test_two_writes_give_equal_bytes(small, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_xlsx(content(small), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    properties = load_workbook(io.BytesIO((tmp_path / "a.xlsx").read_bytes())).properties
    assert properties.created.year == properties.modified.year == 1980


def test_a_write_that_fails_leaves_nothing(small, tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", _fails)
    with pytest.raises(OSError, match="no space"):
        write_xlsx(content(small), tmp_path / "report.xlsx")
    assert list(tmp_path.iterdir()) == []


def _fails(*_):
    raise OSError("no space")


def test_an_ampersand_in_the_title_is_no_code_of_the_page_header(small, tmp_path):
    report = dataclasses.replace(content(small), title=Word("甲&乙", "A&B"))
    write_xlsx(report, tmp_path / "r.xlsx")
    header = load_workbook(tmp_path / "r.xlsx")["说明"].oddHeader.center.text
    assert "甲&&乙" in header


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_names_of_a_pack_reasons_and_rules_are_never_formulas(outlined, tmp_path, text):
    drg = outlined.groupings[-1]
    reasons = drg.outcomes.set_column(2, "reason", [[text] * drg.outcomes.num_rows])
    drg = dataclasses.replace(drg, names={"G1": Word(text, text)}, outcomes=reasons)
    rule = {"hospital": text, "rule": "x", "zh": text, "en": text, "severity": "flag", "cases": 2, "failed": 1}
    open_rules = pa.Table.from_pylist([rule], schema=outlined.open_rules.schema)
    analysis = dataclasses.replace(outlined, groupings=(drg,), open_rules=open_rules)
    write_xlsx(content(analysis), tmp_path / "r.xlsx")
    book = load_workbook(tmp_path / "r.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert {cell.parent.title.partition(" ")[2] for cell in cells} == {
        "DRG 病组 未入组、歧义与无效的原因", "DRG 病组 病组按费用排序", "DRG 病组 主要病组的医院对照",
        "DRG 病组 费用高于均值的病组（分医院）", "DRG 病组 费用低于均值的病组（分医院）",
        "未关闭的质量问题（医院与规则）",
    }  # fmt: skip
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)
