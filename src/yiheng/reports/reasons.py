"""Reasons (未入组原因): what a grouping says of a case without a group, counted, in the reader's language."""

import re
from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.words import Word, word
from yiheng.dip.assignment.reference import NO_DIAGNOSIS, NO_GROUP, TIED
from yiheng.drg import reason
from yiheng.drg.case import PROBLEMS
from yiheng.reports.shape import same

SCHEMA = pa.schema([("hospital", pa.string()), ("status", pa.string()), ("reason", pa.string()), ("n", pa.int64())])
# Codes that the pack does not know are said beside the reason, and are no reason.
_BESIDE = tuple(reason.unknown_of(kind) for kind in ("dx", "proc"))
_GROUPED = "grouped"


def outcomes(grouped: ir.Table) -> pa.Table:
    """Cases by hospital, status and reason (null for grouped ones), in this order; columns of SCHEMA."""
    why = (grouped.status == _GROUPED).ifelse(ibis.null("string"), _without_codes(grouped.reason.cast("string")))
    counted = grouped.mutate(why=why).group_by("hospital", "status", reason="why").agg(n=ibis._.count())
    rows = counted.order_by("hospital", "status", ibis.asc("reason", nulls_first=True)).to_pyarrow()
    return rows.select(SCHEMA.names).cast(SCHEMA)


def _without_codes(text: ir.StringValue) -> ir.StringValue:
    parts = text.split(reason.BETWEEN)
    kept = parts.filter(lambda part: ~(part.startswith(_BESIDE[0]) | part.startswith(_BESIDE[1])))
    return kept.join(reason.BETWEEN).nullif("")


def reason_word(text: str | None) -> Word | None:
    """A reason in both languages; what no pattern knows is shown as the engine says it."""
    if text is None:
        return None
    parts = [_part(part) for part in text.split(reason.BETWEEN)]
    return Word("；".join(part.zh for part in parts), reason.BETWEEN.join(part.en for part in parts))


def _part(text: str) -> Word:
    for pattern, said in _patterns():
        if found := pattern.fullmatch(text):
            return Word(said.zh.format(*found.groups()), text)
    return same(text)


def _patterns() -> Iterator[tuple[re.Pattern[str], Word]]:
    """What the engines say, with a hole where they name something, and the word for it."""
    hole = "\N{REPLACEMENT CHARACTER}"
    of_drg = {problem: f"reason_{place}" for place, problem in enumerate(PROBLEMS)} | {
        reason.NO_MDC: "reason_no_mdc",
        reason.no_rule([hole]): "reason_no_rule",
        reason.ambiguous(hole): "reason_ambiguous",
    }
    of_dip = {NO_DIAGNOSIS: "reason_no_principal", NO_GROUP: "reason_no_combination", TIED + hole: "reason_tied"}
    for text, term in (of_drg | of_dip).items():
        yield re.compile(re.escape(text).replace(re.escape(hole), "(.+)")), word(term)
