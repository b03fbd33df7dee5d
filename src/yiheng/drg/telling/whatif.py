"""What if (模拟入组): a case with other codes or numbers, before and after; a simulation, never written anywhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.drg.bycode import known_codes
from yiheng.drg.case import Case
from yiheng.drg.packs.pack import Pack
from yiheng.drg.telling.explanation import Explanation, as_data, explain

# What of a case may be changed beside its codes: fields of `Case`.
FIELDS = ("sex", "age", "age_days", "weight_g", "los", "icu_hours", "discharge", "dept")


@dataclass(frozen=True)
class Changes:
    """What is changed of a case: codes are dropped first, then added at the end, then one is made the principal one.

    A principal code that the case has not is put before the others; the former principal one stays as a further one.
    `numbers`: new values by name of FIELDS, None is unknown.
    """

    principal: str | None = None
    add_dx: tuple[str, ...] = ()
    drop_dx: tuple[str, ...] = ()
    principal_proc: str | None = None
    add_proc: tuple[str, ...] = ()
    drop_proc: tuple[str, ...] = ()
    numbers: Mapping[str, float | str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class WhatIf:
    """A case under one pack as it is and as it would be."""

    changes: Changes
    before: Explanation
    after: Explanation


def what_if(pack: Pack, case: Case, changes: Changes) -> WhatIf:
    """Group a case as it is and with changes; a code to drop that the case has not is refused."""
    return WhatIf(changes, explain(pack, case), explain(pack, changed(case, changes)))


def changed(case: Case, changes: Changes) -> Case:
    """The case with these changes."""
    return replace(
        case,
        dx=_codes(case.dx, "dx", changes.principal, changes.add_dx, changes.drop_dx),
        proc=_codes(case.proc, "proc", changes.principal_proc, changes.add_proc, changes.drop_proc),
        **_numbers(changes),
    )


def what_if_data(found: WhatIf) -> dict[str, Any]:
    """A simulation as plain data, for JSON."""
    return {
        "simulation": True,
        "changes": asdict(found.changes),
        "before": as_data(found.before),
        "after": as_data(found.after),
    }


def _codes(
    given: tuple[str | None, ...], column: str, principal: str | None, add: tuple[str, ...], drop: tuple[str, ...]
) -> tuple[str | None, ...]:
    dropped = known_codes(drop)
    for code in dropped:
        if code not in given:
            raise Refusal("the case has no such code to drop", column=column, value=str(code))
    codes = [code for code in given if code not in dropped] + list(known_codes(add))
    if principal is not None:
        (first,) = known_codes([principal])
        codes = [first, *(code for code in codes if code != first)]
    return tuple(codes)


def _numbers(changes: Changes) -> dict[str, Any]:
    for name in changes.numbers:
        if name not in FIELDS:
            raise Refusal("cannot be changed", column=name, cure=f"one of: {', '.join(FIELDS)}")
    return dict(changes.numbers)
