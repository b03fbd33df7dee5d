"""Opportunity (改进空间): what a unit would save in fees and days if each group took what it takes its median peer.

For group g with n cases of the unit and its mean x, and the median m of the means of its peers with enough cases there:

- saving = n (x - m) where x > m, else 0; what lies below the median is told by itself and never set off
- the median is discrete: a peer's own mean, the lower of the two middle ones; so it is never between two hospitals.
  A peer's mean is only used where it could be shown to others
- interval: normal, saving +- z sqrt(V), V = n^2 (s^2 / n + t^2 / k) with the sample variances s^2 of the unit and t^2
  of the median peer with its k cases. Which peer is the median is taken as given. Groups are independent: V adds up
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import NormalDist
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.money import half_up, yuan_of
from yiheng.norms.peers.peers import Peers, Unit
from yiheng.norms.peers.rules import Comparing
from yiheng.norms.statistic import quotient, rounded, within
from yiheng.norms.sums import merged
from yiheng.tables.contract import contract
from yiheng.tables.hiding import TOTAL

UNIT_COLUMNS = ("hospital", "dept")
# How a group stands: compared and above its peers' median, or not above it; or not compared, and why.
ABOVE, NOT_ABOVE, FEW_CASES, FEW_PEERS = "above", "not_above", "few_cases", "few_peers"
_MEASURE: tuple[tuple[str, pa.DataType], ...] = (
    ("state", pa.string()), ("cases", pa.int64()), ("mean", pa.float64()), ("peers", pa.int64()),
    ("median_peer", pa.string()), ("peer_mean", pa.float64()), ("saving", pa.null()), ("below", pa.null()),
    ("low", pa.float64()), ("high", pa.float64()),
)  # fmt: skip
_AMOUNT = {"fee": contract("cases").column("total_fee").type, "los": pa.float64()}
SCHEMA = pa.schema(
    [("group", pa.string()), ("n", pa.int64())]
    + [
        (f"{measure}_{name}", amount if kind == pa.null() else kind)
        for measure, amount in _AMOUNT.items()
        for name, kind in _MEASURE
    ]
)
_NEEDED = ("n", *(f"{measure}{part}" for measure in _AMOUNT for part in ("_cases", "", "_square")))
Row = dict[str, Any]
ByUnit = Mapping[Unit, Mapping[str, Row]]


@dataclass(frozen=True)
class _Mean:
    """Cases of a unit in a group: how many, their sum and sum of squares."""

    cases: int
    total: int
    square: int

    @property
    def mean(self) -> Fraction:
        return Fraction(self.total, self.cases)

    @property
    def variance(self) -> Fraction | None:
        """Of the mean; None of one case."""
        if self.cases == 1:
            return None
        return within(self.cases, self.total, self.square) / (self.cases - 1) / self.cases


@dataclass(frozen=True)
class _Gap:
    """What one group is above or below its peers' median, exact, in fen or days; `variance` None where unknown."""

    amount: Fraction
    variance: Fraction | None


def opportunity(sums: ir.Table, peers: Peers, rules: Comparing) -> pa.Table:
    """One row a group of the unit, in order, then one of group TOTAL; columns of SCHEMA.

    `sums` as of `norms.sums.sums` by at least hospital, [dept] and group. Means of fees are in yuan. `fee_state` is
    ABOVE, NOT_ABOVE, FEW_CASES or FEW_PEERS; where it is one of the first two `fee_saving` and `fee_below` are there,
    one of them 0; likewise for the stay (`los_`, days). The last row has the cases of the groups compared, the sums and
    the interval of the whole saving. Cases in no group are in no row.
    """
    return compared(by_unit(_of_peers(sums, peers), len(peers.unit)), peers, rules)


def compared(found: ByUnit, peers: Peers, rules: Comparing) -> pa.Table:
    """The same from sums that were read once for many units."""
    rows = [
        _group(group, row, {unit: found[unit][group] for unit in peers.units if group in found.get(unit, {})}, rules)
        for group, row in found.get(peers.unit, {}).items()
    ]
    return pa.Table.from_pylist([row for row, _ in rows] + [_total(rows, rules)], schema=SCHEMA)


def by_unit(sums: ir.Table, codes: int) -> ByUnit:
    """The sums of every hospital (one code) or department (two) by group, in order; cases in no group are left out."""
    keys = UNIT_COLUMNS[:codes]
    inside = sums.filter(sums.group.notnull(), *(sums[name].notnull() for name in keys))
    table = merged(inside.select(*keys, "group", *_NEEDED), (*keys, "group")).order_by("group", *keys).to_pyarrow()
    found: dict[Unit, dict[str, Row]] = {}
    for row in table.to_pylist():
        found.setdefault(tuple(row[name] for name in keys), {})[row["group"]] = row
    return found


def _of_peers(sums: ir.Table, peers: Peers) -> ir.Table:
    return sums.filter(sums.hospital.isin([unit[0] for unit in (peers.unit, *peers.units)]))


def _group(group: str, row: Row, theirs: dict[Unit, Row], rules: Comparing) -> tuple[Row, dict[str, _Gap | None]]:
    """A group's row, and its gaps by measure."""
    found: Row = {"group": group, "n": row["n"]}
    gaps: dict[str, _Gap | None] = {}
    for measure in _AMOUNT:
        least = max(rules.pair_cases_least, rules.shown_cases_least)
        means = {unit: mean for unit, its in theirs.items() if (mean := _mean(its, measure, least)) is not None}
        columns, gaps[measure] = _compared(measure, row, means, rules)
        found |= {f"{measure}_{name}": value for name, value in columns.items()}
    return found, gaps


def _mean(row: Row, measure: str, least: int) -> _Mean | None:
    """The unit's mean, if enough cases have the measure."""
    cases = row[f"{measure}_cases"]
    if cases < least or not cases:
        return None
    return _Mean(cases, row[measure], int(row[f"{measure}_square"]))


def _compared(measure: str, row: Row, means: dict[Unit, _Mean], rules: Comparing) -> tuple[Row, _Gap | None]:
    own, cases = _mean(row, measure, rules.pair_cases_least), row[f"{measure}_cases"]
    columns: Row = {"cases": cases, "mean": quotient(row[measure], cases * _per(measure)), "peers": len(means)}
    if own is None or len(means) < rules.peers_least:
        return columns | {"state": FEW_CASES if own is None else FEW_PEERS}, None
    unit, median = _median(means)
    gap = _gap(own, median)
    columns |= {"median_peer": " ".join(unit), "peer_mean": rounded(median.mean / _per(measure))}
    return columns | _shown(measure, gap, rules), gap


def _median(means: dict[Unit, _Mean]) -> tuple[Unit, _Mean]:
    """The lower middle one by mean, of equal means by code."""
    ordered = sorted(means.items(), key=lambda each: (each[1].mean, each[0]))
    return ordered[(len(ordered) - 1) // 2]


def _gap(own: _Mean, median: _Mean) -> _Gap:
    amount = own.total - own.cases * median.mean
    parts = (own.variance, median.variance)
    variance = None if None in parts else own.cases**2 * sum(part for part in parts if part is not None)
    return _Gap(Fraction(amount), None if variance is None else Fraction(variance))


def _shown(measure: str, gap: _Gap, rules: Comparing) -> Row:
    above = gap.amount > 0
    row: Row = {"state": ABOVE if above else NOT_ABOVE}
    row["saving"] = _amount(measure, gap.amount if above else Fraction(0))
    row["below"] = _amount(measure, Fraction(0) if above else -gap.amount)
    if above:
        row["low"], row["high"] = _interval(measure, gap.amount, gap.variance, rules)
    return row


def _total(found: Sequence[tuple[Row, dict[str, _Gap | None]]], rules: Comparing) -> Row:
    """The sums over groups; what is shown of the groups adds up to what is shown here."""
    total: Row = {"group": TOTAL, "n": sum(row["n"] for row, _ in found)}
    for measure in _AMOUNT:
        gaps = [gap for _, its in found if (gap := its[measure]) is not None]
        rows = [row for row, its in found if its[measure] is not None]
        above = [gap for gap in gaps if gap.amount > 0]
        total[f"{measure}_cases"] = sum(row[f"{measure}_cases"] for row in rows)
        if measure == "fee":
            total |= {name: sum((row[name] for row in rows), yuan_of(0)) for name in ("fee_saving", "fee_below")}
        else:
            total["los_saving"] = rounded(sum((gap.amount for gap in above), Fraction(0)))
            total["los_below"] = rounded(-sum((gap.amount for gap in gaps if gap.amount <= 0), Fraction(0)))
        if above:
            variances = [gap.variance for gap in above]
            whole = None if None in variances else sum((its for its in variances if its is not None), Fraction(0))
            amount = sum((gap.amount for gap in above), Fraction(0))
            total[f"{measure}_low"], total[f"{measure}_high"] = _interval(measure, amount, whole, rules)
    return total


def _interval(
    measure: str, amount: Fraction, variance: Fraction | None, rules: Comparing
) -> tuple[float | None, float | None]:
    """In yuan or days; below 0 where chance alone could make the gap."""
    if variance is None:
        return None, None
    half = NormalDist().inv_cdf((1 + rules.confidence) / 2) * sqrt(variance)
    low, high = (float(amount) - half) / _per(measure), (float(amount) + half) / _per(measure)
    return rounded(low), rounded(high)


def _per(measure: str) -> int:
    """Fees are counted in fen and shown in yuan."""
    return 100 if measure == "fee" else 1


def _amount(measure: str, exact: Fraction) -> Any:
    return yuan_of(half_up(exact)) if measure == "fee" else rounded(exact)
