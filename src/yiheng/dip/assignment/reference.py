"""Assignment, the readable definition (入组定义): every group that could be meant, and why all but one lost.

1. A case without a principal diagnosis is invalid.
2. Groups by list are tried in their order; the first that takes the case is its group.
3. Of the core and primary groups that take it, the scheme's criteria choose one by one; a tie that no criterion breaks
   is ambiguous.
4. Where the scheme says so, an operated case without such a group takes the conservative one of its diagnosis.
5. Else the comprehensive group of its diagnosis and its strongest treatment class, the narrowest first.
6. Else it is ungroupable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from yiheng.codes.keys import is_icd, key
from yiheng.dip.assignment.book import Book, Group, Token, wides_of
from yiheng.dip.treatment import class_of_code, shown, strongest

GROUPED, AMBIGUOUS, UNGROUPABLE, INVALID = "grouped", "ambiguous", "ungroupable", "invalid"
NO_DIAGNOSIS = "no principal diagnosis"
NO_GROUP = "no such combination in the catalogue"
TIED = "several groups fit equally well: "
LISTED, COMBINED, FALLBACK, POOLED = "list", "combination", "conservative fallback", "comprehensive"


@dataclass(frozen=True)
class Patient:
    """A case as assignment sees it; `fee` in yuan, None where it is not known. Codes are as the source spells them."""

    dx: Sequence[str | None] | None
    proc: Sequence[str | None] | None = None
    dx_edition: str | None = None
    proc_edition: str | None = None
    fee: float | None = None

    @property
    def operations(self) -> list[str]:
        return [code for code in self.proc or () if code is not None]

    @property
    def others(self) -> list[str]:
        return [code for code in (self.dx or ())[1:] if code is not None]


@dataclass(frozen=True)
class Candidate:
    """A group that was looked at: at which step, and why it lost; None for the one that won.

    `values` are what the criteria compare, the smaller the better.
    """

    group: Group
    step: str
    lost: str | None = None
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Assigned:
    """The answer for a case: its group, or why it has none, and every candidate."""

    status: str
    group: Group | None
    reason: str | None
    candidates: tuple[Candidate, ...] = ()


def assign_case(patient: Patient, book: Book) -> Assigned:
    """The group of a case by the definition above."""
    if not patient.dx or patient.dx[0] is None:
        return Assigned(INVALID, None, NO_DIAGNOSIS)
    seen: list[Candidate] = []
    for step in (_listed, _combined, _fallback, _pooled):
        found = step(patient, book)
        seen += found
        winners = [each for each in found if each.lost is None]
        if len(winners) == 1:
            return Assigned(GROUPED, winners[0].group, None, tuple(seen))
        if winners:
            named = ", ".join(each.group.id for each in winners)
            return Assigned(AMBIGUOUS, None, TIED + named, tuple(seen))
    return Assigned(UNGROUPABLE, None, NO_GROUP, tuple(seen))


def _listed(patient: Patient, book: Book) -> list[Candidate]:
    """The groups by list that name the case's diagnosis or any: the first that takes it wins."""
    found: list[Candidate] = []
    won: str | None = None
    for group in book.listed:
        why = _dx_missing(patient, group, book) or _part_missing(patient, group, book, "parts")
        if why is None and won is not None:
            why = f"{won} stands before it in the list"
        elif why is None:
            won = group.id
        found.append(Candidate(group, LISTED, why))
    return found


def _combined(patient: Patient, book: Book) -> list[Candidate]:
    """The core and primary groups of the diagnosis; criteria tell those apart that take the case."""
    match = book.plan.choice["match"]
    own = [group for group in book.combined if not _dx_missing(patient, group, book)]
    found = [Candidate(group, COMBINED, _part_missing(patient, group, book, match)) for group in own]
    met = [replace(each, values=_values(patient, each.group, book)) for each in found if each.lost is None]
    return _chosen(met, book.plan.preference) + [each for each in found if each.lost is not None]


def _fallback(patient: Patient, book: Book) -> list[Candidate]:
    if not (book.plan.value("conservative_fallback") and patient.operations):
        return []
    own = [group for group in book.combined if not group.parts and not _dx_missing(patient, group, book)]
    return _chosen(
        [Candidate(each, FALLBACK, None, _values(patient, each, book)) for each in own], book.plan.preference
    )


def _pooled(patient: Patient, book: Book) -> list[Candidate]:
    """The comprehensive groups of the diagnosis: the narrowest of the case's class wins."""
    icd = is_icd(patient.dx_edition)
    operated = is_icd(patient.proc_edition)
    own = shown(strongest((class_of_code(code, operated, book.plan) for code in patient.operations), book.plan))
    wides = list(dict.fromkeys(wides_of(str(patient.dx[0] if patient.dx else ""), icd, book.plan, book.ranges)))
    found: list[Candidate] = []
    for wide in wides:
        for (its, treatment), group in book.pools.items():
            if its == wide:
                why = None if treatment == own else f"is for {treatment}, the case is {own}"
                if why is None and any(each.lost is None for each in found):
                    why = "a narrower one is there"
                found.append(Candidate(group, POOLED, why))
    return found


def _chosen(met: list[Candidate], preference: Sequence[str]) -> list[Candidate]:
    """Those that are left after each criterion, then those that it put aside, each with the criterion."""
    left, lost = met, []
    for place, name in enumerate(preference):
        best = min((each.values[place] for each in left), default=0)
        lost += [replace(each, lost=f"{name}: another fits better") for each in left if each.values[place] > best]
        left = [each for each in left if each.values[place] <= best]
    return left + lost


def _dx_missing(patient: Patient, group: Group, book: Book) -> str | None:
    icd, chars = is_icd(patient.dx_edition), book.plan.lengths.dx
    main = str(patient.dx[0]) if patient.dx else ""
    if group.dx and not any(token.takes(main, icd, chars) for token in group.dx):
        return "another principal diagnosis"
    if group.other_dx and not _any(group.other_dx, patient.others, icd, chars):
        return "needs another diagnosis: " + "/".join(token.text for token in group.other_dx)
    return None


def _part_missing(patient: Patient, group: Group, book: Book, match: str) -> str | None:
    """Which part a case lacks, or what it has too much; None where the group takes it."""
    icd, chars, done = is_icd(patient.proc_edition), book.plan.lengths.proc, patient.operations
    if not group.parts:
        return "is conservative, the case has operations" if done and not group.is_listed else None
    for number, part in enumerate(group.parts):
        pool = done if match != "main_related" else done[:1] if number == 0 else done[1:]
        if not _any(part, pool, icd, chars):
            return "needs " + "/".join(token.text for token in part)
    if match == "exact" and (surplus := _surplus(patient, group, book)):
        return "does not have " + ", ".join(surplus)
    return None


def _any(tokens: Sequence[Token], codes: Sequence[str], icd: bool, chars: int) -> bool:
    return any(token.takes(code, icd, chars) for token in tokens for code in codes)


def _surplus(patient: Patient, group: Group, book: Book) -> list[str]:
    """The keys of operations that no part of the group asks for."""
    icd, chars = is_icd(patient.proc_edition), book.plan.lengths.proc
    tokens = [token for part in group.parts for token in part]
    rest = [code for code in patient.operations if not _any(tokens, [code], icd, chars)]
    return sorted({key("proc", code, chars, patient.proc_edition) for code in rest})


def _values(patient: Patient, group: Group, book: Book) -> tuple[float, ...]:
    return tuple(_CRITERIA[name](patient, group, book) for name in book.plan.preference)


def _specific(patient: Patient, group: Group, book: Book) -> float:
    """Less the characters that the group says of the operations that the case has."""
    icd, chars = is_icd(patient.proc_edition), book.plan.lengths.proc
    taken = [[t.length for t in part if _any([t], patient.operations, icd, chars)] for part in group.parts]
    return -float(sum(max(lengths, default=0) for lengths in taken))


def _cost(patient: Patient, group: Group, _: Book) -> float:
    return 0.0 if patient.fee is None or group.mean is None else abs(patient.fee - group.mean)


_CRITERIA: dict[str, Callable[[Patient, Group, Book], float]] = {
    "exact": lambda patient, group, book: float(bool(_surplus(patient, group, book))),
    "matched": lambda _, group, __: -float(len(group.parts)),
    "specific": _specific,
    "share": lambda _, group, __: -group.share,
    "kind": lambda _, group, book: float(book.rank(group)),
    "cost": _cost,
    "points": lambda _, group, __: -(group.points or 0.0),
    "id": lambda _, group, book: float(book.groups.index(group)),
}
