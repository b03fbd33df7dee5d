"""Combinations in columns (病种组合): their names taken apart into codes, and the treatment class of each."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.dip.catalogue.counted import Counted
from yiheng.dip.keys import AND, ANY, BETWEEN, wide_of
from yiheng.dip.plan import CONSERVATIVE, Plan
from yiheng.dip.treatment import class_of_code


@dataclass(frozen=True)
class Combinations:
    """Counted combinations with their codes.

    `mains[main[c]]` is the diagnosis of combination c; `codes[operations[starts[c]:starts[c + 1]]]` are its operations;
    `classes[treatment[c]]` is its treatment class, the strongest of its operations.
    """

    counted: Counted
    mains: list[str]
    main: np.ndarray
    codes: list[str]
    starts: np.ndarray
    operations: np.ndarray
    classes: list[str]
    treatment: np.ndarray

    @property
    def conservative(self) -> int:
        """The class of combinations without operations."""
        return len(self.classes) - 1

    def chosen(self, places: np.ndarray, plan: Plan) -> "Combinations":
        """Some of them."""
        return self if len(places) == len(self.main) else combinations(self.counted.chosen(places), plan)

    def wides(self, chars: int) -> tuple[list[str], np.ndarray]:
        """The first characters of the diagnoses: the distinct ones, and which is each combination's."""
        pairs, own = distinct(2 * self.main + self.counted.dx_icd)
        texts = [wide_of(self.mains[pair // 2], bool(pair % 2), chars) for pair in pairs.tolist()]
        number = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        return list(number), np.array([number[text] for text in texts], np.int64)[own]


def distinct(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ones of many small numbers, none negative, in order, and the place of each number among them."""
    met = np.zeros(numbers.max(initial=-1) + 1, np.bool_)
    met[numbers] = True
    return np.flatnonzero(met), (np.cumsum(met) - 1)[numbers]


def combinations(counted: Counted, plan: Plan) -> Combinations:
    """The codes and classes of counted combinations."""
    main, joined = _taken_apart(counted.names)
    coded = main.dictionary_encode()
    lists = pc.split_pattern(joined, AND)
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
    operations = lists.flatten().dictionary_encode()
    starts = np.concatenate([[0], np.cumsum(lengths)])
    codes, numbers = operations.dictionary.to_pylist(), operations.indices.to_numpy()
    classes = [*plan.classes, ANY, CONSERVATIVE]
    ranks = np.array(
        [[classes.index(class_of_code(code, icd, plan)) for icd in (False, True)] for code in codes] or [[0, 0]]
    )
    own = np.repeat(np.arange(len(lengths)), lengths)
    treatment = np.full(len(lengths), len(classes) - 1)
    np.minimum.at(treatment, own, ranks[numbers, counted.proc_icd[own].astype(np.int64)])
    return Combinations(
        counted, coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64), codes, starts, numbers,
        classes, treatment,
    )  # fmt: skip


def _taken_apart(names: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The diagnoses and the joined operations of names, null where there are none; see `keys.codes_of`."""
    parts = pc.split_pattern(names, BETWEEN, max_splits=1)
    starts, values = parts.offsets.to_numpy(), parts.values
    alone = np.diff(starts) == 1
    procs = values.take(pa.array(starts[:-1] + 1, mask=alone))
    return values.take(pa.array(starts[:-1])), pc.if_else(pc.equal(procs, ""), pa.scalar(None, pa.string()), procs)
