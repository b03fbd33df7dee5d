"""DIP on a cluster (集群测算与入组): the same counter and kernel, mapped over Parquet files by Spark.

A node counts its part of the cases; the statistics of all parts, one under the other, make the catalogue.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.dip.assignment.batch import assigner
from yiheng.dip.assignment.result import FIGURES, OUT, SCHEMA
from yiheng.dip.catalogue.build import Catalogue, from_statistics, needs_no_cases, plan_of
from yiheng.dip.catalogue.caseset import used
from yiheng.dip.catalogue.counted import to_statistics
from yiheng.dip.catalogue.counter import Counter
from yiheng.dip.catalogue.statistics import STATISTICS
from yiheng.dip.file import Held
from yiheng.dip.plan import Plan
from yiheng.policy.loader import Scheme
from yiheng.tables.cluster import FILE, PLACE, PLACES, Mapper, map_files

# Beside the statistics of a part: why so many of its cases (`n`) did not enter.
LEFT_OUT = "left_out"
_COUNTED = pa.schema([*STATISTICS, pa.field(LEFT_OUT, pa.string())])
_SPARK = {
    pa.string(): "string", pa.bool_(): "boolean", pa.int16(): "smallint", pa.int64(): "bigint",
    pa.float64(): "double", STATISTICS.field("square").type: "decimal(38, 0)",
}  # fmt: skip


def assign_on_cluster(
    master: str, held: Held, files: Sequence[str], columns: Sequence[str], id_columns: Sequence[str], out: Path
) -> None:
    """Assign the cases of some Parquet files into Parquet files in the folder `out`: ids, OUT, FILE and PLACE.

    `columns`: those that assignment needs, in the case table's types; see `stream.is_plain`.
    """
    schema = pa.schema([*((name, pa.string()) for name in id_columns), *SCHEMA])
    its = assigning(held, tuple(id_columns))
    map_files(master, "yiheng dip assign", files, columns, its, f"{_said(schema)}, {PLACES}", out)


def build_on_cluster(
    backend: Backend, master: str, cases: ir.Table, scheme: Scheme, files: Sequence[str], parts: Path
) -> Catalogue:
    """A catalogue from some Parquet files; `cases` are the same cases, `parts` a folder for what the nodes count.

    The files have the case table's types, `year` among their columns. What `catalogue.needs_no_cases` refuses
    is refused.
    """
    made, calendar = plan_of(cases, scheme)
    needs_no_cases(made)
    given = pq.read_schema(files[0]).names
    columns = [name for name in used(made) if name in given]
    map_files(
        master, "yiheng dip build", files, columns, counting(made, tuple(sorted(calendar))), _said(_COUNTED), parts
    )
    found = backend.read_parquet(f"{parts}/*.parquet")
    statistics = found.filter(found[LEFT_OUT].isnull()).drop(LEFT_OUT)
    return from_statistics(backend, statistics, made, _left_out(found))


def assigning(held: Held, id_columns: tuple[str, ...]) -> Mapper:
    """What a node does with its batches when cases are assigned."""
    scheme, groups = held.scheme, held.groups
    day = held.day

    def assigned(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        made = assigner(groups, scheme, day)
        for batch in batches:
            found = made.assign(batch)
            words = [found[name] if name in FIGURES else found[name].cast(pa.string()) for name in OUT]
            kept = [batch.column(name).cast(pa.string()) for name in id_columns]
            places = [batch.column(FILE).cast(pa.string()), batch.column(PLACE).cast(pa.int64())]
            yield pa.RecordBatch.from_arrays([*kept, *words, *places], names=[*id_columns, *OUT, FILE, PLACE])

    return assigned


def counting(made: Plan, years: tuple[int, ...]) -> Mapper:
    """What a node does with its batches when cases are counted: the statistics of its part."""

    def counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        counter = Counter(made, years)
        for batch in batches:
            counter.count(batch)
        table = to_statistics(counter.counted())
        left_out = pa.table({"n": pa.array(list(counter.left_out.values()), pa.int64()),
                             LEFT_OUT: pa.array(list(counter.left_out), pa.string())})  # fmt: skip
        both = pa.concat_tables([table, left_out], promote_options="default").select(_COUNTED.names).cast(_COUNTED)
        yield from both.combine_chunks().to_batches()

    return counted


def _said(schema: pa.Schema) -> str:
    """Columns in Spark's words."""
    return ", ".join(f"`{field.name}` {_SPARK[field.type]}" for field in schema)


def _left_out(found: ir.Table) -> Mapping[str, int]:
    counted = found.filter(found[LEFT_OUT].notnull()).group_by(LEFT_OUT).agg(n=found.n.sum()).order_by(LEFT_OUT)
    return {row[LEFT_OUT]: int(row["n"]) for row in counted.to_pyarrow().to_pylist()}
