"""Columns of code lists (编码列表列): every distinct spelling is looked up once, however often it occurs."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.codes.normal import normal
from yiheng.drg import reason
from yiheng.drg.kernel.arrays import Spelled
from yiheng.drg.kernel.machine import UNKNOWN
from yiheng.tables.codelists import code_lists

# Spellings that are remembered; a source with more is read as well, only slower.
_REMEMBERED = 1000 * 1000


@dataclass(frozen=True)
class Spellings:
    """Distinct spellings with their codes' numbers, doubled, plus 1 where the book lacks them; the last is null."""

    texts: pa.Array
    numbers: np.ndarray


@dataclass
class Speller:
    """Finds the numbers of codes from how a source spells them; remembers what it has met."""

    codes: Spelled
    met: dict[str | None, int] = field(default_factory=dict)
    last: Spellings | None = None

    def look_up(self, texts: pa.Array) -> Spellings:
        """The numbers of distinct spellings; those of the batch before are known already."""
        last = self.last
        if last is None or not last.texts.equals(texts):
            if len(self.met) > _REMEMBERED:
                self.met = {}
            found = [met if (met := self.met.get(text)) is not None else self._meet(text) for text in texts.to_pylist()]
            last = self.last = Spellings(texts, np.array([*found, 2 * UNKNOWN], np.int32))
        return last

    def _meet(self, text: str | None) -> int:
        code = normal(text or "")
        found = self.codes.number(code) if code else 2 * UNKNOWN
        self.met[text] = found
        return found


@dataclass(frozen=True)
class CodeColumn:
    """The codes of case i are those at `places[starts[i]:ends[i]]` of the spellings."""

    starts: np.ndarray
    ends: np.ndarray
    places: np.ndarray
    spellings: Spellings

    def unknown(self, kind: str, rows: np.ndarray) -> pa.Array:
        """For some cases what `reason.unknown` says of them, null where nothing."""
        own, places = self._lacking(rows)
        distinct, which = np.unique(places, return_inverse=True)
        spelled = [normal(text) for text in self.spellings.texts.take(pa.array(distinct)).to_pylist()]
        codes = sorted(set(spelled))
        rank = {code: place for place, code in enumerate(codes)}
        pairs = np.unique(own * len(codes) + np.array([rank[code] for code in spelled], np.int64)[which])
        per_row = np.bincount(pairs // max(len(codes), 1), minlength=len(rows))
        offsets = np.concatenate([[0], np.cumsum(per_row)]).astype(np.int32)
        named = pa.array(codes, pa.string()).take(pa.array(pairs % max(len(codes), 1)))
        joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), named), reason.COMMA)
        said = pc.binary_join_element_wise(reason.unknown_of(kind), joined, "")
        return pc.if_else(pa.array(per_row > 0), said, pa.scalar(None, pa.string()))

    def _lacking(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The codes of some cases that the book lacks: which of `rows`, and their place among the spellings."""
        counts = (self.ends - self.starts)[rows].astype(np.int64)
        own = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
        within = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
        places = self.places[self.starts[rows][own] + within]
        lacking = self.spellings.numbers[places] % 2 == 1
        return own[lacking], places[lacking]

    def at(self, rows: np.ndarray, place: np.ndarray) -> pa.Array:
        """The code of each of some cases at a place of its list, in normal form."""
        spelled = self.spellings.texts.take(pa.array(self.places[self.starts[rows] + place])).to_pylist()
        return pa.array([normal(text) for text in spelled], pa.string())


def code_column(column: pa.Array | None, count: int, speller: Speller) -> CodeColumn:
    """A column of lists of codes, plain or dictionary-encoded; a null list, or no column, is an empty list."""
    its = code_lists(column, count)
    return CodeColumn(its.starts, its.ends, its.places, speller.look_up(its.texts))
