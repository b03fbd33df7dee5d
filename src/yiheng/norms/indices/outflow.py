"""Outflow (患者外流): residents' cases by home, group or disease, and place; the share treated elsewhere.

Elsewhere: in another area (county) than the home; and, where the region's areas are known, outside the region.
"""

from collections.abc import Collection, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.norms.facts import with_unit
from yiheng.norms.indices.diagnosis import DIAGNOSIS
from yiheng.norms.statistic import ratio
from yiheng.norms.sums import ordered, total
from yiheng.tables.amounts import yuan_array

GROUP = "group"
UNITS = {
    "region": ("region",), "home": ("home",), "group": (GROUP,), "home_group": ("home", GROUP),
    "diagnosis": (DIAGNOSIS,), "home_diagnosis": ("home", DIAGNOSIS),
}  # fmt: skip
PLACES = {
    "place": ("home", "area", "county"),
    "group_place": ("home", GROUP, "area", "county"),
    "diagnosis_place": ("home", DIAGNOSIS, "area", "county"),
}


def flows(facts: ir.Table, region: Collection[str] = (), of: str = GROUP) -> ir.Table:
    """home, `of`, area, county, and of each n, fee_cases, fee (fen).

    Cases with a known home, of the region's areas if given; `of` is GROUP or DIAGNOSIS, a column of `facts`.
    """
    kept = facts.filter(facts.home.notnull())
    if region:
        kept = kept.filter(kept.home.isin(sorted(region)))
    return kept.group_by(["home", of, "area", "county"]).agg(
        n=kept.count(), fee_cases=kept.fee.count(), fee=total(kept.fee)
    )


def outflow(table: ir.Table, by: str, region: Collection[str] = ()) -> pa.Table:
    """By one of UNITS: how many of the residents' cases were treated elsewhere, and what they cost; in order.

    `table` are `flows`, or those of several shards, one under the other.

    - n: residents' cases; placed: those whose hospital's area is known; outside: of these in another area
    - outside_region: of these in no area of the region, null where the region's areas are not known; shares of placed
    - fee, outside_fee: yuan, of the placed cases; outside_fee_share
    By one of PLACES: n and fee of each home and place. What is by disease is of flows by DIAGNOSIS.
    """
    if by not in UNITS and by not in PLACES:
        raise Refusal("is no such unit", column="--by", value=by, cure=f"one of: {', '.join((*UNITS, *PLACES))}")
    if by in PLACES:
        return _by_place(table, PLACES[by])
    return _shares(_counted(with_unit(table, UNITS[by]), UNITS[by], region), UNITS[by], bool(region))


def _counted(table: ir.Table, unit: Sequence[str], region: Collection[str]) -> pa.Table:
    placed, elsewhere = table.area.notnull(), (table.area != table.home).fill_null(False)
    beyond = placed & ~table.area.isin(sorted(region)) if region else ibis.literal(False)
    found = table.group_by(list(unit)).agg(
        n=total(table.n),
        placed=total(table.n, placed),
        outside=total(table.n, elsewhere),
        outside_region=total(table.n, beyond),
        fee=total(table.fee, placed),
        outside_fee=total(table.fee, elsewhere),
    )
    return ordered(found, unit).to_pyarrow().combine_chunks()


def _shares(found: pa.Table, unit: Sequence[str], has_region: bool) -> pa.Table:
    its = {name: found[name].to_numpy() for name in found.column_names if name not in unit}
    columns = {name: found[name] for name in (*unit, "n", "placed", "outside")}
    columns["outside_share"] = ratio(its["outside"], its["placed"])
    columns["outside_region"] = _or_null(its["outside_region"], has_region)
    columns["outside_region_share"] = ratio(its["outside_region"], its["placed"] * has_region)
    columns["fee"], columns["outside_fee"] = yuan_array(its["fee"]), yuan_array(its["outside_fee"])
    columns["outside_fee_share"] = ratio(its["outside_fee"], its["fee"])
    return pa.table(columns)


def _or_null(values: np.ndarray, known: bool) -> pa.Array:
    """Whole numbers, or all null."""
    array = pa.array(values, pa.int64())
    return array if known else pa.nulls(len(array), pa.int64())


def _by_place(table: ir.Table, keys: Sequence[str]) -> pa.Table:
    found = table.group_by(list(keys)).agg(n=total(table.n), fee_cases=total(table.fee_cases), fee=total(table.fee))
    whole = ordered(found, keys).to_pyarrow().combine_chunks()
    return whole.set_column(whole.column_names.index("fee"), "fee", yuan_array(whole["fee"].to_numpy()))
