"""The kernel (分组内核): the reference evaluator for many cases at once, on numbers alone, without the Python lock.

A code makes the list conditions true that it stands in. Only rules with a true condition that they cannot do without,
and the few that need none, are tried, in the pack's order. A rule is a chain of tests: each says where to go on if it
holds and where if not, until an outcome is reached.

Throughout: `pack` the parts of a pack, `at` where they begin, `limits` the ranges that numbers are tested for, `facts`
the numbers of one case, `marks` and `candidates` the thread's own sheets.

A compiled pack is one array of int32: codes, lists, rules and outcomes are numbers, all parts stand one after another,
part p begins at `pack[p]`. Layout and code share a file because the machine code that is kept between processes is made
anew only when this very file changes.
"""
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np

from yiheng.drg.kernel.arrays import Pool

# Places are counted as far as they are named.
MANY = 100

# What stands for a code, beside `arrays.NO_ENTRY`: the case does not say it.
UNKNOWN = -1

# The numbers of a case, in this order; the first four are asked of every case, the last two are counted by the kernel.
FIELDS = ("sex", "age", "age_days", "weight_g", "los", "icu_hours", "discharge", "dept", "sites", "procedures")
SEX, AGE, AGE_DAYS, WEIGHT, *_ = range(MANY)
SITES, PROCEDURES = FIELDS.index("sites"), FIELDS.index("procedures")
ALWAYS_ASKED = FIELDS[: WEIGHT + 1]
GIVEN = FIELDS[:SITES]

# The parts of a pack. What is needed together lies side by side, as loads that wait for each other are what costs time.
PARTS = ("DX", "PROC", "ENTRIES", "UNGUARDED", "TESTS", "RANGES", "GATES", "RULES", "SINGLE")
DX, PROC, ENTRIES, UNGUARDED, TESTS, RANGES, GATES, RULES, SINGLE = range(len(PARTS))
# A code's record: where its entries as the first of its list begin, first the list conditions that it makes true, then
# the rules that cannot match without one of these (or another of theirs), and where they end; the same as another code.
FIRST_ATOMS, FIRST_RULES, FIRST_END, OTHER_ATOMS, OTHER_RULES, OTHER_END, PROC_RECORD, *_ = range(MANY)
# Of a diagnosis also its exclusion table as MCC and as CC (-1 not of this level, 0 none), as principal one, its site.
MCC_TABLE, CC_TABLE, PRINCIPAL_TABLE, SITE, DX_RECORD, *_ = range(PROC_RECORD, MANY)
# A test: what is asked (a mark; below 0 a range, -1 the first), and where to go on if it holds and if not: a test by
# its place; below 0 the end, -1 nothing is given out, -2 the first outcome. Gates and rules say where they begin.
ASKED, YES, NO, TEST_RECORD, *_ = range(MANY)
# The first marks: a MCC counts, a CC counts; then one for each list condition, each rule, each site.
MCC, CC, ATOMS, *_ = range(MANY)
# The bits of `case.PROBLEMS`.
NO_DX, NO_SEX, NO_AGE, NO_DAYS, NO_WEIGHT, *_ = range(MANY)
# Places in SINGLE.
N_UNGUARDED, N_ATOMS, N_MDCS, N_RULES, N_SITES, NEWBORN_DAYS, RETRY, *_ = range(MANY)


def pool(parts: Mapping[str, np.ndarray], limits: np.ndarray) -> Pool:
    """Put the parts one after the other."""
    ordered = [parts[name] for name in PARTS]
    starts = len(PARTS) + np.cumsum([0, *(len(part) for part in ordered[:-1])])
    return Pool(np.concatenate([starts, *ordered]).astype(np.int32), limits)


class Work(NamedTuple):
    """What one thread writes on while it groups; a mark is set when it equals the number of the attempt."""

    marks: np.ndarray
    candidates: np.ndarray
    facts: np.ndarray


def work_for(pool: Pool) -> Work:
    """Fresh sheets."""
    single = pool.parts[pool.parts[SINGLE] :]
    marks = ATOMS + single[N_ATOMS] + single[N_RULES] + single[N_SITES]
    return Work(np.zeros(marks, np.int32), np.zeros(single[N_RULES] + 1, np.int32), np.zeros(len(FIELDS), np.float64))


class Rows(NamedTuple):
    """Cases in columns. `dx[dx_starts[i]:dx_ends[i]]` are the places of case i's codes in `dx_codes`.

    `dx_codes` says for each distinct spelling its number, doubled, plus 1 where the pack's book lacks it. `numbers` has
    a row for each of GIVEN, up to the last that the pack asks for; NaN is unknown.
    """

    dx_starts: np.ndarray
    dx_ends: np.ndarray
    dx: np.ndarray
    dx_codes: np.ndarray
    proc_starts: np.ndarray
    proc_ends: np.ndarray
    proc: np.ndarray
    proc_codes: np.ndarray
    numbers: np.ndarray


class Grouped(NamedTuple):
    """What the kernel says of each case.

    - outcome: the number of an outcome; -1 = no group; else -1 minus the bits of what makes the case invalid
    - opened: of a case without a group, the bits of the MDCs whose gate is open
    - procedure: the place of the procedure that a case was grouped with alone; 0 = as it is
    - lacking: whether it has a code that the pack's books lack
    """

    outcome: np.ndarray
    opened: np.ndarray
    procedure: np.ndarray
    lacking: np.ndarray


def room_for(count: int) -> Grouped:
    """Where the answers for `count` cases go."""
    return Grouped(
        np.empty(count, np.int32), np.zeros(count, np.int64), np.zeros(count, np.int32), np.zeros(count, np.bool_)
    )


NO_GROUP = -1
NEXT = -1
# Where a chain goes to give out the first outcome; to the second from one less.
FIRST_OUTCOME = -2
# The turn that takes a case as it is; any other takes the procedure at this place alone.
WHOLE = 0

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code, kept between processes; it runs without the Python lock."""
    made: Any = numba.njit(nogil=True, cache=True)(function)
    return made


def within(function: Function) -> Function:
    """The function as a part of those that call it: passing so many arrays on would cost more than what it does."""
    made: Any = numba.njit(nogil=True, inline="always")(function)
    return made


class At(NamedTuple):
    """Where parts and marks begin, and how many there are; looked up once, not once a case."""

    dx: int
    proc: int
    entries: int
    unguarded: int
    tests: int
    ranges: int
    gates: int
    rules: int
    n_unguarded: int
    n_mdcs: int
    rule_marks: int
    site_marks: int


@compiled
def group_rows(pool: Pool, rows: Rows, work: Work, out: Grouped) -> None:
    """Group all cases of `rows`; each thread has its own `work`."""
    pack, limits = pool.parts, pool.limits
    marks, candidates, facts = work.marks, work.candidates, work.facts
    single = pack[SINGLE]
    rule_marks = ATOMS + pack[single + N_ATOMS]
    at = At(
        pack[DX], pack[PROC], pack[ENTRIES], pack[UNGUARDED], pack[TESTS], pack[RANGES], pack[GATES], pack[RULES],
        pack[single + N_UNGUARDED], pack[single + N_MDCS], rule_marks, rule_marks + pack[single + N_RULES],
    )  # fmt: skip
    newborn_days, retry = pack[single + NEWBORN_DAYS], pack[single + RETRY]
    attempt = 0
    for i in range(len(rows.dx_starts)):
        for field in range(len(rows.numbers)):
            facts[field] = rows.numbers[field, i]
        first_proc, end_proc = rows.proc_starts[i], rows.proc_ends[i]
        turns = max(end_proc - first_proc, 1) if retry else 1
        found = NO_GROUP
        for turn in range(turns):
            if turn != WHOLE and rows.proc_codes[rows.proc[first_proc + turn]] >> 1 == UNKNOWN:
                continue
            attempt += 1
            count, known_dx, lacking = _mark_diagnoses(
                pack, at, facts, marks, candidates, attempt,
                rows.dx, rows.dx_starts[i], rows.dx_ends[i], rows.dx_codes,
            )  # fmt: skip
            start, end = (first_proc, end_proc) if turn == WHOLE else (first_proc + turn, first_proc + turn + 1)
            count, known_proc, lacking_proc = _mark_procedures(
                pack, at, marks, candidates, attempt, count, rows.proc, start, end, rows.proc_codes
            )
            facts[PROCEDURES] = known_proc
            if turn == WHOLE:
                out.lacking[i] = (lacking | lacking_proc) != 0
                problems = _problems(facts, known_dx, newborn_days)
                if problems:
                    found = NO_GROUP - problems
                    break
            count = _add_unguarded(pack, at, marks, candidates, attempt, count)
            found = _first(pack, at, limits, facts, marks, candidates, attempt, count)
            if found != NO_GROUP:
                out.procedure[i] = turn
                break
            if turn == WHOLE:
                out.opened[i] = _opened(pack, at, limits, facts, marks, attempt)
        out.outcome[i] = found


@within
def _problems(facts: np.ndarray, known_dx: int, newborn_days: int) -> int:
    """The bits of `case.PROBLEMS`, in their order."""
    sex, age, days = facts[SEX], facts[AGE], facts[AGE_DAYS]
    found = int(known_dx == 0) << NO_DX | int(not (sex == 1 or sex == 2)) << NO_SEX | int(np.isnan(age)) << NO_AGE
    if age == 0:
        newborn = days <= newborn_days
        found |= int(np.isnan(days)) << NO_DAYS | int(newborn and np.isnan(facts[WEIGHT])) << NO_WEIGHT
    return found


@within
def _mark_diagnoses(
    pack: np.ndarray, at: At, facts: np.ndarray, marks: np.ndarray, candidates: np.ndarray, attempt: int,
    column: np.ndarray, start: int, end: int, codes: np.ndarray,
) -> tuple[int, int, int]:  # fmt: skip
    """Make true what the diagnoses make true; the number of candidates, of known codes, and 1 if the book lacks one."""
    count, known, lacking, sites, of_principal, has_mcc, has_cc = 0, 0, 0, 0, -1, 0, 0
    for j in range(start, end):
        code = codes[column[j]]
        lacking |= code & 1
        code >>= 1
        known += code != UNKNOWN
        if code > 0:
            record = at.dx + DX_RECORD * code
            place = record + (FIRST_ATOMS if j == start else OTHER_ATOMS)
            count = _mark(pack, at, marks, candidates, attempt, place, count)
            if j == start:
                of_principal = pack[record + PRINCIPAL_TABLE]
            else:
                has_mcc |= _counts(pack[record + MCC_TABLE], of_principal)
                has_cc |= _counts(pack[record + CC_TABLE], of_principal)
            site = pack[record + SITE]
            if site >= 0:
                sites += marks[at.site_marks + site] != attempt
                marks[at.site_marks + site] = attempt
    facts[SITES] = sites
    marks[MCC] = attempt - 1 + has_mcc
    marks[CC] = attempt - 1 + has_cc
    return count, known, lacking


@within
def _mark_procedures(
    pack: np.ndarray, at: At, marks: np.ndarray, candidates: np.ndarray, attempt: int, count: int,
    column: np.ndarray, start: int, end: int, codes: np.ndarray,
) -> tuple[int, int, int]:  # fmt: skip
    """The same of the procedures; `count` candidates are there already."""
    known, lacking = 0, 0
    for j in range(start, end):
        code = codes[column[j]]
        lacking |= code & 1
        code >>= 1
        known += code != UNKNOWN
        if code > 0:
            record = at.proc + PROC_RECORD * code + (FIRST_ATOMS if j == start else OTHER_ATOMS)
            count = _mark(pack, at, marks, candidates, attempt, record, count)
    return count, known, lacking


@within
def _mark(
    pack: np.ndarray, at: At, marks: np.ndarray, candidates: np.ndarray, attempt: int, place: int, count: int
) -> int:
    """Make true what a code makes true; the number of candidates with those it adds."""
    begin, end = pack[place], pack[place + 2]
    if begin != end:
        middle = pack[place + 1]
        for k in range(begin, middle):
            marks[pack[at.entries + k]] = attempt
        for k in range(middle, end):
            count = _candidate(at, marks, candidates, attempt, pack[at.entries + k], count)
    return count


@within
def _candidate(at: At, marks: np.ndarray, candidates: np.ndarray, attempt: int, rule: int, count: int) -> int:
    mark = at.rule_marks + rule
    candidates[count] = rule
    count += marks[mark] != attempt
    marks[mark] = attempt
    return count


@within
def _add_unguarded(
    pack: np.ndarray, at: At, marks: np.ndarray, candidates: np.ndarray, attempt: int, count: int
) -> int:
    """The rules that are tried for every case."""
    for k in range(at.n_unguarded):
        count = _candidate(at, marks, candidates, attempt, pack[at.unguarded + k], count)
    return count


@within
def _first(
    pack: np.ndarray, at: At, limits: np.ndarray, facts: np.ndarray, marks: np.ndarray, candidates: np.ndarray,
    attempt: int, count: int,
) -> int:  # fmt: skip
    """What the first candidate that gives something out gives out."""
    _sort(candidates, count)
    found = NO_GROUP
    for k in range(count):
        found = _walk(pack, at, limits, facts, marks, attempt, pack[at.rules + candidates[k]])
        if found != NEXT:
            break
    return found


@within
def _opened(pack: np.ndarray, at: At, limits: np.ndarray, facts: np.ndarray, marks: np.ndarray, attempt: int) -> int:
    """The bits of the MDCs whose gate is open."""
    found = 0
    for mdc in range(at.n_mdcs):
        is_open = _walk(pack, at, limits, facts, marks, attempt, pack[at.gates + mdc]) != NEXT
        found |= int(is_open) << mdc
    return found


@within
def _sort(items: np.ndarray, count: int) -> None:
    """In place; a handful of items, often in order already."""
    for k in range(1, count):
        item = items[k]
        place = k
        while place > 0 and items[place - 1] > item:
            items[place] = items[place - 1]
            place -= 1
        items[place] = item


@within
def _walk(
    pack: np.ndarray, at: At, limits: np.ndarray, facts: np.ndarray, marks: np.ndarray, attempt: int, place: int
) -> int:
    """The outcome at the end of a chain of tests, NEXT if it ends in none."""
    while place >= 0:
        test = at.tests + place
        asked = pack[test + ASKED]
        if asked >= 0:
            holds = marks[asked] == attempt
        else:
            number = facts[pack[at.ranges - 1 - asked]]
            holds = limits[-1 - asked, 0] <= number <= limits[-1 - asked, 1]
        place = pack[test + YES] if holds else pack[test + NO]
    return FIRST_OUTCOME - place


@within
def _counts(own: int, of_principal: int) -> int:
    """1 if a code of this table counts beside a principal diagnosis of that one; without a branch, none is likely."""
    return int(own == 0) | (int(own > 0) & int(own != of_principal))
