"""Sources (数据来源): CSV, JSON (both also gzipped), Excel and Parquet files as batches of rows, in constant memory.

A fault of the file as a whole (missing, empty, truncated, undecodable, another header) is a refusal; a row that is
none is a finding. What a row means is no concern of this room. A workbook is opened by `excel.Workbook` itself, whose
parser is slow to load, and for workbooks alone.
"""

from yiheng.cases.source.csv import csv_header, csv_raw, csv_rows, delimiter_of
from yiheng.cases.source.delimiter import delimiter_in
from yiheng.cases.source.encoding import encoding_of
from yiheng.cases.source.json import json_header, json_objects, json_rows
from yiheng.cases.source.kind import kind_of
from yiheng.cases.source.parquet import parquet_batches, parquet_schema
from yiheng.cases.source.rows import ROWS, Rows
from yiheng.cases.source.stream import BLOCK

__all__ = [
    "BLOCK",
    "ROWS",
    "Rows",
    "csv_header",
    "csv_raw",
    "csv_rows",
    "delimiter_in",
    "delimiter_of",
    "encoding_of",
    "json_header",
    "json_objects",
    "json_rows",
    "kind_of",
    "parquet_batches",
    "parquet_schema",
]
