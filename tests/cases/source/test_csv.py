"""Rows keep their numbers whatever stands in them, and can be given back cell by cell."""

import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.cases.source import BLOCK, csv_raw, csv_rows, stream
from yiheng.cases.source import csv as module

CELLS = st.text(st.sampled_from('ab1 "\n\r,医\t;'), max_size=5)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def written(rows: list[list[str]], line_end: str, blank: Collection[int] = (), quoted: Collection[int] = ()) -> str:
    """A CSV with blank lines after some rows, and some rows quoted whether they need it or not."""

    def cell(text: str, number: int) -> str:
        return '"' + text.replace('"', '""') + '"' if number in quoted or set(text) & set('",\r\n') else text

    lines = [
        ",".join(cell(text, number) for text in row) + line_end * (1 + (number in blank))
        for number, row in enumerate(rows)
    ]
    return "".join(lines)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], list[list[str]], str]:
    """A header, the rows under it (as many cells as they like) and the file's text."""
    header = [f"c{place}" for place in range(draw(st.integers(2, 4)))]
    rows = draw(st.lists(st.lists(CELLS, min_size=2, max_size=6), max_size=12))
    some = st.sets(st.integers(0, 12))
    return header, rows, written([header, *rows], draw(LINE_ENDS), draw(some), draw(some))


def columns(path: Path, header: list[str], **how: Any) -> Iterator[tuple[int, list[str] | str]]:
    """What `csv_rows` says of each row: its cells, or the value of its finding."""
    for rows in csv_rows(path, header, **how):
        found: list[tuple[int, list[str] | str]] = [(each.row, each.value) for each in rows.broken]
        table = zip(*(column.to_pylist() for column in rows.table.columns), strict=True)
        found += zip(rows.numbers.tolist(), map(list, table), strict=True)
        yield from sorted(found)


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=120, deadline=None)
@given(files(), st.sampled_from(["utf-8", "gb18030", "utf-16"]), st.data())
def test_numbers_of_raw_rows_are_those_of_rows(
    file: tuple[list[str], list[list[str]], str], encoding: str, data: st.DataObject
) -> None:
    header, rows, text = file
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode(encoding))
        how = {"encoding": encoding, "delimiter": ","}
        read = dict(columns(path, header, **how))
        raw = dict(csv_raw(path, range(1, len(rows) + 5), **how))
        some = data.draw(st.sets(st.integers(-1, len(rows) + 3)))
        assert list(csv_raw(path, some, **how)) == [(number, raw[number]) for number in sorted(some & raw.keys())]
    expected = dict(enumerate(rows, 1))
    assert raw == expected
    assert read == {
        number: row if len(row) == len(header) else f"{len(row)}/{len(header)}" for number, row in expected.items()
    }


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('a" \n\r,'), max_size=40))
def test_any_text_gives_the_same_numbers_twice(text: str) -> None:
    """Also where quotation marks stand anywhere: each row is either read and given back, or the file is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(b"x,y\n" + text.encode())
        try:
            read = dict(columns(path, ["x", "y"], delimiter=","))
        except Refusal:
            return
        raw = dict(csv_raw(path, range(1, 100), delimiter=","))
    assert list(read) == list(raw) == list(range(1, len(read) + 1))
    for number, cells in read.items():
        assert cells == raw[number] if isinstance(cells, list) else cells == f"{len(raw[number])}/2"


@pytest.mark.parametrize("size", [64, 200])
def test_raw_rows_across_blocks(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks far smaller than those in use, so that rows, quotation marks and characters are cut everywhere."""
    rows = [[str(n), 'two\nlines, "x"', "医院"][: 2 + n % 3 % 2 * 1 + (n % 5 > 0)] for n in range(1, 300)]
    path = tmp_path / "a.csv"
    path.write_text(written([["a", "b", "c"], *rows], "\n"), encoding="utf-8")
    monkeypatch.setattr(stream, "BLOCK", size)
    monkeypatch.setattr(module, "BLOCK", size)
    assert dict(csv_raw(path, range(1, 300), "utf-8", ",")) == dict(enumerate(rows, 1))
    assert [number for number, _ in columns(path, ["a"], encoding="utf-8", delimiter=",")] == list(range(1, 300))


def test_raw_rows_of_a_large_file_are_read_no_further_than_the_last(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    row = "1," + "x" * 1000 + "\n"
    path.write_bytes(b"a,b\n" + (row * (3 * BLOCK // len(row))).encode() + b'1,"never closed\n')
    assert list(csv_raw(path, [2])) == [(2, ["1", "x" * 1000])]
    assert list(csv_raw(path, [])) == []
    with pytest.raises(Refusal, match="a quotation mark is never closed"):
        list(csv_raw(path, [10**9]))


def test_a_finding_shows_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("姓名,身份证号,科\n某甲,1\n某乙,2,内科,x\n", encoding="utf-8")
    [rows] = csv_rows(path, ["科"])
    assert [(each.row, each.column, each.value, each.rule) for each in rows.broken] == [
        (1, "", "2/3", "columns"),
        (2, "", "4/3", "columns"),
    ]
    path.write_bytes(b"a,b,c\n" + "某甲,内科".encode() + b"\xff\n")
    with pytest.raises(Refusal, match=r"^file a.csv, row 1, value \\xff: bytes that are no UTF-8 text") as caught:
        list(csv_rows(path, ["c"]))
    assert "某甲" not in str(caught.value)


def test_raw_rows_keep_names_that_are_empty_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,,\n1,2,内\n1,内\n".encode() + b"4,\xff,6\n")
    assert list(csv_raw(path, [1, 2, 3])) == [(1, ["1", "2", "内"]), (2, ["1", "内"]), (3, ["4", r"\xff", "6"])]


@pytest.mark.parametrize("text", ["a,b\n1\n\n\n2,3\n", "a,b\r\n1\r\n\r\n2,3\r\n", "a,b\n1\n2,3"])
def test_blank_lines_are_no_rows(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    assert list(csv_raw(path, [1, 2, 3])) == [(1, ["1"]), (2, ["2", "3"])]
