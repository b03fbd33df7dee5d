"""Departures from the standard (标准偏离): what a case lacks, what it has beside the standard, and what that comes to.

Kinds: `missing` a standard item it has not; `beyond` an item that is none of the standard's; `more` a quantity over the
standard's; `category` and `day` an amount far from the group's mean; `missing_on_day` an item of the care path that a
day lacks. `amount` is what the case has above the standard, below it negative. A departure is a question, no finding.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yiheng.base.progress import Progress, Silent
from yiheng.norms.items.departing import KINDS, MORE, by_category, by_day, by_item
from yiheng.norms.items.gather import own_file
from yiheng.norms.items.measure import Measure, scaled
from yiheng.norms.items.months import Months, in_parts, lines_of
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.rules import Rules
from yiheng.norms.items.uses import net
from yiheng.tables.amounts import QUANTITY, YUAN, quantity_array, yuan_array
from yiheng.tables.engine import held
from yiheng.tables.snapshot import Snapshot

SCHEMA = pa.schema(
    [
        ("hospital", pa.string()),
        ("case_id", pa.string()),
        ("group", pa.string()),
        ("departure", pa.string()),
        ("category", pa.string()),
        ("item_code", pa.string()),
        ("item_name", pa.string()),
        ("kind", pa.string()),
        ("day", pa.int32()),
        ("quantity", QUANTITY),
        ("standard_quantity", QUANTITY),
        ("actual", YUAN),
        ("standard", YUAN),
        ("amount", YUAN),
    ]
)


def departures(
    snapshot: Snapshot, its: Roster, of: Measure, months: Months, rules: Rules, progress: Progress | None = None
) -> ir.Table:
    """SCHEMA, one row a departure of at least `rules.departure`, by part, hospital, case, kind, item and day."""
    told, backend = progress or Silent(), snapshot.backend
    path = own_file(backend, "departures")
    parts = in_parts(months)
    told.step("departures", len(parts))
    people = its.cases.to_pyarrow()
    with pq.ParquetWriter(path, SCHEMA) as file:
        for lines in lines_of(snapshot, parts):
            file.write_table(_named(_of_lines(lines, its, of, rules), its, people, of.names))
            told.advance(1)
    return backend.read_parquet(str(path))


def _of_lines(lines: ir.Table, its: Roster, of: Measure, rules: Rules) -> pa.Table:
    """Rows of numbers, of the cases whose lines these are."""
    return pa.concat_tables([_whole(rows, kind, rules) for kind, rows in _rows(lines, its, of, rules)])


def _rows(lines: ir.Table, its: Roster, of: Measure, rules: Rules) -> Iterator[tuple[str, pa.Table]]:
    backend, cases = of.items.get_backend(), its.cases
    used = backend.create_table(ibis.util.gen_name("used"), net(lines, cases, of.items), temp=True)
    for kind, rows in by_item(used, cases, of, rules):
        yield kind, rows.to_pyarrow()
    categories = held(backend, of.names.select(["item_no", "category"]))
    yield "category", by_category(used, cases, of, rules, categories).to_pyarrow()
    backend.raw_sql(f"DROP TABLE {used.get_name()}")
    by_days = backend.create_table(ibis.util.gen_name("used"), net(lines, cases, of.items, "day_no"), temp=True)
    for kind, rows in by_day(by_days, cases, of, rules):
        yield kind, rows.to_pyarrow()
    backend.raw_sql(f"DROP TABLE {by_days.get_name()}")


def _whole(rows: pa.Table, kind: str, rules: Rules) -> pa.Table:
    """Rows with the kind's place; of `more` the standard is worked out, and what is then too little goes."""
    if kind == MORE:
        parts = [rows[name].to_numpy() for name in ("actual", "standard_quantity", "quantity")]
        standard = pa.array(scaled(*parts), pa.int64())
        rows = rows.set_column(rows.column_names.index("standard"), "standard", standard)
        rows = rows.filter(pc.greater_equal(pc.subtract(rows["actual"], standard), rules.departure))
    return rows.append_column("kind_no", pa.array([KINDS.index(kind)] * rows.num_rows, pa.int8()))


def _named(rows: pa.Table, its: Roster, people: pa.Table, names: pa.Table) -> pa.Table:
    order = [(name, "ascending") for name in ("case_no", "kind_no", "item_no", "category", "day_no")]
    rows = rows.sort_by(order)
    who = people.take(pc.index_in(rows["case_no"], people["case_no"].combine_chunks()))
    item = names.take(rows["item_no"].combine_chunks())
    actual, standard = rows["actual"].to_numpy(), rows["standard"].to_numpy()
    columns = {
        "hospital": who["hospital"],
        "case_id": who["case_id"],
        "group": pa.array(its.groups).take(who["group_no"].combine_chunks()),
        "departure": pa.array(KINDS).take(rows["kind_no"].combine_chunks()),
        "category": pc.coalesce(rows["category"], item["category"]),
        **{name: item[name] for name in ("item_code", "item_name", "kind")},
        "day": rows["day_no"].cast(pa.int32()),
        "quantity": _quantities(rows["quantity"]),
        "standard_quantity": _quantities(rows["standard_quantity"]),
        "actual": yuan_array(actual),
        "standard": yuan_array(standard),
        "amount": yuan_array(actual - standard),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _quantities(parts: pa.ChunkedArray) -> pa.Array:
    """Whole 1/10000 as quantities, null where there are none."""
    found = quantity_array(pc.fill_null(parts, 0).to_numpy())
    return pc.if_else(pc.is_valid(parts).combine_chunks(), found, pa.scalar(None, found.type))
