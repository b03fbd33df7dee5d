"""Lines against their list (明细与清单): a case's lines held against its fees, and refunds against charges."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.cases.belonging import KNOWN
from yiheng.cases.build import Built
from yiheng.cases.quality.frames import schema_of
from yiheng.cases.quality.gate import Gate
from yiheng.tables.engine import quoted

_AT_ONCE = 20_000
# The cases of so many lines or so are summed at a time.
_LINES = 1_000_000
_CATEGORIES = [f"{number:02}" for number in range(1, 15)]
PROFILE = "lines"

_SUMS = """
    WITH own AS (
        SELECT hospital, case_id, min(source_file) FILTER (NOT is_held) AS source_file,
               arg_min(source_row, (source_file, source_row)) FILTER (NOT is_held) AS source_row,
               sum(amount) AS lines_total, {categories}
        FROM ({lines}) GROUP BY hospital, case_id HAVING NOT bool_and(is_held))
    SELECT own.*, known.year, known.list_version, known.total_fee, {fees}
    FROM {known} AS known JOIN own ON own.hospital = known.hospital AND own.case_id = known.case_id"""
# Only items of which the new lines refund something are looked at; the finding is on the first such line.
_ITEMS = """
    WITH own AS (
        SELECT hospital, case_id, item_code, min(source_file) FILTER (refunds) AS source_file,
               arg_min(source_row, (source_file, source_row)) FILTER (refunds) AS source_row,
               sum(quantity) AS net_quantity, sum(amount) AS net_amount
        FROM (SELECT *, NOT is_held AND (amount < 0 OR quantity < 0) AS refunds FROM ({lines}))
        WHERE (hospital, case_id) IN (SELECT (hospital, case_id) FROM ({new}) WHERE amount < 0 OR quantity < 0)
        GROUP BY hospital, case_id, item_code HAVING bool_or(refunds))
    SELECT own.*, known.year, known.list_version
    FROM {known} AS known JOIN own ON own.hospital = known.hospital AND own.case_id = known.case_id"""


def judge_sums(backend: Backend, staged: Sequence[Path], held: Sequence[str], gate: Gate) -> None:
    """Hold the cases of staged lines, with lines that DATA has of them, against the rules over sums and items.

    All lines of a case are in the month of its discharge: some months at a time, and memory does not grow with them.
    """
    categories = ", ".join(
        f"coalesce(sum(amount) FILTER (category = '{each}'), 0) AS lines_{each}" for each in _CATEGORIES
    )
    fees = ", ".join(f"known.fee_{each}" for each in _CATEGORIES)
    for new, lines in _parts(staged, held):
        its = {"lines": lines, "known": KNOWN}
        _judge(backend, "line_sums", _SUMS.format(categories=categories, fees=fees, **its), gate)
        _judge(backend, "line_items", _ITEMS.format(new=new, **its), gate)


def _parts(staged: Sequence[Path], held: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Some months, or a share of the cases of one: queries of the new lines, and of all lines."""
    for rows, new, old in _months(staged, held):
        many = -(-rows // _LINES)
        for part in range(many):
            query = _read(new, part, many, held=False)
            yield query, f"{query} UNION ALL {_read(old, part, many, held=True)}" if old else query


def _months(staged: Sequence[Path], held: Sequence[str]) -> Iterator[tuple[int, list[str], list[str]]]:
    """As many months at a time as have _LINES lines, at least one: the lines, files of new ones, files of held ones."""
    rows, new, old = 0, list[str](), list[str]()
    for path in staged:
        beside = [other for other in held if Path(other).parent.name == path.parent.name]
        more = sum(pq.read_metadata(each).num_rows for each in (path, *beside))
        if new and rows + more > _LINES:
            yield rows, new, old
            rows, new, old = 0, [], []
        rows, new, old = rows + more, [*new, str(path)], [*old, *beside]
    if new:
        yield rows, new, old


def _judge(backend: Backend, table: str, query: str, gate: Gate) -> None:
    schema = schema_of(table)
    for batch in backend.con.cursor().sql(query).to_arrow_reader(_AT_ONCE):
        whole = pa.Table.from_batches([batch])
        files = whole["source_file"]
        rows = whole.select(schema.names).cast(schema)
        for file in files.unique().to_pylist():
            its = rows.filter(pa.compute.equal(files, file))
            gate.judge(Built(its, [], 0, {name: name for name in schema.names}, pa.table({})), file, "", PROFILE, table)


def _read(paths: Sequence[str], part: int, many: int, held: bool) -> str:
    listed = ", ".join(quoted(path) for path in paths)
    share = f" WHERE hash(hospital, case_id) % {many} = {part}" if many > 1 else ""
    return (
        "SELECT hospital, case_id, item_code, category, quantity, amount, source_file, source_row, "
        f"{str(held).lower()} AS is_held FROM read_parquet([{listed}], union_by_name = true){share}"
    )
