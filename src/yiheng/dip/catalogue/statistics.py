"""Sufficient statistics (充分统计量): counts and sums by combination and year, all that a catalogue is made of.

Those of two halves of the cases simply add up. Sums are exact: whole fen, days, and squares of fen.
"""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.dip.catalogue import caseset
from yiheng.dip.catalogue.keycolumns import with_keys
from yiheng.dip.plan import Plan
from yiheng.tables.amounts import fen_column

KEYS = ("core_key", "dx_icd", "proc_icd", "extra", "year")
SUMS = ("n", "fee", "square", "drug_cases", "drug", "material_cases", "material", "los_cases", "los")
_WIDE = ibis.dtype("decimal(38, 0)")
STATISTICS = pa.schema(
    [("core_key", pa.string()), ("dx_icd", pa.bool_()), ("proc_icd", pa.bool_()), ("extra", pa.string()),
     ("year", pa.int16())]
    + [(name, _WIDE.to_pyarrow() if name == "square" else pa.int64()) for name in (*SUMS, "least", "most")]
)  # fmt: skip


def entering(cases: ir.Table, plan: Plan) -> ir.Table:
    """The cases that a catalogue is made of, narrow: KEYS and amounts in whole fen."""
    kept = cases.filter(caseset.left_out(cases, plan).isnull())
    keyed = with_keys(kept, plan.lengths, plan.choice["combination"])
    return keyed.select(
        "core_key", "dx_icd", "proc_icd", "year",
        extra=caseset.extra_group(keyed, plan), fen=caseset.fee(keyed, plan), drug=fen_column(keyed.drug_fee),
        material=fen_column(keyed.material_fee), days=keyed.los.cast("int64"),
    )  # fmt: skip


def statistics(narrow: ir.Table, keys: tuple[str, ...] = KEYS) -> ir.Table:
    """One row for each of the keys: cases, fees (fen), their squares, drugs, materials, days, least and largest fee."""
    # Wide enough that the product is wide too.
    fen = narrow.fen.cast("decimal(19, 0)")
    squared = narrow.mutate(square=(fen * fen).cast(_WIDE))
    return squared.group_by(list(keys)).agg(
        n=squared.count(),
        fee=_total(squared.fen),
        square=squared.square.sum().cast(_WIDE),
        drug_cases=squared.drug.count(),
        drug=_total(squared.drug),
        material_cases=squared.material.count(),
        material=_total(squared.material),
        los_cases=squared.days.count(),
        los=_total(squared.days),
        least=squared.fen.min(),
        most=squared.fen.max(),
    )


def merged(table: ir.Table, keys: tuple[str, ...] = KEYS) -> ir.Table:
    """Statistics of several shards, one under the other, as those of all; by default with the same keys."""
    return table.group_by(list(keys)).agg(
        **{name: table[name].sum().cast(_WIDE if name == "square" else "int64") for name in SUMS},
        least=table.least.min(),
        most=table.most.max(),
    )


def _total(column: ir.IntegerValue) -> ir.IntegerValue:
    return column.sum().cast("int64").fill_null(ibis.literal(0, "int64"))
