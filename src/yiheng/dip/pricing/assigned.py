"""Cases put into their groups for what comes after (入组后核算): assignment, TCM groups and levels in one go."""

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yiheng.dip.assignment.assign import OUT, assign
from yiheng.dip.file import Held
from yiheng.dip.plan import Plan
from yiheng.dip.pricing.patients import KEPT, ONLY_FOR_LEVELS, prepared, with_levels
from yiheng.dip.pricing.tcm import with_tcm
from yiheng.tables.engine import scratch


def assigned(backend: Backend, cases: ir.Table, held: Held, plan: Plan) -> ir.Table:
    """Every case in its order, with `patients.KEPT` less what only levels read, OUT, and a column a kind of level."""
    kept = [*KEPT, "total_fee"]
    placed = assign(backend, prepared(cases, plan), held.groups, held.scheme, held.day, kept)
    return with_levels(backend, with_tcm(placed, held.groups, plan), plan)


def joined(backend: Backend, cases: ir.Table, grouping: ir.Table, plan: Plan) -> ir.Table:
    """Cases that were assigned before, without levels: `grouping` has hospital, case_id and OUT, one row a case.

    What comes of it is held, so that whatever is asked of it joins nothing a second time.
    """
    ready = prepared(cases, plan).select(*(name for name in KEPT if name not in ONLY_FOR_LEVELS))
    its = grouping.select("hospital", "case_id", *OUT)
    path = scratch(backend) / f"{ibis.util.gen_name('joined')}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    backend.to_parquet(ready.inner_join(its, ["hospital", "case_id"]), path)
    return backend.read_parquet(str(path))


def levelled_of(backend: Backend, placed: ir.Table, cases: ir.Table, plan: Plan) -> ir.Table:
    """Those of `joined`, with their levels: what only levels read is taken from the cases again."""
    read = cases.select("hospital", "case_id", *ONLY_FOR_LEVELS)
    return with_levels(backend, placed.inner_join(read, ["hospital", "case_id"]), plan)
