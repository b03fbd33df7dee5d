"""What the casebook shows of charge lines (明细标准): standards, the profile by day, and what makes a group dear."""

from datetime import date
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.progress import Progress
from yiheng.norms.items.build import standard_table
from yiheng.norms.items.days import Profile, profile
from yiheng.norms.items.drivers import drivers
from yiheng.norms.items.gather import gather
from yiheng.norms.items.months import line_files
from yiheng.norms.items.roster import roster
from yiheng.norms.items.rules import RULES, rules_of
from yiheng.policy.loader import scheme
from yiheng.reports.casebook.book import Items, Row, by_key
from yiheng.tables.snapshot import Snapshot

# Items of a group and hospital that are kept as what makes it dear.
_DRIVERS = 5


def gather_items(snapshot: Snapshot, cases: ir.Table, day: date, cases_least: int, progress: Progress) -> Items | None:
    """From the charge lines of these cases, which have their group in `group`; None where none of them has any."""
    if "lines" not in snapshot.commit.tables:
        return None
    rules, months = rules_of(scheme(RULES), day), line_files(snapshot)
    of_year = {month: files for month, files in months.items() if month.startswith(f"{day.year}")}
    if not of_year:
        return None
    found = gather(snapshot, roster(snapshot.backend, cases, "group"), of_year, progress)
    table = standard_table(found, rules, progress)
    return Items(
        standards=by_key(table.filter(table.standard).to_pyarrow(), "group"),
        days=_days(profile(snapshot, found, of_year, rules, progress)),
        drivers=by_key(drivers(found, cases_least, _DRIVERS), "hospital", "group"),
    )


def _days(its: Profile) -> dict[Any, tuple[Row, ...]]:
    """The days of each group, with the names of the items of their path."""
    names: dict[tuple[str, int], list[str]] = {}
    for row in its.path.filter(its.path["in_path"]).to_pylist():
        names.setdefault((row["group"], row["day"]), []).append(row["item_name"] or row["item_code"])
    rows = its.days.select(["group", "day", "present", "amount", "amount_per_present"])
    named = [
        "、".join(names.get(key, [])) or None
        for key in zip(rows["group"].to_pylist(), rows["day"].to_pylist(), strict=True)
    ]
    return by_key(rows.append_column("items", pa.array(named, pa.string())), "group")
