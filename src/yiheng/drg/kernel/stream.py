"""Grouping as a stream (流式入组): what of a case is read, what is written of it, and what groups the batches."""

import pyarrow as pa

from yiheng.drg.case import NEEDED
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.result import RESULT, WORDS
from yiheng.tables.stream import Stream, Work

GROUPING = Stream(needed=NEEDED, coded=("dx", "proc"), result=RESULT, words=WORDS, counted="status")


def grouper_of(rules: Compiled) -> Work:
    """What groups batches by a compiled pack, ready for work: the results of the cases in their order."""
    # Its compiler is slow to load: pieces are read meanwhile.
    from yiheng.drg.kernel.batch import Grouper

    group = Grouper(rules).group
    group(pa.RecordBatch.from_pylist([], schema=pa.schema([])))
    return group
