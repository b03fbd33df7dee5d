"""Amounts in columns become whole fen and come back exactly."""

from decimal import Decimal

import numpy as np
import pyarrow as pa

from yiheng.tables.amounts import fen_column, yuan_array
from yiheng.tables.engine import engine

YUAN = ["0.00", "0.01", "-0.01", "1234.56", "9999999999999999.99", "-9999999999999999.99"]
FEN = [0, 1, -1, 123456, 10**18 - 1, 1 - 10**18]


def test_yuan_become_fen() -> None:
    fees = pa.array([*map(Decimal, YUAN), None], pa.decimal128(18, 2))
    with engine() as backend:
        backend.con.register("fees", pa.table({"n": range(len(fees)), "fee": fees}))
        found = backend.table("fees")
        fen = backend.to_pyarrow(found.select("n", fen=fen_column(found.fee)).order_by("n"))["fen"]
    assert fen.type == pa.int64()
    assert fen.to_pylist() == [*FEN, None]


def test_fen_become_yuan() -> None:
    yuan = yuan_array(np.array(FEN))
    assert yuan.type == pa.decimal128(18, 2)
    assert list(map(str, yuan.to_pylist())) == YUAN
