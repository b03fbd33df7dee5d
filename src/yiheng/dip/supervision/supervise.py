"""All flags of a catalogue's cases (监管标记汇总), and the classes of mortality risk that one kind stands on."""

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.dip.plan import Plan
from yiheng.dip.supervision import flags as by


def supervise(
    backend: Backend,
    placed: ir.Table,
    catalogue: pa.Table,
    findings: ir.Table | None,
    plan: Plan,
    year: int | None,
    hospitals: pa.Table | None = None,
) -> tuple[ir.Table, pa.Table]:
    """The flags (columns of FLAGS, in order) on the cases of a year, or of all, and the risks (columns of RISKS).

    An earlier stay may lie in another year; `findings` are those of the quality rules that are open, None where nobody
    judged the cases; `hospitals` has their coefficients. Risks stand on all the cases given, by the scheme's period.
    """
    risks = by.risks_table(by.mortality_risk(by.death_counts(placed, plan), plan))
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
    return by.flags(backend, parts), risks
