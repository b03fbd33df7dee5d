"""Combinations in columns (病种组合列): what `keys.combination` says, as an Ibis expression."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from yiheng.codes.keycolumns import icd_column, key_column
from yiheng.dip.keys import ALL, AND, BETWEEN, KeyLengths


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def list_distinct(items: dt.Array[dt.String]) -> dt.Array[dt.String]:
    """Each item once, nulls left out (Ibis's own `unique` computes its argument five times)."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def list_sort(items: dt.Array[dt.String]) -> dt.Array[dt.String]:
    """The items in order."""


def with_keys(cases: ir.Table, lengths: KeyLengths, kind: str = ALL) -> ir.Table:
    """`combination` for a table of cases: adds core_key, and whether its codes are ICD (dx_icd, proc_icd)."""
    dx_icd, proc_icd = icd_column(cases.dx_edition), icd_column(cases.proc_edition)
    main = key_column("dx", cases.dx[0], lengths.dx, dx_icd)
    keys = cases.proc.map(lambda code: key_column("proc", code, lengths.proc, proc_icd))
    procs = list_sort(list_distinct(keys)).join(AND).nullif("") if kind == ALL else _main_first(keys)
    return cases.mutate(
        core_key=main.concat(ibis.coalesce(ibis.literal(BETWEEN).concat(procs), "")), dx_icd=dx_icd, proc_icd=proc_icd
    )


def _main_first(keys: ir.ArrayValue) -> ir.StringValue:
    """The first key, then the others in order, none twice; null where there is none."""
    given = keys.filter(lambda each: each.notnull())
    first = given[0]
    others = list_sort(list_distinct(given.filter(lambda each: each != first))).join(AND).nullif("")
    return first.concat(ibis.coalesce(ibis.literal(AND).concat(others), ""))
