"""Lines against their list (明细与清单): a case's lines held against its fees, and refunds against charges."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.cases.belonging import KNOWN
from yiheng.cases.build import Built
from yiheng.cases.quality.frames import schema_of
from yiheng.cases.quality.gate import Gate
from yiheng.tables.engine import quoted

_AT_ONCE = 100_000
_CATEGORIES = [f"{number:02}" for number in range(1, 15)]
PROFILE = "lines"

_SUMS = """
    SELECT own.hospital, own.case_id, any_value(known.year) AS year, any_value(known.list_version) AS list_version,
           min(own.source_file) FILTER (NOT is_held) AS source_file,
           arg_min(own.source_row, (own.source_file, own.source_row)) FILTER (NOT is_held) AS source_row,
           sum(own.amount) AS lines_total, any_value(known.total_fee) AS total_fee, {categories}, {fees}
    FROM ({lines}) AS own JOIN {known} AS known ON own.hospital = known.hospital AND own.case_id = known.name
    GROUP BY own.hospital, own.case_id HAVING NOT bool_and(is_held)"""
# Only items of which the new lines refund something are looked at; the finding is on the first such line.
_ITEMS = """
    SELECT own.hospital, own.case_id, any_value(known.year) AS year, any_value(known.list_version) AS list_version,
           min(source_file) FILTER (refunds) AS source_file,
           arg_min(source_row, (source_file, source_row)) FILTER (refunds) AS source_row, item_code,
           sum(quantity) AS net_quantity, sum(amount) AS net_amount
    FROM (SELECT *, NOT is_held AND (amount < 0 OR quantity < 0) AS refunds FROM ({lines})) AS own
    JOIN {known} AS known ON own.hospital = known.hospital AND own.case_id = known.name
    WHERE (own.hospital, own.case_id) IN (SELECT (hospital, case_id) FROM ({new}) WHERE amount < 0 OR quantity < 0)
    GROUP BY own.hospital, own.case_id, item_code HAVING bool_or(refunds)"""


def judge_sums(backend: Backend, staged: Sequence[Path], held: Sequence[str], gate: Gate) -> None:
    """Hold the cases of staged lines, with lines that DATA has of them, against the rules over sums and items."""
    if not staged:
        return
    months = {path.parent.name for path in staged}
    of_months = [path for path in held if Path(path).parent.name in months]
    new = _read([str(path) for path in staged], held=False)
    lines = f"{new} UNION ALL {_read(of_months, held=True)}" if of_months else new
    categories = ", ".join(
        f"coalesce(sum(own.amount) FILTER (own.category = '{each}'), 0) AS lines_{each}" for each in _CATEGORIES
    )
    fees = ", ".join(f"any_value(known.fee_{each}) AS fee_{each}" for each in _CATEGORIES)
    queries = {
        "line_sums": _SUMS.format(categories=categories, fees=fees, lines=lines, known=KNOWN),
        "line_items": _ITEMS.format(lines=lines, new=new, known=KNOWN),
    }
    for table, query in queries.items():
        _judge(backend, table, query, gate)


def _judge(backend: Backend, table: str, query: str, gate: Gate) -> None:
    schema = schema_of(table)
    for batch in backend.con.cursor().sql(query).to_arrow_reader(_AT_ONCE):
        whole = pa.Table.from_batches([batch])
        files = whole["source_file"]
        rows = whole.select(schema.names).cast(schema)
        for file in files.unique().to_pylist():
            its = rows.filter(pa.compute.equal(files, file))
            gate.judge(Built(its, [], 0, {name: name for name in schema.names}, pa.table({})), file, "", PROFILE, table)


def _read(paths: Sequence[str], held: bool) -> str:
    listed = ", ".join(quoted(path) for path in paths)
    return (
        "SELECT hospital, case_id, year, item_code, category, quantity, amount, source_file, source_row, "
        f"{str(held).lower()} AS is_held FROM read_parquet([{listed}], union_by_name = true)"
    )
