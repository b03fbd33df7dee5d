"""A sheet (表格): a form's rows as text, a column for each of its fields, and how it goes into a file."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.csv as arrow_csv

LINE_END = "\r\n"


def one_batch(rows: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
    """All rows as one batch."""
    if isinstance(rows, pa.RecordBatch):
        return rows
    whole = rows.combine_chunks()
    arrays = [_whole(whole[name], field) for name, field in zip(whole.column_names, whole.schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=whole.schema)


def _whole(column: pa.ChunkedArray, field: pa.Field) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], field.type)])


def write_csv(path: Path, sheets: Iterable[pa.Table], header: list[str], encoding: str = "utf-8") -> Path:
    """Sheets of text with the same columns, one after the other, below `header`; empty cells for null.

    Any encoding of Python; utf-16 begins with its mark once. A cell with a comma, a quote or a line end is quoted.
    """
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator=LINE_END).writerow(header)
        for sheet in sheets:
            buffer = io.BytesIO()
            options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed", eol=LINE_END)
            arrow_csv.write_csv(sheet, buffer, options)
            file.write(buffer.getvalue().decode())
    return path


def write_xlsx(path: Path, sheets: Iterable[pa.Table], header: list[str]) -> Path:
    """The same as a workbook with one sheet; every cell is text, as systems export it."""
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("首页")
    page.append(header)
    for sheet in sheets:
        for row in zip(*(column.to_pylist() for column in sheet.columns), strict=True):
            page.append(row)
    book.save(path)
    return path
