"""A delimiter is told from the header."""

from pathlib import Path

import pytest

from yiheng.cases.source import csv_header, csv_rows, delimiter_in, delimiter_of

HEADERS = {
    "a,b,c": ",",
    "a\tb\tc": "\t",
    "a;b;c": ";",
    "a": ",",
    "": ",",
    "a|b|c": ",",
    '"a;b;c;d",e': ",",
    '"say ""a,b,c,d""";e': ";",
    "费用,元\t数量,个\tx\ty": "\t",
}


@pytest.mark.parametrize("header", HEADERS)
def test_delimiters(header: str) -> None:
    assert delimiter_in(header) == HEADERS[header]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_file_is_read_with_the_delimiter_of_its_header(delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'a{delimiter}b\n1,;\t{delimiter}x\n"1,;\t"{delimiter}I10|J18\n', encoding="utf-8")
    assert delimiter_of(path) == delimiter
    assert csv_header(path) == ["a", "b"]
    [rows] = csv_rows(path, ["a", "b"])
    assert rows.table.to_pylist() == [{"a": "1,;\t", "b": "I10|J18"}]
    assert [found.row for found in rows.broken] == [1]
