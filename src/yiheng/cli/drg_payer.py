"""What the payer returned (医保返回分组): a CSV of groups by case, beside our own cases; memory stays constant."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.codes.normal import normal
from yiheng.tables.engine import scratch
from yiheng.tables.stream import BATCH

# The payer's group beside a case of ours, and where it stands in the file.
PAYER, _LINE = "payer_group", "payer_line"


@dataclass(frozen=True)
class Payer:
    """The groups that the payer returned, one for each of its cases; `keys`: the columns that name a case."""

    table: ir.Table
    keys: Sequence[str]

    def beside(self, cases: ir.Table) -> ir.Table:
        """Our cases with PAYER, null where the payer returned none."""
        joined = cases.left_join(self.table, list(self.keys))
        return joined.select(*cases.columns, PAYER)

    def beyond(self, cases: ir.Table) -> int:
        """How many cases the payer has that are not among ours."""
        return int(self.table.anti_join(cases, list(self.keys)).count().to_pyarrow().as_py())


def payer_groups(backend: Backend, path: Path, with_hospital: bool) -> Payer:
    """The groups of a CSV hospital,case_id,drg; without hospitals case_id,drg.

    Refused: a file that cannot be read or lacks a column, a row with too few or too many cells, a case that is there
    twice.
    """
    keys = ("hospital", "case_id") if with_hospital else ("case_id",)
    kept = scratch(backend) / "payer.parquet"
    kept.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([*((key, pa.string()) for key in keys), (PAYER, pa.string()), (_LINE, pa.int64())])
    with pq.ParquetWriter(kept, schema) as writer:
        for rows in _pieces(path, keys):
            writer.write_table(pa.Table.from_pylist(rows, schema))
    table = backend.read_parquet(str(kept))
    _check_once(table, keys, path)
    return Payer(table.drop(_LINE), keys)


def _pieces(path: Path, keys: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """The rows of the file, some at a time."""
    found: list[dict[str, Any]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            for column in (*keys, "drg"):
                if column not in (reader.fieldnames or ()):
                    raise Refusal("this column is missing", file=path.name, column=column)
            for number, row in enumerate(reader, 1):
                if None in row or None in row.values():
                    raise Refusal("has not as many cells as the header", file=path.name, row=number)
                found.append({key: row[key] for key in keys} | {PAYER: normal(row["drg"]), _LINE: number})
                if len(found) == BATCH:
                    yield found
                    found = []
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refusal(f"cannot be read: {error}", file=path.name) from None
    yield found


def _check_once(table: ir.Table, keys: Sequence[str], path: Path) -> None:
    """Refuse the first row whose case was there before."""
    order = ibis.window(group_by=list(keys), order_by=_LINE)
    again = table.mutate(before=ibis.row_number().over(order)).filter(lambda its: its.before > 0)
    for row in again.order_by(_LINE).limit(1).to_pyarrow().to_pylist():
        raise Refusal("this case is there twice", path.name, "", row[_LINE], "case_id", row["case_id"])
