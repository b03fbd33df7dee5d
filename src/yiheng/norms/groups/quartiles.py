"""Discrete quartiles (离散四分位数): P25, median and P75 as values that occurred, from counts of values that add up."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

# Quarters of the cases that lie at or below each quartile.
QUARTERS = {"p25": 1, "median": 2, "p75": 3}
_WHOLE = 4


def counted(facts: ir.Table, keys: Sequence[str], column: str) -> ir.Table:
    """keys, value, cases: how often each known value of an int64 column occurs."""
    known = facts.filter(facts[column].notnull()).select(*keys, value=column)
    return known.group_by([*keys, "value"]).agg(cases=known.count())


def merged(values: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Counts of several shards, one under the other, as those of all."""
    return values.group_by([*keys, "value"]).agg(cases=values.cases.sum().cast("int64"))


def quartiles(values: ir.Table, keys: Sequence[str]) -> ir.Table:
    """keys, p25, median, p75: the least value that at least that many quarters of the cases do not exceed.

    The same as quantile_disc in SQL: of five values the second, third and fourth, of four the first, second and third.
    """
    upto = ibis.cumulative_window(group_by=list(keys), order_by="value")
    share = values.mutate(upto=values.cases.sum().over(upto), among=values.cases.sum().over(group_by=list(keys)))
    return share.group_by(list(keys)).agg(
        **{
            name: share.value.min(where=share.upto * _WHOLE >= share.among * quarters)
            for name, quarters in QUARTERS.items()
        }
    )
