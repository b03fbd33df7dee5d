"""Into a group or not (入组情况): every hospital's rate with its counts, and why the others have no group."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.figures import Kind, count, percent, share
from yiheng.reports.hospitals import named_hospitals
from yiheng.reports.reasons import reason_word
from yiheng.reports.shape import Section, Table, column
from yiheng.reports.units import Row, ordered, total

STATUSES = ("grouped", "ambiguous", "ungroupable", "invalid")
REASONS_ON_THE_PAGE = 30


def entry(analysis: Analysis, grouping: Grouping) -> Section:
    """The hospital with the lowest rate first; then the reasons, the commonest first."""
    assert grouping.outcomes is not None
    given = grouping.outcomes.to_pylist()
    rows = ordered(named_hospitals(analysis, _hospitals(given)), "entry_rate", "code_of_hospital")
    reasons = _reasons(grouping.outcomes)
    tables = (_by_hospital(grouping, rows), _by_reason(grouping, reasons))
    return Section(
        f"{grouping.id}-entering", word("entering"), _lead(grouping, rows, reasons), tables, part=word(grouping.id)
    )


def _hospitals(given: Sequence[Row]) -> list[Row]:
    """Cases of each hospital by status."""
    found: dict[str, dict[str, Any]] = {}
    for row in given:
        counts = found.setdefault(row["hospital"], {"hospital": row["hospital"], **dict.fromkeys(STATUSES, 0)})
        counts[row["status"]] += row["n"]
    return [_completed(row) for row in found.values()]


def _completed(row: dict[str, Any]) -> Row:
    n = sum(row[status] for status in STATUSES)
    return {**row, "n": n, "entry_rate": share(row["grouped"], n)}


def _reasons(outcomes: pa.Table) -> list[Row]:
    """Cases without a group by status and reason, the most first."""
    added = outcomes.group_by(["status", "reason"]).aggregate([("n", "sum")]).to_pylist()
    found = [{"status": row["status"], "why": row["reason"], "n": row["n_sum"]} for row in added]
    return ordered([row for row in found if row["status"] != "grouped"], "n", "status", "why", falling=True)


def _by_hospital(grouping: Grouping, rows: Sequence[Row]) -> Table:
    columns = (
        column("hospital"),
        column("code_of_hospital"),
        column("n", Kind.COUNT),
        *(column(status, Kind.COUNT) for status in STATUSES),
        column("entry_rate", Kind.RATIO),
    )
    values = tuple(tuple(row[each.id] for each in columns) for row in rows)
    return Table(f"{grouping.id}-entry-hospitals", word("entry_hospital"), columns, values, word("no_hospitals"))


def _by_reason(grouping: Grouping, rows: Sequence[Row]) -> Table:
    columns = (column("status"), column("reason"), column("n", Kind.COUNT), column("share_cases", Kind.RATIO))
    values = tuple(
        (word(row["status"]), reason_word(row["why"]) or word("not_stated"), row["n"], share(row["n"], grouping.cases))
        for row in rows
    )
    id_, shown = f"{grouping.id}-reasons", REASONS_ON_THE_PAGE
    return Table(id_, word("entry_reason"), columns, values, word("all_grouped"), (word("share_note"),), shown=shown)


# Words


def _lead(grouping: Grouping, rows: Sequence[Row], reasons: Sequence[Row]) -> tuple[Word, ...]:
    if not rows:
        return ()
    counts = {status: total(rows, status) for status in STATUSES}
    rate, whole = percent(share(counts["grouped"], grouping.cases)), count(grouping.cases)
    zh = "，".join(f"{word(status).zh} {count(n)} 例" for status, n in counts.items())
    en = ", ".join(f"{word(status).en.lower()} {count(n)}" for status, n in counts.items())
    said = Word(f"病例 {whole} 例：{zh}；入组率 {rate}。", f"Of {whole} cases: {en}; grouping rate {rate}.")
    return (said, *_lowest(rows), *_commonest(reasons))


def _lowest(rows: Sequence[Row]) -> tuple[Word, ...]:
    first = rows[0]
    if first["entry_rate"] == 1:
        return ()
    name, rate = first["hospital"], percent(first["entry_rate"])
    of = f"{count(first['grouped'])} / {count(first['n'])}"
    return (
        Word(f"入组率最低的是{name.zh}：{rate}（{of} 例）。", f"The lowest rate is that of {name.en}: {rate} ({of})."),
    )


def _commonest(reasons: Sequence[Row]) -> tuple[Word, ...]:
    if not reasons:
        return ()
    first, why = reasons[0], reason_word(reasons[0]["why"]) or word("not_stated")
    n, status = count(first["n"]), word(first["status"])
    return (
        Word(
            f"最常见的原因：{why.zh}（{status.zh}，{n} 例）。",
            f"The commonest reason: {why.en} ({status.en.lower()}, {n} cases).",
        ),
    )
