"""Remedies (补足示例): changes of a case that make up for what a condition lacks, with a code as an example."""

from collections.abc import Iterator, Sequence
from typing import Any

from yiheng.drg.condition import Compared, InDept, Listed, OneOf, Severe
from yiheng.drg.facts import Facts
from yiheng.drg.packs.pack import Pack
from yiheng.drg.telling.repair import Lack
from yiheng.drg.telling.whatif import FIELDS, Changes

# How a code in a role is added.
_ADDED = {
    "pdx": "principal", "sdx": "add_dx", "dx": "add_dx", "pproc": "principal_proc", "sproc": "add_proc",
    "proc": "add_proc",
}  # fmt: skip
_ONE_MORE = {">": 1, "<": -1, "!=": 1}


def remedy(lacks: Sequence[Lack], facts: Facts) -> Changes | None:
    """Changes that make up for all of `lacks`, None where no example can be given."""
    made: dict[str, Any] = {}
    numbers: dict[str, float | str | None] = {}
    for role in dict.fromkeys(lack.atom.role for lack in lacks if isinstance(lack.atom, Listed)):
        if not _listed(role, [lack for lack in lacks if getattr(lack.atom, "role", "") == role], facts, made):
            return None
    for lack in lacks:
        if isinstance(lack.atom, Severe):
            if not _severe(lack.atom.level, lack.wanted, facts, made):
                return None
        elif not isinstance(lack.atom, Listed):
            said = _number(lack)
            if said is None:
                return None
            numbers[said[0]] = said[1]
    return Changes(**made, numbers=numbers)


def _listed(role: str, lacks: Sequence[Lack], facts: Facts, made: dict[str, Any]) -> bool:
    """One code in all lists that are wanted and in none that is not, or the codes of the case that must go."""
    lists = [(lack.wanted, facts.pack.list(lack.atom.key)) for lack in lacks if isinstance(lack.atom, Listed)]
    wanted = sorted((its for want, its in lists if want), key=len)
    if not wanted:
        unwanted = [code for code in facts.codes[role] if any(code in its for _, its in lists)]
        return role not in ("pdx", "pproc") and _add(made, "drop_dx" if role.endswith("dx") else "drop_proc", *unwanted)
    others = [(want, its) for want, its in lists if its is not wanted[0]]
    fitting = (
        code
        for code in _members(facts.pack, role, wanted[0].items())
        if all((code in its) == want for want, its in others)
    )
    code = next(fitting, None)
    return code is not None and _add(made, _ADDED[role], code)


def _members(pack: Pack, role: str, items: Iterator[tuple[str, int]]) -> Iterator[str]:
    """Codes of the book that a list's rows mean."""
    names = pack.dx_names if role.endswith("dx") else pack.proc_names
    for code, _ in items:
        if code in names:
            yield code
        elif code.endswith("*"):
            yield from (known for known in names if known.startswith(code[:-1]))


def _severe(level: str, wanted: bool, facts: Facts, made: dict[str, Any]) -> bool:
    if not wanted:
        return _add(made, "drop_dx", *(its.code for its in facts.severity if its.level == level and its.counted))
    principal = next(iter(facts.codes["pdx"]), None)
    table = None if principal is None else facts.pack.exclusion.get(principal)
    rows = ((code, its) for code, its in facts.pack.severity[level].exact.items() if code in facts.pack.dx_names)
    found = next((code for code, its in rows if not its.table or its.table != table), None)
    return found is not None and _add(made, "add_dx", found)


def _add(made: dict[str, Any], name: str, *codes: str) -> bool:
    if name.startswith("principal"):
        made[name] = codes[0]
    else:
        made[name] = (*made.get(name, ()), *(code for code in dict.fromkeys(codes) if code not in made.get(name, ())))
    return True


def _number(lack: Lack) -> tuple[str, float | str] | None:
    """A field and a value for it with which the condition is as wanted."""
    match lack.atom:
        case Compared(field, op, value) if lack.wanted and field in FIELDS:
            return field, value + _ONE_MORE.get(op, 0)
        case OneOf(field, values) if lack.wanted:
            return field, values[0]
        case InDept(names, True) if lack.wanted:
            return "dept", names[0]
    return None
