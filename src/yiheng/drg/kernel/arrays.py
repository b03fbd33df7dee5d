"""A compiled pack (方案编译结果): numbers for the kernel, and what turns them into words again; needs no tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from yiheng.drg.case import WEIGHTS
from yiheng.drg.packs.standing import Standing
from yiheng.drg.result import Result

WEIGHT = WEIGHTS[0]
# Stands for a code of which the pack says nothing.
NO_ENTRY = 0


class Pool(NamedTuple):
    """All parts of a pack as the kernel lays them out, and each range's least and largest number (a row each)."""

    parts: np.ndarray
    limits: np.ndarray


@dataclass(frozen=True)
class Spelled:
    """Codes in normal form and their numbers for the kernel: doubled, plus 1 where the pack's book lacks the code.

    `exact` has every code that the pack names; any other has the number of the longest prefix that it begins with, and
    without one the number `other`. An empty book lacks no code.
    """

    exact: Mapping[str, int]
    prefixes: Mapping[str, int]
    other: int

    def number(self, code: str) -> int:
        found = self.exact.get(code)
        if found is None and self.prefixes:
            heads = (code[:length] for length in range(len(code), 0, -1))
            found = next((self.prefixes[head] for head in heads if head in self.prefixes), None)
        return self.other if found is None else found


@dataclass(frozen=True, eq=False)
class Compiled:
    """A pack as the kernel needs it.

    - standing: which pack it is; findings: what is odd, a line each
    - mdcs: their codes in order; outcomes: the results that rules give out
    - fields: those of GIVEN that the pack asks for, a newborn's weight from `weight_column`
    - depts: the numbers of the departments that it names
    """

    standing: Standing
    findings: tuple[str, ...]
    weight_column: str
    mdcs: tuple[str, ...]
    pool: Pool
    dx: Spelled
    proc: Spelled
    outcomes: tuple[Result, ...]
    fields: tuple[str, ...]
    depts: Mapping[str, int]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a case that the pack asks for."""
        return (*(self.column(name) for name in self.fields), "dx", "proc")

    def column(self, field: str) -> str:
        """The column that a field is taken from."""
        return self.weight_column if field == WEIGHT else field
