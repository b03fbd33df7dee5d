"""A compiled book (目录编译结果): tokens and groups as numbers that the kernel works on, every answer in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import pyarrow as pa

from yiheng.dip.assignment import machine as a
from yiheng.dip.assignment.book import Book, Group, Token
from yiheng.dip.assignment.reference import AMBIGUOUS, GROUPED, INVALID, NO_DIAGNOSIS, NO_GROUP, UNGROUPABLE
from yiheng.dip.assignment.result import FIGURES, OUT
from yiheng.dip.assignment.spelling import Speller, Tokens, distinct, sealed
from yiheng.dip.keys import ANY
from yiheng.dip.plan import CONSERVATIVE, CRITERIA, Plan

NONE = "none"
# Behind the groups, in the kernel's order; why a case is ambiguous, the readable definition says.
_OTHERS = ((UNGROUPABLE, NO_GROUP), (INVALID, NO_DIAGNOSIS), (AMBIGUOUS, None))


@dataclass(frozen=True)
class Tables:
    """What a book says as plain tables.

    `dx` and `proc` are the tokens by number, `wides` the diagnoses of comprehensive groups by number, `ranges` those of
    them that are ranges, the shortest first. `answers` has a column for each of OUT: a row a group, then the others.
    """

    groups: a.Groups
    dx: tuple[Token, ...]
    proc: tuple[Token, ...]
    wides: tuple[str, ...]
    ranges: tuple[str, ...]
    answers: Mapping[str, pa.Array]


@dataclass(frozen=True)
class Compiled:
    """A book ready for the kernel; `book` opens the readable one, which few cases need."""

    groups: a.Groups
    rules: a.Rules
    dx: Speller
    proc: Speller
    answers: Mapping[str, pa.Array]
    book: Callable[[], Book]

    def work(self) -> a.Work:
        """Fresh sheets for one thread."""
        return a.work_for(len(self.dx.tokens.all), len(self.proc.tokens.all))


def compile_book(book: Book) -> Compiled:
    """Number everything that a book says."""
    return put_together(tables_of(book), book.plan, lambda: book)


def put_together(tables: Tables, plan: Plan, book: Callable[[], Book]) -> Compiled:
    """The tables of a book with the rules of its plan."""
    wides = {wide: number for number, wide in enumerate(tables.wides)}
    kinds = (("dx", tables.dx, plan.lengths.dx), ("proc", tables.proc, plan.lengths.proc))
    dx, proc = (Speller(Tokens(*each), plan, tables.ranges, wides, _classes(plan)) for each in kinds)
    groups = a.Groups(*(sealed(each) for each in tables.groups))
    return Compiled(groups, _rules(plan, groups), dx, proc, tables.answers, book)


def _rules(plan: Plan, groups: a.Groups) -> a.Rules:
    preference = sealed(np.array([CRITERIA.index(name) for name in plan.preference], np.int64))
    fallback = bool(plan.value("conservative_fallback"))
    remembers = not len(groups.other) and a.COST not in preference
    return a.Rules(a.MATCHES.index(plan.choice["match"]), preference, fallback, remembers)


def _classes(plan: Plan) -> dict[str, int]:
    return {name: number for number, name in enumerate((CONSERVATIVE, *plan.classes, ANY))}


def tables_of(book: Book) -> Tables:
    """Everything that a book says, in numbers and words."""
    dx = distinct(token for group in book.groups for token in (*group.dx, *group.other_dx))
    proc = distinct(token for group in book.groups for part in group.parts for token in part)
    wides = tuple(sorted({wide for wide, _ in book.pools}))
    return Tables(_groups(book, dx, proc, wides), dx, proc, wides, book.ranges, _answers(book))


def _answers(book: Book) -> dict[str, pa.Array]:
    rows: list[tuple[Any, ...]] = [
        (GROUPED, group.id, group.kind, group.rw, group.points, None) for group in book.groups
    ]
    rows += [(status, None, NONE, None, None, reason) for status, reason in _OTHERS]
    columns = zip(OUT, zip(*rows, strict=True), strict=True)
    return {name: pa.array(its, pa.float64() if name in FIGURES else pa.string()) for name, its in columns}


def _groups(book: Book, dx: Sequence[Token], proc: Sequence[Token], wides: Sequence[str]) -> a.Groups:
    groups, number = book.groups, {group.id: place for place, group in enumerate(book.groups)}
    of_dx, of_proc = ({token: place for place, token in enumerate(tokens, 1)} for tokens in (dx, proc))
    place = np.full(len(groups), len(groups), np.int64)
    for turn, group in enumerate(book.listed):
        place[number[group.id]] = turn
    parts = [[[of_proc[token] for token in part] for part in group.parts] for group in groups]
    part_starts = np.cumsum([0, *(len(each) for each in parts)]).astype(np.int64)
    alt_starts, alts = _ragged([part for each in parts for part in each])
    other_starts, other = _ragged([[of_dx[token] for token in group.other_dx] for group in groups])
    fixed = [_fixed(group, each, book) for each, group in enumerate(groups)]
    classes = _classes(book.plan)
    order = np.array([len(classes), *range(len(classes) - 1)], np.int64)
    operated, conservative = ([group for group in book.combined if bool(group.parts) == its] for its in (True, False))
    starts, by_dx = _ragged(_by_dx(operated, of_dx, number))
    needs = np.array([_needs(each) for each in parts], np.int64)
    return a.Groups(
        starts, by_dx, needs[by_dx], *_ragged(_by_dx(conservative, of_dx, number)),
        *_ragged(_by_dx(book.listed, of_dx, number)), place,
        other_starts, other, part_starts, alt_starts, alts,
        np.array([0, *(token.length for token in proc)], np.int64),
        np.array([np.nan if group.mean is None else group.mean for group in groups], np.float64),
        np.array(fixed, np.float64).reshape(-1, len(CRITERIA)),
        _pools(book, wides, classes, number), order,
    )  # fmt: skip


def _pools(book: Book, wides: Sequence[str], classes: Mapping[str, int], number: Mapping[str, int]) -> np.ndarray:
    """The comprehensive groups by diagnosis and class."""
    of_wide = {wide: place for place, wide in enumerate(wides)}
    pools = np.full((len(wides) + 1, len(classes)), a.NO_GROUP, np.int64)
    for (wide, treatment), group in book.pools.items():
        if treatment in classes:
            pools[of_wide[wide], classes[treatment]] = number[group.id]
    return pools


def _needs(parts: Sequence[Sequence[int]]) -> int:
    """The marks of tokens that a case cannot do without; see `machine.mark`."""
    return reduce(or_, (a.mark(part[0]) for part in parts if len(part) == 1), 0)


def _by_dx(groups: Iterable[Group], of_dx: Mapping[Token, int], number: Mapping[str, int]) -> list[list[int]]:
    """The groups of each token of a principal diagnosis; those of any diagnosis stand at 0."""
    found: list[list[int]] = [[] for _ in range(len(of_dx) + 1)]
    for group in groups:
        for token in group.dx:
            found[of_dx[token]].append(number[group.id])
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
