"""The summary (质量汇总): how many cases of a hospital and month break each rule, counts before shares."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.cases.quality.book import book
from yiheng.cases.quality.frames import SUMS
from yiheng.tables.snapshot import Snapshot

# A finding on a line or an ICU stay holds as long as that row is there.
_BY_ROW = ("lines", "icu")
_KEY = ["hospital", "case_id"]
SCHEMA = pa.schema(
    [
        ("hospital", pa.string()), ("month", pa.int32()), ("rule", pa.string()), ("severity", pa.string()),
        ("zh", pa.string()), ("en", pa.string()), ("cases", pa.int64()), ("failed", pa.int64()),
        ("share", pa.float64()),
    ]
)  # fmt: skip


def open_findings(snapshot: Snapshot) -> ir.Table:
    """The findings that still hold: on the version of a case that DATA has, on lines and ICU stays that are there."""
    findings = snapshot.table("findings")
    cases = snapshot.table("cases").select(*_KEY, "list_version")
    about = {table: [rule.id for rule in book().rules.values() if rule.table == table] for table in (*_BY_ROW, *SUMS)}
    of_rows = [rule for table in _BY_ROW for rule in about[table]]
    of_sums = [rule for table in SUMS for rule in about[table]]
    again = snapshot.table("closed").select("file", "row", commit="opened")
    current = findings.filter(~findings.rule.isin(of_rows)).semi_join(cases, [*_KEY, "list_version"])
    summed = current.filter(current.rule.isin(of_sums)).anti_join(again, ["commit", "file", "row"])
    found = current.filter(~current.rule.isin(of_sums)).union(summed)
    for table in _BY_ROW:
        rows = snapshot.table(table).select(*_KEY, file="source_file", row="source_row")
        found = found.union(findings.filter(findings.rule.isin(about[table])).semi_join(rows, [*_KEY, "file", "row"]))
    return found


def summary(snapshot: Snapshot) -> pa.Table:
    """One row for each hospital, month of discharge (YYYYMM) and rule that some case there breaks; see SCHEMA.

    `cases` counts all cases of the hospital and month, `failed` those that break the rule, `share` is failed / cases.
    """
    cases = snapshot.table("cases")
    months = cases.select(*_KEY, month=(cases.discharge_date.year() * 100 + cases.discharge_date.month()).cast("int32"))
    every = months.group_by(["hospital", "month"]).agg(cases=ibis._.count())
    broken = open_findings(snapshot).select(*_KEY, "rule").distinct().join(months, _KEY)
    counted = broken.group_by(["hospital", "month", "rule"]).agg(failed=ibis._.count())
    whole = counted.join(
        every, [counted.hospital == every.hospital, counted.month.fill_null(0) == every.month.fill_null(0)]
    )
    rows = whole.select("hospital", "month", "rule", "cases", "failed").order_by("hospital", "month", "rule")
    return pa.Table.from_pylist([_told(row) for row in rows.to_pyarrow().to_pylist()], schema=SCHEMA)


def _told(row: dict[str, object]) -> dict[str, object]:
    rule = book().rules[str(row["rule"])]
    share = int(str(row["failed"])) / int(str(row["cases"]))
    return {**row, "severity": rule.severity, "zh": rule.word.zh, "en": rule.word.en, "share": share}
