"""Charts (图表): what the page's script needs to draw them; the numbers are those of the chart's table."""

from collections.abc import Sequence
from typing import Any

from yiheng.base.words import Word
from yiheng.reports.figures import Value, rounded, shown
from yiheng.reports.shape import Chart, Report, Table, same


def chart_data(report: Report) -> dict[str, Any]:
    """For each chart by its element's id: labels, numbers, and the same numbers as the table shows them."""
    return {
        chart_id(table, place): _drawn(table, chart)
        for table in report.tables
        for place, chart in enumerate(table.charts)
    }


def chart_id(table: Table, place: int) -> str:
    """The id of a chart's element on the page."""
    return f"chart-{table.id}-{place}"


def _drawn(table: Table, chart: Chart) -> dict[str, Any]:
    rows = table.rows[: chart.top]
    return {
        "drawing": chart.drawing,
        "labels": [_label([row[table.position(name)] for name in chart.label]) for row in rows],
        "series": [_series(table, name, rows) for name in chart.values],
        "size": _series(table, chart.size, rows) if chart.size else None,
    }


def _label(values: Sequence[Value]) -> dict[str, str]:
    words = [value if isinstance(value, Word) else same(str(value)) for value in values]
    return {"zh": "·".join(each.zh for each in words), "en": ": ".join(each.en for each in words)}


def _pair(text: Word) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _series(table: Table, name: str, rows: Sequence[tuple[Value, ...]]) -> dict[str, Any]:
    place = table.position(name)
    column, values = table.columns[place], [row[place] for row in rows]
    numbers = [None if value is None or isinstance(value, str | Word) else value for value in values]
    return {
        "name": _pair(column.title),
        "kind": column.kind,
        "unit": _pair(column.unit) if column.unit else None,
        "values": [None if number is None else float(rounded(number, column.kind)) for number in numbers],
        "shown": [shown(number, column.kind) for number in numbers],
    }
