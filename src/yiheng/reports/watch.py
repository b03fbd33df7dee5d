"""Complications watched (并发症合并症监测): coded MCC and CC of each hospital against the region's, for its own cases.

Expected by indirect standardisation over age band and principal diagnosis, see `norms.standardised`. More than expected
says where records should be looked at; it is no finding of upcoding (高编).
"""

from collections.abc import Sequence

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.figures import Kind, count, index, percent, share
from yiheng.reports.hospitals import named_hospitals
from yiheng.reports.shape import Chart, Drawing, Section, Table, column, listed
from yiheng.reports.units import Row, ordered, total

IN_THE_CHART = 15

# In the order in which they are shown.
_VERDICTS = ("above", "within", "below", None)
_TITLES = {"any": "watch_any", "mcc": "watch_mcc"}
_COLUMNS = (
    column("hospital"),
    column("code_of_hospital"),
    column("watch_n", Kind.COUNT),
    column("observed", Kind.COUNT),
    column("observed_share", Kind.RATIO),
    column("expected", Kind.EXPECTED, "case_unit"),
    column("expected_share", Kind.RATIO),
    column("ratio", Kind.INDEX),
    column("low", Kind.INDEX),
    column("high", Kind.INDEX),
    column("verdict"),
)


def watch(analysis: Analysis, grouping: Grouping) -> Section:
    """A table for each level: hospitals above the expected, then those not unlike it, then those below, by ratio.

    Hospitals with few cases are counted and not shown.
    """
    assert grouping.severity is not None
    rows = [_completed(row) for row in grouping.severity.to_pylist()]
    by_level = {level: [row for row in rows if row["level"] == level] for level in _TITLES}
    tables = tuple(_table(analysis, grouping, level, its) for level, its in by_level.items())
    title, lead = word("watch"), _lead(analysis, by_level)
    return Section(f"{grouping.id}-watch", title, lead, tables, part=word(grouping.id))


def _completed(row: Row) -> Row:
    shares = {"observed_share": share(row["observed"], row["n"]), "expected_share": share(row["expected"], row["n"])}
    return {**row, **shares, "watch_n": row["n"], "verdict": _verdict(row)}


def _verdict(row: Row) -> Word | None:
    return None if _place(row) is None else word(f"watch_{_place(row)}")


def _place(row: Row) -> str | None:
    """Where the whole interval lies; null where nothing is expected."""
    if row["ratio"] is None:
        return None
    return "above" if row["low"] > 1 else "below" if row["high"] < 1 else "within"


def _shown(analysis: Analysis, rows: Sequence[Row]) -> list[Row]:
    enough = [row for row in rows if row["n"] >= analysis.limits.watch_cases]
    rows = ordered(named_hospitals(analysis, enough), "ratio", "code_of_hospital", falling=True)
    return sorted(rows, key=lambda row: _VERDICTS.index(_place(row)))


def _table(analysis: Analysis, grouping: Grouping, level: str, rows: Sequence[Row]) -> Table:
    shown, title = _shown(analysis, rows), word(_TITLES[level])
    values = tuple(tuple(row[each.id] for each in _COLUMNS) for row in shown)
    chart = Chart(Drawing.BARS, title, ("hospital",), ("ratio",), top=IN_THE_CHART)
    notes = (*_few(analysis, rows), word("watch_note"), _interval(analysis))
    empty = word("no_watch" if rows else "no_watch_cases")
    # Few cases have a MCC, so bars of that ratio would say more of chance than of coding.
    charts = (chart,) if level == "any" and any(row["ratio"] is not None for row in shown) else ()
    return Table(f"{grouping.id}-watch-{level}", title, _COLUMNS, values, empty, notes, charts)


def _few(analysis: Analysis, rows: Sequence[Row]) -> tuple[Word, ...]:
    """How many hospitals are not shown."""
    least = analysis.limits.watch_cases
    hidden = sum(row["n"] < least for row in rows)
    if not hidden:
        return ()
    return (
        Word(
            f"{count(hidden)} 家医院可比病例少于 {count(least)} 例，不列出。",
            f"{count(hidden)} hospitals have fewer than {count(least)} such cases and are not shown.",
        ),
    )


def _interval(analysis: Analysis) -> Word:
    level = percent(analysis.limits.confidence)
    return Word(
        f"区间为 {level} 置信区间（Wilson 法，预期值视为已知）；同时比较多家医院时，少数超出区间可属偶然。",
        f"Intervals are of {level} confidence (Wilson's, the expected taken as given); among many hospitals some lie"
        f" outside by chance.",
    )


# Words


def _lead(analysis: Analysis, by_level: dict[str, list[Row]]) -> tuple[Word, ...]:
    if not by_level["any"]:
        return ()
    cases = total(by_level["any"], "n")
    counts = {level: total(rows, "observed") for level, rows in by_level.items()}
    parts = {level: percent(share(n, cases)) for level, n in counts.items()}
    whole = Word(
        f"可比病例 {count(cases)} 例：有计入的 MCC 或 CC 者 {count(counts['any'])} 例（{parts['any']}），"
        f"其中有 MCC 者 {count(counts['mcc'])} 例（{parts['mcc']}）。",
        f"Of {count(cases)} cases compared {count(counts['any'])} ({parts['any']}) carry a MCC or CC that counts,"
        f" {count(counts['mcc'])} ({parts['mcc']}) a MCC.",
    )
    outside = (_outside(level, _shown(analysis, rows)) for level, rows in by_level.items())
    return (whole, *outside, word("watch_caution"))


def _outside(level: str, rows: Sequence[Row]) -> Word:
    title = word(_TITLES[level])
    above = [row for row in rows if _place(row) == "above"]
    if not above:
        return Word(f"{title.zh}：没有医院高于预期。", f"{title.en}: no hospital lies above the expected.")
    names = listed([Word(_with_ratio(row, "zh"), _with_ratio(row, "en")) for row in above])
    n, of = count(len(above)), count(len(rows))
    return Word(
        f"{title.zh}：{of} 家医院中 {n} 家高于预期：{names.zh}。",
        f"{title.en}: {n} of {of} hospitals lie above the expected: {names.en}.",
    )


def _with_ratio(row: Row, language: str) -> str:
    name = row["hospital"].zh if language == "zh" else row["hospital"].en
    return f"{name} {index(row['ratio'])}" if language == "en" else f"{name}（{index(row['ratio'])}）"
