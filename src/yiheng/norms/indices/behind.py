"""The cases behind a number (数字背后的病例): which cases a figure of a unit counts, and which its numerator."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from yiheng.base.refusal import Refusal
from yiheng.norms.indices.counts import COUNTS
from yiheng.norms.indices.figures import FIGURES
from yiheng.norms.indices.monthly import KEYS

# By what cases may be asked for: a unit of any figure.
ASKED = (*KEYS, "home")


def numbers() -> list[str]:
    """Every number that cases can be asked for: figures, then counts."""
    return [*FIGURES, *COUNTS]


def condition(table: ir.Table, number: str) -> tuple[ir.BooleanValue, ir.BooleanValue]:
    """Whether a case is counted by a figure or count, and whether by its numerator.

    `table` are facts with their marks. The cases of a count are its own numerator; a figure of amounts, such as a mean,
    has all its cases there. A number that there is not is refused.
    """
    if number in COUNTS:
        counted = COUNTS[number].case(table)
        return counted, counted
    if number not in FIGURES:
        raise Refusal("is no figure", column="--figure", value=number, cure=f"one of: {', '.join(numbers())}")
    figure = FIGURES[number]
    counted = COUNTS[figure.cases].case(table)
    return counted, COUNTS[figure.numerator].case(table) & counted if figure.numerator else counted


def in_unit(table: ir.Table, unit: Mapping[str, str | None]) -> ir.BooleanValue:
    """Whether a case is of a unit, such as {"hospital": "H1", "dept": "0300"}; None is the unnamed one."""
    unknown = sorted(set(unit) - set(ASKED))
    if unknown:
        raise Refusal("cases are not asked for by this", column=unknown[0], cure=f"one of: {', '.join(ASKED)}")
    return ibis.and_(ibis.literal(True), *(table[name].identical_to(value) for name, value in unit.items()))


def behind(table: ir.Table, number: str, unit: Mapping[str, str | None]) -> ir.Table:
    """The cases that a number of a unit counts, in order of `row`: facts with their marks and `in_numerator`."""
    counted, above = condition(table, number)
    return table.mutate(in_numerator=above).filter(counted & in_unit(table, unit)).order_by("row")
