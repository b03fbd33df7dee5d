"""Amounts of a result (金额列): whole fen as decimal yuan, unknown where they are not known."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.tables.amounts import yuan_array
from yiheng.tables.contract import contract

MONEY = contract("cases").column("total_fee").type


def money(fen: np.ndarray, known: np.ndarray) -> pa.Array:
    """int64 fen as decimal(18,2) yuan, null where not `known`."""
    return pc.if_else(pa.array(known), yuan_array(fen), pa.scalar(None, MONEY))
