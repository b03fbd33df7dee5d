"""The kernel (入组内核): the readable definition for many cases at once, on numbers alone, without the Python lock.

Tokens are numbers; each spelling of a code makes the marks of its tokens true. Groups are found from the tokens of the
principal diagnosis, compared by the scheme's criteria, and the first that none beats is the answer. What a diagnosis
and up to three operations led to is remembered, where nothing else of a case can matter.
"""
# mypy: disable-error-code="no-any-return"

from typing import NamedTuple

import numpy as np

from yiheng.dip.native import compiled, inlined
from yiheng.dip.plan import CRITERIA

# No code stands where one could: the number of a null spelling.
NO_CODE = 0
NO_GROUP = -1
# Places are counted as far as they are named.
_MANY = 100
# What else than a group can be answered; the answers stand behind the groups, in this order.
UNGROUPABLE, INVALID, AMBIGUOUS, *_ = range(_MANY)
EXACT, MATCHED, SPECIFIC, SHARE, KIND, COST, POINTS, ID = range(len(CRITERIA))
MATCHES = ("exact", "parts", "main_related")
ALL_AND_NO_OTHER, ALL, MAIN_FIRST = range(len(MATCHES))
CONSERVATIVE_CLASS = 0
# Bits of a mark: as many as an int64 has beside its sign.
MARKS = np.iinfo(np.int64).bits - 1
# The sheets of operations, and those of a block of cases.
WORKED = ("marks", "main", "others", "wanted")
LOOKED = ("mains", "asked", "third", "places", "seen")


class Spelled(NamedTuple):
    """What each code says, by number; a spelling has one number as a code of ICD, another as one of another system.

    `tokens[starts[i]:starts[i + 1]]` are its tokens; `more` alike the diagnoses of comprehensive groups, narrowest
    first; `classes` is the place of its treatment class.
    """

    starts: np.ndarray
    tokens: np.ndarray
    more_starts: np.ndarray
    more: np.ndarray
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
    """How a scheme chooses: which operations must be met, criteria in order, whether conservative groups step in.

    `remembers`: the answer depends on the principal diagnosis and the operations alone.
    """

    match: int
    preference: np.ndarray
    fallback: bool
    remembers: bool


class Rows(NamedTuple):
    """Cases in columns; `dx[dx_starts[i]:dx_ends[i]]` are the places of case i's spellings.

    `dx_codes[2 * place + 1]` is the number of a spelling as a code of ICD, at 2 x its place as one of another system.
    Fees are in yuan, NaN unknown; there are none where no criterion asks for them.
    """

    dx_starts: np.ndarray
    dx_ends: np.ndarray
    dx: np.ndarray
    dx_codes: np.ndarray
    dx_icd: np.ndarray
    proc_starts: np.ndarray
    proc_ends: np.ndarray
    proc: np.ndarray
    proc_codes: np.ndarray
    proc_icd: np.ndarray
    fee: np.ndarray


# Cases are looked through this many at a time, then answered: loads that do not wait for each other.
_BLOCK = 2 * 100
# How many answers a thread remembers, two where they are looked for. An answer is two numbers: the diagnosis and the
# first two operations; the third, and what it is.
_SLOTS = 2 * 2 * 2 * 2 ** np.iinfo(np.uint16).bits
_PAIR = 2
_REMEMBERED = 1 + 2
_CODE_BITS = MARKS // _REMEMBERED
_HALF = np.iinfo(np.int32).bits
_ANSWER = 2**_HALF - 1
# Two odd numbers without pattern: multiplied by them, what is asked spreads over the slots.
_SPREAD, _SPREAD_MORE = (int.from_bytes(word, "big") | 1 for word in (b"scatter", b"wideout"))


class Work(NamedTuple):
    """What one thread writes on, batch after batch, as it remembers.

    - dx_marks ... wanted: marks of tokens, set when they equal the number of the attempt, which `attempts` counts
    - own, best: what the criteria compare, of the group at hand and of the best so far
    - mains, asked, third, places: of each case of a block its diagnosis, the first number of its answer, its third
      operation, and where the answer is looked for, below 0 where none can be remembered; seen: what stands there
    - answers: what is remembered
    """

    dx_marks: np.ndarray
    marks: np.ndarray
    main: np.ndarray
    others: np.ndarray
    wanted: np.ndarray
    own: np.ndarray
    best: np.ndarray
    attempts: np.ndarray
    mains: np.ndarray
    asked: np.ndarray
    third: np.ndarray
    places: np.ndarray
    seen: np.ndarray
    answers: np.ndarray


def work_for(tokens_dx: int, tokens_proc: int) -> Work:
    """Fresh sheets for so many tokens."""
    marks, main, others, wanted = (np.zeros(tokens_proc + 1, np.int64) for _ in WORKED)
    of_dx = np.zeros(tokens_dx + 1, np.int64)
    mains, asked, third, places, seen = (np.zeros(_BLOCK, np.int64) for _ in LOOKED)
    return Work(
        of_dx, marks, main, others, wanted, np.zeros(len(CRITERIA)), np.zeros(len(CRITERIA)), np.zeros(1, np.int64),
        mains, asked, third, places, seen, np.full((_SLOTS, _PAIR), -1, np.int64),
    )  # fmt: skip


def mark(token: int) -> int:
    """The bit of a token: tokens with the same bit are told apart later."""
    return 1 << token % MARKS


@compiled
def assign_rows(
    dx: Spelled, proc: Spelled, groups: Groups, rules: Rules, rows: Rows, work: Work, out: np.ndarray
) -> None:
    """The answer for every case of `rows`: the number of its group, or one of those behind the groups."""
    answers = work.answers
    for begin in range(0, len(rows.dx_starts), _BLOCK):
        count = min(_BLOCK, len(rows.dx_starts) - begin)
        _look_through(rules, rows, work, begin, count)
        for k in range(count):
            main, place = work.mains[k], work.places[k]
            if main == NO_CODE:
                out[begin + k] = len(groups.mean) + INVALID
                continue
            if place >= 0:
                asked, third = work.asked[k], work.third[k]
                if (answers[place, 0] == asked) & (answers[place, 1] >> _HALF == third):
                    out[begin + k] = answers[place, 1] & _ANSWER
                    continue
                if (answers[place + 1, 0] == asked) & (answers[place + 1, 1] >> _HALF == third):
                    out[begin + k] = answers[place + 1, 1] & _ANSWER
                    continue
            found = out[begin + k] = _answer(dx, proc, groups, rules, rows, begin + k, main, work)
            if place >= 0:
                # The newer of the two stands first, the older goes next.
                answers[place + 1, 0], answers[place + 1, 1] = answers[place, 0], answers[place, 1]
                answers[place, 0], answers[place, 1] = work.asked[k], work.third[k] << _HALF | found


@inlined
def _look_through(rules: Rules, rows: Rows, work: Work, begin: int, cases: int) -> None:
    """What a block of cases asks, and a look at where it may be remembered."""
    for k in range(cases):
        i = begin + k
        start, main, icd = rows.dx_starts[i], NO_CODE, int(rows.proc_icd[i])
        if start < rows.dx_ends[i]:
            main = rows.dx_codes[2 * rows.dx[start] + int(rows.dx_icd[i])]
        asked, largest, third, count = np.int64(main), np.int64(main), np.int64(0), 0
        for j in range(rows.proc_starts[i], rows.proc_ends[i]):
            code = np.int64(rows.proc_codes[2 * rows.proc[j] + icd])
            if code != NO_CODE:
                largest |= code
                count += 1
                if count < _REMEMBERED:
                    asked = asked << _CODE_BITS | code
                else:
                    third = code
        asked <<= _CODE_BITS * max(_REMEMBERED - 1 - count, 0)
        work.mains[k], work.asked[k], work.third[k] = main, asked, third
        spread = (asked ^ asked >> _HALF) * _SPREAD ^ third * _SPREAD_MORE
        place = (spread >> _HALF) & (len(work.answers) - _PAIR)
        work.seen[k] = work.answers[place, 0]
        work.places[k] = place if rules.remembers & (count <= _REMEMBERED) & (largest >> _CODE_BITS == 0) else -1


@inlined
def _answer(dx: Spelled, proc: Spelled, groups: Groups, rules: Rules, rows: Rows, i: int, main: int, work: Work) -> int:
    """The group of case i with this principal diagnosis, or what else there is to say."""
    attempt = work.attempts[0] = work.attempts[0] + 2 + len(groups.mean)
    if len(groups.other):
        _mark_others(dx, rows, i, work, attempt)
    count, treatment, done = _mark_operations(proc, groups, rows, i, work, attempt)
    found, several = NO_GROUP, False
    if len(groups.listed_by_dx):
        found = _listed(dx, groups, main, work, attempt)
    if found == NO_GROUP:
        if count > 0:
            found, several = _operated(dx, proc, groups, rules, rows, i, main, work, attempt, done)
        if found == NO_GROUP and (count == 0 or rules.fallback):
            found, several = _conservative(dx, groups, rules, rows, i, main, work, attempt, count > 0)
    if found == NO_GROUP:
        for k in range(dx.more_starts[main], dx.more_starts[main + 1]):
            found = groups.pools[dx.more[k], treatment]
            if found != NO_GROUP:
                break
    if several:
        return len(groups.mean) + AMBIGUOUS
    return len(groups.mean) + UNGROUPABLE if found == NO_GROUP else found


@inlined
def _mark_others(dx: Spelled, rows: Rows, i: int, work: Work, attempt: int) -> None:
    for j in range(rows.dx_starts[i] + 1, rows.dx_ends[i]):
        code = rows.dx_codes[2 * rows.dx[j] + int(rows.dx_icd[i])]
        for k in range(dx.starts[code], dx.starts[code + 1]):
            work.dx_marks[dx.tokens[k]] = attempt


@inlined
def _mark_operations(
    proc: Spelled, groups: Groups, rows: Rows, i: int, work: Work, attempt: int
) -> tuple[int, int, int]:
    """Mark what the operations make true; how many there are, the place of the strongest class, their marks."""
    count, treatment, done = 0, CONSERVATIVE_CLASS, 0
    for j in range(rows.proc_starts[i], rows.proc_ends[i]):
        code = rows.proc_codes[2 * rows.proc[j] + int(rows.proc_icd[i])]
        if code == NO_CODE:
            continue
        for k in range(proc.starts[code], proc.starts[code + 1]):
            token = proc.tokens[k]
            done |= 1 << token % MARKS
            work.marks[token] = attempt
            if count == 0:
                work.main[token] = attempt
            else:
                work.others[token] = attempt
        own = proc.classes[code]
        if count == 0 or groups.class_order[own] < groups.class_order[treatment]:
            treatment = own
        count += 1
    return count, treatment, done


@inlined
def _listed(dx: Spelled, groups: Groups, main: int, work: Work, attempt: int) -> int:
    """The first group by list that takes the case."""
    found, place = NO_GROUP, len(groups.mean)
    for step in range(dx.starts[main] - 1, dx.starts[main + 1]):
        token = 0 if step < dx.starts[main] else dx.tokens[step]
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
    dx: Spelled, proc: Spelled, groups: Groups, rules: Rules, rows: Rows, i: int, main: int, work: Work,
    attempt: int, done: int,
) -> tuple[int, bool]:  # fmt: skip
    """The best of the groups of the diagnosis with operations, and whether another is as good."""
    best = Best(NO_GROUP, False, False, False)
    for step in range(dx.starts[main] - 1, dx.starts[main + 1]):
        token = 0 if step < dx.starts[main] else dx.tokens[step]
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
                best = _better(groups, rules, rows, i, work, attempt, group, surplus, best)
    return best.group, best.several


@inlined
def _conservative(
    dx: Spelled, groups: Groups, rules: Rules, rows: Rows, i: int, main: int, work: Work, attempt: int, operated: bool
) -> tuple[int, bool]:
    """The best of the groups of the diagnosis without operations, and whether another is as good."""
    best = Best(NO_GROUP, False, False, False)
    for step in range(dx.starts[main] - 1, dx.starts[main + 1]):
        token = 0 if step < dx.starts[main] else dx.tokens[step]
        for k in range(groups.plain_by_dx_starts[token], groups.plain_by_dx_starts[token + 1]):
            group = groups.plain_by_dx[k]
            if _other_met(groups, group, work, attempt):
                best = _better(groups, rules, rows, i, work, attempt, group, operated, best)
    return best.group, best.several


class Best(NamedTuple):
    """The best group so far: whether another is as good, the case has more operations, its values are at hand."""

    group: int
    several: bool
    surplus: bool
    valued: bool


@inlined
def _better(
    groups: Groups, rules: Rules, rows: Rows, i: int, work: Work, attempt: int, group: int, surplus: bool, best: Best
) -> Best:
    """The better of the group at hand and the best so far; the values of the only one are asked by nobody."""
    if best.group == NO_GROUP:
        return Best(group, False, surplus, False)
    if best.group == group:
        return best
    if not best.valued:
        _value(groups, rows, i, work.best, work, attempt, best.group, best.surplus)
    _value(groups, rows, i, work.own, work, attempt, group, surplus)
    order = _compare(rules, work)
    if order < 0:
        for place in range(len(work.own)):
            work.best[place] = work.own[place]
        return Best(group, False, surplus, True)
    return Best(best.group, best.several or order == 0, best.surplus, True)


@inlined
def _surplus(proc: Spelled, groups: Groups, rows: Rows, i: int, work: Work, attempt: int, group: int) -> bool:
    """Whether the case has an operation that no part of the group asks for."""
    mark = attempt + 1 + group
    for k in range(groups.alt_starts[groups.part_starts[group]], groups.alt_starts[groups.part_starts[group + 1]]):
        work.wanted[groups.alts[k]] = mark
    for j in range(rows.proc_starts[i], rows.proc_ends[i]):
        code = rows.proc_codes[2 * rows.proc[j] + int(rows.proc_icd[i])]
        if code != NO_CODE:
            asked = False
            for k in range(proc.starts[code], proc.starts[code + 1]):
                asked = asked or work.wanted[proc.tokens[k]] == mark
            if not asked:
                return True
    return False


@inlined
def _value(
    groups: Groups, rows: Rows, i: int, values: np.ndarray, work: Work, attempt: int, group: int, surplus: bool
) -> None:
    """What the criteria compare, the smaller the better."""
    for place in range(len(values)):
        values[place] = groups.values[group, place]
    values[EXACT] = 1.0 if surplus else 0.0
    if len(rows.fee):
        away = abs(rows.fee[i] - groups.mean[group])
        values[COST] = 0.0 if np.isnan(away) else away
    said = 0
    for part in range(groups.part_starts[group], groups.part_starts[group + 1]):
        longest = 0
        for k in range(groups.alt_starts[part], groups.alt_starts[part + 1]):
            if work.marks[groups.alts[k]] == attempt:
                longest = max(longest, groups.token_length[groups.alts[k]])
        said += longest
    values[SPECIFIC] = -said


@inlined
def _compare(rules: Rules, work: Work) -> int:
    """-1 if the group at hand is better than the best so far, 1 if worse, 0 if no criterion tells them apart."""
    for place in rules.preference:
        if work.own[place] < work.best[place]:
            return -1
        if work.own[place] > work.best[place]:
            return 1
    return 0
