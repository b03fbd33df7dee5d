"""A case as grouping sees it (入组病例): the columns that a rule may ask for, and what makes it invalid."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yiheng.drg.bycode import known_codes

# What a pack may take a newborn's weight from.
WEIGHTS = ("weight_g", "birth_weight_g", "admit_weight_g")
NEEDED = ("case_id", "sex", "age", "dx")
ID_COLUMNS = ("hospital", "case_id")
COLUMNS = ("sex", "age", "age_days", "los", "icu_hours", "discharge", "dept", "dx", "proc")
USED = (*ID_COLUMNS, *COLUMNS, *WEIGHTS)


@dataclass(frozen=True)
class Case:
    """One discharge. None is unknown; codes in normal form, the first of each is the principal one."""

    sex: int | None = None
    age: int | None = None
    age_days: int | None = None
    weight_g: int | None = None
    los: int | None = None
    icu_hours: float | None = None
    discharge: int | None = None
    dept: str | None = None
    dx: tuple[str | None, ...] = ()
    proc: tuple[str | None, ...] = ()


def case_of(row: Mapping[str, Any], weight_column: str = WEIGHTS[0]) -> Case:
    """A row of the case table, or of a file with some of its columns; columns that are not there are unknown."""
    plain = {name: row.get(name) for name in COLUMNS if name not in ("dx", "proc", "dept", "icu_hours")}
    hours = row.get("icu_hours")
    (dept,) = known_codes([row.get("dept")])
    return Case(
        **plain,
        icu_hours=None if hours is None or math.isnan(hours) else hours,
        weight_g=row.get(weight_column),
        dept=dept,
        dx=known_codes(row.get("dx") or ()),
        proc=known_codes(row.get("proc") or ()),
    )


# What makes a case invalid, in the order in which it is said.
PROBLEMS = (
    "no diagnosis",
    "sex is neither 1 nor 2",
    "age unknown",
    "age 0 and days of life unknown",
    "newborn without weight",
)


def problems(case: Case, newborn_days: int) -> tuple[bool, ...]:
    """Which of PROBLEMS a case has. A newborn's weight of 0 is a weight; that it is none is a quality finding."""
    infant = case.age == 0
    newborn = infant and case.age_days is not None and case.age_days <= newborn_days
    return (
        not any(code is not None for code in case.dx),
        case.sex not in (1, 2),
        case.age is None,
        infant and case.age_days is None,
        newborn and case.weight_g is None,
    )
