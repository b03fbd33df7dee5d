"""A compiled book (目录编译结果): tokens, spellings and groups as the numbers that the kernel works on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from threading import Lock

import numpy as np
import pyarrow as pa

from yiheng.codes.keys import key
from yiheng.dip import kernel as a
from yiheng.dip.book import BEGINNING, KEYED, Book, Group, Token, wides_of
from yiheng.dip.keys import ANY
from yiheng.dip.plan import CONSERVATIVE, CRITERIA, plain
from yiheng.dip.treatment import class_of_code

_NULL = 0
_NO_CODE = -1
# How many numbers there is room for at first.
_ROOM = 1000


class Tokens:
    """The distinct tokens of one kind of code, numbered from 1, and those that a spelling makes true."""

    def __init__(self, tokens: Iterable[Token], chars: int) -> None:
        self.all = sorted(set(tokens), key=lambda token: (token.text, token.how))
        self.chars = chars
        self.number = {token: place for place, token in enumerate(self.all, 1)}
        heads = [token for token in self.all if token.how == BEGINNING]
        self._head_sizes = sorted({len(text) for token in heads for text in (token.text, plain(token.text))})
        self._icd: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._other: dict[tuple[str, str], list[int]] = defaultdict(list)
        for token, number in self.number.items():
            said = key(token.kind, token.text, chars, None) if token.how == KEYED else plain(token.text)
            self._icd[token.how, said].append(number)
            self._other[token.how if token.how == BEGINNING else "", token.text].append(number)

    def of(self, kind: str, code: str, is_icd: bool) -> list[int]:
        """The numbers of the tokens that take a code."""
        if not is_icd:
            heads = [number for head in self._heads(code) for number in self._other.get((BEGINNING, head), ())]
            return sorted({*heads, *self._other.get(("", code), ())})
        bare = plain(code)
        found = [number for head in self._heads(bare) for number in self._icd.get((BEGINNING, head), ())]
        keyed = self._icd.get((KEYED, key(kind, code, self.chars, None)), ())
        return sorted({*found, *keyed, *self._icd.get(("whole", bare), ())})

    def _heads(self, code: str) -> set[str]:
        """The beginnings of a code that are as long as some token."""
        return {code[:size] for size in self._head_sizes}


class Growing:
    """Lists of numbers one after the other, to which lists are added; what was given out stays as it is."""

    def __init__(self) -> None:
        self._starts, self._numbers = np.zeros(_ROOM, np.int64), np.zeros(_ROOM, np.int64)
        self.count = self._end = 0

    def add(self, numbers: Sequence[int]) -> None:
        """One more list."""
        start, end = self._end, self._end + len(numbers)
        self._starts, self._numbers = _with_room(self._starts, self.count + 2), _with_room(self._numbers, end)
        self._numbers[start:end] = numbers
        self.count, self._end = self.count + 1, end
        self._starts[self.count] = end

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each list begins and the last ends, and the numbers."""
        return self._starts[: self.count + 1], self._numbers[: self._end]


def _with_room(array: np.ndarray, size: int) -> np.ndarray:
    """The array, or a longer one that begins like it."""
    return array if size <= len(array) else np.concatenate([array, np.zeros(max(size, len(array)), array.dtype)])


class Speller:
    """Numbers for the spellings of one kind of code; grows with what it meets, several threads may share it."""

    def __init__(self, kind: str, book: Book, tokens: Tokens, wides: dict[str, int], classes: dict[str, int]) -> None:
        self.kind, self.book, self.tokens, self.wides, self.classes = kind, book, tokens, wides, classes
        self.numbers: dict[str | None, int] = {None: _NULL}
        self._tokens, self._more, self._codes, self._classes = Growing(), Growing(), Growing(), Growing()
        self._lock = Lock()
        # The batches of a file have the same spellings, many times one after the other.
        self._last = (pa.nulls(0, pa.string()), np.array([_NULL], np.int32))
        for _ in (False, True):
            self._add([], [], _NO_CODE, 0)

    def look_up(self, texts: pa.Array) -> tuple[np.ndarray, a.Spelled]:
        """The numbers of distinct spellings, behind them that of null, and what every number says."""
        with self._lock:
            if not self._last[0].equals(texts):
                self._last = texts, self._found(texts.to_pylist())
            (_, codes), (_, classes) = self._codes.arrays(), self._classes.arrays()
            spelled = a.Spelled(*self._tokens.arrays(), *self._more.arrays(), codes, classes)
            return self._last[1], spelled

    def _found(self, texts: list[str | None]) -> np.ndarray:
        known = self.numbers
        found = [number if (number := known.get(text)) is not None else self._meet(text) for text in texts]
        return np.array([*found, _NULL], np.int32)

    def _meet(self, text: str | None) -> int:
        number = self.numbers[text] = len(self.numbers)
        for is_icd in (False, True):
            code = text or ""
            self._add(
                self.tokens.of(self.kind, code, is_icd), self._wides(code, is_icd), number, self._class(code, is_icd)
            )
        return number

    def _add(self, tokens: list[int], more: list[int], code: int, treatment: int) -> None:
        self._tokens.add(tokens)
        self._more.add(more)
        self._codes.add([code])
        self._classes.add([treatment])

    def _wides(self, code: str, is_icd: bool) -> list[int]:
        wides = wides_of(code, is_icd, self.book.plan, self.book.ranges) if self.kind == "dx" else ()
        return [self.wides[wide] for wide in wides if wide in self.wides]

    def _class(self, code: str, is_icd: bool) -> int:
        return 0 if self.kind == "dx" else self.classes[class_of_code(code, is_icd, self.book.plan)]


@dataclass(frozen=True)
class Compiled:
    """A book ready for the kernel."""

    book: Book
    dx: Speller
    proc: Speller
    groups: a.Groups
    rules: a.Rules

    def work(self) -> a.Work:
        """Fresh sheets for one thread."""
        return a.work_for(len(self.dx.tokens.all), len(self.proc.tokens.all))


def compile_book(book: Book) -> Compiled:
    """Number everything that a book says."""
    plan, groups = book.plan, book.groups
    dx = Tokens((token for group in groups for token in (*group.dx, *group.other_dx)), plan.lengths.dx)
    proc = Tokens((token for group in groups for part in group.parts for token in part), plan.lengths.proc)
    classes = {name: number for number, name in enumerate((CONSERVATIVE, *plan.classes, ANY))}
    wides = {wide: number for number, wide in enumerate(sorted({wide for wide, _ in book.pools}))}
    preference = np.array([CRITERIA.index(name) for name in plan.preference], np.int64)
    match = a.MATCHES.index(plan.choice["match"])
    rules = a.Rules(match, preference, bool(plan.value("conservative_fallback")))
    return Compiled(
        book,
        Speller("dx", book, dx, wides, classes),
        Speller("proc", book, proc, wides, classes),
        _groups(book, dx, proc, wides, classes),
        rules,
    )


def _groups(book: Book, dx: Tokens, proc: Tokens, wides: dict[str, int], classes: dict[str, int]) -> a.Groups:
    groups, number = book.groups, {group.id: place for place, group in enumerate(book.groups)}
    place = np.full(len(groups), len(groups), np.int64)
    for turn, group in enumerate(book.listed):
        place[number[group.id]] = turn
    parts = [[[proc.number[token] for token in part] for part in group.parts] for group in groups]
    part_starts = np.cumsum([0, *(len(each) for each in parts)]).astype(np.int64)
    alt_starts, alts = _ragged([part for each in parts for part in each])
    other_starts, other = _ragged([[dx.number[token] for token in group.other_dx] for group in groups])
    pools = np.full((len(wides) + 1, len(classes)), a.NO_GROUP, np.int64)
    for (wide, treatment), group in book.pools.items():
        if treatment in classes:
            pools[wides[wide], classes[treatment]] = number[group.id]
    fixed = [_fixed(group, each, book) for each, group in enumerate(groups)]
    order = np.array([len(classes), *range(len(classes) - 1)], np.int64)
    operated, conservative = ([group for group in book.combined if bool(group.parts) == its] for its in (True, False))
    starts, by_dx = _ragged(_by_dx(operated, dx, number))
    needs = np.array([_needs(each) for each in parts], np.int64)
    return a.Groups(
        starts, by_dx, needs[by_dx], *_ragged(_by_dx(conservative, dx, number)),
        *_ragged(_by_dx(book.listed, dx, number)), place,
        other_starts, other, part_starts, alt_starts, alts,
        np.array([0, *(token.length for token in proc.all)], np.int64),
        np.array([np.nan if group.mean is None else group.mean for group in groups], np.float64),
        np.array(fixed, np.float64).reshape(-1, len(CRITERIA)),
        pools, order,
    )  # fmt: skip


def _needs(parts: Sequence[Sequence[int]]) -> int:
    """The marks of tokens that a case cannot do without; see `kernel.mark`."""
    return reduce(or_, (a.mark(part[0]) for part in parts if len(part) == 1), 0)


def _by_dx(groups: Iterable[Group], dx: Tokens, number: dict[str, int]) -> list[list[int]]:
    """The groups of each token of a principal diagnosis; those of any diagnosis stand at 0."""
    found: list[list[int]] = [[] for _ in range(len(dx.all) + 1)]
    for group in groups:
        for token in group.dx:
            found[dx.number[token]].append(number[group.id])
        if not group.dx:
            found[0].append(number[group.id])
    return found


def _fixed(group: Group, place: int, book: Book) -> list[float]:
    """The criteria that are the same for every case."""
    values = dict.fromkeys(CRITERIA, 0.0)
    values |= {"matched": -len(group.parts), "share": -group.share, "kind": book.rank(group)}
    values |= {"points": -(group.points or 0.0), "id": place}
    return [values[name] for name in CRITERIA]


def _ragged(lists: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Lists of numbers one after the other, and where each begins."""
    starts = np.cumsum([0, *(len(each) for each in lists)]).astype(np.int64)
    return starts, np.array([number for each in lists for number in each], np.int64)
