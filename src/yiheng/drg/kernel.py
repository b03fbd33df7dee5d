"""The kernel (分组内核): the reference evaluator for many cases at once, on numbers alone, without the Python lock.

A code makes the list conditions true that it stands in. Only rules with a true condition that they cannot do without,
and the few that need none, are tried, in the pack's order.

Throughout: `pack` the parts of a pack, `limits` what numbers are compared with, `case` the codes and `facts` the
numbers of one case, `marks` and `candidates` the thread's own sheets.

A compiled pack is one array of int32: codes, lists, rules and outcomes are numbers, all parts stand one after another,
part p begins at `pack[p]`. Layout and code share a file because the machine code that is kept between processes is made
anew only when this very file changes.
"""
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np

# Places are counted as far as they are named.
MANY = 100

# What stands for a code: it has no entry in the pack, or the case does not say it.
NO_ENTRY = 0
UNKNOWN = -1

# The numbers of a case, in this order; the first four are asked of every case, the last two are counted by the kernel.
FIELDS = ("sex", "age", "age_days", "weight_g", "los", "icu_hours", "discharge", "dept", "sites", "procedures")
SEX, AGE, AGE_DAYS, WEIGHT, *_ = range(MANY)
SITES, PROCEDURES = FIELDS.index("sites"), FIELDS.index("procedures")
ALWAYS_ASKED = FIELDS[: WEIGHT + 1]
GIVEN = FIELDS[:SITES]

# Steps of a condition in postfix order.
FALSE, TRUE, LISTED, NUMBER, MCC, CC, NOT, AND, OR, *_ = range(MANY)
# How a number is compared; IS_KNOWN asks only whether it is there.
EQ, NE, LT, LE, GT, GE, IS_KNOWN, *_ = range(MANY)

# A step is its kind in the lowest bits and its argument (a list condition, a comparison) above them.
STEP_BITS = OR.bit_length()

# The parts of a pack. What is needed together lies side by side, as loads that wait for each other are what costs time.
PARTS = ("DX", "PROC", "ENTRIES", "UNGUARDED", "STEPS", "NUMBERS", "GATES", "RULES", "GROUPS", "SINGLE", "MARKS")
DX, PROC, ENTRIES, UNGUARDED, STEPS, NUMBERS, GATES, RULES, GROUPS, SINGLE, MARKS = range(len(PARTS))
# A code's record: where its entries as the first of its list begin, first the list conditions that it makes true, then
# the rules that cannot match without one of these (or another of theirs), and where they end; the same as another code.
FIRST_ATOMS, FIRST_RULES, FIRST_END, OTHER_ATOMS, OTHER_RULES, OTHER_END, PROC_RECORD, *_ = range(MANY)
# Of a diagnosis also its exclusion table as MCC and as CC (-1 not of this level, 0 none), as principal one, its site.
MCC_TABLE, CC_TABLE, PRINCIPAL_TABLE, SITE, DX_RECORD, *_ = range(PROC_RECORD, MANY)
# A comparison: the field and how; what it is compared with stands in `limits`.
FIELD, COMPARISON, NUMBER_RECORD, *_ = range(MANY)
# A gate: where its steps begin and end. A rule: its steps, its MDC, its groups, its outcome without one (-1: the next
# rule tries). A group: its steps, its outcome. Rules stand in the order in which they are tried.
BEGIN, END, GATE_RECORD, *_ = range(MANY)
MDC, GROUPS_BEGIN, GROUPS_END, OTHERWISE, RULE_RECORD, *_ = range(GATE_RECORD, MANY)
OUTCOME, GROUP_RECORD, *_ = range(GATE_RECORD, MANY)
# Places in SINGLE.
N_UNGUARDED, N_ATOMS, N_MDCS, N_RULES, NEWBORN_DAYS, RETRY, *_ = range(MANY)
# Places in MARKS, which says where in `Work.marks` the marks of each kind begin; before them stand four single values.
ATOM_MARKS, RULE_MARKS, GATE_MARKS, GATE_OPEN, SITE_MARKS, N_MARKS, *_ = range(MANY)
ATTEMPT, SEVERITY_MARK, HAS_MCC, HAS_CC, *_ = range(MANY)

# A case as the kernel lays it out: how many diagnoses and procedures, then their codes.
N_DX, N_PROC, CODES, *_ = range(MANY)


class Pool(NamedTuple):
    """All parts of a pack, and the numbers that conditions compare with."""

    parts: np.ndarray
    limits: np.ndarray


def pool(parts: Mapping[str, np.ndarray], limits: np.ndarray) -> Pool:
    """Put the parts one after the other, MARKS from their sizes."""
    atoms, mdcs, rules = (int(parts["SINGLE"][place]) for place in (N_ATOMS, N_MDCS, N_RULES))
    sizes = [atoms, rules, mdcs, mdcs, int(parts["DX"][SITE::DX_RECORD].max(initial=0)) + 1]
    marks = np.cumsum([HAS_CC + 1, *sizes])
    ordered = [parts[name] if name != "MARKS" else marks for name in PARTS]
    starts = len(PARTS) + np.cumsum([0, *(len(part) for part in ordered[:-1])])
    return Pool(np.concatenate([starts, *ordered]).astype(np.int32), limits)


class Work(NamedTuple):
    """What one thread writes on while it groups; a mark is set when it equals the number of the attempt."""

    marks: np.ndarray
    candidates: np.ndarray
    case: np.ndarray
    facts: np.ndarray


def work_for(pool: Pool, codes: int) -> Work:
    """Fresh sheets for cases with at most `codes` diagnoses and procedures together."""
    single, marks = pool.parts[PARTS.index("SINGLE")], pool.parts[PARTS.index("MARKS")]
    return Work(
        np.zeros(pool.parts[marks + N_MARKS], np.int64),
        np.zeros(pool.parts[single + N_RULES] + 1, np.int32),
        np.zeros(CODES + codes, np.int32),
        np.zeros(len(FIELDS), np.float64),
    )


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
_WHOLE = -1

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code, kept between processes; it runs without the Python lock."""
    made: Any = numba.njit(nogil=True, cache=True)(function)
    return made


def within(function: Function) -> Function:
    """The function as a part of those that call it: passing so many arrays on would cost more than what it does."""
    made: Any = numba.njit(nogil=True, inline="always")(function)
    return made


@compiled
def group_rows(pool: Pool, rows: Rows, work: Work, out: Grouped) -> None:
    """Group all cases of `rows`; each thread has its own `work`."""
    pack, limits = pool.parts, pool.limits
    marks, candidates, case, facts = work.marks, work.candidates, work.case, work.facts
    dx_starts, dx_ends, dx, dx_codes = rows.dx_starts, rows.dx_ends, rows.dx, rows.dx_codes
    proc_starts, proc_ends, proc, proc_codes = rows.proc_starts, rows.proc_ends, rows.proc, rows.proc_codes
    numbers = rows.numbers
    for i in range(len(dx_starts)):
        case[N_DX], case[N_PROC] = dx_ends[i] - dx_starts[i], proc_ends[i] - proc_starts[i]
        place = CODES + case[N_DX]
        lacking = _lay_out(case, CODES, dx, dx_starts[i], dx_ends[i], dx_codes)
        lacking |= _lay_out(case, place, proc, proc_starts[i], proc_ends[i], proc_codes)
        out.lacking[i] = lacking
        for field in range(len(numbers)):
            facts[field] = numbers[field, i]
        problems = _problems(pack, case, facts)
        if problems:
            out.outcome[i] = NO_GROUP - problems
            continue
        found = _attempt(pack, limits, case, facts, marks, candidates, _WHOLE)
        if found == NO_GROUP:
            out.opened[i] = _opened(pack, limits, case, facts, marks)
            if pack[pack[SINGLE] + RETRY]:
                for alone in range(1, case[N_PROC]):
                    if found == NO_GROUP and case[place + alone] != UNKNOWN:
                        found = _attempt(pack, limits, case, facts, marks, candidates, alone)
                        out.procedure[i] = alone if found != NO_GROUP else 0
        out.outcome[i] = found


@within
def _lay_out(case: np.ndarray, place: int, column: np.ndarray, start: int, end: int, codes: np.ndarray) -> int:
    """Write the codes of one list into the case; 1 if the pack's book lacks one of them."""
    found = 0
    for j in range(start, end):
        code = codes[column[j]]
        case[place + j - start] = code >> 1
        found |= code & 1
    return found


@within
def _problems(pack: np.ndarray, case: np.ndarray, facts: np.ndarray) -> int:
    """The bits of `case.PROBLEMS`, in their order."""
    age, days = facts[AGE], facts[AGE_DAYS]
    known = False
    for j in range(CODES, CODES + case[N_DX]):
        known |= case[j] != UNKNOWN
    newborn = age == 0 and days <= pack[pack[SINGLE] + NEWBORN_DAYS]
    conditions = (
        not known,
        not (facts[SEX] == 1 or facts[SEX] == 2),
        np.isnan(age),
        age == 0 and np.isnan(days),
        newborn and np.isnan(facts[WEIGHT]),
    )
    found = 0
    for bit in range(len(conditions)):
        found |= int(conditions[bit]) << bit
    return found


@compiled
def _attempt(
    pack: np.ndarray, limits: np.ndarray, case: np.ndarray, facts: np.ndarray, marks: np.ndarray,
    candidates: np.ndarray, alone: int,
) -> int:  # fmt: skip
    """The outcome with all procedures, or only the one at place `alone`; NO_GROUP if none."""
    marks[ATTEMPT] += 1
    count = _mark_diagnoses(pack, case, facts, marks, candidates)
    count = _mark_procedures(pack, case, facts, marks, candidates, alone, count)
    for k in range(pack[pack[SINGLE] + N_UNGUARDED]):
        count = _candidate(pack, marks, candidates, pack[pack[UNGUARDED] + k], count)
    _sort(candidates, count)
    for k in range(count):
        found = _rule(pack, limits, case, facts, marks, candidates[k])
        if found != NEXT:
            return found
    return NO_GROUP


@within
def _mark_diagnoses(
    pack: np.ndarray, case: np.ndarray, facts: np.ndarray, marks: np.ndarray, candidates: np.ndarray
) -> int:
    count, sites = 0, 0
    for j in range(case[N_DX]):
        code = case[CODES + j]
        if code > 0:
            record = pack[DX] + DX_RECORD * code
            count = _mark(pack, marks, candidates, record, j == 0, count)
            site = pack[record + SITE]
            if site >= 0:
                mark = pack[pack[MARKS] + SITE_MARKS] + site
                sites += marks[mark] != marks[ATTEMPT]
                marks[mark] = marks[ATTEMPT]
    facts[SITES] = sites
    return count


@within
def _mark_procedures(
    pack: np.ndarray, case: np.ndarray, facts: np.ndarray, marks: np.ndarray, candidates: np.ndarray, alone: int,
    count: int,
) -> int:  # fmt: skip
    known = 0
    for j in range(case[N_PROC]):
        if alone == _WHOLE or j == alone:
            code = case[CODES + case[N_DX] + j]
            known += code != UNKNOWN
            if code > 0:
                record = pack[PROC] + PROC_RECORD * code
                count = _mark(pack, marks, candidates, record, j == 0 or j == alone, count)
    facts[PROCEDURES] = known
    return count


@within
def _mark(pack: np.ndarray, marks: np.ndarray, candidates: np.ndarray, record: int, first: bool, count: int) -> int:
    """Make true what a code makes true; the number of candidates with those it adds."""
    place = record + (FIRST_ATOMS if first else OTHER_ATOMS)
    own, entries = pack[pack[MARKS] + ATOM_MARKS], pack[ENTRIES]
    for k in range(pack[place], pack[place + 1]):
        marks[own + pack[entries + k]] = marks[ATTEMPT]
    for k in range(pack[place + 1], pack[place + 2]):
        count = _candidate(pack, marks, candidates, pack[entries + k], count)
    return count


@within
def _candidate(pack: np.ndarray, marks: np.ndarray, candidates: np.ndarray, rule: int, count: int) -> int:
    mark = pack[pack[MARKS] + RULE_MARKS] + rule
    if marks[mark] != marks[ATTEMPT]:
        marks[mark] = marks[ATTEMPT]
        candidates[count] = rule
        count += 1
    return count


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
def _rule(
    pack: np.ndarray, limits: np.ndarray, case: np.ndarray, facts: np.ndarray, marks: np.ndarray, rule: int
) -> int:
    """What a rule gives out, NEXT if it lets the next one try."""
    record = pack[RULES] + RULE_RECORD * rule
    if not _gate(pack, limits, case, facts, marks, pack[record + MDC]):
        return NEXT
    if not _holds(pack, limits, case, facts, marks, record):
        return NEXT
    for group in range(pack[record + GROUPS_BEGIN], pack[record + GROUPS_END]):
        its = pack[GROUPS] + GROUP_RECORD * group
        if _holds(pack, limits, case, facts, marks, its):
            return pack[its + OUTCOME]
    return pack[record + OTHERWISE]


@within
def _gate(
    pack: np.ndarray, limits: np.ndarray, case: np.ndarray, facts: np.ndarray, marks: np.ndarray, mdc: int
) -> bool:
    """Whether the gate of an MDC is open; found out once for an attempt."""
    mark, is_open = pack[pack[MARKS] + GATE_MARKS] + mdc, pack[pack[MARKS] + GATE_OPEN] + mdc
    if marks[mark] != marks[ATTEMPT]:
        marks[mark] = marks[ATTEMPT]
        marks[is_open] = _holds(pack, limits, case, facts, marks, pack[GATES] + GATE_RECORD * mdc)
    return marks[is_open] == 1


@compiled
def _opened(pack: np.ndarray, limits: np.ndarray, case: np.ndarray, facts: np.ndarray, marks: np.ndarray) -> int:
    found = 0
    for mdc in range(pack[pack[SINGLE] + N_MDCS]):
        if _gate(pack, limits, case, facts, marks, mdc):
            found |= 1 << mdc
    return found


@compiled
def _holds(
    pack: np.ndarray, limits: np.ndarray, case: np.ndarray, facts: np.ndarray, marks: np.ndarray, record: int
) -> bool:
    """The condition of a gate, rule or group in postfix order.

    Its truth values are the bits of `stack`, the last the lowest.
    """
    stack = 0
    for k in range(pack[record + BEGIN], pack[record + END]):
        step = pack[pack[STEPS] + k]
        op, argument = step & ((1 << STEP_BITS) - 1), step >> STEP_BITS
        if op == LISTED:
            stack = (stack << 1) | (marks[pack[pack[MARKS] + ATOM_MARKS] + argument] == marks[ATTEMPT])
        elif op == AND:
            stack = (stack >> 1) & (stack | ~1)
        elif op == OR:
            stack = (stack >> 1) | (stack & 1)
        elif op == NOT:
            stack ^= 1
        elif op == NUMBER:
            stack = (stack << 1) | _number(pack, limits, facts, argument)
        elif op == MCC or op == CC:  # noqa: SIM109
            stack = (stack << 1) | _severe(pack, case, marks, HAS_MCC if op == MCC else HAS_CC)
        else:
            stack = (stack << 1) | (op == TRUE)
    return stack & 1 == 1


@within
def _number(pack: np.ndarray, limits: np.ndarray, facts: np.ndarray, argument: int) -> bool:
    record = pack[NUMBERS] + NUMBER_RECORD * argument
    op, limit, number = pack[record + COMPARISON], limits[argument], facts[pack[record + FIELD]]
    if np.isnan(number):
        return False
    if op == EQ:
        return number == limit
    if op == NE:
        return number != limit
    if op == LT:
        return number < limit
    if op == LE:
        return number <= limit
    if op == GT:
        return number > limit
    return op == IS_KNOWN or number >= limit


@within
def _severe(pack: np.ndarray, case: np.ndarray, marks: np.ndarray, level: int) -> bool:
    """Whether a secondary diagnosis of a level counts; found out once for an attempt."""
    if marks[SEVERITY_MARK] != marks[ATTEMPT]:
        marks[SEVERITY_MARK] = marks[ATTEMPT]
        has_mcc, has_cc = False, False
        table = pack[pack[DX] + DX_RECORD * case[CODES] + PRINCIPAL_TABLE] if case[CODES] > 0 else -1
        for j in range(CODES + 1, CODES + case[N_DX]):
            if case[j] > 0:
                record = pack[DX] + DX_RECORD * case[j]
                has_mcc |= _counts(pack[record + MCC_TABLE], table)
                has_cc |= _counts(pack[record + CC_TABLE], table)
        marks[HAS_MCC], marks[HAS_CC] = has_mcc, has_cc
    return marks[level] == 1


@within
def _counts(own: int, of_principal: int) -> bool:
    return own == 0 or (own > 0 and own != of_principal)
