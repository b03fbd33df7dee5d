"""Assignment as a stream (流式入组): what of a case is read, what is written of it, and what assigns the batches."""

from pathlib import Path

import pyarrow as pa

from yiheng.dip.assignment.result import FIGURES, NEEDED, RESULT, WORDS
from yiheng.dip.file import Held
from yiheng.tables.stream import Stream, Work

ID_COLUMNS = ("hospital", "case_id")
USED = (*ID_COLUMNS, *NEEDED)

ASSIGNMENT = Stream(
    needed=("case_id", "dx"),
    coded=("dx", "proc", "dx_edition", "proc_edition"),
    result=RESULT,
    words=(*WORDS, *FIGURES),
    counted="status",
)


def assigner_of(held: Held, digest: str, cache: Path, code_version: str) -> Work:
    """What assigns batches to the groups of a catalogue, ready for work: the results of the cases in their order.

    See `store.stored`.
    """
    # Its compiler is slow to load: pieces are read meanwhile.
    from yiheng.dip.assignment.batch import Assigner
    from yiheng.dip.assignment.store import stored

    assign = Assigner(stored(held, digest, cache, code_version)).assign
    assign(pa.RecordBatch.from_pylist([], schema=pa.schema([])))
    return assign
