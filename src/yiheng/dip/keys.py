"""The combination of a case (病种组合): its principal diagnosis's key and the keys of all its procedures."""

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from yiheng.codes.keys import icd_column, key, key_column
from yiheng.policy.loader import Scheme

BETWEEN = ":"
AND = "+"
ANY = "*"


@dataclass(frozen=True)
class KeyLengths:
    """How many characters of a code make a key: diagnosis, procedure, diagnosis of a comprehensive group."""

    dx: int
    proc: int
    comprehensive: int


def key_lengths(scheme: Scheme, day: date) -> KeyLengths:
    """The lengths that a scheme sets on a day."""
    names = ("dx_key_chars", "proc_key_chars", "comprehensive_key_chars")
    return KeyLengths(*(scheme.value(name, day) for name in names))


def core_and_comprehensive(
    dx: list[str | None] | None,
    proc: list[str | None] | None,
    dx_edition: str | None,
    proc_edition: str | None,
    lengths: KeyLengths,
) -> tuple[str | None, str | None]:
    """The readable definition: the core and the comprehensive group that a case belongs to, as their names.

    `I21.9` (no procedure), `I21.9:36.06+88.55`; `I21*`, `I21*:*`. Both None without a principal diagnosis.
    """
    if not dx or dx[0] is None:
        return None, None
    main = key("dx", dx[0], lengths.dx, dx_edition)
    wide = key("dx", dx[0], lengths.comprehensive, dx_edition) + ANY
    procs = sorted({key("proc", code, lengths.proc, proc_edition) for code in proc or [] if code is not None})
    if not procs:
        return main, wide
    return main + BETWEEN + AND.join(procs), wide + BETWEEN + ANY


def codes_of(core_key: str) -> tuple[str, str | None]:
    """The diagnosis and the joined procedures that a core group's name is made of."""
    main, _, procs = core_key.partition(BETWEEN)
    return main, procs or None


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def list_distinct(items: dt.Array[dt.String]) -> dt.Array[dt.String]:
    """Each item once, nulls left out (Ibis's own `unique` computes its argument five times)."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def list_sort(items: dt.Array[dt.String]) -> dt.Array[dt.String]:
    """The items in order."""


def with_keys(cases: ir.Table, lengths: KeyLengths) -> ir.Table:
    """`core_and_comprehensive` for a table of cases: adds core_key and comprehensive_key."""
    dx_icd, proc_icd = icd_column(cases.dx_edition), icd_column(cases.proc_edition)
    main = key_column("dx", cases.dx[0], lengths.dx, dx_icd)
    wide = key_column("dx", cases.dx[0], lengths.comprehensive, dx_icd)
    keys = cases.proc.map(lambda code: key_column("proc", code, lengths.proc, proc_icd))
    procs = list_sort(list_distinct(keys)).join(AND).nullif("")
    operated = list_distinct(cases.proc).length() > 0
    return cases.mutate(
        core_key=main.concat(ibis.coalesce(ibis.literal(BETWEEN).concat(procs), "")),
        comprehensive_key=wide.concat(operated.ifelse(ANY + BETWEEN + ANY, ANY)),
    )
