"""Amounts in columns (金额列): decimal yuan to whole fen on the way in, and back on the way out."""

from decimal import Decimal

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# What amounts in yuan and quantities are stored as.
YUAN, QUANTITY = pa.decimal128(18, 2), pa.decimal128(18, 4)


def fen_column(yuan: ir.DecimalValue) -> ir.IntegerValue:
    """A decimal(18,2) column as int64 fen."""
    return (yuan.cast("decimal(20,2)") * 100).cast("int64")


def fen_array(yuan: pa.Array) -> np.ndarray:
    """decimal(18,2) yuan without nulls as int64 fen."""
    return np.asarray(pc.multiply(yuan, pa.scalar(Decimal(100), pa.decimal128(3, 0))).cast(pa.int64()))


def fen_or(yuan: pa.Array | None, unknown: int, count: int) -> np.ndarray:
    """decimal(18,2) yuan as int64 fen; `unknown` where it is null, or where there is no column."""
    if yuan is None or pa.types.is_null(yuan.type):
        return np.full(count, unknown, np.int64)
    # A decimal of 18 digits is a whole number of hundredths in its lower 64 bits.
    halves = np.frombuffer(yuan.buffers()[1], np.int64).reshape(-1, 2)[yuan.offset : yuan.offset + len(yuan)]
    known = yuan.is_valid().to_numpy(zero_copy_only=False) if yuan.null_count else True
    return np.where(known, halves[:, 0], unknown)


def parts_array(quantity: pa.Array) -> np.ndarray:
    """decimal(18,4) without nulls as int64 whole 1/10000."""
    return np.asarray(pc.multiply(quantity, pa.scalar(Decimal(10_000), pa.decimal128(5, 0))).cast(pa.int64()))


def yuan_array(fen: np.ndarray) -> pa.Array:
    """int64 fen as decimal(18,2) yuan."""
    whole = pa.array(fen, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))).cast(YUAN)


def quantity_array(parts: np.ndarray) -> pa.Array:
    """int64 whole 1/10000 as decimal(18,4)."""
    whole = pa.array(parts, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.0001"), pa.decimal128(5, 4))).cast(QUANTITY)
