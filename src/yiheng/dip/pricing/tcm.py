"""TCM groups (中医病种): cases with a TCM diagnosis of a place's list, at the points of the western group they are
paired with (中西医同病同效同价), or at points of their own (中医优势病种).

A case that no western diagnosis can be told of stays what it is: invalid. TCM groups have no auxiliary levels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.dip.plan import Plan, fraction, plain
from yiheng.norms.statistic import rounded

TCM = "tcm"
_GROUP = {"id", "zh", "en", "tcm_dx"}
_MAY = _GROUP | {"dx", "points"}


@dataclass(frozen=True)
class TcmGroup:
    """A TCM group: beginnings of its TCM diagnoses, and of the principal diagnosis where that matters too."""

    id: str
    name: Word
    tcm_dx: tuple[str, ...]
    dx: tuple[str, ...]
    points: Fraction | None


def tcm_groups(plan: Plan) -> tuple[TcmGroup, ...]:
    """The TCM groups of a scheme, in the order in which they are tried; one that is said wrongly is refused."""
    found = []
    for each in plan.value("tcm_groups"):
        wrong = sorted((set(each) - _MAY) | (_GROUP - set(each)))
        if wrong:
            what = f"tcm_groups: missing or unknown {', '.join(wrong)}"
            raise Refusal(what, plan.scheme.id, value=str(each.get("id", "")))
        heads, dx = (tuple(plain(str(code)) for code in each.get(name) or ()) for name in ("tcm_dx", "dx"))
        if not heads:
            raise Refusal("tcm_groups: names no TCM diagnosis", plan.scheme.id, value=str(each["id"]))
        points = None if each.get("points") is None else fraction(each["points"])
        found.append(TcmGroup(str(each["id"]), Word(each["zh"], each["en"]), heads, dx, points))
    return tuple(found)


def tcm_points(points: Mapping[str, Fraction], plan: Plan) -> dict[str, Fraction]:
    """The points of TCM groups: their own, or those of the western group that they are paired with x its ratio.

    A group with both or with neither is refused, and so is a pair of an unknown group.
    """
    own = {each.id: each.points for each in tcm_groups(plan)}
    found: dict[str, Fraction] = {}
    for group, western, ratio in plan.value("tcm_pairs"):
        if western not in points:
            raise Refusal("tcm_pairs: there is no such group", plan.scheme.id, value=str(western))
        if group in found or own.get(group) is not None:
            raise Refusal("tcm_pairs: this group has points already", plan.scheme.id, value=str(group))
        found[str(group)] = points[western] * fraction(ratio)
    for group, its in own.items():
        if its is not None:
            found[group] = its
        elif group not in found:
            cure = "give it points, or pair it in tcm_pairs"
            raise Refusal("tcm_groups: this group has no points", plan.scheme.id, value=group, cure=cure)
    return found


def with_tcm(assigned: ir.Table, catalogue: pa.Table, plan: Plan) -> ir.Table:
    """Assigned cases, those with a TCM diagnosis of the list in their TCM group.

    `assigned` has tcm_dx, dx and the columns of `assign.OUT`; rows and order stay. Its weight is its points / 1000
    where points are made so, else null.
    """
    groups = tcm_groups(plan)
    if not groups:
        return assigned
    points = tcm_points(points_of(catalogue), plan)
    per_weight = plan.exact("points_per_weight") if plan.choice["points_base"] == "mean" else None
    usable = assigned.dx[0].notnull()
    takes = [(usable & _takes(assigned, each)).fill_null(False) for each in groups]
    found = ibis.cases(*((holds, each.id) for holds, each in zip(takes, groups, strict=True)), else_=None)
    rw = [None if per_weight is None else rounded(points[each.id] / per_weight) for each in groups]
    return assigned.mutate(
        status=ibis.or_(*takes).ifelse("grouped", assigned.status),
        group=ibis.coalesce(found, assigned.group),
        kind=ibis.or_(*takes).ifelse(TCM, assigned.kind),
        rw=_chosen(takes, rw, assigned.rw),
        points=_chosen(takes, [rounded(points[each.id]) for each in groups], assigned.points),
        reason=ibis.or_(*takes).ifelse(ibis.null("string"), assigned.reason),
    )


def points_of(catalogue: pa.Table) -> dict[str, Fraction]:
    """The points of a catalogue's groups that have any."""
    pairs = zip(catalogue["group"].to_pylist(), catalogue["points"].to_pylist(), strict=True)
    return {group: fraction(points) for group, points in pairs if points is not None}


def _takes(assigned: ir.Table, group: TcmGroup) -> ir.BooleanValue:
    said = _begins(assigned.tcm_dx, group.tcm_dx)
    return said & _begins(assigned.dx[0], group.dx) if group.dx else said


def _begins(code: ir.StringValue, heads: tuple[str, ...]) -> ir.BooleanValue:
    bare = code.strip().upper().replace(".", "")
    return ibis.or_(*(bare.startswith(head) for head in heads))


def _chosen(takes: list[ir.BooleanValue], values: list[float | None], other: ir.FloatingValue) -> ir.FloatingValue:
    branches = [
        (holds, ibis.null("float64") if value is None else ibis.literal(value, "float64"))
        for holds, value in zip(takes, values, strict=True)
    ]
    return ibis.cases(*branches, else_=other)
