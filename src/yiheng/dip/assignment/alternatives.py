"""Alternatives (入组推荐): groups that a case would be in were it coded otherwise. A simulation, never a correction."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from yiheng.codes.keys import is_icd, key
from yiheng.dip.assignment.book import COMPREHENSIVE, Book, Group, wides_of
from yiheng.dip.assignment.reference import Assigned, Patient, assign_case


@dataclass(frozen=True)
class Alternative:
    """A group that a case would be in, what would have to be otherwise, and its points less the case's own."""

    group: Group
    change: str
    points: float | None
    difference: float | None
    simulation: bool = True


def alternatives(patient: Patient, book: Book) -> list[Alternative]:
    """What sibling diagnoses and other treatment classes would give, the most points first.

    Siblings share the first characters that pool groups. The record must bear out any of it: nothing here changes a
    code.
    """
    own = assign_case(patient, book)
    found: dict[str, Alternative] = {}
    for change, group in (*_siblings(patient, book), *_classes(patient, book)):
        if own.group is None or group.id != own.group.id:
            found.setdefault(group.id, Alternative(group, change, group.points, _difference(group, own)))
    return sorted(found.values(), key=lambda each: (-(each.points or 0.0), each.group.id))


def _siblings(patient: Patient, book: Book) -> Iterator[tuple[str, Group]]:
    """The case with another principal diagnosis of its category."""
    main, icd = _main(patient), is_icd(patient.dx_edition)
    if main is None or not icd:
        return
    chars = book.plan.lengths.comprehensive[0]
    category, own = key("dx", main, chars, None), key("dx", main, book.plan.lengths.dx, None)
    texts = sorted({token.text for group in book.combined for token in group.dx})
    for text in texts:
        if key("dx", text, chars, None) == category and key("dx", text, book.plan.lengths.dx, None) != own:
            found = assign_case(replace(patient, dx=[text, *patient.others]), book)
            if found.group is not None:
                yield f"principal diagnosis {text}", found.group


def _classes(patient: Patient, book: Book) -> Iterator[tuple[str, Group]]:
    """The comprehensive groups of the case's diagnosis for other treatment classes."""
    main = _main(patient)
    wides = wides_of(main, is_icd(patient.dx_edition), book.plan, ()) if main is not None else []
    for group in book.groups:
        if group.kind == COMPREHENSIVE and group.wide in wides:
            yield f"treatment class {group.treatment}", group


def _main(patient: Patient) -> str | None:
    return patient.dx[0] if patient.dx else None


def _difference(group: Group, own: Assigned) -> float | None:
    if own.group is None or own.group.points is None or group.points is None:
        return None
    return float(f"{group.points - own.group.points:.12g}")
