"""What an item is called (项目名称): of the names, categories and kinds in its lines each time the most frequent."""

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

TREATMENT, DRUG, CONSUMABLE = KINDS = ("treatment", "drug", "consumable")
SCHEMA = pa.schema(
    [
        ("item_no", pa.int32()),
        ("item_code", pa.string()),
        ("item_name", pa.string()),
        ("category", pa.string()),
        ("kind", pa.string()),
    ]
)


def item_names(counts: ir.Table) -> pa.Table:
    """SCHEMA, one row an item in order of its code, numbered from 0; from `uses.name_counts`.

    The most frequent by lines, ties by the smallest; null only where no line says it. A kind is `drug` where the line
    says it is a drug, else `consumable` where it says so, `treatment` where it says that it is neither.
    """
    known = counts.filter(counts.item_code.notnull())
    kind = ibis.cases(
        (known.is_drug, DRUG), (known.is_material, CONSUMABLE), (~known.is_drug & ~known.is_material, TREATMENT)
    )
    table = known.mutate(kind=kind)
    items = table.select("item_code").distinct()
    for name in SCHEMA.names[2:]:
        items = items.left_join(_most_frequent(table, name), "item_code").drop("item_code_right")
    found = items.order_by("item_code").to_pyarrow()
    number = pa.array(np.arange(found.num_rows), pa.int32())
    return found.append_column("item_no", number).select(SCHEMA.names).cast(SCHEMA)


def _most_frequent(table: ir.Table, name: str) -> ir.Table:
    said = table.filter(table[name].notnull())
    counted = said.group_by(["item_code", name]).agg(lines=said.lines.sum())
    order = ibis.window(group_by=counted.item_code, order_by=[counted.lines.desc(), counted[name]])
    ranked = counted.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("item_code", name)
