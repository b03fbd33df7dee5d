"""Data quality (数据质量): findings that are still open by hospital, rule and month, rules, and quarantined rows."""

from collections.abc import Sequence

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, QualityCheck
from yiheng.reports.figures import Kind, Value, count, percent, share
from yiheng.reports.naming import place, places
from yiheng.reports.shape import Chart, Drawing, Section, Table, column
from yiheng.reports.units import Row, total

STATES = ("passed", "failed", "not_applicable", "error")
ON_THE_PAGE = 50


def quality(analysis: Analysis) -> Section:
    """What is open now, then what the loads found."""
    tables = (_by_rule(analysis), _by_month(analysis), _rules(analysis), _quarantined(analysis))
    return Section("data-quality", word("data_quality"), _lead(analysis), tables)


def _by_rule(analysis: Analysis) -> Table:
    """Hospitals and rules, the most cases first."""
    known = places(analysis)
    given = sorted(analysis.open_rules.to_pylist(), key=lambda row: (-row["failed"], row["hospital"], row["rule"]))
    columns = (
        column("hospital"), column("code_of_hospital"), column("rule"), column("severity"),
        column("failed_cases", Kind.COUNT), column("hospital_cases", Kind.COUNT),
        column("failed_cases_share", Kind.RATIO),
    )  # fmt: skip
    rows = [
        (place(row["hospital"], known, analysis.names).name, row["hospital"], Word(row["zh"], row["en"]),
         word(row["severity"]), row["failed"], row["cases"], share(row["failed"], row["cases"]))
        for row in given
    ]  # fmt: skip
    notes = (word("open_note"),)
    return Table("open-rules", word("open_rules"), columns, tuple(rows), word("no_open"), notes, shown=ON_THE_PAGE)


def _by_month(analysis: Analysis) -> Table:
    columns = (
        column("month"), column("cases", Kind.COUNT), column("failed_cases", Kind.COUNT),
        column("failed_cases_share", Kind.RATIO),
    )  # fmt: skip
    rows = [_month(row) for row in sorted(analysis.open_months.to_pylist(), key=lambda row: row["month"] or "")]
    chart = Chart(Drawing.TREND, word("open_months"), ("month",), ("cases", "failed_cases"))
    charts = (chart,) if total(analysis.open_months.to_pylist(), "failed") else ()
    return Table("open-months", word("open_months"), columns, tuple(rows), word("no_months"), (), charts)


def _month(row: Row) -> tuple[Value, ...]:
    month = row["month"] or word("not_stated")
    return (month, row["cases"], row["failed"], share(row["failed"], row["cases"]))


def _rules(analysis: Analysis) -> Table:
    """The rules that some row breaks, the most rows first, and what became of the others."""
    columns = (
        column("rule"), column("severity"), column("failed_rows", Kind.COUNT), column("judged_rows", Kind.COUNT),
        column("failed_share", Kind.RATIO),
    )  # fmt: skip
    failed = sorted((each for each in analysis.checks if each.failed), key=lambda each: (-each.failed, each.rule.zh))
    rows = [
        (each.rule, word(each.severity), each.failed, each.judged, share(each.failed, each.judged)) for each in failed
    ]
    notes = (_states(analysis.checks), word("checks_note")) if analysis.checks else ()
    empty = word("no_broken_rules" if analysis.checks else "no_quality")
    return Table("quality", word("quality"), columns, tuple(rows), empty, notes)


def _states(checks: Sequence[QualityCheck]) -> Word:
    numbers = {state: sum(each.state == state for each in checks) for state in STATES}
    said = [(word(f"check_{state}"), count(number)) for state, number in numbers.items()]
    zh, en = "，".join(f"{name.zh} {n}" for name, n in said), ", ".join(f"{name.en} {n}" for name, n in said)
    return Word(f"共 {count(len(checks))} 条规则：{zh}。", f"{count(len(checks))} rules: {en}.")


def _quarantined(analysis: Analysis) -> Table:
    columns = (column("file"), column("column"), column("rule"), column("reason"), column("rows", Kind.COUNT))
    found = sorted(analysis.findings.to_pylist(), key=lambda row: (-row["rows"], str(row["file"]), str(row["rule"])))
    rows = [(r["file"], r["column"], r["rule"], _reason(r["reason"], r["reason_en"]), r["rows"]) for r in found]
    notes = (_closed(analysis.closed),) if analysis.closed else ()
    empty = word("no_open_rows" if analysis.closed else "no_findings")
    return Table("findings", word("findings"), columns, tuple(rows), empty, notes, shown=ON_THE_PAGE)


def _closed(rows: int) -> Word:
    return Word(
        f"另有 {count(rows)} 行隔离后已退回并重新送来，不再列出。",
        f"A further {count(rows)} quarantined rows came back with a later load and are not listed.",
    )


def _reason(zh: str | None, en: str | None) -> Word | None:
    known = zh or en
    return None if known is None else Word(zh or known, en or known)


# Words


def _lead(analysis: Analysis) -> tuple[Word, ...]:
    months = analysis.open_months.to_pylist()
    cases, failed = total(months, "cases"), total(months, "failed")
    if not cases:
        return ()
    part = percent(share(failed, cases))
    whole = Word(
        f"在库出院病例 {count(cases)} 例（全部年度），有未关闭质量问题者 {count(failed)} 例，占 {part}。",
        f"Of {count(cases)} discharges held (all years) {count(failed)} have an open finding, {part}.",
    )
    return (whole, *_commonest(analysis))


def _commonest(analysis: Analysis) -> tuple[Word, ...]:
    found: dict[Word, int] = {}
    for row in analysis.open_rules.to_pylist():
        rule = Word(row["zh"], row["en"])
        found[rule] = found.get(rule, 0) + row["failed"]
    if not found:
        return ()
    rule, n = min(found.items(), key=lambda each: (-each[1], each[0].zh))
    return (Word(f"最常见的问题：{rule.zh}（{count(n)} 例）。", f"The commonest: {rule.en} ({count(n)} cases)."),)
