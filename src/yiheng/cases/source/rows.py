"""Rows (数据行): what every source gives, batch by batch, whatever kind of file it is."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from yiheng.cases.finding import Finding

# At most so many rows at a time, and fewer where they are wide: the Python texts of a batch stay below 0.1 GiB.
ROWS = 50_000
_CELLS = 1_000_000


@dataclass(frozen=True)
class Rows:
    """Some rows of a source: the wanted columns as text, the number of each row, and rows that are no rows.

    `numbers` are 1-based data rows; the broken ones have numbers of their own and are not in `table`. `hazards` are
    cells of rows in `table` that the program which kept the file may have changed (Excel only).
    """

    table: pa.Table
    numbers: np.ndarray
    broken: list[Finding] = field(default_factory=list)
    hazards: list[Finding] = field(default_factory=list)


def rows_at_once(width: int) -> int:
    """How many rows of `width` cells are kept as Python texts at a time."""
    return max(1, min(ROWS, _CELLS // max(1, width)))
