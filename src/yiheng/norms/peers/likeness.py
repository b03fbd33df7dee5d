"""Likeness (同类的认定): how far a unit's likes are to be sought, so that its cases have somebody to be compared with.

The policy says what likes have in common, the narrowest first. A step is used if it gives enough peers, and enough of
the unit's cases lie in groups that enough of these peers treat; else the next. The last one stands with what it covers.
"""

from datetime import date
from fractions import Fraction

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.norms.peers.opportunity import ByUnit, compared
from yiheng.norms.peers.peers import Peers, Unit, dept_peers, peers_by_class
from yiheng.norms.peers.rules import Comparing


def compared_with_likes(
    found: ByUnit, institution: pa.Table, dept: pa.Table, unit: Unit, day: date, rules: Comparing
) -> tuple[Peers, pa.Table]:
    """The peers of a hospital or department and the columns of `opportunity`; `found` as of `opportunity.by_unit`.

    Where no step gives enough peers, what was said of the widest is raised.
    """
    best: tuple[Peers, pa.Table] | None = None
    said: Refusal | None = None
    for columns in rules.alike:
        try:
            peers = _peers(institution, dept, unit, columns, day, rules)
        except Refusal as refused:
            said = refused
            continue
        best = peers, compared(found, peers, rules)
        if _covered(found, unit, best[1]) >= rules.covered_least:
            return best
    if best is None:
        assert said is not None, "rules name a step"
        raise said
    return best


def _peers(
    institution: pa.Table, dept: pa.Table, unit: Unit, columns: tuple[str, ...], day: date, rules: Comparing
) -> Peers:
    hospitals = peers_by_class(institution, unit[0], day, columns, rules.peers_least)
    return hospitals if len(unit) == 1 else dept_peers(dept, hospitals, unit[1], day, rules.peers_least)


def _covered(found: ByUnit, unit: Unit, table: pa.Table) -> Fraction:
    """The share of the unit's grouped cases with a fee that lie in groups compared; the last row is the total."""
    cases = sum(row["fee_cases"] for row in found.get(unit, {}).values())
    return Fraction(table["fee_cases"][-1].as_py(), cases) if cases else Fraction(0)
