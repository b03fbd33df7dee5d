"""Cases in their groups (入组病例): what levels, coefficients, case points and supervision read of a case.

`prepared` adds to the case table what the scheme makes of it, `with_levels` the auxiliary levels that a case hits.
"""

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.dip.catalogue import caseset
from yiheng.dip.plan import Plan
from yiheng.dip.pricing.levelled import READ, levelled
from yiheng.dip.pricing.levels import level_column
from yiheng.norms.facts import DIED
from yiheng.tables.engine import batches, scratch

# What a case brings along beside the result of its assignment.
KEPT = (
    "hospital", "case_id", "stay_id", "patient", "year", "day", "admit_date", "discharge_date", "discharge",
    "planned_readmit", "interim", "tcm_dx", "los", "age", "age_days", "died", "known_end", "fen", "enters", "dx",
    "proc", "dx_edition", "proc_edition",
)  # fmt: skip
# The columns of the case table that these are made of, and those that say which cases enter.
USED = (
    "hospital", "case_id", "stay_id", "patient", "year", "admit_date", "discharge_date", "discharge",
    "planned_readmit", "interim", "tcm_dx", "los", "age", "age_days", "total_fee", *caseset.COLUMNS,
    *caseset.CHOSEN_BY.values(),
)  # fmt: skip
ONLY_FOR_LEVELS = tuple(name for name in READ if name not in ("los", "died"))


def prepared(cases: ir.Table, plan: Plan) -> ir.Table:
    """The cases with what the scheme makes of them.

    fen = the fee that counts (int64, null unknown), enters = whether the case is one that means are made of, died and
    known_end (bool), day = the day of discharge or, where only the year is known, its last day.
    """
    last = ibis.date(cases.year.cast("string").concat("-12-31"))
    return cases.mutate(
        fen=caseset.fee(cases, plan),
        enters=caseset.left_out(cases, plan).isnull(),
        died=(cases.discharge == DIED).fill_null(False),
        known_end=cases.discharge.notnull(),
        day=ibis.coalesce(cases.discharge_date, last),
    )


def with_levels(backend: Backend, placed: ir.Table, plan: Plan) -> ir.Table:
    """The cases with a column for each kind of auxiliary level (`levels.level_column`).

    The columns that only levels ask for are left out.
    """
    path = scratch(backend) / f"{ibis.util.gen_name('levelled')}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = list(plan.value("auxiliary_kinds"))
    kept = [name for name in placed.columns if name not in ONLY_FOR_LEVELS]
    schema = placed.schema().to_pyarrow()
    schema = pa.schema([*(schema.field(name) for name in kept), *((level_column(kind), pa.string()) for kind in kinds)])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in batches(backend, placed):
            found = levelled(batch, plan)
            columns = [batch.column(name).cast(schema.field(name).type) for name in kept]
            arrays = [*columns, *(found[kind] for kind in kinds)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return backend.read_parquet(str(path))
