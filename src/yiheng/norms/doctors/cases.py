"""A physician's cases (医师病例): every case behind the figures, with what was expected, for that physician."""

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal, shown
from yiheng.norms.doctors.objections import ALL, FIGURES, covers
from yiheng.norms.groups.expected import expected
from yiheng.norms.rules import Expecting


def doctor_cases(
    backend: Backend,
    facts: ir.Table,
    strata: ir.Table,
    objections: ir.Table,
    doctor: tuple[str, str],
    expecting: Expecting,
) -> ir.Table:
    """The columns of `norms.groups.expected`, then died, then the state of the objection to each figure.

    One row a case of the physician, in order of case ids; `doctor` is hospital and physician, one without a case is
    refused. `fee_objection`, `los_objection` and `death_objection` are null where nobody objected. `facts`, `strata`
    and `objections` as of `doctors`; a hospital's case ids are unique.
    """
    hospital, physician = doctor
    own = facts.filter(facts.hospital == hospital, facts.physician == physician).select("hospital", "case_id", "died")
    if not own.count().to_pyarrow().as_py():
        raise Refusal(f"has no case in hospital {shown(hospital)}", column="physician", value=physician)
    whole = expected(backend, facts, strata, expecting)
    found = whole.inner_join(own, ["hospital", "case_id"])
    for figure in FIGURES:
        found = _with_state(found, objections.filter(objections.hospital == hospital), physician, figure)
    return found.order_by("case_id")


def _with_state(cases: ir.Table, objections: ir.Table, physician: str, figure: str) -> ir.Table:
    """The state of the physician's objection to a figure, or to all of them; that to the figure itself comes first."""
    about = objections.filter(
        objections.physician == physician,
        objections.figure.isin([given for given in (ALL, *FIGURES) if figure in covers(given)]),
    )
    state = about.group_by(its_case=about.case_id).agg(state=about.state.first(order_by=about.figure != figure))
    joined = cases.left_join(state, cases.case_id == state.its_case).drop("its_case")
    return joined.rename({f"{figure}_objection": "state"})
