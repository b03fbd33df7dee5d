"""The result of an assignment (入组结果): what is asked of a case, and the columns of what becomes of it."""

import pyarrow as pa

NEEDED = ("dx", "proc", "dx_edition", "proc_edition", "total_fee")
OUT = ("status", "group", "kind", "rw", "points", "reason")
FIGURES = ("rw", "points")
# Few words often repeated, unlike reasons.
WORDS = tuple(name for name in OUT if name not in (*FIGURES, "reason"))
SCHEMA = pa.schema([(name, pa.float64() if name in FIGURES else pa.string()) for name in OUT])
RESULT = pa.schema(
    [(name, pa.dictionary(pa.int32(), pa.string()) if name in WORDS else SCHEMA.field(name).type) for name in OUT]
)
