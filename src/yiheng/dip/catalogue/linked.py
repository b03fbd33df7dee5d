"""Related operations from charge lines (相关手术费用占比): what a further operation's own items take of the fees.

Lines name no operation, so the place lists the items of each (`related_items`). The share of a further operation = its
items' amounts / fees, both over all cases with the diagnosis, the main and that operation, weighted by year.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ibis
import ibis.expr.types as ir

from yiheng.base.refusal import Refusal
from yiheng.codes.keys import is_icd, key
from yiheng.dip.catalogue import caseset
from yiheng.dip.keys import AND, BETWEEN, MAIN_RELATED
from yiheng.dip.plan import Plan, begins
from yiheng.tables.amounts import fen_column


@dataclass(frozen=True)
class Items:
    """The charge items that belong to operations: beginnings of codes of both."""

    operations: tuple[str, ...]
    items: tuple[str, ...]


def items_of(plan: Plan) -> tuple[Items, ...]:
    """The items that a scheme lists; none, and a row that is no pair of lists, are refused."""
    listed = plan.value("related_items")
    if not listed:
        raise Refusal("related_items: lines name no operation: list the items of each", plan.scheme.id)
    found = []
    for row in listed:
        if not (isinstance(row, list) and len(row) == len(Items.__annotations__) and all(row)):
            cure = 'such as [["36.06"], ["3306"]]'
            raise Refusal("related_items: is no pair of lists", plan.scheme.id, value=str(row), cure=cure)
        operations, items = (tuple(str(code) for code in codes) for codes in row)
        found.append(Items(operations, items))
    return tuple(found)


LINES = "lines"


def given_shares(
    cases: ir.Table, lines: ir.Table | None, plan: Plan, weights: Mapping[int, int]
) -> dict[str, Fraction] | None:
    """The shares of further operations where a scheme finds them from charge lines, None where it does not.

    Cases without charge lines are then refused.
    """
    if plan.choice["related_by"] != LINES or plan.choice["combination"] != MAIN_RELATED:
        return None
    if lines is None or not lines.limit(1).count().to_pyarrow().as_py():
        cure = "load their lines into DATA, or related_by: means"
        raise Refusal("related_by: these cases have no charge lines", plan.scheme.id, cure=cure)
    return {name: share for name, (share, _) in linked_shares(cases, lines, plan, weights).items()}


def linked_shares(
    cases: ir.Table, lines: ir.Table, plan: Plan, weights: Mapping[int, int]
) -> dict[str, tuple[Fraction, int]]:
    """For each `I21.9:36.06+88.55` the share of the further operation, and the cases that it is found on.

    Cases are those that enter, of the years in `weights`, whose operations are ICD codes. A further operation without
    listed items has no share; one whose items were refunded altogether has none below 0.
    """
    listed = items_of(plan)
    amounts = _amounts(lines, listed)
    linked: dict[str, int] = defaultdict(int)
    fees: dict[str, int] = defaultdict(int)
    counted: dict[str, int] = defaultdict(int)
    for row in _cases(cases, plan, weights):
        of_case, weight = amounts.get((row["hospital"], row["case_id"]), {}), weights[row["year"]]
        for name, other in _pairs(row, plan):
            its = [number for number, each in enumerate(listed) if begins(other, each.operations)]
            if its:
                counted[name] += 1
                fees[name] += weight * row["fen"]
                linked[name] += weight * sum(of_case.get(number, 0) for number in its)
    return {
        name: (max(Fraction(linked[name], fee), Fraction(0)), counted[name])
        for name, fee in sorted(fees.items())
        if fee > 0
    }


def _amounts(lines: ir.Table, listed: tuple[Items, ...]) -> dict[tuple[str, str], dict[int, int]]:
    """The amounts (fen) of each case's lines by the number of the row that lists their items."""
    parts = []
    for number, each in enumerate(listed):
        own = lines.filter(ibis.or_(*(lines.item_code.startswith(item) for item in each.items)))
        parts.append(
            own.select("hospital", "case_id", number=ibis.literal(number, "int64"), fen=fen_column(own.amount))
        )
    union = ibis.union(*parts) if len(parts) > 1 else parts[0]
    added = union.group_by(["hospital", "case_id", "number"]).agg(fen=union.fen.sum().cast("int64"))
    found: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for row in added.to_pyarrow().to_pylist():
        found[row["hospital"], row["case_id"]][row["number"]] = row["fen"]
    return found


def _cases(cases: ir.Table, plan: Plan, weights: Mapping[int, int]) -> list[dict[str, Any]]:
    kept = cases.filter(caseset.left_out(cases, plan).isnull(), cases.year.isin(list(weights)), cases.proc.length() > 1)
    columns = ("hospital", "case_id", "year", "dx", "proc", "dx_edition", "proc_edition")
    rows: list[dict[str, Any]] = kept.select(*columns, fen=caseset.fee(kept, plan)).to_pyarrow().to_pylist()
    return rows


def _pairs(row: Mapping[str, Any], plan: Plan) -> Iterator[tuple[str, str]]:
    """The names of a case's main operation with each further one, and that further one's key; each once."""
    if not is_icd(row["proc_edition"]):
        return
    chars = plan.lengths
    keys = [key("proc", code, chars.proc, row["proc_edition"]) for code in row["proc"] if code is not None]
    head = key("dx", row["dx"][0], chars.dx, row["dx_edition"]) + BETWEEN + keys[0] if keys else ""
    for other in sorted(set(keys[1:]) - set(keys[:1])):
        yield head + AND + other, other
