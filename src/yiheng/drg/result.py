"""The result of a grouping (入组结果): what becomes of a case."""

from dataclasses import dataclass

import pyarrow as pa

GROUPED, AMBIGUOUS, UNGROUPABLE, INVALID = STATUSES = ("grouped", "ambiguous", "ungroupable", "invalid")
OUT = ("status", "mdc", "adrg", "drg", "reason")
_WORD = pa.dictionary(pa.int32(), pa.string())
RESULT = pa.schema([(name, pa.string() if name == "reason" else _WORD) for name in OUT])


@dataclass(frozen=True)
class Result:
    """What becomes of a case: the columns of an output."""

    status: str
    mdc: str | None
    adrg: str | None
    drg: str | None
    reason: str | None
