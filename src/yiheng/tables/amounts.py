"""Amounts in columns (金额列): decimal yuan to whole fen on the way in, and back on the way out."""

from decimal import Decimal

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def fen_column(yuan: ir.DecimalValue) -> ir.IntegerValue:
    """A decimal(18,2) column as int64 fen."""
    return (yuan.cast("decimal(20,2)") * 100).cast("int64")


def fen_array(yuan: pa.Array) -> np.ndarray:
    """decimal(18,2) yuan without nulls as int64 fen."""
    return np.asarray(pc.multiply(yuan, pa.scalar(Decimal(100), pa.decimal128(3, 0))).cast(pa.int64()))


def yuan_array(fen: np.ndarray) -> pa.Array:
    """int64 fen as decimal(18,2) yuan."""
    whole = pa.array(fen, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))).cast(pa.decimal128(18, 2))
