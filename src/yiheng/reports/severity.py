"""Complications by stratum (并发症合并症计数): how many cases of each hospital carry a MCC or CC that counts.

A secondary diagnosis counts as the pack says: it has a level, and its exclusion table is not the principal diagnosis's.
"""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.drg.bycode import known_codes
from yiheng.drg.condition import LEVELS
from yiheng.drg.packs.pack import Pack
from yiheng.norms.standardised import KEYS, STRATA
from yiheng.reports.drg import is_grouped
from yiheng.tables.engine import held

MCC = LEVELS[0]
_CASE = ("hospital", "case_id")
_LEVELS = pa.schema([("code", pa.string()), ("level", pa.string()), ("its", pa.string())])
_FIRSTS = pa.schema([("first", pa.string()), ("principal", pa.string()), ("excluded", pa.string())])


def strata(backend: Backend, grouped: ir.Table, pack: Pack, ages: Sequence[int], chars: int) -> pa.Table:
    """Columns of STRATA: cases, those with a MCC or CC, those with a MCC; in order of KEYS.

    `grouped` has hospital, case_id, status, age and dx. Cases without a group, age or principal diagnosis are left out.
    `age_band` 0 ends before the first of `ages`; `principal` is the first `chars` characters of the code.
    """
    known = grouped.filter(is_grouped(grouped), grouped.age.notnull(), grouped.dx.length() > 0)
    band = sum(((known.age >= first).cast("int64") for first in ages), start=ibis.literal(0, "int64"))
    cases = known.select(*_CASE, "dx", age_band=band, first=known.dx[0])
    cases = cases.inner_join(held(backend, _firsts(_distinct(cases.first), pack, chars)), "first")
    counted = _counted(backend, cases, pack)
    whole = cases.left_join(counted, _CASE)
    found = whole.group_by(*KEYS).agg(
        n=whole.count(), any=whole.mcc.notnull().sum(), mcc=whole.mcc.fill_null(False).sum()
    )
    return found.order_by(*KEYS).to_pyarrow().select(STRATA.names).cast(STRATA)


def _counted(backend: Backend, cases: ir.Table, pack: Pack) -> ir.Table:
    """The cases with a secondary diagnosis that counts, and whether one is a MCC."""
    others = cases.select(*_CASE, "excluded", code=cases.dx[1:]).unnest("code")
    found = others.inner_join(held(backend, _levels(_distinct(others.code), pack)), "code")
    counts = (found.its == "") | found.excluded.isnull() | (found.its != found.excluded)
    return found.filter(counts).group_by(*_CASE).agg(mcc=(ibis._.level == MCC).any())


def _distinct(codes: ir.StringColumn) -> list[str]:
    """The codes as the source spells them, each once, in order; nulls left out."""
    found = codes.name("code").as_table().distinct().to_pyarrow()["code"].to_pylist()
    return sorted(code for code in found if code is not None)


def _levels(codes: Iterable[str], pack: Pack) -> pa.Table:
    """The levels of these codes and the exclusion table of each."""
    rows = [
        {"code": code, "level": level, "its": said.table}
        for code in codes
        for level in LEVELS
        if (normal := known_codes([code])[0]) and (said := pack.severity[level].get(normal))
    ]
    return pa.Table.from_pylist(rows, schema=_LEVELS)


def _firsts(codes: Iterable[str], pack: Pack, chars: int) -> pa.Table:
    """What these codes are alike by as principal diagnoses, and the exclusion table of each."""
    rows = [
        {"first": code, "principal": normal[:chars], "excluded": pack.exclusion.get(normal)}
        for code in codes
        if (normal := known_codes([code])[0])
    ]
    return pa.Table.from_pylist(rows, schema=_FIRSTS)
