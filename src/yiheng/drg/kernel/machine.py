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

from yiheng.drg.kernel.arrays import NO_ENTRY, Pool

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
# Of a diagnosis also its exclusion table as MCC and as CC (-1 not of this level, 0 none), as principal one, and the bit
# of its site.
MCC_TABLE, CC_TABLE, PRINCIPAL_TABLE, SITES_HURT, DX_RECORD, *_ = range(PROC_RECORD, MANY)
# A test: what is asked (a mark; below 0 a range, -1 the first), and where to go on if it holds and if not: a test by
# its place; below 0 the end, -1 nothing is given out, -2 the first outcome. Gates and rules say where they begin.
ASKED, YES, NO, TEST_RECORD, *_ = range(MANY)
# The first marks: a MCC counts, a CC counts; then one for each list condition, each rule.
MCC, CC, ATOMS, *_ = range(MANY)
# The bits of `case.PROBLEMS`.
NO_DX, NO_SEX, NO_AGE, NO_DAYS, NO_WEIGHT, *_ = range(MANY)
# Places in SINGLE.
N_UNGUARDED, N_ATOMS, N_MDCS, N_RULES, N_OUTCOMES, NEWBORN_DAYS, RETRY, *_ = range(MANY)


def pool(parts: Mapping[str, np.ndarray], limits: np.ndarray) -> Pool:
    """Put the parts one after the other."""
    ordered = [parts[name] for name in PARTS]
    starts = len(PARTS) + np.cumsum([0, *(len(part) for part in ordered[:-1])])
    return Pool(np.concatenate([starts, *ordered]).astype(np.int32), limits)


# Cases are looked through this many at a time, then answered: loads that do not wait for each other.
_BLOCK = 2 * 100
# How many answers a thread remembers. An answer is two numbers: what the first codes make true; what the other ones do,
# what holds beside them (as many bits as _HELD_BITS), and the outcome.
_SLOTS = 2 ** np.iinfo(np.uint16).bits
_OUTCOME_BITS = np.iinfo(np.int16).bits
_HELD_BITS = _OUTCOME_BITS + np.iinfo(np.int8).bits
_ABOVE_HELD = _OUTCOME_BITS + _HELD_BITS
_OUTCOME = 2**_OUTCOME_BITS - 1
_HALF = np.iinfo(np.int32).bits
# Two odd numbers without pattern: multiplied by them, what is asked spreads over the slots.
_SPREAD, _SPREAD_MORE = (int.from_bytes(word, "big") | 1 for word in (b"scatter", b"wideout"))


class Work(NamedTuple):
    """What one thread writes on while it groups; batch after batch, as it remembers.

    - marks: set when it equals the number of the attempt, which `attempts` counts
    - facts: the numbers of a block of cases, a row each of FIELDS; of_case: those of one case
    - codes, asked: of each case of a block the two numbers of an answer, all but the outcome
    - simple: whether they are all that rules can ask of it; known: how many of its diagnoses are known
    - answers: what is remembered
    """

    marks: np.ndarray
    candidates: np.ndarray
    attempts: np.ndarray
    facts: np.ndarray
    of_case: np.ndarray
    codes: np.ndarray
    asked: np.ndarray
    known: np.ndarray
    simple: np.ndarray
    answers: np.ndarray


def work_for(pool: Pool) -> Work:
    """Fresh sheets."""
    single = pool.parts[pool.parts[SINGLE] :]
    marks = ATOMS + single[N_ATOMS] + single[N_RULES]
    return Work(
        np.zeros(marks, np.int64), np.zeros(single[N_RULES] + 1, np.int32), np.zeros(1, np.int64),
        np.zeros((len(FIELDS), _BLOCK)), np.zeros(len(FIELDS)), np.zeros(_BLOCK, np.int64), np.zeros(_BLOCK, np.int64),
        np.zeros(_BLOCK, np.int32), np.zeros(_BLOCK, np.bool_), np.full((_SLOTS, 2), -1, np.int64),
    )  # fmt: skip


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
    - severity: the bits MCC and CC, each set if a diagnosis of that level counts
    """

    outcome: np.ndarray
    opened: np.ndarray
    procedure: np.ndarray
    lacking: np.ndarray
    severity: np.ndarray


def room_for(count: int) -> Grouped:
    """Where the answers for `count` cases go."""
    return Grouped(
        np.empty(count, np.int32), np.zeros(count, np.int64), np.zeros(count, np.int32), np.zeros(count, np.bool_),
        np.empty(count, np.int8),
    )  # fmt: skip


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
    n_ranges: int
    n_mdcs: int
    rule_marks: int
    newborn_days: int
    retry: int


@compiled
def group_rows(pool: Pool, rows: Rows, work: Work, out: Grouped) -> None:
    """Group all cases of `rows`; each thread has its own `work`."""
    pack, limits = pool.parts, pool.limits
    single = pack[SINGLE]
    at = At(
        pack[DX], pack[PROC], pack[ENTRIES], pack[UNGUARDED], pack[TESTS], pack[RANGES], pack[GATES], pack[RULES],
        pack[single + N_UNGUARDED], len(limits), pack[single + N_MDCS], ATOMS + pack[single + N_ATOMS],
        pack[single + NEWBORN_DAYS], pack[single + RETRY],
    )  # fmt: skip
    remembers = (pack[single + N_OUTCOMES] <= _OUTCOME) & (at.n_ranges <= _HELD_BITS - ATOMS)
    for begin in range(0, len(rows.dx_starts), _BLOCK):
        count = min(_BLOCK, len(rows.dx_starts) - begin)
        _look_through(pack, at, rows, work, out, begin, count)
        _add_held(pack, at, limits, work, count)
        for k in range(count):
            codes, asked = work.codes[k], work.asked[k]
            simple = remembers & work.simple[k]
            slot = ((codes * _SPREAD ^ asked * _SPREAD_MORE) >> _HALF) & (_SLOTS - 2)
            if simple:
                if (work.answers[slot, 0] == codes) & (work.answers[slot, 1] | _OUTCOME == asked | _OUTCOME):
                    out.outcome[begin + k] = work.answers[slot, 1] & _OUTCOME
                    continue
                slot += 1
                if (work.answers[slot, 0] == codes) & (work.answers[slot, 1] | _OUTCOME == asked | _OUTCOME):
                    out.outcome[begin + k] = work.answers[slot, 1] & _OUTCOME
                    continue
            _group_case(pack, at, limits, rows, work, out, begin + k, k)
            # What a procedure alone leads to is asked of that procedure, not of what is remembered.
            if simple & (out.outcome[begin + k] >= 0) & (out.procedure[begin + k] == WHOLE):
                work.answers[slot, 0], work.answers[slot, 1] = work.answers[slot - 1, 0], work.answers[slot - 1, 1]
                work.answers[slot - 1, 0], work.answers[slot - 1, 1] = codes, asked | out.outcome[begin + k]


@within
def _look_through(pack: np.ndarray, at: At, rows: Rows, work: Work, out: Grouped, begin: int, count: int) -> None:
    """What a block of cases says, but for which ranges hold."""
    for field in range(len(rows.numbers)):
        for k in range(count):
            work.facts[field, k] = rows.numbers[field, begin + k]
    for k in range(count):
        i = begin + k
        dx = _diagnoses(pack, at, work.facts, k, rows.dx, rows.dx_starts[i], rows.dx_ends[i], rows.dx_codes)
        proc = _procedures(pack, at, work.facts, k, rows.proc, rows.proc_starts[i], rows.proc_ends[i], rows.proc_codes)
        work.codes[k] = np.int64(dx.first) << _HALF | np.int64(proc.first)
        work.asked[k] = np.int64(proc.others) << _ABOVE_HELD | np.int64(dx.severity) << _OUTCOME_BITS
        work.known[k] = dx.known
        work.simple[k] = dx.simple & proc.simple & (_problems(work.facts, k, dx.known, at.newborn_days) == 0)
        out.lacking[i] = (dx.lacking | proc.lacking) != 0
        out.severity[i] = dx.severity


@within
def _add_held(pack: np.ndarray, at: At, limits: np.ndarray, work: Work, count: int) -> None:
    """The bits of the ranges that hold."""
    for number in range(min(at.n_ranges, _HELD_BITS - ATOMS)):
        field, least, most = pack[at.ranges + number], limits[number, 0], limits[number, 1]
        shift = _OUTCOME_BITS + ATOMS + number
        for k in range(count):
            fact = work.facts[field, k]
            work.asked[k] |= np.int64((least <= fact) & (fact <= most)) << shift


@within
def _group_case(
    pack: np.ndarray, at: At, limits: np.ndarray, rows: Rows, work: Work, out: Grouped, i: int, k: int
) -> None:
    """Group case i, the k-th of its block, by the rules."""
    problems = _problems(work.facts, k, work.known[k], at.newborn_days)
    if problems:
        out.outcome[i] = NO_GROUP - problems
        return
    for field in range(len(FIELDS)):
        work.of_case[field] = work.facts[field, k]
    first, end = rows.proc_starts[i], rows.proc_ends[i]
    severity = work.asked[k] >> _OUTCOME_BITS
    found = NO_GROUP
    for turn in range(max(end - first, 1) if at.retry else 1):
        if turn != WHOLE:
            if rows.proc_codes[rows.proc[first + turn]] >> 1 == UNKNOWN:
                continue
            work.of_case[PROCEDURES] = 1
        start, stop = (first, end) if turn == WHOLE else (first + turn, first + turn + 1)
        found = _attempt(pack, at, limits, rows, work, severity, i, start, stop)
        if found != NO_GROUP:
            out.procedure[i] = turn
            break
        if turn == WHOLE:
            out.opened[i] = _opened(pack, at, limits, work.of_case, work.marks, work.attempts[0])
    out.outcome[i] = found


@within
def _problems(facts: np.ndarray, k: int, known_dx: int, newborn_days: int) -> int:
    """The bits of `case.PROBLEMS`, in their order, of the k-th case of a block."""
    sex, age, days = facts[SEX, k], facts[AGE, k], facts[AGE_DAYS, k]
    found = int(known_dx == 0) << NO_DX | int(not (sex == 1 or sex == 2)) << NO_SEX | int(np.isnan(age)) << NO_AGE
    if age == 0:
        newborn = days <= newborn_days
        found |= int(np.isnan(days)) << NO_DAYS | int(newborn and np.isnan(facts[WEIGHT, k])) << NO_WEIGHT
    return found


class Diagnoses(NamedTuple):
    """What a case's diagnoses say beside what lists they stand in.

    - first: stands for what the principal one makes true; severity: bit 0 a MCC counts, bit 1 a CC counts
    - known: how many codes are known; lacking: 1 if the book lacks one
    - simple: whether the others make nothing true
    """

    first: int
    severity: int
    known: int
    lacking: int
    simple: bool


class Procedures(NamedTuple):
    """The same of its procedures; others: stands for what the others make true if they make the same true."""

    first: int
    others: int
    lacking: int
    simple: bool


@within
def _diagnoses(
    pack: np.ndarray, at: At, facts: np.ndarray, k: int, column: np.ndarray, start: int, end: int, codes: np.ndarray
) -> Diagnoses:
    """Look through the diagnoses; how many regions they hurt goes into the facts."""
    first, known, lacking, sites, of_principal, has_mcc, has_cc, others = 0, 0, 0, 0, -1, 0, 0, 0
    if start != end:
        code = codes[column[start]]
        lacking = code & 1
        known = int(code >= 0)
        record = at.dx + DX_RECORD * max(code >> 1, NO_ENTRY)
        first = _stands_for(pack, record + FIRST_ATOMS)
        of_principal = pack[record + PRINCIPAL_TABLE]
        sites = pack[record + SITES_HURT]
    for j in range(start + 1, end):
        code = codes[column[j]]
        lacking |= code & 1
        known += int(code >= 0)
        record = at.dx + DX_RECORD * max(code >> 1, NO_ENTRY)
        others |= _stands_for(pack, record + OTHER_ATOMS)
        has_mcc |= _counts(pack[record + MCC_TABLE], of_principal)
        has_cc |= _counts(pack[record + CC_TABLE], of_principal)
        sites |= pack[record + SITES_HURT]
    facts[SITES, k] = _ones(sites)
    return Diagnoses(first, has_mcc << MCC | has_cc << CC, known, lacking, others == 0)


@within
def _ones(bits: int) -> int:
    """How many bits are set."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@within
def _procedures(
    pack: np.ndarray, at: At, facts: np.ndarray, k: int, column: np.ndarray, start: int, end: int, codes: np.ndarray
) -> Procedures:
    """Look through the procedures; how many are known goes into the facts."""
    first, others, known, lacking, simple = 0, 0, 0, 0, True
    if start != end:
        code = codes[column[start]]
        lacking = code & 1
        known = int(code >= 0)
        first = _stands_for(pack, at.proc + PROC_RECORD * max(code >> 1, NO_ENTRY) + FIRST_ATOMS)
    for j in range(start + 1, end):
        code = codes[column[j]]
        lacking |= code & 1
        known += int(code >= 0)
        its = _stands_for(pack, at.proc + PROC_RECORD * max(code >> 1, NO_ENTRY) + OTHER_ATOMS)
        simple &= (its == 0) | (others == 0) | (its == others)
        others |= its
    facts[PROCEDURES, k] = known
    return Procedures(first, others, lacking, simple)


@within
def _stands_for(pack: np.ndarray, place: int) -> int:
    """A number for what a code makes true: where it stands, which is one place for all that is the same; 0: nothing."""
    return (pack[place] + 1) * int(pack[place] != pack[place + 2])


@within
def _attempt(
    pack: np.ndarray, at: At, limits: np.ndarray, rows: Rows, work: Work, severity: int, i: int, first: int, end: int
) -> int:
    """The outcome of case i with the procedures from `first` to `end`."""
    work.attempts[0] += 1
    marks, candidates, attempt = work.marks, work.candidates, work.attempts[0]
    marks[MCC] = attempt - 1 + (severity >> MCC & 1)
    marks[CC] = attempt - 1 + (severity >> CC & 1)
    count = _mark_codes(
        pack, at, marks, candidates, attempt, 0,
        at.dx, DX_RECORD, rows.dx, rows.dx_starts[i], rows.dx_ends[i], rows.dx_codes,
    )  # fmt: skip
    count = _mark_codes(
        pack, at, marks, candidates, attempt, count, at.proc, PROC_RECORD, rows.proc, first, end, rows.proc_codes
    )
    count = _add_unguarded(pack, at, marks, candidates, attempt, count)
    return _first(pack, at, limits, work.of_case, marks, candidates, attempt, count)


@within
def _mark_codes(
    pack: np.ndarray, at: At, marks: np.ndarray, candidates: np.ndarray, attempt: int, count: int,
    records: int, size: int, column: np.ndarray, start: int, end: int, codes: np.ndarray,
) -> int:  # fmt: skip
    """Make true what some codes make true; `count` candidates are there already; the number with those they add."""
    for j in range(start, end):
        code = codes[column[j]] >> 1
        if code > 0:
            place = records + size * code + (FIRST_ATOMS if j == start else OTHER_ATOMS)
            count = _mark(pack, at, marks, candidates, attempt, place, count)
    return count


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
