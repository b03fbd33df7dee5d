"""What is published of units by group (对外公布): counts and means of hospitals, with small cells hidden."""

from collections.abc import Sequence

import ibis.expr.types as ir
import pyarrow as pa

from yiheng.norms.statistic import ratio
from yiheng.norms.sums import merged, ordered
from yiheng.tables.amounts import yuan_array
from yiheng.tables.hiding import hide, with_totals

KEYS = ("hospital", "group")
COUNTS = ("n", "fee_cases", "los_cases")
_SUMS = ("n", "fee_cases", "fee", "los_cases", "los")


def published(sums: ir.Table, minimum: int, viewer: str | None = None, keys: Sequence[str] = KEYS) -> pa.Table:
    """hospital, group, n, fee_cases, fee (yuan), mean_fee, los_cases, los, mean_los, hidden: cells, then their totals.

    `sums` as of `norms.sums.sums` by at least `keys`. A row with fewer cases than `minimum` is hidden, and more where
    it would follow from others (`tables.hiding`); all columns but the keys are null there. The `viewer` is a hospital
    that sees its own rows; None is somebody from outside. A total has the text "all" for its key.
    """
    cells = ordered(merged(sums.select(*keys, *_SUMS), keys), keys).to_pyarrow().select([*keys, *_SUMS])
    whole = with_totals(cells, keys)
    fee, los = whole["fee"].to_numpy(), whole["los"].to_numpy()
    fee_cases, los_cases = whole["fee_cases"].to_numpy(), whole["los_cases"].to_numpy()
    shown = pa.table(
        {name: whole[name] for name in (*keys, "n", "fee_cases")}
        | {"fee": yuan_array(fee), "mean_fee": ratio(fee, fee_cases * 100)}
        | {"los_cases": los_cases, "los": los, "mean_los": ratio(los, los_cases)}
    )
    return hide(shown, keys, COUNTS, minimum, None if viewer is None else (keys[0], viewer))
