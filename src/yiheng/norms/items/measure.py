"""The measure of departures (偏离的尺度): standards in whole numbers, numbered like the cases that are held to them."""

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from yiheng.norms.items.halves import half_up
from yiheng.norms.items.naming import SCHEMA as NAMES
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.rules import Rules
from yiheng.tables.amounts import fen_array, parts_array
from yiheng.tables.engine import held


@dataclass(frozen=True)
class Measure:
    """In the engine, of groups with enough cases for a standard:

    - names: `naming.SCHEMA` of all items that cases or standards name; items: item_no and item_code
    - groups: group_no
    - standard: group_no, item_no, quantity (whole 1/10000 a using case), amount (fen a using case): standard items only
    - categories: group_no, category, mean (fen a case with lines)
    - days: group_no, day_no, mean (fen a case present); path: group_no, day_no, item_no, amount (fen a using case)
    """

    names: pa.Table
    items: ir.Table
    groups: ir.Table
    standard: ir.Table
    categories: ir.Table
    days: ir.Table
    path: ir.Table


def measure(
    backend: Backend, its: Roster, names: pa.Table, standards: pa.Table, days: pa.Table, path: pa.Table, rules: Rules
) -> Measure:
    """From tables with the columns of `standards.SCHEMA`, `days.DAYS` and `days.PATH`; groups not in the roster go."""
    names = _all_names(names, standards)
    codes = names["item_code"].combine_chunks()
    standards, days, path = (_of(its, table) for table in (standards, days, path))
    enough = standards.filter(pc.greater_equal(standards["cases"], rules.cases))
    kept = enough.filter(enough["standard"])
    path = path.filter(path["in_path"])
    tables = {
        "items": names.select(["item_no", "item_code"]),
        "groups": pa.table({"group_no": enough["group_no"].unique()}),
        "standard": _numbered(kept, codes, {
            "quantity": half_up(parts_array(_one(kept["quantity"])), _ints(kept["using"])),
            "amount": half_up(fen_array(_one(kept["amount"])), _ints(kept["using"])),
        }),
        "categories": _categories(enough),
        "days": _day_means(days, rules),
        "path": _numbered(path, codes, {
            "day_no": _one(path["day"]).cast(pa.int16()),
            "amount": half_up(fen_array(_one(path["amount"])), _ints(path["using"])),
        }),
    }  # fmt: skip
    return Measure(names, **{name: held(backend, table) for name, table in tables.items()})


def scaled(amount: np.ndarray, part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """amount x part / whole, half up: what a standard quantity of what a case was charged would have come to."""
    return half_up(amount.astype(object) * part.astype(object), whole)


def _all_names(names: pa.Table, standards: pa.Table) -> pa.Table:
    """The cases' items, then those that only standards have, numbered on."""
    new = standards.filter(pc.invert(pc.is_in(standards["item_code"], names["item_code"].combine_chunks())))
    texts = NAMES.names[1:]
    more = new.select(texts).group_by("item_code").aggregate([(name, "max") for name in texts[1:]])
    more = more.rename_columns({f"{name}_max": name for name in texts[1:]}).select(texts).sort_by("item_code")
    both = pa.concat_tables([names.select(texts), more.cast(names.select(texts).schema)])
    return both.add_column(0, NAMES.field("item_no"), pa.array(np.arange(both.num_rows), pa.int32())).cast(NAMES)


def _of(its: Roster, table: pa.Table) -> pa.Table:
    """The rows of the roster's groups, with group_no."""
    number = pc.index_in(table["group"], pa.array(its.groups, pa.string()))
    return table.append_column("group_no", number.cast(pa.int32())).filter(pc.is_valid(number))


def _numbered(table: pa.Table, codes: pa.Array, columns: dict[str, pa.Array]) -> pa.Table:
    item = pc.index_in(table["item_code"], codes).cast(pa.int32())
    return pa.table({"group_no": table["group_no"], "item_no": item, **columns})


def _categories(enough: pa.Table) -> pa.Table:
    """What a case of the group comes to in each category, on the average."""
    fen = enough.append_column("fen", pa.array(fen_array(_one(enough["amount"])), pa.int64()))
    keyed = fen.filter(pc.is_valid(fen["category"])).group_by(["group_no", "category"])
    sums = keyed.aggregate([("fen", "sum"), ("cases", "max")])
    mean = half_up(_ints(sums["fen_sum"]), _ints(sums["cases_max"]))
    return pa.table({"group_no": sums["group_no"], "category": sums["category"], "mean": mean})


def _day_means(days: pa.Table, rules: Rules) -> pa.Table:
    enough = days.filter(pc.greater_equal(days["present"], rules.cases))
    mean = half_up(fen_array(_one(enough["amount"])), _ints(enough["present"]))
    return pa.table({"group_no": enough["group_no"], "day_no": _one(enough["day"]).cast(pa.int16()), "mean": mean})


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _ints(column: pa.ChunkedArray) -> np.ndarray:
    values: np.ndarray = column.to_numpy()
    return values
