"""A combination (病种组合) with its cases and fees by year: what is placed in a group."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Combination:
    """A combination with its cases and fees (fen) by year, and whether its codes are ICD."""

    name: str
    dx_icd: bool
    proc_icd: bool
    extra: str | None
    n: dict[int, int]
    fee: dict[int, int]


def identity(each: Combination) -> tuple[str, ...]:
    """What tells a combination from others."""
    return each.name, str(each.dx_icd), str(each.proc_icd), each.extra or ""
