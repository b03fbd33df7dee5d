"""The trace of a grouping (入组轨迹) as data: what was tried, whether it held, by which code, list and row."""

from dataclasses import dataclass

from yiheng.drg.condition import (
    OF_MDC,
    SS_VALID,
    Atom,
    Compared,
    Condition,
    InDept,
    Known,
    Listed,
    ListKey,
    OneOf,
    Present,
    atoms,
)
from yiheng.drg.facts import Facts
from yiheng.drg.packs.pack import Group, Mdc, Pack, Rule


@dataclass(frozen=True)
class Hit:
    """A code of the case that is in a list, and the row of the pack that says so."""

    code: str
    list: str
    file: str
    row: int


@dataclass(frozen=True)
class Asked:
    """One condition without parts: whether it held, by which codes, or for which value of the case.

    `field` is empty where codes or severity are asked for; `value` is None where the case does not say.
    """

    text: str
    holds: bool
    hits: tuple[Hit, ...]
    field: str
    value: float | str | None


@dataclass(frozen=True)
class Step:
    """A gate (`mdc`), a rule (`rule`) or a group (`drg`) that was tried; `file` and `row` say where it stands."""

    kind: str
    id: str
    name: str
    logic: str
    holds: bool
    asked: tuple[Asked, ...]
    file: str
    row: int


def step(tried: Mdc | Rule | Group, when: Condition, held: bool, facts: Facts) -> Step:
    """What was tried, with all that it asks of the case."""
    asked = tuple(_asked(atom, facts) for atom in atoms(when))
    match tried:
        case Mdc():
            return Step("mdc", tried.code, tried.name, tried.logic, held, asked, "mdc.csv", tried.row)
        case Rule():
            return Step("rule", tried.id, tried.adrg, tried.logic, held, asked, "adrg.csv", tried.row)
    return Step("drg", tried.drg, tried.name, tried.logic, held, asked, "drg.csv", tried.row)


def _asked(atom: Atom, facts: Facts) -> Asked:
    match atom:
        case Listed(role, key):
            return Asked(atom.text, atom.holds(facts), hits(facts.pack, key, facts.codes[role]), "", None)
        case InDept() | Known("dept"):
            return Asked(atom.text, atom.holds(facts), (), "dept", facts.dept)
        case Compared(field) | OneOf(field) | Known(field) | Present("weight_g" as field):
            return Asked(atom.text, atom.holds(facts), (), field, facts.number(field))
    return Asked(atom.text, atom.holds(facts), (), "", None)


def hits(pack: Pack, key: ListKey, codes: tuple[str, ...]) -> tuple[Hit, ...]:
    """Those of `codes` that are in a list, each once."""
    members = pack.list(key)
    found = ((code, members.get(code)) for code in dict.fromkeys(codes))
    return tuple(Hit(code, str(key), _file(key), row) for code, row in found if row is not None)


def _file(key: ListKey) -> str:
    return {OF_MDC: "mdc_dx.csv", SS_VALID: "icd9.csv"}.get(key.name, "adrg_list.csv")
