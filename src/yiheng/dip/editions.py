"""Editions of codes (编码版本): whether a case's codes are of ICD."""

import numpy as np
import pyarrow as pa

from yiheng.codes.keys import is_icd


def icd_flags(column: pa.Array | None, count: int) -> np.ndarray:
    """Whether the codes of each case are of an ICD edition; a case that names none uses ICD."""
    if column is None or pa.types.is_null(column.type):
        return np.ones(count, np.bool_)
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    known = np.array([is_icd(text) for text in coded.dictionary.to_pylist()] + [True], np.bool_)
    return np.asarray(known[coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)])
