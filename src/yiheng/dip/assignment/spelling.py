"""Spellings of codes (编码写法): the number of each, and what it says: its tokens, its class, its wider diagnoses."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from threading import Lock

import numpy as np
import pyarrow as pa

from yiheng.codes.keys import key
from yiheng.dip.assignment import machine as a
from yiheng.dip.assignment.book import BEGINNING, KEYED, WHOLE, Token, inside
from yiheng.dip.plan import Plan, plain
from yiheng.dip.treatment import class_of_code

# How many numbers there is room for at first.
_ROOM = 1000


class Tokens:
    """The distinct tokens of one kind of code, numbered from 1 in their order, and those that a spelling makes true."""

    def __init__(self, kind: str, tokens: Sequence[Token], chars: int) -> None:
        self.kind, self.all, self.chars = kind, tokens, chars
        texts: dict[str, list[tuple[str, int]]] = {BEGINNING: [], WHOLE: [], KEYED: []}
        for number, token in enumerate(tokens, 1):
            texts[token.how].append((token.text, number))
        # Codes of ICD are compared by their signs, by key the first of them; other codes as they are.
        self._keyed = _listed((plain(text)[:chars], number) for text, number in texts[KEYED])
        self._whole = _listed((plain(text), number) for text, number in texts[WHOLE])
        self._heads = _listed((plain(text), number) for text, number in texts[BEGINNING])
        self._other = _listed((*texts[WHOLE], *texts[KEYED]))
        self._other_heads = _listed(texts[BEGINNING])

    def of_icd(self, signs: str) -> list[int]:
        """The numbers of the tokens that take a code of ICD; `signs`: its normal form without the point."""
        found = self._keyed.get(signs[: self.chars], [])
        if not self._whole and not self._heads:
            return found
        return sorted({*found, *self._whole.get(signs, ()), *_beginning(self._heads, signs)})

    def of_other(self, code: str) -> list[int]:
        """The numbers of the tokens that take a code of another system."""
        return sorted({*self._other.get(code, ()), *_beginning(self._other_heads, code)})


def _listed(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for text, number in pairs:
        found.setdefault(text, []).append(number)
    return found


def _beginning(heads: Mapping[str, list[int]], code: str) -> list[int]:
    """The numbers of the heads that a code begins with."""
    return [number for size in range(len(code) + 1) for number in heads.get(code[:size], ())] if heads else []


def distinct(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Each token once, in the order in which they are numbered."""
    return tuple(sorted(set(tokens), key=lambda token: (token.text, token.how)))


class Growing:
    """Lists of numbers one after the other, to which lists are added; what was given out stays as it is."""

    def __init__(self) -> None:
        self._starts, self._numbers = np.zeros(_ROOM, np.int64), np.zeros(_ROOM, np.int64)
        self.count = self._end = 0

    def extend(self, lists: Sequence[Sequence[int]]) -> None:
        """More lists, behind the others."""
        ends = self._end + np.cumsum([len(each) for each in lists], dtype=np.int64)
        count, end = self.count + len(lists), int(ends[-1]) if len(ends) else self._end
        self._starts, self._numbers = _with_room(self._starts, count + 1), _with_room(self._numbers, end)
        self._numbers[self._end : end] = np.fromiter(chain.from_iterable(lists), np.int64, end - self._end)
        self._starts[self.count + 1 : count + 1] = ends
        self.count, self._end = count, end

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each list begins and the last ends, and the numbers."""
        return self._starts[: self.count + 1], self._numbers[: self._end]


def _with_room(array: np.ndarray, size: int) -> np.ndarray:
    """The array, or a longer one that begins like it."""
    return array if size <= len(array) else np.concatenate([array, np.zeros(max(size, len(array)), array.dtype)])


class Speller:
    """Numbers for the spellings of one kind of code; grows with what it meets, several threads may share it."""

    def __init__(
        self, tokens: Tokens, plan: Plan, ranges: Sequence[str], wides: Mapping[str, int], classes: Mapping[str, int]
    ) -> None:
        self.tokens, self.plan, self.ranges, self.wides, self.classes = tokens, plan, ranges, wides, classes
        # The diagnoses of comprehensive groups that are the key of some code of ICD, by their signs.
        keys = (wide for wide in wides if key("dx", wide, len(wide), None) == wide)
        self._wides = {plain(wide): wides[wide] for wide in keys}
        # No more of a code's first signs than these say which it is among: many codes have the same.
        self._asked = max(plan.lengths.comprehensive + tuple(len(each) for each in ranges))
        self._among: dict[str, list[int]] = {}
        # By whether it is one of ICD: the numbers that its spellings have. Null is no code.
        self._numbers: tuple[dict[str | None, int], ...] = ({None: a.NO_CODE}, {None: a.NO_CODE})
        self._tokens, self._more, self._classes = Growing(), Growing(), Growing()
        self._lock = Lock()
        # The batches of a file have the same spellings, many times one after the other.
        self._last = (pa.nulls(0, pa.string()), (False, False), sealed(np.full(2, a.NO_CODE, np.int32)))
        self._add([[]], [[]], [0])

    def look_up(self, texts: pa.Array, systems: tuple[bool, bool]) -> tuple[np.ndarray, a.Spelled]:
        """The numbers of distinct spellings, and what every number says; see `machine.Rows` and `machine.Spelled`.

        `systems` says whether there are codes of other systems, and of ICD. Behind the last spelling stands null.
        """
        with self._lock:
            if self._last[1] != systems or not self._last[0].equals(texts):
                self._last = texts, systems, self._found(texts.to_pylist(), systems)
            (_, classes) = self._classes.arrays()
            spelled = a.Spelled(*self._tokens.arrays(), *self._more.arrays(), classes)
            return self._last[2], a.Spelled(*(sealed(each) for each in spelled))

    def _found(self, texts: list[str | None], systems: tuple[bool, bool]) -> np.ndarray:
        found = np.full((len(texts) + 1, len(systems)), a.NO_CODE, np.int32)
        for place, (known, there) in enumerate(zip(self._numbers, systems, strict=True)):
            if there:
                self._meet(list(dict.fromkeys(text for text in texts if text not in known)), bool(place))
                found[:-1, place] = [known[text] for text in texts]
        return sealed(found.reshape(-1))

    def _meet(self, texts: list[str | None], is_icd: bool) -> None:
        codes, known = [text or "" for text in texts], self._numbers[is_icd]
        known |= {text: number for number, text in enumerate(texts, self._tokens.count)}
        if is_icd:
            signs = [plain(code) for code in codes]
            tokens, more = [self.tokens.of_icd(each) for each in signs], [self._more_of_icd(each) for each in signs]
        else:
            tokens = [self.tokens.of_other(code) for code in codes]
            more = [[self.wides[code]] if code in self.wides else [] for code in codes]
        self._add(tokens, more, [self._class(code, is_icd) for code in codes])

    def _add(self, tokens: list[list[int]], more: list[list[int]], classes: list[int]) -> None:
        self._tokens.extend(tokens)
        self._more.extend(more)
        self._classes.extend([[each] for each in classes])

    def _more_of_icd(self, signs: str) -> list[int]:
        """The diagnoses of comprehensive groups that a code is among, the narrowest first; see `book.wides_of`."""
        asked = signs[: self._asked]
        if asked not in self._among:
            heads = (signs[:chars] for chars in self.plan.lengths.comprehensive)
            found = [self._wides[head] for head in heads if head in self._wides]
            self._among[asked] = found + [self.wides[each] for each in self.ranges if inside(signs, each)]
        return self._among[asked]

    def _class(self, code: str, is_icd: bool) -> int:
        return 0 if self.tokens.kind == "dx" else self.classes[class_of_code(code, is_icd, self.plan)]


def sealed(array: np.ndarray) -> np.ndarray:
    """The array as it must not be written to: what is compiled for one that may be is compiled for that alone."""
    its = array.view()
    its.setflags(write=False)
    return its
