"""The result of a grouping (入组结果): what becomes of a case."""

from dataclasses import dataclass

import pyarrow as pa

GROUPED, AMBIGUOUS, UNGROUPABLE, INVALID = STATUSES = ("grouped", "ambiguous", "ungroupable", "invalid")
OUT = ("status", "mdc", "adrg", "drg", "reason", "severity")
# Few words often repeated, unlike reasons.
WORDS = tuple(name for name in OUT if name != "reason")
# The gravest level of a case's secondary diagnoses that counts, or that none does.
MCC, CC, NONE = SEVERITIES = ("MCC", "CC", "none")
_WORD = pa.dictionary(pa.int32(), pa.string())
RESULT = pa.schema([(name, _WORD if name in WORDS else pa.string()) for name in OUT])


@dataclass(frozen=True)
class Result:
    """What becomes of a case: the columns of an output.

    - severity: one of SEVERITIES; None without a group, and where the pack has no level for any diagnosis
    """

    status: str
    mdc: str | None
    adrg: str | None
    drg: str | None
    reason: str | None
    severity: str | None = None
