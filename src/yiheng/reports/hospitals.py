"""Hospitals side by side (医院并列): every hospital of the year held against the region's own level."""

from collections.abc import Sequence

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.figures import Kind, count, exact, index, percent, rounded, share
from yiheng.reports.naming import Place, place, places
from yiheng.reports.overview import grouped_cases
from yiheng.reports.shape import Chart, Drawing, Section, Table, column, listed
from yiheng.reports.units import MEASURES, Row, merged, ordered, rows_of

_WHO = (
    column("hospital"),
    column("code_of_hospital"),
    column("level"),
    column("kind_of_hospital"),
    column("county"),
)


def hospitals(analysis: Analysis, grouping: Grouping) -> Section:
    """One row a hospital, the largest first, and the chart of its two indices."""
    rows = ordered(
        named_hospitals(analysis, rows_of(grouping.by.get("hospital"))), "n", "code_of_hospital", falling=True
    )
    title = word("hospitals_compared")
    tables = (_table(analysis, grouping, rows), _outcomes(grouping))
    lead = (_entry(grouping), *(_lead(rows) if rows else ()))
    return Section(f"{grouping.id}-hospitals", title, lead, tables, part=word(grouping.id))


def named_hospitals(analysis: Analysis, rows: Sequence[Row]) -> list[Row]:
    """The rows with the hospital's name and what the list of institutions says of it."""
    known = places(analysis)
    return [_named(row, place(row["hospital"], known, analysis.names)) for row in rows]


def _named(row: Row, here: Place) -> Row:
    who = {"hospital": here.name, "level": here.level, "kind_of_hospital": here.kind, "county": here.county}
    return {**row, **who, "code_of_hospital": row["hospital"]}


def _table(analysis: Analysis, grouping: Grouping, rows: Sequence[Row]) -> Table:
    measures, merged_notes = merged(MEASURES, rows)
    columns = (*_WHO, *measures) if analysis.hospitals.num_rows else (_WHO[0], *measures)
    places_note = () if analysis.hospitals.num_rows else (word("no_places"),)
    chart = Chart(Drawing.QUADRANT, word("quadrant"), ("hospital",), ("cost_index", "time_index"), size="n")
    return Table(
        f"{grouping.id}-hospitals",
        word("hospitals_compared"),
        columns,
        tuple(tuple(row[each.id] for each in columns) for row in rows),
        word("no_hospitals"),
        (word("index_note"), word("difference_note"), *places_note, *merged_notes),
        (chart,) if rows else (),
    )


def _outcomes(grouping: Grouping) -> Table:
    """Cases by status and kind of group: what came into a group, and what did not."""
    columns = (column("status"), column("kind"), column("n", Kind.COUNT), column("share_cases", Kind.RATIO))
    given = sorted(grouping.statuses.to_pylist(), key=lambda row: (-row["n"], str(row["status"]), str(row["kind"])))
    rows = tuple((_term(r["status"]), _term(r["kind"]), r["n"], share(r["n"], grouping.cases)) for r in given)
    return Table(f"{grouping.id}-entry", word("entry"), columns, rows, word("no_statuses"))


def _term(value: str | None) -> Word:
    return word("none" if value is None else value)


# Words


def _entry(grouping: Grouping) -> Word:
    grouped, whole, name = grouped_cases(grouping), grouping.cases, word(grouping.id)
    rate = percent(share(grouped, whole))
    return Word(
        f"{name.zh}：病例 {count(whole)} 例，入组 {count(grouped)} 例，入组率 {rate}。",
        f"{name.en}: {count(grouped)} of {count(whole)} cases were grouped, {rate}.",
    )


def _lead(rows: Sequence[Row]) -> tuple[Word, ...]:
    both = [row for row in rows if row["cost_index"] is not None and row["time_index"] is not None]
    sentences = (
        _both_above(both),
        _both_below(both),
        _range(rows, "cost_index"),
        _range(rows, "time_index"),
        _most_complex(rows),
    )
    return tuple(sentence for sentence in sentences if sentence is not None)


def _both_above(rows: Sequence[Row]) -> Word | None:
    """A hospital is said to lie above 1 where the figure that is shown does."""
    if not rows:
        return None
    above = [row for row in rows if _seen(row, "cost_index") > 1 and _seen(row, "time_index") > 1]
    of = count(len(rows))
    if not above:
        return Word(
            f"{of} 家医院中，没有医院的费用和时间消耗指数同时高于 1。",
            f"None of {of} hospitals lies above 1 in both indices.",
        )
    names = listed([row["hospital"] for row in sorted(above, key=lambda row: -row["cost_index"])])
    return Word(
        f"{of} 家医院中，{len(above)} 家费用和时间消耗指数均高于 1：{names.zh}。同类病例在这些医院花费更多、住得更久。",
        f"{len(above)} of {of} hospitals lie above 1 in both indices: {names.en}."
        f" Cases of the same groups cost more and stay longer there.",
    )


def _both_below(rows: Sequence[Row]) -> Word | None:
    below = [row for row in rows if _seen(row, "cost_index") < 1 and _seen(row, "time_index") < 1]
    if not below:
        return None
    names = listed([row["hospital"] for row in sorted(below, key=lambda row: row["cost_index"])])
    return Word(f"{len(below)} 家两项指数均低于 1：{names.zh}。", f"{len(below)} lie below 1 in both: {names.en}.")


def _seen(row: Row, name: str) -> float:
    return float(rounded(exact(row[name]), Kind.INDEX))


def _range(rows: Sequence[Row], name: str) -> Word | None:
    known = ordered([row for row in rows if row[name] is not None], name, "code_of_hospital")
    if len(known) < 2:
        return None
    low, high, title = known[0], known[-1], word(name)
    return Word(
        f"{title.zh}最高的是{high['hospital'].zh}（{index(high[name])}，{count(high['n'])} 例），"
        f"最低的是{low['hospital'].zh}（{index(low[name])}，{count(low['n'])} 例）。",
        f"{title.en}: highest at {high['hospital'].en} ({index(high[name])}, {count(high['n'])} cases), "
        f"lowest at {low['hospital'].en} ({index(low[name])}, {count(low['n'])} cases).",
    )


def _most_complex(rows: Sequence[Row]) -> Word | None:
    known = ordered([row for row in rows if row["cmi"] is not None], "cmi", "code_of_hospital", falling=True)
    if len(known) < 2:
        return None
    top = known[0]
    return Word(
        f"CMI 最高的是{top['hospital'].zh}（{index(top['cmi'])}，{count(top['weight_cases'])} 例）。",
        f"The highest CMI is {top['hospital'].en}'s ({index(top['cmi'])}, {count(top['weight_cases'])} cases).",
    )
