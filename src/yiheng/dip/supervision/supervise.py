"""All flags of a catalogue's cases (监管标记汇总), of one year or of all."""

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.dip.plan import Plan
from yiheng.dip.supervision import flags as by


def supervise(
    backend: Backend,
    placed: ir.Table,
    catalogue: pa.Table,
    plan: Plan,
    year: int | None,
    risks: pa.Table,
    findings: ir.Table | None,
    hospitals: pa.Table | None = None,
) -> ir.Table:
    """The flags (columns of FLAGS, in order) on the cases of a year, or of all.

    An earlier stay may lie in another year; `risks` are the classes of mortality risk, of these cases (`risks`) or
    frozen; `findings` are those of the quality rules that are open, None where nobody judged the cases; `hospitals`
    has their coefficients.
    """
    wanted = placed if year is None else placed.filter(placed.year == year)
    again = by.readmitted(placed, plan)
    if year is not None:
        again = again.semi_join(wanted, ["hospital", "case_id"])
    parts = [
        by.low_standard(wanted, catalogue, plan, hospitals),
        by.overlong(wanted, catalogue, plan),
        again,
        by.low_risk_deaths(backend, wanted, risks, plan),
    ]
    if findings is not None:
        parts.append(by.record_quality(wanted, findings, plan))
    return by.flags(backend, parts)
