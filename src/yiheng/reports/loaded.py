"""What was loaded (数据来源): files, what DATA holds, versions, unchecked values, and what the report does not say."""

from collections.abc import Sequence

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, LoadedFile
from yiheng.reports.figures import Kind, Value, count, percent, share
from yiheng.reports.naming import term
from yiheng.reports.shape import Column, Section, Table, column, same
from yiheng.reports.units import total

SHORT_DIGEST = 12
LIMITS = ("limit_official", "limit_norm", "limit_cost", "limit_quality", "limit_physician")


def loaded(analysis: Analysis) -> Section:
    """The last section: where every figure came from."""
    tables = (_files(analysis), _holdings(analysis), _versions(analysis), _unchecked(analysis))
    limits = tuple(word(limit) for limit in (*LIMITS, *_of_packs(analysis)))
    return Section("loaded", word("loaded"), _lead(analysis), tables, points=limits)


def _of_packs(analysis: Analysis) -> tuple[str, ...]:
    """What must be said of a pack that nobody issued."""
    return ("limit_unofficial",) if any(grouping.notice is not None for grouping in analysis.groupings) else ()


def _lead(analysis: Analysis) -> tuple[Word, ...]:
    return (*_of_files(analysis.files), *_of_lines(analysis))


def _of_files(files: Sequence[LoadedFile]) -> tuple[Word, ...]:
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


def _of_lines(analysis: Analysis) -> tuple[Word, ...]:
    """How many charge lines there are, and of how many discharges of all years."""
    lines = next((each for each in analysis.holdings if each.term == "lines" and each.rows), None)
    if lines is None:
        return ()
    cases = total(analysis.years.to_pylist(), "cases")
    of, part = f"{count(lines.cases)} / {count(cases)}", percent(share(lines.cases, cases))
    return (
        Word(
            f"费用明细 {count(lines.rows)} 行，覆盖出院病例 {of} 例（{part}）。",
            f"{count(lines.rows)} charge lines, of {of} discharges ({part}).",
        ),
    )


def _files(analysis: Analysis) -> Table:
    columns = (
        column("commit", Kind.PLAIN),
        column("file"),
        column("format"),
        column("action"),
        column("rows", Kind.COUNT),
        column("accepted", Kind.COUNT),
        column("quarantined", Kind.COUNT),
        column("digest_short", Kind.DIGEST),
        column("sha256", Kind.DIGEST),
    )
    return _table("files", "files", columns, [_file(file) for file in analysis.files], "no_files")


def _file(file: LoadedFile) -> tuple[Value, ...]:
    counts = (file.rows, file.accepted, file.quarantined)
    action = word(f"action_{file.action}")
    return (file.commit, file.file, term(file.format), action, *counts, file.sha256[:SHORT_DIGEST], file.sha256)


def _holdings(analysis: Analysis) -> Table:
    columns = (column("holding"), column("holding_rows", Kind.COUNT), column("holding_cases", Kind.COUNT))
    rows = [(word(each.term), each.rows, each.cases) for each in analysis.holdings]
    return _table("holdings", "holdings", columns, rows, "no_holdings")


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
