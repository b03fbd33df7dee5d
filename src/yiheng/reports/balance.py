"""Gains and losses (盈亏分析): fees against what the region's own mean of the same groups comes to.

It is no payment result: no budget, price or clearing enters it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.figures import count, percent, share, wan
from yiheng.reports.groups import few_note
from yiheng.reports.hospitals import named_hospitals
from yiheng.reports.naming import group_names
from yiheng.reports.shape import ON_THE_PAGE, Chart, Column, Drawing, Section, Table, column, listed, same
from yiheng.reports.units import BALANCE, Row, merged, ordered, rows_of, total

GROUPS_ON_THE_PAGE = 20
DEPARTMENTS_ON_THE_PAGE = 30
IN_THE_CHART = 15
PAIRS_KEPT = 2_000


def balance(analysis: Analysis, grouping: Grouping) -> Section:
    """By hospital, by group in both directions, and the departments above the norm."""
    by_hospital = ordered(
        _known(named_hospitals(analysis, rows_of(grouping.by.get("hospital")))), "difference", "code_of_hospital"
    )
    losses, gains = _pairs(analysis, grouping, "ascending"), _pairs(analysis, grouping, "descending")
    lead = (word("norm_note"), *_hospital_words(by_hospital), *_pair_words(losses))
    tables = (_hospitals(grouping, by_hospital), *_groups(grouping, losses, gains), *_departments(analysis, grouping))
    return Section(f"{grouping.id}-balance", word("balance"), lead, tables, part=word(grouping.id))


@dataclass(frozen=True)
class Ranking:
    """The furthest from the norm in one direction, with how many there are in all and what they come to."""

    rows: Sequence[Row]
    of: int
    difference: Decimal
    fewest: int

    @property
    def note(self) -> tuple[Word, ...]:
        """What the ranking leaves out."""
        if len(self.rows) == self.of:
            return (few_note(self.fewest),)
        kept, whole = count(len(self.rows)), count(self.of)
        cut = Word(f"共 {whole} 项，列出差额最大的 {kept} 项。", f"The {kept} of {whole} that differ most.")
        return (cut, few_note(self.fewest))


def _pairs(analysis: Analysis, grouping: Grouping, order: str) -> Ranking:
    """Each hospital's cases of each group on one side of the norm; a group by itself always lies at its own mean.

    A province has hundreds of thousands of them, so they are filtered and sorted as a table.
    """
    table, fewest = grouping.by.get("hospital_group"), analysis.limits.pair_cases
    if table is None:
        return Ranking((), 0, Decimal(0), fewest)
    nought = pa.scalar(Decimal("0.00"), table["difference"].type)
    side = pc.less(table["difference"], nought) if order == "ascending" else pc.greater(table["difference"], nought)
    enough = pc.greater_equal(table["n"], fewest)
    here = table.filter(pc.and_(pc.and_(side, enough), pc.is_valid(table["group"])))
    first = here.sort_by([("difference", order), ("hospital", "ascending"), ("group", "ascending")])[:PAIRS_KEPT]
    rows = _named(analysis, grouping, rows_of(first))
    return Ranking(rows, here.num_rows, pc.sum(here["difference"]).as_py() or Decimal(0), fewest)


def _named(analysis: Analysis, grouping: Grouping, rows: Sequence[Row]) -> list[Row]:
    names = group_names(grouping, analysis.names)
    named = [{**row, "group_name": names.get(row["group"], same(row["group"]))} for row in rows]
    return [{**row, "pair": _pair(row)} for row in named_hospitals(analysis, named)]


def _pair(row: Row) -> Word:
    return Word(f"{row['hospital'].zh}·{row['group_name'].zh}", f"{row['hospital'].en}: {row['group_name'].en}")


def _known(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["difference"] is not None]


def _hospitals(grouping: Grouping, rows: Sequence[Row]) -> Table:
    chart = Chart(Drawing.BALANCE, word("balance_hospital"), ("hospital",), ("difference",), top=40)
    return _table(
        f"{grouping.id}-balance-hospitals", "balance_hospital", (column("hospital"),), rows, "no_hospitals", chart
    )


def _groups(grouping: Grouping, losses: Ranking, gains: Ranking) -> tuple[Table, Table]:
    who = (column("hospital"), column("group"), column("group_name"))
    no_losses, no_gains = ("no_losses", "no_gains") if "hospital_group" in grouping.by else ("no_pairs", "no_pairs")
    loss = Chart(Drawing.BALANCE, word("balance_loss"), ("hospital", "group_name"), ("difference",), top=IN_THE_CHART)
    gain = Chart(Drawing.BALANCE, word("balance_gain"), ("hospital", "group_name"), ("difference",), top=IN_THE_CHART)
    shown, over, under = GROUPS_ON_THE_PAGE, losses.rows, gains.rows
    return (
        _table(f"{grouping.id}-losses", "balance_loss", who, over, no_losses, loss, notes=losses.note, shown=shown),
        _table(f"{grouping.id}-gains", "balance_gain", who, under, no_gains, gain, notes=gains.note, shown=shown),
    )


def _departments(analysis: Analysis, grouping: Grouping) -> tuple[Table, ...]:
    if grouping.by.get("dept") is None:
        return ()
    fewest = analysis.limits.pair_cases
    rows = [row for row in _known(rows_of(grouping.by["dept"])) if row["difference"] < 0 and row["dept"] is not None]
    named = [{**row, "dept": _dept(analysis, row)} for row in rows if row["n"] >= fewest]
    rows = ordered(named_hospitals(analysis, named), "difference", "code_of_hospital")
    who, shown = (column("hospital"), column("dept")), DEPARTMENTS_ON_THE_PAGE
    id_, notes = f"{grouping.id}-departments", (few_note(fewest),)
    return (_table(id_, "balance_dept", who, rows, "no_losses", notes=notes, shown=shown),)


def _dept(analysis: Analysis, row: Row) -> Word:
    return analysis.names.get(("dept", f"{row['hospital']}:{row['dept']}"), same(row["dept"]))


def _table(
    id_: str,
    title: str,
    who: Sequence[Column],
    rows: Sequence[Row],
    empty: str,
    *charts: Chart,
    notes: tuple[Word, ...] = (),
    shown: int = ON_THE_PAGE,
) -> Table:
    measures, merged_notes = merged(BALANCE, rows)
    columns = (*who, *measures)
    values = tuple(tuple(row[each.id] for each in columns) for row in rows)
    said = (word("difference_note"), *notes, *merged_notes) if rows else ()
    return Table(id_, word(title), columns, values, word(empty), said, charts if rows else (), shown)


# Words


def _hospital_words(rows: Sequence[Row]) -> tuple[Word, ...]:
    losses, gains = [row for row in rows if row["difference"] < 0], [row for row in rows if row["difference"] > 0]
    if not rows:
        return ()
    over, under = -(total(losses, "difference") or Decimal(0)), total(gains, "difference") or Decimal(0)
    counted = Word(
        f"{count(len(rows))} 家医院中，{count(len(losses))} 家费用高于区域均值，合计高出 {wan(over)} 万元；"
        f"{count(len(gains))} 家低于均值，合计低 {wan(under)} 万元。",
        f"Of {count(len(rows))} hospitals, {count(len(losses))} lie above the region's mean,"
        f" by {wan(over)} (×10,000 CNY); {count(len(gains))} lie below it, by {wan(under)}.",
    )
    return (counted, *(_largest_loss(row) for row in losses[:1]))


def _largest_loss(row: Row) -> Word:
    name, over, rate = row["hospital"], wan(-row["difference"]), percent(-row["difference_rate"])
    cases = count(row["cost_cases"])
    return Word(
        f"高出最多的是{name.zh}：{over} 万元，为其均值费用的 {rate}（{cases} 例）。",
        f"The furthest above is {name.en}: {over} (×10,000 CNY), {rate} of its fee at the norm ({cases} cases).",
    )


def _pair_words(losses: Ranking) -> tuple[Word, ...]:
    if not losses.rows:
        return ()
    names = listed([row["pair"] for row in losses.rows[:3]])
    first = losses.rows[:GROUPS_ON_THE_PAGE]
    part = percent(share(total(first, "difference"), losses.difference))
    return (
        Word(
            f"按医院和病组细分，{count(losses.of)} 项高于均值，居前的是{names.zh}；"
            f"前 {len(first)} 项占全部高出额的 {part}。",
            f"By hospital and group, {count(losses.of)} lie above the norm, first {names.en};"
            f" the first {len(first)} make {part} of the excess.",
        ),
    )
