"""What DATA holds and what is open in it (在库数据与未关闭问题): counts over a snapshot."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.cases.summary import open_findings, summary
from yiheng.reports.analysis import Holding
from yiheng.tables.snapshot import Snapshot

_KEY = ["hospital", "case_id"]
OPEN_RULES = pa.schema(
    [("hospital", pa.string()), ("rule", pa.string()), ("zh", pa.string()), ("en", pa.string()),
     ("severity", pa.string()), ("cases", pa.int64()), ("failed", pa.int64())]
)  # fmt: skip
OPEN_MONTHS = pa.schema([("month", pa.string()), ("cases", pa.int64()), ("failed", pa.int64())])


def holdings(snapshot: Snapshot) -> tuple[Holding, ...]:
    """Charge lines, ICU stays, each kind of link, corrected and withdrawn discharges; also where there are none."""
    cases, links = snapshot.table("cases"), snapshot.table("links")
    parts = {
        "lines": snapshot.table("lines"),
        "icu": snapshot.table("icu"),
        "link_same_stay": links.filter(links.kind == "same_stay"),
        "link_mother": links.filter(links.kind == "mother"),
        "corrected": cases.filter(cases.list_version > 1),
        "withdrawn": snapshot.table("withdrawn"),
    }
    return tuple(_holding(term, table) for term, table in parts.items())


def _holding(term: str, table: ir.Table) -> Holding:
    by_case = table.group_by(_KEY).agg(n=ibis._.count())
    row = by_case.agg(rows=by_case.n.sum().fill_null(0), cases=by_case.count()).to_pyarrow().to_pylist()[0]
    return Holding(term, row["rows"], row["cases"])


def open_rules(snapshot: Snapshot) -> pa.Table:
    """How many cases of each hospital break each rule now, columns of OPEN_RULES, in order of hospital and rule."""
    found = summary(snapshot)
    keys = ["hospital", "rule", "zh", "en", "severity"]
    added = found.group_by(keys).aggregate([("failed", "sum")]).rename_columns([*keys, "failed"])
    of = _by(snapshot.table("cases").select("hospital"), "hospital")
    cases = dict(zip(of["hospital"].to_pylist(), of["n"].to_pylist(), strict=True))
    rows = [{**row, "cases": cases[row["hospital"]]} for row in added.to_pylist()]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["hospital"], row["rule"])), schema=OPEN_RULES)


def open_months(snapshot: Snapshot) -> pa.Table:
    """Cases of each month of discharge and those that break any rule now, columns of OPEN_MONTHS, in order of month."""
    cases = snapshot.table("cases")
    months = cases.select(*_KEY, month=cases.discharge_date.strftime("%Y-%m"))
    broken = open_findings(snapshot).select(*_KEY).distinct()
    every, failed = _by(months, "month"), _by(months.semi_join(broken, _KEY), "month")
    counts = dict(zip(failed["month"].to_pylist(), failed["n"].to_pylist(), strict=True))
    rows = [
        {"month": month, "cases": n, "failed": counts.get(month, 0)}
        for month, n in zip(every["month"].to_pylist(), every["n"].to_pylist(), strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=OPEN_MONTHS)


def quarantined(snapshot: Snapshot) -> pa.Table:
    """Quarantined rows that did not come back, by what is wrong with them."""
    bad, closed = snapshot.table("quarantine"), snapshot.table("closed")
    sheet = {"sheet": ibis._.sheet.fill_null("")}
    came_back = closed.select("file", "row", commit="opened", **sheet)
    bad = bad.mutate(**sheet).anti_join(came_back, ["commit", "file", "sheet", "row"])
    keys = ["file", "column", "rule", "reason", "reason_en"]
    return bad.group_by(keys).agg(rows=bad.row.nunique()).order_by(keys).to_pyarrow()


def _by(table: ir.Table, column: str) -> pa.Table:
    return table.group_by(column).agg(n=ibis._.count()).order_by(ibis.asc(column, nulls_first=True)).to_pyarrow()
