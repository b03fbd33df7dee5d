"""What was loaded (数据来源): files, quarantined rows, versions, unchecked values, and what the report does not say."""

from collections.abc import Sequence

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, LoadedFile, QualityCheck
from yiheng.reports.figures import Kind, Value, count, share
from yiheng.reports.naming import term
from yiheng.reports.shape import Column, Section, Table, column, same

SHORT_DIGEST = 12
STATES = ("passed", "failed", "not_applicable", "error")
LIMITS = ("limit_official", "limit_norm", "limit_cost", "limit_quality", "limit_physician", "limit_drg")


def loaded(analysis: Analysis) -> Section:
    """The last section: where every figure came from."""
    tables = (_files(analysis), _findings(analysis), _quality(analysis), _versions(analysis), _unchecked(analysis))
    limits = tuple(word(limit) for limit in LIMITS if limit != "limit_drg" or not _has_drg(analysis))
    return Section("loaded", word("loaded"), _lead(analysis.files), tables, points=limits)


def _has_drg(analysis: Analysis) -> bool:
    return any(grouping.id == "drg" for grouping in analysis.groupings)


def _lead(files: Sequence[LoadedFile]) -> tuple[Word, ...]:
    if not files:
        return ()
    rows, taken = count(sum(file.rows for file in files)), count(sum(file.accepted for file in files))
    held, loads = count(sum(file.quarantined for file in files)), count(len({file.commit for file in files}))
    many = count(len(files))
    return (
        Word(
            f"共装载 {loads} 批、{many} 个文件：接收 {taken} 行，隔离 {held} 行，合计 {rows} 行。",
            f"{many} files in {loads} loads: accepted {taken}, quarantined {held}, of {rows} rows.",
        ),
    )


def _files(analysis: Analysis) -> Table:
    columns = (
        column("commit", Kind.PLAIN),
        column("file"),
        column("format"),
        column("rows", Kind.COUNT),
        column("accepted", Kind.COUNT),
        column("quarantined", Kind.COUNT),
        column("digest_short", Kind.DIGEST),
        column("sha256", Kind.DIGEST),
    )
    return _table("files", "files", columns, [_file(file) for file in analysis.files], "no_files")


def _file(file: LoadedFile) -> tuple[Value, ...]:
    counts = (file.rows, file.accepted, file.quarantined)
    return (file.commit, file.file, term(file.format), *counts, file.sha256[:SHORT_DIGEST], file.sha256)


def _findings(analysis: Analysis) -> Table:
    columns = (column("file"), column("column"), column("rule"), column("reason"), column("rows", Kind.COUNT))
    found = sorted(analysis.findings.to_pylist(), key=lambda row: (-row["rows"], str(row["file"]), str(row["rule"])))
    rows = [(r["file"], r["column"], r["rule"], _reason(r["reason"], r["reason_en"]), r["rows"]) for r in found]
    return _table("findings", "findings", columns, rows, "no_findings")


def _reason(zh: str | None, en: str | None) -> Word | None:
    known = zh or en
    return None if known is None else Word(zh or known, en or known)


def _quality(analysis: Analysis) -> Table:
    """The rules that some row breaks, the most rows first, and what became of the others."""
    columns = (
        column("rule"), column("severity"), column("failed_rows", Kind.COUNT), column("judged_rows", Kind.COUNT),
        column("failed_share", Kind.RATIO),
    )  # fmt: skip
    failed = sorted((each for each in analysis.checks if each.failed), key=lambda each: (-each.failed, each.rule.zh))
    rows = [
        (each.rule, word(each.severity), each.failed, each.judged, share(each.failed, each.judged)) for each in failed
    ]
    notes = (_states(analysis.checks),) if analysis.checks else ()
    empty = word("no_broken_rules" if analysis.checks else "no_quality")
    return Table("quality", word("quality"), columns, tuple(rows), empty, notes)


def _states(checks: Sequence[QualityCheck]) -> Word:
    numbers = {state: sum(each.state == state for each in checks) for state in STATES}
    said = [(word(f"check_{state}"), count(number)) for state, number in numbers.items()]
    zh, en = "，".join(f"{name.zh} {n}" for name, n in said), ", ".join(f"{name.en} {n}" for name, n in said)
    return Word(f"共 {count(len(checks))} 条规则：{zh}。", f"{count(len(checks))} rules: {en}.")


def _versions(analysis: Analysis) -> Table:
    rows = [(word(version.term), version.value) for version in analysis.versions]
    rows += [(Word(f"{word(g.id).zh}：{word('run').zh}", f"{word(g.id).en}: run"), g.run) for g in analysis.groupings]
    return _table("versions", "versions", (column("term"), column("value")), rows, "no_versions")


def _unchecked(analysis: Analysis) -> Table:
    columns = (column("parameter"), column("value"), column("source"))
    rows = [(term(parameter) or same(parameter), value, source) for parameter, value, source in analysis.unchecked]
    return _table("unchecked", "unchecked", columns, rows, "no_unchecked")


def _table(id_: str, title: str, columns: tuple[Column, ...], rows: Sequence[tuple[Value, ...]], empty: str) -> Table:
    return Table(id_, word(title), columns, tuple(rows), word(empty))
