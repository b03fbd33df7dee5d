"""Nothing is lost: a row goes in or is quarantined by name, whatever the file looks like."""

import csv
import gzip
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.load import load
from yiheng.cases.source import BLOCK
from yiheng.tables.contract import contract
from yiheng.tables.data import Data

HEADER = "hospital,case_id,year,admit_date,age,sex,dx,dx_present,total_fee,icu_hours,interim,dept"
GOOD = "H1,{},2023,2023-01-05,66,1,I63.9|I10,1|2,10.50,1.5,false,内科"
SHOWN = ("row", "column", "value", "rule")


def quarantined(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, "quarantine", *SHOWN)]


def test_rows_that_do_not_fit_are_named_and_the_others_go_in(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    path = csv_file(
        "a.csv",
        HEADER,
        GOOD.format(1),
        "H1,2,2023,2023-02-30,66,1,I63.9,1,10.50,1.5,false,内科",
        "H1,3,2023,2023-01-05,六十,128,I63.9,1,1.005,x,maybe,内科",
        "H1,4,2023,2023-01-05,66,1,I63.9|I10,1,10.50,,,",
        "H1,5,2023",
        "H1,6,2023,2023-01-05,66,1,I63.9,1,10.50,1.5,false,内科,more",
        ",7,2023,,,,,,,,,",
        "H1,,2023,,,,,,,,,",
        "H1,9,,,,,,,,,,",
        GOOD.format(1),
        "H1,11,2023,,,,,1|2,,,,",
        GOOD.format(12),
        "H1,13,2023,,,,I10|,1|,,,,",
    )
    loaded = load(tmp_path / "DATA", [path])
    assert (loaded.accepted, loaded.quarantined) == (3, 10)
    [source] = loaded.commit.sources
    assert (source.file, source.format, source.rows, source.accepted, source.quarantined) == (
        "a.csv", "canonical", 13, 3, 10
    )  # fmt: skip
    assert sorted(quarantined(rows_of, tmp_path / "DATA")) == [
        (2, "admit_date", "2023-02-30", "date"),
        (3, "age", "六十", "whole_number"),
        (3, "icu_hours", "x", "number"),
        (3, "interim", "maybe", "yes_no"),
        (3, "sex", "128", "range"),
        (3, "total_fee", "1.005", "money"),
        (4, "dx_present", "1", "parallel"),
        (5, "", "3/12", "columns"),
        (6, "", "13/12", "columns"),
        (7, "hospital", "", "required"),
        (8, "case_id", "", "required"),
        (9, "year", "", "required"),
        (10, "case_id", "1", "duplicate"),
        (11, "dx_present", "1|2", "parallel"),
    ]
    assert loaded.lines[0] == "a.csv 第2行 admit_date “2023-02-30”: 不是有效日期 / is not a date that exists"
    kept = rows_of(tmp_path / "DATA", "cases", "case_id", "source_file", "source_row", "dx", "dx_present", "total_fee")
    assert [tuple(row.values()) for row in kept] == [
        ("1", "a.csv", 1, ["I63.9", "I10"], [1, 2], Decimal("10.50")),
        ("12", "a.csv", 12, ["I63.9", "I10"], [1, 2], Decimal("10.50")),
        ("13", "a.csv", 13, ["I10", None], [1, None], None),
    ]


def test_of_equal_keys_the_first_stays_in_a_file_between_files_and_since_an_earlier_load(
    csv_file: Any, rows_of: Any, tmp_path: Path
) -> None:
    root = tmp_path / "DATA"
    header = "hospital,case_id,year,dept"
    load(root, [csv_file("0.csv", header, "H1,1,2023,old", "H2,1,2023,old")])
    files = [
        csv_file("b.csv", header, "H1,3,2023,b", "H1,2,2023,b", "H1,4,2024,b"),
        csv_file("a.csv", header, "H1,1,2024,a", "H1,2,2024,a", "H1,2,2023,a", "H2,2,2023,a"),
    ]
    loaded = load(root, files)
    assert [(each.file, each.rows, each.accepted, each.quarantined) for each in loaded.commit.sources] == [
        ("b.csv", 3, 2, 1),
        ("a.csv", 4, 2, 2),
    ]
    assert [tuple(row.values()) for row in rows_of(root, "quarantine", "file", *SHOWN)] == [
        ("a.csv", 1, "case_id", "1", "duplicate"),
        ("a.csv", 3, "case_id", "2", "duplicate"),
        ("b.csv", 2, "case_id", "2", "duplicate"),
    ]
    assert [tuple(row.values()) for row in rows_of(root, "cases", "hospital", "case_id", "year", "dept")] == [
        ("H1", "1", 2023, "old"), ("H1", "2", 2024, "a"), ("H1", "3", 2023, "b"), ("H1", "4", 2024, "b"),
        ("H2", "1", 2023, "old"), ("H2", "2", 2023, "a"),
    ]  # fmt: skip


def test_rows_that_look_alike_in_an_unkeyed_source_are_all_kept(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "columns: {case_id: {row_number: true, prefix: R}, hospital: h, year: {constant: 2020}, total_fee: f}",
        encoding="utf-8",
    )
    loaded = load(tmp_path / "DATA", [csv_file("a.csv", "h,f", "X,1", "X,1", "X", "X,1", "X,1")], mapping)
    assert (loaded.accepted, loaded.quarantined) == (4, 1)
    found = rows_of(tmp_path / "DATA", "cases", "case_id", "source_row")
    assert [tuple(row.values()) for row in found] == [("R1", 1), ("R2", 2), ("R4", 4), ("R5", 5)]


def test_a_mapping_translates_converts_and_names_columns_as_the_sender_does(
    csv_file: Any, rows_of: Any, tmp_path: Path
) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        """
columns:
  case_id: 病案号
  hospital: {constant: H1}
  year: {constant: 2023}
  sex: {from: 性别, translate: {男: 1, 女: 2, 不详: null}}
  age: {from: 年龄, band: true}
  total_fee: {from: 费用(万元), times: 10000}
  dx: {list: [主诊, 次诊1, 次诊2]}
  group: {join: [组, 级], with: "-"}
  discharge: {from: 离院, translate: {回家: 1}, otherwise: 9}
file: {missing: ["-"]}
""",
        encoding="utf-8",
    )
    path = csv_file(
        "a.csv",
        "病案号,性别,年龄,费用(万元),主诊,次诊1,次诊2,组,级,离院",
        "1,男,50 to 69,1.234567,A,,C,G1,2,回家",
        "2,不详,90+,-0.5,-,-,-,G1,-,其他",
        "3,未知,about 5,1.2345678,A,,,G1,1,-",
        "4,女,七十岁,一万,A,,,G1,1,回家",
        "5,女,70岁及以上,0.0000500,A,,,G1,1,回家",
        "6,女,70岁,1.,A,,,G1,1,回家",
    )
    loaded = load(tmp_path / "DATA", [path], mapping)
    assert (loaded.accepted, loaded.quarantined) == (4, 2)
    assert loaded.commit.sources[0].format == "mapped"
    columns = ("case_id", "sex", "age", "total_fee", "dx", "group", "discharge")
    assert [tuple(row.values()) for row in rows_of(tmp_path / "DATA", "cases", *columns)] == [
        ("1", 1, 50, Decimal("12345.67"), ["A", "C"], "G1-2", 1),
        ("2", None, 90, Decimal("-5000.00"), None, None, 9),
        ("5", 2, 70, Decimal("0.50"), ["A"], "G1-1", 1),
        ("6", 2, 70, Decimal("10000.00"), ["A"], "G1-1", 1),
    ]
    assert sorted(quarantined(rows_of, tmp_path / "DATA")) == [
        (3, "年龄", "about 5", "band"),
        (3, "性别", "未知", "translate"),
        (3, "费用(万元)", "1.2345678", "number"),
        (4, "年龄", "七十岁", "band"),
        (4, "费用(万元)", "一万", "number"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("line_end", "packed"), [("\n", False), ("\n", True), ("\r\n", False), ("\r", False)])
def test_row_numbers_stay_right_across_blocks(line_end: str, packed: bool, rows_of: Any, tmp_path: Path) -> None:
    """Broken rows, blank lines and quoted line ends, in a file of several blocks and broken rows at their borders."""
    chance = random.Random(11)
    lines, misfits, number, size, counted = ["hospital,case_id,year,dept,total_fee"], {}, 0, 0, 0
    while size < 2.5 * BLOCK:
        number += 1
        size, counted = size + sum(map(len, lines[counted:])), len(lines)
        match chance.randrange(8):
            case 0:
                lines.append(f"H1,{number}")
                misfits[number] = "columns"
            case 1:
                lines.append(f"H1,{number},2023,{'x' * 1500},1,2,3")
                misfits[number] = "columns"
            case 2:
                lines.append(f'H1,{number},2023,"two{line_end}lines, and ""more""",many')
                misfits[number] = "money"
            case 3:
                lines += ["", f"H1,{number},2023,{'y' * 3000},1"]
            case _:
                lines.append(f"H1,{number},2023,{'z' * chance.randrange(1500)},{number}.25")
    content = (line_end.join(lines) + line_end * 3).encode()
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    loaded = load(tmp_path / "DATA", [path])
    assert (loaded.accepted, loaded.quarantined) == (number - len(misfits), len(misfits))
    assert {row["row"]: row["rule"] for row in rows_of(tmp_path / "DATA", "quarantine", *SHOWN)} == misfits
    kept = rows_of(tmp_path / "DATA", "cases", "case_id", "source_row")
    assert [row for row in kept if row["case_id"] != str(row["source_row"])] == []


def test_a_cell_of_many_lines_across_blocks(rows_of: Any, csv_file: Any, tmp_path: Path) -> None:
    lines = "line,\n" * 200_000
    first = f"H,1,2023,{'x' * (BLOCK - 500_000)}"
    path = csv_file("a.csv", "hospital,case_id,year,dept", first, f'H,2,2023,"{lines}"', "H,3", "H,4,2023,d")
    loaded = load(tmp_path / "DATA", [path])
    assert (loaded.accepted, loaded.quarantined) == (3, 1)
    found = rows_of(tmp_path / "DATA", "cases", "source_row", "case_id", "dept")
    assert [(row["source_row"], row["case_id"], len(row["dept"])) for row in found] == [
        (1, "1", BLOCK - 500_000), (2, "2", len(lines) - 1), (4, "4", 1)
    ]  # fmt: skip


def test_a_header_of_several_lines(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text('columns: {hospital: h, case_id: "病案\\n号", year: y}', encoding="utf-8")
    load(tmp_path / "DATA", [csv_file("a.csv", 'h,"病案\n号",y', "H,1,2023", "H,2,2023")], mapping)
    found = rows_of(tmp_path / "DATA", "cases", "case_id", "source_row")
    assert [tuple(row.values()) for row in found] == [("1", 1), ("2", 2)]


def test_a_block_of_nothing_but_broken_rows(rows_of: Any, csv_file: Any, tmp_path: Path) -> None:
    broken = 1 + BLOCK // 1000
    lines = ["H1,1,2023", *(f"H1,{n + 2},2023,{'x' * 1000}" for n in range(broken)), f"H1,{broken + 2},2023"]
    loaded = load(tmp_path / "DATA", [csv_file("a.csv", "hospital,case_id,year", *lines)])
    assert (loaded.accepted, loaded.quarantined) == (2, broken)
    kept = rows_of(tmp_path / "DATA", "cases", "case_id", "source_row")
    assert [tuple(row.values()) for row in kept] == [("1", 1), (str(broken + 2), broken + 2)]
    assert [row["row"] for row in rows_of(tmp_path / "DATA", "quarantine", "row")] == sorted(
        range(2, broken + 2), key=str
    )


def made_up(count: int) -> pa.Table:
    """Cases with every column of the contract filled in somewhere, in forms that CSV can say."""
    chance = random.Random(5)

    def cell(kind: pa.DataType, size: int = 0) -> Any:
        if pa.types.is_list(kind):
            return [cell(kind.value_type) for _ in range(size)]
        if pa.types.is_decimal(kind):
            return Decimal(chance.randrange(-(10**8), 10**9)) / 100
        if pa.types.is_date(kind):
            return date(1900 + chance.randrange(200), 1 + chance.randrange(12), 1 + chance.randrange(28))
        if pa.types.is_boolean(kind):
            return chance.random() < 0.5
        if pa.types.is_floating(kind):
            return chance.randrange(10**6) / 8
        if pa.types.is_integer(kind):
            return chance.randrange(-128, 128)
        return "".join(chance.choice("abc 医保\",.'-01\n") for _ in range(5)).strip() or "-"

    rows = []
    for number in range(count):
        sizes = {name: chance.randrange(2, 5) for name in ("dx", "proc")}
        row = {
            column.name: None if chance.random() < 0.3 else cell(column.type, sizes.get(column.name.split("_")[0], 2))
            for column in contract("cases").columns
        }
        row |= {"dx": cell(pa.list_(pa.string()), sizes["dx"]), "proc": cell(pa.list_(pa.string()), sizes["proc"])}
        row |= {"hospital": f"H{number % 3}", "case_id": f"{number:05}", "year": 2020 + number % 3}
        # What a quality rule would reject otherwise.
        row |= {"sex": number % 2 + 1, "age": number % 100, "admit_date": None}
        rows.append(row)
    own = [name for name in contract("cases").schema.names if name not in ("source_file", "source_row", "list_version")]
    return pa.Table.from_pylist(rows, schema=contract("cases").schema).select(own)


def as_text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(as_text(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, row_group_size=77)


def write_csv(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.column_names)
        writer.writerows([as_text(value) for value in row.values()] for row in table.to_pylist())


def write_xlsx(table: pa.Table, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("病例")
    sheet.append(table.column_names)
    for row in table.to_pylist():
        sheet.append([as_text(value) if isinstance(value, list) else value for value in row.values()])
    book.save(path)


@pytest.mark.slow
@pytest.mark.parity
def test_parquet_csv_and_excel_load_to_the_same_digest(digests: Any, rows_of: Any, tmp_path: Path) -> None:
    table = made_up(500)
    writers: list[Callable[[pa.Table, Path], None]] = [write_parquet, write_csv, write_xlsx]
    found = []
    for writer in writers:
        # One name, because it stays with each case.
        (tmp_path / writer.__name__).mkdir()
        path = tmp_path / writer.__name__ / "cases.xlsx"
        writer(table, path)
        loaded = load(path.parent / "DATA", [path])
        assert (loaded.accepted, loaded.quarantined) == (500, 0)
        found.append(digests(path.parent / "DATA"))
    assert found[0] == found[1] == found[2]
    names = table.column_names
    read = sorted(rows_of(tmp_path / "write_csv" / "DATA", "cases", *names), key=lambda row: str(row["case_id"]))
    assert read == table.to_pylist()


def test_the_empty_text_of_a_parquet_file_is_unknown(rows_of: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    years = pa.array([2023, 2023], pa.int16())
    pq.write_table(pa.table({"hospital": ["H1", ""], "case_id": ["1", "2"], "year": years, "dept": [" ", "x"]}), path)
    loaded = load(tmp_path / "DATA", [path])
    assert (loaded.accepted, loaded.quarantined) == (1, 1)
    assert rows_of(tmp_path / "DATA", "cases", "case_id", "dept") == [{"case_id": "1", "dept": None}]
    assert quarantined(rows_of, tmp_path / "DATA") == [(2, "hospital", "", "required")]


def test_excel_rows_and_columns_without_any_cell_are_none(rows_of: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一月"
    for row in (
        [None] * 3, ["hospital", "case_id", "year", "admit_date"], ["H1", 1, 2023, date(2023, 1, 5)], [],
        ["H1", "01.0101", 2023.0, "2023-01-06"], ["H1", 3, 2023, "x", None, "more"], ["H1", 4, 2023.5], [" ", ""],
    ):  # fmt: skip
        sheet.append(row)
    sheet["I1"].font = openpyxl.styles.Font(bold=True)
    book.create_sheet("hidden", 0).sheet_state = "hidden"
    path = tmp_path / "a.xlsx"
    book.save(path)
    loaded = load(tmp_path / "DATA", [path])
    assert (loaded.accepted, loaded.quarantined) == (2, 2)
    found = rows_of(tmp_path / "DATA", "cases", "case_id", "year", "admit_date", "source_row")
    assert [tuple(row.values()) for row in found] == [
        ("01.0101", 2023, date(2023, 1, 6), 2),
        ("1", 2023, date(2023, 1, 5), 1),
    ]
    assert [tuple(row.values()) for row in rows_of(tmp_path / "DATA", "quarantine", "sheet", *SHOWN)] == [
        ("一月", 3, "", "6/4", "columns"),
        ("一月", 4, "year", "2023.5", "whole_number"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-16", "utf-8-sig"])
def test_other_encodings(encoding: str, rows_of: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        f"columns: {{hospital: 医院, case_id: 号, year: 年, dept: 科}}\nfile: {{encoding: {encoding}}}",
        encoding="utf-8",
    )
    path = tmp_path / "a.csv"
    rows = [f"甲,{n},2023,{'内科' * (n % 50)}" for n in range(30_000)]
    path.write_text("\n".join(["医院,号,年,科", *rows]), encoding=encoding)
    assert load(tmp_path / "DATA", [path], mapping).accepted == 30_000
    found = rows_of(tmp_path / "DATA", "cases", "case_id", "dept")
    assert {row["case_id"]: row["dept"] for row in found} == {str(n): "内科" * (n % 50) or None for n in range(30_000)}


def test_the_year_comes_from_the_discharge_where_it_is_not_given(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    path = csv_file(
        "a.csv", "hospital,case_id,year,discharge_date", "H1,1,,2024-02-29", "H1,2,2023,2024-01-01", "H1,3,,"
    )
    loaded = load(tmp_path / "DATA", [path])
    found = rows_of(tmp_path / "DATA", "cases", "case_id", "year")
    assert found == [{"case_id": "1", "year": 2024}, {"case_id": "2", "year": 2023}]
    assert loaded.lines == ["a.csv 第3行 year “”: 必填项为空 / must not be empty"]


def test_the_first_twenty_lines_are_shown_and_all_are_kept(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    path = csv_file("a.csv", "hospital,case_id,year,age", *(f"H1,{n},2023,x" for n in range(1, 101)))
    loaded = load(tmp_path / "DATA", [path])
    assert [line.split()[1] for line in loaded.lines] == [f"第{n}行" for n in range(1, 21)]
    assert len(rows_of(tmp_path / "DATA", "quarantine", "row")) == 100


def test_names_are_gathered_and_stay_until_they_are_said_anew(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "columns: {hospital: h, case_id: c, year: {constant: 2023}}\nnames: [{kind: dx, edition: E, code: d, zh: n}]",
        encoding="utf-8",
    )
    root = tmp_path / "DATA"
    load(root, [csv_file("a.csv", "h,c,d,n", "H,1,A,甲", "H,2,A,又", "H,3,B,乙", "H,4,,x")], mapping)
    load(root, [csv_file("b.csv", "h,c,d,n", "H,5,B,新", "H,6,C,丙")], mapping)
    assert [tuple(row.values()) for row in rows_of(root, "names", "code", "zh")] == [
        ("A", "甲"), ("B", "新"), ("C", "丙")
    ]  # fmt: skip


def test_a_file_that_was_loaded_is_refused_also_by_another_name(csv_file: Any, content: Any, tmp_path: Path) -> None:
    root = tmp_path / "DATA"
    load(root, [csv_file("a.csv", "hospital,case_id,year", "H,1,2023")])
    before = content(root)
    again = csv_file("b.csv", "hospital,case_id,year", "H,1,2023")
    for paths in ([again], [csv_file("c.csv", "hospital,case_id,year", "H,2,2023"), again]):
        with pytest.raises(Refusal) as caught:
            load(root, paths)
        assert str(caught.value) == "file b.csv: already loaded as a.csv in commit 1"
        assert content(root) == before


def test_the_same_content_or_name_twice_in_one_load_is_refused(csv_file: Any, content: Any, tmp_path: Path) -> None:
    line = "hospital,case_id,year", "H,1,2023"
    first, copied = csv_file("a.csv", *line), csv_file("b.csv", *line)
    (tmp_path / "other").mkdir()
    named = copied.replace(tmp_path / "other" / "a.csv")
    for paths, refused in (
        ([first, named], "file a.csv: two files of one load have this name"),
        ([first, csv_file("b.csv", *line)], "file b.csv: has the same content as a.csv"),
    ):
        with pytest.raises(Refusal) as caught:
            load(tmp_path / "DATA", paths)
        assert str(caught.value) == refused
        assert content(tmp_path / "DATA") == {}
        assert Data(tmp_path / "DATA").commits() == []
