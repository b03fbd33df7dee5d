"""Top groups (重点病组): the groups that take most of the money, and how concentrated it is."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pyarrow.compute as pc

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.figures import Kind, Number, count, percent, share, wan
from yiheng.reports.hospitals import named_hospitals
from yiheng.reports.naming import group_names, term
from yiheng.reports.shape import Chart, Column, Drawing, Section, Table, column, listed, same
from yiheng.reports.units import Row, merged, ordered, rows_of, total

ON_THE_PAGE = 50
IN_THE_CHART = 15
CONCENTRATED = 10
COMPARED = 10
COMPARED_ON_THE_PAGE = 60

_COLUMNS = (
    column("group"),
    column("group_name"),
    column("kind"),
    column("n", Kind.COUNT),
    column("share_cases", Kind.RATIO),
    column("cost_cases", Kind.COUNT),
    column("fee", Kind.YUAN),
    column("share_fee", Kind.RATIO),
    column("fee_cases", Kind.COUNT),
    column("mean_cost", Kind.YUAN),
    column("los_cases", Kind.COUNT),
    column("mean_los", Kind.DAYS),
    column("rw", Kind.WEIGHT),
    column("points", Kind.POINTS),
)


def groups(analysis: Analysis, grouping: Grouping) -> Section:
    """All groups by fee: the first on the page, the whole in the workbook."""
    rows = ordered(named_groups(analysis, grouping), "fee", "group", falling=True)
    lead = _lead(rows, grouping) if rows else ()
    tables = (_table(grouping, rows), _compared(analysis, grouping, rows[:COMPARED]))
    return Section(f"{grouping.id}-groups", word("top_groups"), lead, tables, part=word(grouping.id))


def named_groups(analysis: Analysis, grouping: Grouping) -> list[Row]:
    """The rows by group with the group's name, kind and points, and its share of cases and fees."""
    rows = [row for row in rows_of(grouping.by.get("group")) if row["group"] is not None]
    names, entries = group_names(grouping, analysis.names), _entries(grouping)
    cases, fee = total(rows, "n"), total(rows, "fee")
    return [_completed(row, names, entries.get(row["group"], {}), cases, fee) for row in rows]


def _entries(grouping: Grouping) -> dict[str, Row]:
    if grouping.catalogue is None:
        return {}
    return {row["group"]: row for row in grouping.catalogue.select(["group", "kind", "points"]).to_pylist()}


def _completed(row: Row, names: Mapping[str, Word], entry: Row, cases: Number | None, fee: Number | None) -> Row:
    return {
        **row,
        "group_name": names.get(row["group"], same(row["group"])),
        "kind": term(entry.get("kind")),
        "points": entry.get("points"),
        "rw": row.get("rw"),
        "share_cases": share(row["n"], cases),
        "share_fee": share(row["fee"], fee),
    }


def _table(grouping: Grouping, rows: Sequence[Row]) -> Table:
    columns, merged_notes = merged(_columns(grouping), rows)
    chart = Chart(Drawing.BARS, word("groups_by_fee"), ("group", "group_name"), ("fee",), top=IN_THE_CHART)
    return Table(
        f"{grouping.id}-groups",
        word("groups_by_fee"),
        columns,
        tuple(tuple(row[each.id] for each in columns) for row in rows),
        word("no_groups"),
        (_about(grouping), *merged_notes),
        (chart,) if rows else (),
        shown=ON_THE_PAGE,
    )


def _about(grouping: Grouping) -> Word:
    """Where weights and points come from, or why there are none."""
    if grouping.catalogue is not None:
        return word("points_note")
    return word("weights_note" if grouping.names else "no_catalogue")


def _compared(analysis: Analysis, grouping: Grouping, first: Sequence[Row]) -> Table:
    """The largest groups in each hospital with enough cases, beside the region: fee and days."""
    columns = (
        column("group"), column("group_name"), column("hospital"), column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN), column("region_cost", Kind.YUAN), column("cost_index", Kind.INDEX),
        column("mean_los", Kind.DAYS), column("region_los", Kind.DAYS), column("time_index", Kind.INDEX),
    )  # fmt: skip
    rows = [row for its in first for row in _in_hospitals(analysis, grouping, its)]
    values = tuple(tuple(row[each.id] for each in columns) for row in rows)
    notes = (word("compared_note"), few_note(analysis.limits.pair_cases)) if rows else ()
    id_, title = f"{grouping.id}-compared", word("groups_compared")
    return Table(id_, title, columns, values, word("no_pairs"), notes, shown=COMPARED_ON_THE_PAGE)


def _in_hospitals(analysis: Analysis, grouping: Grouping, its: Row) -> list[Row]:
    table = grouping.by.get("hospital_group")
    if table is None:
        return []
    enough = pc.greater_equal(table["n"], analysis.limits.pair_cases)
    here = table.filter(pc.and_(pc.equal(table["group"], its["group"]), enough))
    region = {"group_name": its["group_name"], "region_cost": its["mean_cost"], "region_los": its["mean_los"]}
    rows = named_hospitals(analysis, [{**row, **region} for row in rows_of(here)])
    return ordered(rows, "n", "code_of_hospital", falling=True)


def few_note(fewest: int) -> Word:
    """From how many cases on a hospital's group or department is listed."""
    return Word(
        f"病例数少于 {count(fewest)} 的组合不列出。",
        f"What has fewer than {count(fewest)} cases is not listed.",
    )


def _columns(grouping: Grouping) -> tuple[Column, ...]:
    absent = () if grouping.catalogue is not None else ("kind", "points")
    return tuple(each for each in _COLUMNS if each.id not in absent)


# Words


def _lead(rows: Sequence[Row], grouping: Grouping) -> tuple[Word, ...]:
    sentences = (_concentration(rows), _largest(rows), _kinds(grouping))
    return tuple(sentence for sentence in sentences if sentence is not None)


def _concentration(rows: Sequence[Row]) -> Word:
    first = min(CONCENTRATED, len(rows))
    cases, fee = _sum(rows[:first], "share_cases"), _sum(rows[:first], "share_fee")
    return Word(
        f"共 {count(len(rows))} 个病组。费用最高的 {first} 个占入组病例的 {percent(cases)}、费用的 {percent(fee)}。",
        f"{count(len(rows))} groups. The {first} with the highest fees hold {percent(cases)} of the grouped cases and"
        f" {percent(fee)} of their fees.",
    )


def _sum(rows: Sequence[Row], name: str) -> Fraction | None:
    values = [row[name] for row in rows if row[name] is not None]
    return sum(values, Fraction(0)) if values else None


def _largest(rows: Sequence[Row]) -> Word | None:
    known = [row for row in rows if row["fee"] is not None][:3]
    if not known:
        return None
    names = [Word(_with_fee_zh(row), _with_fee_en(row)) for row in known]
    said = listed(names)
    return Word(f"费用居前的病组：{said.zh}。", f"The largest by fee: {said.en}.")


def _with_fee_zh(row: Row) -> str:
    return f"{row['group_name'].zh}（{count(row['n'])} 例，{wan(row['fee'])} 万元）"


def _with_fee_en(row: Row) -> str:
    return f"{row['group_name'].en} ({count(row['n'])} cases, {wan(row['fee'])} ×10,000 CNY)"


def _kinds(grouping: Grouping) -> Word | None:
    if grouping.catalogue is None:
        return None
    kinds = [row["kind"] for row in grouping.catalogue.select(["kind"]).to_pylist()]
    core, rest = kinds.count("core"), kinds.count("comprehensive")
    return Word(
        f"病种目录 {count(len(kinds))} 个病种，其中核心病种 {count(core)} 个、综合病种 {count(rest)} 个。",
        f"The catalogue has {count(len(kinds))} groups: {count(core)} core and {count(rest)} comprehensive.",
    )
