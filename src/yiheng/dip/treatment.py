"""The treatment class of a case (治疗方式): that of its strongest operation."""

from collections.abc import Iterable

from yiheng.codes.normal import normal
from yiheng.dip.keys import AND, ANY
from yiheng.dip.plan import CONSERVATIVE, Plan

_CHAPTER = len("00")


def class_of_code(code: str, is_icd: bool, plan: Plan) -> str:
    """The class of one operation; `*` where the scheme names none for it, or its code is not ICD."""
    return plan.chapters.get(normal(code)[:_CHAPTER], ANY) if is_icd else ANY


def strongest(classes: Iterable[str], plan: Plan) -> str | None:
    """The strongest of the classes of a case's operations, an unknown one last; None without operations."""
    found = set(classes)
    return next((name for name in plan.classes if name in found), next(iter(found), None))


def class_of(procs: str | None, is_icd: bool, plan: Plan) -> str | None:
    """The class of a combination's operations as they are joined in its name; None = conservative."""
    if procs is None:
        return None
    if (procs, is_icd) not in plan.met:
        classes = [class_of_code(code, is_icd, plan) for code in procs.split(AND)]
        plan.met[procs, is_icd] = strongest(classes, plan)
    return plan.met[procs, is_icd]


def shown(treatment: str | None) -> str:
    """A class as a catalogue says it."""
    return CONSERVATIVE if treatment is None else treatment
