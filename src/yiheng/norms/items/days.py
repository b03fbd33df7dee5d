"""The standard care path (标准诊疗路径): day by day, who is there, what it comes to, and what most are given.

A case is present from day 1 to its length of stay, or to the last day on which it was given anything. The path of a day
are the items that the declared share of the cases present use on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from yiheng.base.progress import Progress, Silent
from yiheng.norms.items.dayuses import DAY_ITEM, day_case_sums, day_item_sums, day_marks, stay_sums
from yiheng.norms.items.gather import Gathered, own_file
from yiheng.norms.items.months import Months, in_parts, lines_of
from yiheng.norms.items.rules import Rules
from yiheng.norms.items.uses import net, total
from yiheng.norms.statistic import ratio
from yiheng.tables.amounts import QUANTITY, YUAN, quantity_array, yuan_array
from yiheng.tables.contract import contract
from yiheng.tables.engine import held, quoted
from yiheng.tables.snapshot import Snapshot

CATEGORIES = tuple(name.removeprefix("fee_") for name in contract("cases").schema.names if name.startswith("fee_"))
OTHER = "other"
DAYS = pa.schema(
    [
        ("group", pa.string()),
        ("day", pa.int32()),
        ("present", pa.int64()),
        ("using", pa.int64()),
        ("amount", YUAN),
        *((f"amount_{name}", YUAN) for name in (*CATEGORIES, OTHER)),
        ("amount_per_present", pa.float64()),
        ("path_items", pa.int64()),
    ]
)
PATH = pa.schema(
    [
        ("group", pa.string()),
        ("day", pa.int32()),
        ("item_code", pa.string()),
        ("item_name", pa.string()),
        ("category", pa.string()),
        ("kind", pa.string()),
        ("present", pa.int64()),
        ("using", pa.int64()),
        ("use_share", pa.float64()),
        ("quantity", QUANTITY),
        ("amount", YUAN),
        ("place", pa.int64()),
        ("in_path", pa.bool_()),
    ]
)
KEYS = {"items": list(DAY_ITEM), "cases": ["group_no", "day_no"], "stays": ["group_no", "stay"]}


@dataclass(frozen=True)
class Profile:
    """Day by day: `days` has the columns DAYS, one row a group and day; `path` PATH, in order of group, day, place."""

    days: pa.Table
    path: pa.Table


def profile(
    snapshot: Snapshot, found: Gathered, months: Months, rules: Rules, progress: Progress | None = None
) -> Profile:
    """The day-by-day profile of a roster's groups; `found` needs only to name the items (`gather.named`)."""
    files: dict[str, list[Path]] = {kind: [] for kind in KEYS}
    told = progress or Silent()
    parts = in_parts(months)
    told.step("days of stay", len(parts))
    for lines in lines_of(snapshot, parts):
        _add(found, lines, rules.days, files)
        told.advance(1)
    read = found.backend.read_parquet
    return _profile(found, {kind: _added(read([str(path) for path in files[kind]]), kind) for kind in KEYS}, rules)


def _add(found: Gathered, lines: ir.Table, days: int, files: dict[str, list[Path]]) -> None:
    """The sums of some lines into files."""
    backend, cases = found.backend, found.roster.cases
    used = net(lines, cases, found.items, "day_no")
    marks = backend.create_table(ibis.util.gen_name("marks"), day_marks(used), temp=True)
    sums = {
        "items": day_item_sums(marks, cases, days),
        "cases": day_case_sums(marks, cases, days),
        "stays": stay_sums(marks, cases, days),
    }
    for kind, table in sums.items():
        path = own_file(backend, kind)
        backend.raw_sql(f"COPY ({backend.compile(table)}) TO {quoted(str(path))} (FORMAT parquet)")
        files[kind].append(path)
    backend.raw_sql(f"DROP TABLE {marks.get_name()}")


def _added(sums: ir.Table, kind: str) -> ir.Table:
    others = [name for name in sums.columns if name not in KEYS[kind]]
    return sums.group_by(KEYS[kind]).agg(**{name: total(sums[name]) for name in others})


def _profile(found: Gathered, sums: dict[str, ir.Table], rules: Rules) -> Profile:
    groups = found.roster.groups
    present = _present(sums["stays"].to_pyarrow(), len(groups), rules.days)
    there = _held(found, present, rules)
    items = found.backend.create_table(ibis.util.gen_name("items"), sums["items"], temp=True)
    path = _path(found, items, there, rules)
    return Profile(_days(found, items, sums["cases"].to_pyarrow(), present, path), path)


def _present(stays: pa.Table, groups: int, days: int) -> np.ndarray:
    """Cases present by group and day (from 1; column 0 is not used)."""
    ending = np.zeros((groups, days + 1), np.int64)
    np.add.at(ending, (stays["group_no"].to_numpy(), stays["stay"].to_numpy()), stays["cases"].to_numpy())
    present: np.ndarray = ending[:, ::-1].cumsum(axis=1)[:, ::-1]
    return present


def _held(found: Gathered, present: np.ndarray, rules: Rules) -> ir.Table:
    """group_no, day_no, present, and the using cases from which an item is in the path; none where cases are few."""
    group, day = np.nonzero(present[:, 1:])
    count = present[group, day + 1]
    least = _at_least(rules.day_use_share, count)
    table = {"group_no": pa.array(group, pa.int32()), "day_no": pa.array(day + 1, pa.int16()), "present": count}
    return held(found.backend, pa.table(table | {"least": least, "enough": count >= rules.cases}))


def _at_least(share: Fraction, wholes: np.ndarray) -> np.ndarray:
    least: np.ndarray = -(-share.numerator * wholes // share.denominator)
    return least


def _path(found: Gathered, items: ir.Table, there: ir.Table, rules: Rules) -> pa.Table:
    """The items of the path and those most used, ties by code."""
    its = items.filter(items.using > 0).inner_join(there, ["group_no", "day_no"])
    order = ibis.window(group_by=[its.group_no, its.day_no], order_by=[its.using.desc(), its.item_no])
    ranked = its.mutate(place=ibis.row_number().over(order) + 1, in_path=its.enough & (its.using >= its.least))
    listed = ranked.filter(ranked.in_path | (ranked.place <= rules.day_items))
    rows = listed.order_by(["group_no", "day_no", "place"]).to_pyarrow()
    named = found.names.take(rows["item_no"].combine_chunks())
    columns = {
        "group": pa.array(found.roster.groups).take(rows["group_no"].combine_chunks()),
        "day": rows["day_no"].cast(pa.int32()),
        **{name: named[name] for name in ("item_code", "item_name", "category", "kind")},
        **{name: rows[name].cast(pa.int64()) for name in ("present", "using", "place")},
        "use_share": ratio(rows["using"].to_numpy(), rows["present"].to_numpy()),
        "quantity": quantity_array(rows["quantity"].to_numpy()),
        "amount": yuan_array(rows["used"].to_numpy()),
        "in_path": rows["in_path"],
    }
    return pa.table([columns[name] for name in PATH.names], schema=PATH)


def _days(found: Gathered, items: ir.Table, users: pa.Table, present: np.ndarray, path: pa.Table) -> pa.Table:
    """DAYS: every day on which a case is present."""
    groups = found.roster.groups
    group, day = np.nonzero(present[:, 1:])
    using = np.zeros_like(present)
    using[users["group_no"].to_numpy(), users["day_no"].to_numpy()] = users["using"].to_numpy()
    amounts = _amounts(found, items, present.shape)
    whole = np.sum(list(amounts.values()), axis=0)[group, day + 1]
    count = present[group, day + 1]
    columns: dict[str, pa.Array] = {
        "group": pa.array(groups).take(pa.array(group)),
        "day": pa.array(day + 1, pa.int32()),
        "present": pa.array(count),
        "using": pa.array(using[group, day + 1]),
        "amount": yuan_array(whole),
        "amount_per_present": ratio(whole, count * 100),
        "path_items": pa.array(_path_items(path, groups, present.shape)[group, day + 1]),
    }
    columns |= {f"amount_{name}": yuan_array(its[group, day + 1]) for name, its in amounts.items()}
    return pa.table([columns[name] for name in DAYS.names], schema=DAYS)


def _amounts(found: Gathered, items: ir.Table, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Fen by category, group and day; `other` is what has none of the categories."""
    named = found.names["category"].to_pylist()
    of_item = np.array([CATEGORIES.index(name) if name in CATEGORIES else len(CATEGORIES) for name in named])
    rows = items.select(*DAY_ITEM, "amount").to_pyarrow()
    amounts = np.zeros((len(CATEGORIES) + 1, *shape), np.int64)
    where = (of_item[rows["item_no"].to_numpy()], rows["group_no"].to_numpy(), rows["day_no"].to_numpy())
    np.add.at(amounts, where, rows["amount"].to_numpy())
    return dict(_by_name(amounts))


def _by_name(amounts: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    return zip((*CATEGORIES, OTHER), amounts, strict=True)


def _path_items(path: pa.Table, groups: list[str], shape: tuple[int, ...]) -> np.ndarray:
    number = {name: place for place, name in enumerate(groups)}
    found = np.zeros(shape, np.int64)
    for row in path.select(["group", "day", "in_path"]).to_pylist():
        found[number[row["group"]], row["day"]] += row["in_path"]
    return found
