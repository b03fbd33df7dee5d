"""A compiled book (目录编译结果): tokens, spellings and groups as the numbers that the kernel works on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from yiheng.codes.keys import key
from yiheng.dip import kernel as a
from yiheng.dip.book import BEGINNING, KEYED, Book, Group, Token, wides_of
from yiheng.dip.keys import ANY
from yiheng.dip.plan import CONSERVATIVE, CRITERIA, plain
from yiheng.dip.treatment import class_of_code

_NULL = 0


class Tokens:
    """The distinct tokens of one kind of code, numbered from 1, and those that a spelling makes true."""

    def __init__(self, tokens: Iterable[Token], chars: int) -> None:
        self.all = sorted(set(tokens), key=lambda token: (token.text, token.how))
        self.chars = chars
        self.number = {token: place for place, token in enumerate(self.all, 1)}
        self._icd: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._other: dict[tuple[str, str], list[int]] = defaultdict(list)
        for token, number in self.number.items():
            said = key(token.kind, token.text, chars, None) if token.how == KEYED else plain(token.text)
            self._icd[token.how, said].append(number)
            self._other[token.how if token.how == BEGINNING else "", token.text].append(number)

    def of(self, kind: str, code: str, is_icd: bool) -> list[int]:
        """The numbers of the tokens that take a code."""
        if not is_icd:
            heads = [number for end in range(len(code) + 1) for number in self._other.get((BEGINNING, code[:end]), ())]
            return sorted({*heads, *self._other.get(("", code), ())})
        bare = plain(code)
        found = [number for end in range(len(bare) + 1) for number in self._icd.get((BEGINNING, bare[:end]), ())]
        keyed = self._icd.get((KEYED, key(kind, code, self.chars, None)), ())
        return sorted({*found, *keyed, *self._icd.get(("whole", bare), ())})


@dataclass
class Speller:
    """Numbers for the spellings of one kind of code; grows with what it meets, several threads may share it."""

    kind: str
    book: Book
    tokens: Tokens
    wides: dict[str, int]
    classes: dict[str, int]
    numbers: dict[str | None, int] = field(default_factory=lambda: {None: _NULL})
    keys: dict[str, int] = field(default_factory=dict)
    _entries: list[tuple[list[int], list[int], int, int]] = field(default_factory=lambda: [([], [], -1, 0)] * 2)
    _made: a.Spelled | None = None
    _lock: Lock = field(default_factory=Lock)

    def look_up(self, texts: Sequence[str | None]) -> tuple[np.ndarray, a.Spelled]:
        """The numbers of spellings, and what every number says; null is 0."""
        with self._lock:
            found = np.array([self._number(text) for text in texts] + [_NULL], np.int32)
            if self._made is None:
                self._made = self._arrays()
            return found, self._made

    def _number(self, text: str | None) -> int:
        number = self.numbers.get(text)
        if number is None and text is not None:
            number = self.numbers[text] = len(self.numbers)
            self._entries += [self._entry(text, False), self._entry(text, True)]
            self._made = None
        return number or _NULL

    def _entry(self, text: str, is_icd: bool) -> tuple[list[int], list[int], int, int]:
        more = []
        if self.kind == "dx":
            wides = wides_of(text, is_icd, self.book.plan, self.book.ranges)
            more = [self.wides[wide] for wide in wides if wide in self.wides]
            treatment = 0
        else:
            treatment = self.classes[class_of_code(text, is_icd, self.book.plan)]
        said = self.keys.setdefault(text, len(self.keys))
        return self.tokens.of(self.kind, text, is_icd), more, said, treatment

    def _arrays(self) -> a.Spelled:
        tokens, more, keys, classes = zip(*self._entries, strict=True)
        return a.Spelled(*_ragged(tokens), *_ragged(more), np.array(keys, np.int32), np.array(classes, np.int32))


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
    return a.Groups(
        *_ragged(_by_dx(book.combined, dx, number)), *_ragged(_by_dx(book.listed, dx, number)), place,
        other_starts, other, part_starts, alt_starts, alts,
        np.array([0, *(token.length for token in proc.all)], np.int64),
        np.array([np.nan if group.mean is None else group.mean for group in groups], np.float64),
        np.array(fixed, np.float64).reshape(-1, len(CRITERIA)),
        pools, order,
    )  # fmt: skip


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
