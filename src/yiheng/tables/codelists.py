"""Columns of code lists (编码列表列): which spellings stand where, so that each distinct one is looked up once."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa


class CodeLists(NamedTuple):
    """The codes of case i are those at `places[starts[i]:ends[i]]` of `texts`; a null code is at their end.

    All numbers are of one form, whoever made them: int32, and only to be read. A kernel is compiled for that form.
    """

    starts: np.ndarray
    ends: np.ndarray
    places: np.ndarray
    texts: pa.Array

    def first(self) -> np.ndarray:
        """The place of each case's first code; that of a null one where it has none."""
        padded = np.append(self.places, len(self.texts))
        return np.where(self.starts < self.ends, padded[self.starts], len(self.texts))


def code_lists(column: pa.Array | None, count: int) -> CodeLists:
    """A column of lists of codes, plain or dictionary-encoded; a null list, or no column, is an empty list."""
    if column is None or pa.types.is_null(column.type):
        nothing = _only_read(np.zeros(count, np.int32))
        return CodeLists(nothing, nothing, _only_read(np.zeros(0, np.int32)), pa.nulls(0, pa.string()))
    offsets = column.offsets.to_numpy()
    values = column.values.slice(offsets[0], offsets[-1] - offsets[0])
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    places = coded.indices.fill_null(len(coded.dictionary)).to_numpy().astype(np.int32, copy=False)
    offsets = offsets - offsets[0] if offsets[0] else offsets
    starts, ends = offsets[:-1], offsets[1:]
    if column.null_count:
        ends = np.where(column.is_valid().to_numpy(zero_copy_only=False), ends, starts)
    return CodeLists(_only_read(starts), _only_read(ends), _only_read(places), coded.dictionary)


def given(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    """A column, where the batch has it."""
    return batch.column(name) if name in batch.schema.names else None


def _only_read(numbers: np.ndarray) -> np.ndarray:
    numbers = numbers.view()
    numbers.flags.writeable = False
    return numbers
