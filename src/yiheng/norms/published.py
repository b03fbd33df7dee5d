"""Published weights (发布权重): the case mix of hospitals by weights that somebody gives, beside the region's own."""

from collections import defaultdict
from decimal import Decimal

import pyarrow as pa

from yiheng.norms.statistic import rounded

WEIGHTS = ("group", "rw")
SCHEMA = pa.schema(
    [("hospital", pa.string()), ("pack_weight_cases", pa.int64()),
     ("pack_weight", pa.float64()), ("pack_cmi", pa.float64())]
)  # fmt: skip


def published(cells: pa.Table, weights: pa.Table) -> pa.Table:
    """The case mix of each hospital, columns of SCHEMA, in order of the hospitals.

    `cells` has hospital, group (null: in none) and n, `weights` the columns of WEIGHTS (text, decimal), a group once.
    Cases whose group has no weight are left out of cases and sum alike; the index is null where no case is left. 12
    significant digits.
    """
    by_group: dict[str | None, Decimal] = dict(zip(*weights.select(WEIGHTS).to_pydict().values(), strict=True))
    cases, sums = defaultdict[str, int](int), defaultdict[str, Decimal](Decimal)
    for row in cells.select(["hospital", "group", "n"]).to_pylist():
        weight = by_group.get(row["group"])
        cases[row["hospital"]] += 0 if weight is None else row["n"]
        sums[row["hospital"]] += (weight or 0) * row["n"]
    rows = [_row(hospital, cases[hospital], sums[hospital]) for hospital in sorted(cases)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(hospital: str, cases: int, weight: Decimal) -> dict[str, object]:
    index = rounded(float(weight / cases)) if cases else None
    return {"hospital": hospital, "pack_weight_cases": cases, "pack_weight": rounded(float(weight)), "pack_cmi": index}
