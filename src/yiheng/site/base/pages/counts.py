"""Statistics of a flow (统计) as a page: counts and how long it took; small counts are hidden, never shown as zero."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from yiheng.base.words import Word
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.figures import Figure, rates, times
from yiheng.site.base.flow.sight import counted, visible
from yiheng.site.base.flow.tables import statistics
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.lists import flow_for
from yiheng.site.base.pages.values import label, state_text, text_of
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.texts import pick, say
from yiheng.tables.hiding import HIDDEN, TOTAL

_ALL, _FEW = say("合计", "All"), say("过少，不显示", "too few to show")
_NONE = say("暂无", "none yet")
# Where a count of a table is too few to be shown; the page says what it stands for.
STAR = "＊"


@dataclass(frozen=True)
class Counts:
    """A table of counts: its heads, its lines of text, the first of each what it is of; few: totals alone are shown."""

    title: str
    heads: list[str]
    lines: list[list[str]]
    few: bool = False


@require_safe
def flow_counts(request: HttpRequest, code: str) -> HttpResponse:
    """The counts of a flow; 404 for a flow that says neither by what nor from how many it is counted."""
    flow, actor, now = flow_for(request, code), actor_for(request), now_of(request)
    if not flow.counted_by or flow.least_count is None:
        raise Http404
    items = counted(flow, actor)
    least = 1 if _sees_all(flow, actor, items.count()) else flow.least_count(now)
    found = statistics(flow, items, now, flow.counted_by, least)
    look(actor, "counts", Of(flow.code), now)
    context = {
        "flow": flow, "least": least, "all": str(_ALL), "ended": found.ended, "median": found.median_days,
        "figures": [_share(each) for each in rates(flow, items, least)]
        + [_hours(each) for each in times(flow, items, least)],
        "charts": [_chart_of_states(flow, found.states), _chart_of_months(found.places)],
        "tables": [
            _few(each)
            for each in (
                _states(flow, found.states), *_kinds(flow, found.kinds), *_places(found.places),
                _on_time(flow, found.on_time),
            )
        ],
    }  # fmt: skip
    return render(request, "site/counts.html", context)


def _sees_all(flow: Flow, actor: Actor, count: int) -> bool:
    """Whether the reader sees each of the items whole, and could count them by hand."""
    return visible(flow, actor, ("state",)).filter(seen_all=True).count() == count


def _share(figure: Figure) -> tuple[str, str, str]:
    """A share as it reads: never without its counts."""
    if figure.whole == 0:
        return capfirst(pick(figure.word)), "—", str(_NONE)
    if figure.whole is None or figure.part is None:
        return capfirst(pick(figure.word)), "—", str(_FEW)
    share = (1000 * figure.part + figure.whole // 2) // figure.whole if figure.whole else 0
    return capfirst(pick(figure.word)), f"{share // 10}.{share % 10}%", f"{figure.part:,} / {figure.whole:,}"


def _hours(figure: Figure) -> tuple[str, str, str]:
    if figure.whole == 0:
        return capfirst(pick(figure.word)), "—", str(_NONE)
    if figure.whole is None or figure.hours is None:
        return capfirst(pick(figure.word)), "—", str(_FEW)
    hours = pick(Word(f"{figure.hours:,.1f} 小时", f"{figure.hours:,.1f} h"))
    return capfirst(pick(figure.word)), hours, pick(Word(f"{figure.whole:,} 件的中位数", f"median of {figure.whole:,}"))


def _chart_of_states(flow: Flow, table: pa.Table) -> dict[str, Any]:
    """What the script draws; hidden cells are no bar."""
    shown = [row for row in _rows(table) if row["state"] != TOTAL and not row[HIDDEN]]
    order = list(flow.states)
    shown.sort(key=lambda row: order.index(row["state"]) if row["state"] in order else len(order))
    names = [state_text(flow.code, row["state"]) for row in shown]
    return _bars(str(say("按状态", "By state")), names, [row["items"] for row in shown])


def _chart_of_months(table: pa.Table) -> dict[str, Any]:
    months = [row for row in _rows(table) if row["place"] == TOTAL and row["month"] != TOTAL and not row[HIDDEN]]
    months.sort(key=lambda row: row["month"])
    return _bars(str(say("按月份", "By month")), [row["month"] for row in months], [row["items"] for row in months])


def _bars(title: str, names: list[str], counts: list[int]) -> dict[str, Any]:
    return {
        "title": title,
        "count": len(names),
        "data": json.dumps({"names": names, "counts": counts}, ensure_ascii=False),
    }


def _states(flow: Flow, table: pa.Table) -> Counts:
    order = {state: place for place, state in enumerate([*flow.states, TOTAL])}
    rows = sorted(_rows(table), key=lambda row: order.get(row["state"], len(flow.states)))
    lines = [[_all_or(row["state"], state_text(flow.code, row["state"])), *_counts(row, "items")] for row in rows]
    return Counts(str(say("按状态", "By state")), [str(say("状态", "State")), str(say("件数", "Items"))], lines)


def _kinds(flow: Flow, tables: dict[str, pa.Table]) -> Iterator[Counts]:
    for name, table in tables.items():
        rows = sorted(_rows(table), key=lambda row: _all_last(row["value"]))
        lines = [[_all_or(row["value"], text_of(flow, name, row["value"], {})), *_counts(row, "items")] for row in rows]
        its = label(flow, name)
        yield Counts(pick(Word(f"按{its}", f"By {its}")), [its, str(say("件数", "Items"))], lines)


def _places(table: pa.Table) -> list[Counts]:
    """A line for each place, a column for each month, and all of them at the end of both.

    Where no count of a place and a month is shown it is two tables, of the places and of the months.
    """
    names = dict(Place.objects.values_list("code", "name"))
    cells = {(row["place"], row["month"]): _counts(row, "items")[0] for row in _rows(table)}
    places, months = (sorted({key[part] for key in cells}, key=_all_last) for part in (0, 1))
    heads = [str(say("机构", "Place")), *(_all_or(month, month) for month in months)]
    lines = [
        [_all_or(place, names.get(place, place)), *(cells.get((place, month), "0") for month in months)]
        for place in places
    ]
    if not _is_wall([line[1:-1] for line in lines if line[0] != str(_ALL)]):
        return [Counts(str(say("按机构和月份（件）", "By place and month (items)")), heads, lines)]
    items = str(say("件数", "Items"))
    of_months = [[_all_or(month, month), cells[TOTAL, month]] for month in months]
    return [
        Counts(str(say("按机构", "By place")), [heads[0], items], [[line[0], line[-1]] for line in lines]),
        Counts(str(say("按月份", "By month")), [str(say("月份", "Month")), items], of_months),
    ]


def _few(table: Counts) -> Counts:
    """A table of which no count is shown but totals: these alone."""
    if not _is_wall([line[1:] for line in table.lines if line[0] != str(_ALL)]):
        return table
    return replace(table, lines=[line for line in table.lines if line[0] == str(_ALL) and STAR not in line], few=True)


def _is_wall(lines: list[list[str]]) -> bool:
    """Whether counts are hidden, and none above zero is shown."""
    cells = {cell for line in lines for cell in line}
    return STAR in cells and cells <= {STAR, "0"}


def _all_last(value: str) -> tuple[bool, str]:
    return value == TOTAL, value


def _on_time(flow: Flow, table: pa.Table) -> Counts:
    names = {limit.name: capfirst(pick(limit.word)) for limit in flow.limits}
    heads = [str(say("时限", "Limit")), str(say("已到结论", "Decided")), str(say("按时", "On time"))]
    lines = [
        [_all_or(row["limit"], names.get(row["limit"], row["limit"])), *_counts(row, "decided", "on_time")]
        for row in _rows(table)
    ]
    return Counts(str(say("按时办理", "On time")), heads, lines)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    yield from table.to_pylist()


def _all_or(value: str, text: str) -> str:
    return str(_ALL) if value == TOTAL else text


def _counts(row: dict[str, Any], *names: str) -> list[str]:
    return [STAR if row[HIDDEN] or row[name] is None else f"{row[name]:,}" for name in names]
