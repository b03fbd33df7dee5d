"""Assignment (入组): each case finds its group in a catalogue, or is told why it has none."""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.dip.assignment.batch import assigner as assigner
from yiheng.dip.assignment.reference import NO_DIAGNOSIS as NO_DIAGNOSIS
from yiheng.dip.assignment.reference import NO_GROUP as NO_GROUP
from yiheng.dip.assignment.result import NEEDED as NEEDED
from yiheng.dip.assignment.result import OUT as OUT
from yiheng.dip.assignment.result import RESULT
from yiheng.dip.assignment.result import SCHEMA as SCHEMA
from yiheng.policy.loader import Scheme
from yiheng.tables.engine import batches, scratch


def assign(
    backend: Backend, cases: ir.Table, catalogue: pa.Table, scheme: Scheme, day: date, keep: Sequence[str]
) -> ir.Table:
    """The columns `keep` of the cases and those of OUT, in the order of the cases."""
    own = [name for name in NEEDED if name not in keep]
    wanted = cases.select(*keep, *own)
    made = assigner(catalogue, scheme, day)
    path = scratch(backend) / f"{ibis.util.gen_name('assigned')}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([*(wanted.schema().to_pyarrow().field(name) for name in keep), *RESULT])
    with pq.ParquetWriter(path, schema, store_schema=False) as writer:
        for batch in batches(backend, wanted):
            kept = [batch.column(name).cast(schema.field(name).type) for name in keep]
            writer.write_batch(pa.RecordBatch.from_arrays([*kept, *made.assign(batch).columns], schema=schema))
    return backend.read_parquet(str(path))
