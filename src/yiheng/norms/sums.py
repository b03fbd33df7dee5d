"""Sums by key (充分统计量): counts, sums and squares of cases by any columns, exact; those of two halves add up."""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from yiheng.norms.facts import PARTS

_WIDE = "decimal(38, 0)"
# Counts and sums that every unit is a sum of; fees are fen, squares fen x fen.
CORE = (
    "n", "fee_cases", "fee", "fee_square", "los_cases", "los", "los_square", "drug_cases", "drug", "drug_of",
    "material_cases", "material", "material_of", "death_cases", "deaths", "return_cases", "returned_same",
    "returned_any", "away_cases", "away", "home_cases", "outside",
)  # fmt: skip
BY_PART = {part: (f"{part}_cases", part, f"{part}_of") for part in PARTS}
ENDS = {"fee_least": "min", "fee_most": "max", "los_least": "min", "los_most": "max"}
_WIDE_ONES = ("fee_square", "los_square")


def sums(facts: ir.Table, keys: Sequence[str]) -> ir.Table:
    """One row for each of `keys` with CORE, the three of BY_PART for each part, and ENDS (null where nothing is known).

    A part's `_cases` have both the part and a total fee, `_of` is the total fee of these cases.
    """
    return facts.group_by(list(keys)).agg(
        n=facts.count(),
        **_of_fee(facts),
        **_of_stay(facts),
        **{name: value for part in PARTS for name, value in _of_part(facts, part).items()},
        **_of_outcome(facts),
    )


def merged(table: ir.Table, keys: Sequence[str]) -> ir.Table:
    """The sums of several shards, one under the other, or of finer keys, as those of `keys`; whichever it has."""
    names = [name for name in added_up() if name in table.columns]
    ends = {name: getattr(table[name], how)() for name, how in ENDS.items() if name in table.columns}
    return table.group_by(list(keys)).agg(
        **{name: table[name].sum().cast(_WIDE if name in _WIDE_ONES else "int64") for name in names}, **ends
    )


def added_up() -> list[str]:
    """The columns of `sums` that shards add up: CORE, then those of BY_PART."""
    return list(dict.fromkeys([*CORE, *(name for names in BY_PART.values() for name in names)]))


def _of_fee(facts: ir.Table) -> dict[str, ir.Value]:
    return {
        "fee_cases": facts.fee.count(),
        "fee": total(facts.fee),
        "fee_square": _squares(facts.fee),
        "fee_least": facts.fee.min(),
        "fee_most": facts.fee.max(),
    }


def _of_stay(facts: ir.Table) -> dict[str, ir.Value]:
    return {
        "los_cases": facts.los.count(),
        "los": total(facts.los),
        "los_square": _squares(facts.los),
        "los_least": facts.los.min(),
        "los_most": facts.los.max(),
    }


def _of_part(facts: ir.Table, part: str) -> dict[str, ir.Value]:
    cases, amount, of = BY_PART[part]
    known = facts[part].notnull() & facts.fee.notnull()
    return {cases: count_if(known), amount: total(facts[part], known), of: total(facts.fee, known)}


def _of_outcome(facts: ir.Table) -> dict[str, ir.Value]:
    return {
        "death_cases": facts.died.count(),
        "deaths": count_if(facts.died),
        "return_cases": facts.returned_any.count(),
        "returned_same": count_if(facts.returned_same),
        "returned_any": count_if(facts.returned_any),
        "away_cases": facts.away.count(),
        "away": count_if(facts.away),
        "home_cases": facts.outside.count(),
        "outside": count_if(facts.outside),
    }


def total(column: ir.Value, where: ir.Value | None = None) -> ir.Value:
    """An exact int64 sum, 0 of nothing."""
    return column.sum(where=where).cast("int64").fill_null(ibis.literal(0, "int64"))


def count_if(condition: ir.Value) -> ir.Value:
    """How many rows it holds for; unknown is no."""
    return condition.cast("int64").sum().cast("int64").fill_null(ibis.literal(0, "int64"))


def _squares(column: ir.Value) -> ir.Value:
    """The sum of squares; wide enough that the product is wide too."""
    wide = column.cast("decimal(19, 0)")
    return (wide * wide).cast(_WIDE).sum().cast(_WIDE).fill_null(ibis.literal(0, _WIDE))


def ordered(table: ir.Table, keys: Iterable[str]) -> ir.Table:
    """By key, the unnamed first."""
    return table.order_by([ibis.asc(name, nulls_first=True) for name in keys])
