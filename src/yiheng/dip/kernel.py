"""The kernel (入组内核): the readable definition for many cases at once, on numbers alone, without the Python lock.

Tokens are numbers; each spelling of a code makes the marks of its tokens true. Groups are found from the tokens of the
principal diagnosis, compared by the scheme's criteria, and the first that none beats is the answer.
"""
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np

from yiheng.dip.plan import CRITERIA

NO_GROUP, INVALID = -1, -2
EXACT, MATCHED, SPECIFIC, SHARE, KIND, COST, POINTS, ID = range(len(CRITERIA))
MATCHES = ("exact", "parts", "main_related")
ALL_AND_NO_OTHER, ALL, MAIN_FIRST = range(len(MATCHES))
CONSERVATIVE_CLASS = 0
# Bits of a mark: as many as an int64 has beside its sign.
MARKS = np.iinfo(np.int64).bits - 1
# The sheets of operations.
WORKED = ("marks", "main", "others", "wanted")


class Spelled(NamedTuple):
    """What each spelling says, twice: at 2 x its number as a code of another system, at 2 x its number + 1 as ICD.

    `tokens[starts[i]:starts[i + 1]]` are its tokens; `more` alike the diagnoses of comprehensive groups, narrowest
    first. `keys` is its number (-1 = the code is null); `classes` is the place of its treatment class.
    """

    starts: np.ndarray
    tokens: np.ndarray
    more_starts: np.ndarray
    more: np.ndarray
    keys: np.ndarray
    classes: np.ndarray


class Groups(NamedTuple):
    """The groups of a catalogue, by number.

    Groups are found by token of the principal diagnosis, then those of any diagnosis (token 0): `by_dx` with
    operations, each with the marks of those that it `needs`; `plain_by_dx` without; `listed_by_dx` those by list.
    `parts[part_starts[g]:part_starts[g + 1]]` are parts; `alts` the tokens of each; `values` has the fixed criteria of
    each group; `pools` the group of a diagnosis and class, -1 none.
    """

    by_dx_starts: np.ndarray
    by_dx: np.ndarray
    needs: np.ndarray
    plain_by_dx_starts: np.ndarray
    plain_by_dx: np.ndarray
    listed_by_dx_starts: np.ndarray
    listed_by_dx: np.ndarray
    listed_place: np.ndarray
    other_starts: np.ndarray
    other: np.ndarray
    part_starts: np.ndarray
    alt_starts: np.ndarray
    alts: np.ndarray
    token_length: np.ndarray
    mean: np.ndarray
    values: np.ndarray
    pools: np.ndarray
    class_order: np.ndarray


class Rules(NamedTuple):
    """How a scheme chooses: which operations must be met, criteria in order, whether conservative groups step in."""

    match: int
    preference: np.ndarray
    fallback: bool


class Rows(NamedTuple):
    """Cases in columns; `dx[dx_starts[i]:dx_ends[i]]` are the spellings of case i. Fees are in yuan, NaN unknown."""

    dx_starts: np.ndarray
    dx_ends: np.ndarray
    dx: np.ndarray
    dx_icd: np.ndarray
    proc_starts: np.ndarray
    proc_ends: np.ndarray
    proc: np.ndarray
    proc_icd: np.ndarray
    fee: np.ndarray


class Work(NamedTuple):
    """What one thread writes on: marks of tokens (any, main, other, of the group at hand) and values."""

    dx_marks: np.ndarray
    marks: np.ndarray
    main: np.ndarray
    others: np.ndarray
    wanted: np.ndarray
    own: np.ndarray
    best: np.ndarray


# No Python lock; no arrays are made, so that none need be counted, which would take longer than all the work.
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code, kept between processes; it runs without the Python lock and makes no array."""
    made: Any = numba.njit(cache=True, **_OPTIONS)(function)
    return made


def inlined(function: Function) -> Function:
    """The function put in the place of its calls: handing dozens of arrays over takes as long as the work."""
    made: Any = numba.njit(inline="always", **_OPTIONS)(function)
    return made


def work_for(tokens_dx: int, tokens_proc: int) -> Work:
    """Fresh sheets for so many tokens."""
    marks, main, others, wanted = (np.zeros(tokens_proc + 1, np.int64) for _ in WORKED)
    of_dx = np.zeros(tokens_dx + 1, np.int64)
    return Work(of_dx, marks, main, others, wanted, np.zeros(len(CRITERIA)), np.zeros(len(CRITERIA)))


def mark(token: int) -> int:
    """The bit of a token: tokens with the same bit are told apart later."""
    return 1 << token % MARKS


@compiled
def assign_rows(
    dx: Spelled, proc: Spelled, groups: Groups, rules: Rules, rows: Rows, work: Work, out: np.ndarray, tied: np.ndarray
) -> None:
    """The group of every case of `rows`; where several are left, `tied` says that there is more than the first."""
    attempt = 0
    for i in range(len(rows.dx_starts)):
        attempt += 2 + len(groups.mean)
        tied[i] = False
        start, end = rows.dx_starts[i], rows.dx_ends[i]
        if start == end or dx.keys[2 * rows.dx[start]] < 0:
            out[i] = INVALID
            continue
        _mark_others(dx, rows, i, work, attempt)
        count, treatment, done = _mark_operations(proc, groups, rows, i, work, attempt)
        entry = 2 * rows.dx[start] + int(rows.dx_icd[i])
        found = _listed(dx, groups, entry, work, attempt)
        if found == NO_GROUP:
            several = False
            if count > 0:
                found, several = _operated(dx, proc, groups, rules, rows, i, entry, work, attempt, done)
            if found == NO_GROUP and (count == 0 or rules.fallback):
                found, several = _conservative(dx, groups, rules, rows, i, entry, work, attempt, count > 0)
            tied[i] = several
        if found == NO_GROUP:
            for k in range(dx.more_starts[entry], dx.more_starts[entry + 1]):
                found = groups.pools[dx.more[k], treatment]
                if found != NO_GROUP:
                    break
        out[i] = found


@inlined
def _mark_others(dx: Spelled, rows: Rows, i: int, work: Work, attempt: int) -> None:
    for j in range(rows.dx_starts[i] + 1, rows.dx_ends[i]):
        entry = 2 * rows.dx[j] + int(rows.dx_icd[i])
        for k in range(dx.starts[entry], dx.starts[entry + 1]):
            work.dx_marks[dx.tokens[k]] = attempt


@inlined
def _mark_operations(
    proc: Spelled, groups: Groups, rows: Rows, i: int, work: Work, attempt: int
) -> tuple[int, int, int]:
    """Mark what the operations make true; how many there are, the place of the strongest class, their marks."""
    count, treatment, done = 0, CONSERVATIVE_CLASS, 0
    for j in range(rows.proc_starts[i], rows.proc_ends[i]):
        entry = 2 * rows.proc[j] + int(rows.proc_icd[i])
        if proc.keys[entry] < 0:
            continue
        for k in range(proc.starts[entry], proc.starts[entry + 1]):
            token = proc.tokens[k]
            done |= 1 << token % MARKS
            work.marks[token] = attempt
            if count == 0:
                work.main[token] = attempt
            else:
                work.others[token] = attempt
        own = proc.classes[entry]
        if count == 0 or groups.class_order[own] < groups.class_order[treatment]:
            treatment = own
        count += 1
    return count, treatment, done


@inlined
def _listed(dx: Spelled, groups: Groups, entry: int, work: Work, attempt: int) -> int:
    """The first group by list that takes the case."""
    found, place = NO_GROUP, len(groups.mean)
    for step in range(dx.starts[entry] - 1, dx.starts[entry + 1]):
        token = 0 if step < dx.starts[entry] else dx.tokens[step]
        for k in range(groups.listed_by_dx_starts[token], groups.listed_by_dx_starts[token + 1]):
            group = groups.listed_by_dx[k]
            if (
                groups.listed_place[group] < place
                and _other_met(groups, group, work, attempt)
                and _parts_met(groups, group, work, attempt, ALL)
            ):
                found, place = group, groups.listed_place[group]
    return found


@inlined
def _other_met(groups: Groups, group: int, work: Work, attempt: int) -> bool:
    start, end = groups.other_starts[group], groups.other_starts[group + 1]
    for k in range(start, end):
        if work.dx_marks[groups.other[k]] == attempt:
            return True
    return start == end


@inlined
def _parts_met(groups: Groups, group: int, work: Work, attempt: int, match: int) -> bool:
    first = groups.part_starts[group]
    for part in range(first, groups.part_starts[group + 1]):
        marks = work.marks
        if match == MAIN_FIRST:
            marks = work.main if part == first else work.others
        met = False
        for k in range(groups.alt_starts[part], groups.alt_starts[part + 1]):
            met = met or marks[groups.alts[k]] == attempt
        if not met:
            return False
    return True


@inlined
def _operated(
    dx: Spelled, proc: Spelled, groups: Groups, rules: Rules, rows: Rows, i: int, entry: int, work: Work,
    attempt: int, done: int,
) -> tuple[int, bool]:  # fmt: skip
    """The best of the groups of the diagnosis with operations, and whether another is as good."""
    found, several = NO_GROUP, False
    for step in range(dx.starts[entry] - 1, dx.starts[entry + 1]):
        token = 0 if step < dx.starts[entry] else dx.tokens[step]
        for k in range(groups.by_dx_starts[token], groups.by_dx_starts[token + 1]):
            if groups.needs[k] & ~done:
                continue
            group = groups.by_dx[k]
            if not _other_met(groups, group, work, attempt):
                continue
            if not _parts_met(groups, group, work, attempt, rules.match):
                continue
            surplus = _surplus(proc, groups, rows, i, work, attempt, group)
            if not (rules.match == ALL_AND_NO_OTHER and surplus):
                found, several = _better(groups, rules, rows, i, work, attempt, group, surplus, found, several)
    return found, several


@inlined
def _conservative(
    dx: Spelled, groups: Groups, rules: Rules, rows: Rows, i: int, entry: int, work: Work, attempt: int, operated: bool
) -> tuple[int, bool]:
    """The best of the groups of the diagnosis without operations, and whether another is as good."""
    found, several = NO_GROUP, False
    for step in range(dx.starts[entry] - 1, dx.starts[entry + 1]):
        token = 0 if step < dx.starts[entry] else dx.tokens[step]
        for k in range(groups.plain_by_dx_starts[token], groups.plain_by_dx_starts[token + 1]):
            group = groups.plain_by_dx[k]
            if _other_met(groups, group, work, attempt):
                found, several = _better(groups, rules, rows, i, work, attempt, group, operated, found, several)
    return found, several


@inlined
def _better(
    groups: Groups, rules: Rules, rows: Rows, i: int, work: Work, attempt: int, group: int, surplus: bool,
    found: int, several: bool,
) -> tuple[int, bool]:  # fmt: skip
    """The better of the group at hand and the best so far, and whether another is as good."""
    _value(groups, rows, i, work, attempt, group, surplus)
    order = -1 if found == NO_GROUP else _compare(rules, work)
    if order < 0:
        for place in range(len(work.own)):
            work.best[place] = work.own[place]
        return group, False
    return found, several or (order == 0 and group != found)


@inlined
def _surplus(proc: Spelled, groups: Groups, rows: Rows, i: int, work: Work, attempt: int, group: int) -> bool:
    """Whether the case has an operation that no part of the group asks for."""
    mark = attempt + 1 + group
    for k in range(groups.alt_starts[groups.part_starts[group]], groups.alt_starts[groups.part_starts[group + 1]]):
        work.wanted[groups.alts[k]] = mark
    for j in range(rows.proc_starts[i], rows.proc_ends[i]):
        entry = 2 * rows.proc[j] + int(rows.proc_icd[i])
        if proc.keys[entry] >= 0:
            asked = False
            for k in range(proc.starts[entry], proc.starts[entry + 1]):
                asked = asked or work.wanted[proc.tokens[k]] == mark
            if not asked:
                return True
    return False


@inlined
def _value(groups: Groups, rows: Rows, i: int, work: Work, attempt: int, group: int, surplus: bool) -> None:
    """What the criteria compare, the smaller the better."""
    for place in range(len(work.own)):
        work.own[place] = groups.values[group, place]
    work.own[EXACT] = 1.0 if surplus else 0.0
    away = abs(rows.fee[i] - groups.mean[group])
    work.own[COST] = 0.0 if np.isnan(away) else away
    said = 0
    for part in range(groups.part_starts[group], groups.part_starts[group + 1]):
        longest = 0
        for k in range(groups.alt_starts[part], groups.alt_starts[part + 1]):
            if work.marks[groups.alts[k]] == attempt:
                longest = max(longest, groups.token_length[groups.alts[k]])
        said += longest
    work.own[SPECIFIC] = -said


@inlined
def _compare(rules: Rules, work: Work) -> int:
    """-1 if the group at hand is better than the best so far, 1 if worse, 0 if no criterion tells them apart."""
    for place in rules.preference:
        if work.own[place] < work.best[place]:
            return -1
        if work.own[place] > work.best[place]:
            return 1
    return 0
