"""Assignment (入组): each case finds its group in a catalogue, or is told why it has none."""

from datetime import date

import ibis
import ibis.expr.types as ir

from yiheng.dip.keys import key_lengths, with_keys
from yiheng.policy.loader import Scheme

OUT = ("status", "group", "kind", "rw", "points", "reason")
NO_DIAGNOSIS = "no principal diagnosis"
NO_GROUP = "no such combination in the catalogue"


def assign(cases: ir.Table, catalogue: ir.Table, scheme: Scheme, day: date) -> ir.Table:
    """`cases` with the columns of OUT: the core group, else the comprehensive one, else none with the reason.

    `catalogue` has one row a group; `scheme` and `day` are those that it was built with.
    """
    keyed = with_keys(cases.drop("group") if "group" in cases.columns else cases, key_lengths(scheme, day))
    core = _part(catalogue, "core")
    comprehensive = _part(catalogue, "comprehensive")
    found = keyed.left_join(core, keyed.core_key == core.core_group)
    found = found.left_join(comprehensive, found.comprehensive_key == comprehensive.comprehensive_group)
    group = ibis.coalesce(found.core_group, found.comprehensive_group)
    return found.mutate(
        status=_status(found, group),
        group=group,
        kind=ibis.coalesce(found.core_kind, found.comprehensive_kind, "none"),
        rw=ibis.coalesce(found.core_rw, found.comprehensive_rw),
        points=ibis.coalesce(found.core_points, found.comprehensive_points),
        reason=_reason(found, group),
    )


def _part(catalogue: ir.Table, kind: str) -> ir.Table:
    chosen = catalogue.filter(catalogue.kind == kind)
    return chosen.select(**{f"{kind}_{name}": chosen[name] for name in ("group", "kind", "rw", "points")})


def _status(found: ir.Table, group: ir.StringValue) -> ir.StringValue:
    return ibis.cases((found.core_key.isnull(), "invalid"), (group.isnull(), "ungroupable"), else_="grouped")


def _reason(found: ir.Table, group: ir.StringValue) -> ir.StringValue:
    return ibis.cases((found.core_key.isnull(), NO_DIAGNOSIS), (group.isnull(), NO_GROUP), else_=None)
