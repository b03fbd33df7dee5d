"""Conditions (入组条件): what the logic of a rule may ask of a case, and whether it holds.

An unknown number makes a comparison false; a list that a pack does not have holds no code, so it never matches.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from yiheng.base import expr
from yiheng.base.expr import Expr, ExprError, parse, show
from yiheng.codes.normal import normal
from yiheng.drg.bycode import ByCode

DX_ROLES = ("pdx", "sdx", "dx")
PROC_ROLES = ("pproc", "sproc", "proc")
MEMBER = ("pdx", "pproc")
OVERLAP = ("sdx", "dx", "sproc", "proc")
NUMBERS = ("age", "age_days", "weight_g", "los", "icu_hours", "sex", "discharge")
SITES = "sites"
DEPT = "dept"
WEIGHT = "weight_g"
LEVELS = ("MCC", "CC")
OF_MDC = "MDC"
SS_VALID = "SS_VALID"

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class ListKey:
    """The name of a list: whose it is (rule, DRG, `MDC` + letter) and what it is called there."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner} {self.name}".strip()


@dataclass(frozen=True)
class Severity:
    """A secondary diagnosis of level MCC or CC.

    It counts unless its exclusion table is that of the principal diagnosis. `row` is its row in cc.csv.
    """

    code: str
    level: str
    table: str
    principal_table: str | None
    row: int

    @property
    def counted(self) -> bool:
        return not self.table or self.table != self.principal_table


class Asked(Protocol):
    """Whom a condition asks: a case under a pack (`facts.Facts`). What is None the case does not say."""

    @property
    def codes(self) -> Mapping[str, tuple[str, ...]]:
        """The codes of the case by role."""

    @property
    def dept(self) -> str | None: ...

    @property
    def severity(self) -> tuple[Severity, ...]: ...

    def number(self, field: str) -> float | None:
        """A number of the case, or `sites`."""

    def members(self, key: ListKey) -> ByCode[int]:
        """The rows of a list's codes."""


@dataclass(frozen=True)
class _Atom:
    """A condition without parts; `text` is how it is written."""

    text: str = field(compare=False, kw_only=True, default="")


@dataclass(frozen=True)
class Listed(_Atom):
    """`pdx in L`, `sdx any L` ...: a code in this role is in the list."""

    role: str
    key: ListKey

    def holds(self, facts: Asked) -> bool:
        members = facts.members(self.key)
        return any(code in members for code in facts.codes[self.role])


@dataclass(frozen=True)
class Compared(_Atom):
    """`age >= 60`, `sites >= 2`; false where the number is unknown."""

    field: str
    op: str
    value: float

    def holds(self, facts: Asked) -> bool:
        number = facts.number(self.field)
        return number is not None and OPERATORS[self.op](number, self.value)


@dataclass(frozen=True)
class OneOf(_Atom):
    """`discharge in {2, 5}`"""

    field: str
    values: tuple[float, ...]

    def holds(self, facts: Asked) -> bool:
        return facts.number(self.field) in self.values


@dataclass(frozen=True)
class InDept(_Atom):
    """`dept == X`, `dept != X`, `dept in {X, Y}`; false where the department is unknown."""

    names: tuple[str, ...]
    wanted: bool

    def holds(self, facts: Asked) -> bool:
        return facts.dept is not None and (facts.dept in self.names) == self.wanted


@dataclass(frozen=True)
class Known(_Atom):
    """`F known`: F is given."""

    field: str

    def holds(self, facts: Asked) -> bool:
        return (facts.dept if self.field == DEPT else facts.number(self.field)) is not None


@dataclass(frozen=True)
class Present(_Atom):
    """`weight_g present`: known and not 0; `proc present`: there is a procedure."""

    field: str

    def holds(self, facts: Asked) -> bool:
        return bool(facts.codes["proc"]) if self.field == "proc" else bool(facts.number(self.field))


@dataclass(frozen=True)
class Severe(_Atom):
    """`mcc`, `cc`: a secondary diagnosis of this level counts; either whatever the other."""

    level: str

    def holds(self, facts: Asked) -> bool:
        return any(found.level == self.level and found.counted for found in facts.severity)


@dataclass(frozen=True)
class Always(_Atom):
    """`true`, `false`"""

    value: bool

    def holds(self, facts: Asked) -> bool:
        return self.value


@dataclass(frozen=True)
class Negated:
    """`not c`"""

    part: "Condition"

    def holds(self, facts: Asked) -> bool:
        return not self.part.holds(facts)


@dataclass(frozen=True)
class All:
    """`c and d`"""

    parts: tuple["Condition", ...]

    def holds(self, facts: Asked) -> bool:
        return all(part.holds(facts) for part in self.parts)


@dataclass(frozen=True)
class Some:
    """`c or d`"""

    parts: tuple["Condition", ...]

    def holds(self, facts: Asked) -> bool:
        return any(part.holds(facts) for part in self.parts)


Atom = Listed | Compared | OneOf | InDept | Known | Present | Severe | Always
Condition = Atom | Negated | All | Some


def atoms(condition: Condition) -> Iterator[Atom]:
    """The conditions without parts that a condition is made of, as written from left to right."""
    match condition:
        case Negated(part):
            yield from atoms(part)
        case All(parts) | Some(parts):
            for each in parts:
                yield from atoms(each)
        case _:
            yield condition


@dataclass(frozen=True)
class Scope:
    """Whose lists a condition means: its row's owner and MDC; `any_procedure`: `pproc` is read as any procedure."""

    owner: str
    mdc: str
    any_procedure: bool = False

    def key(self, name: str) -> ListKey:
        if name == SS_VALID:
            return ListKey("", SS_VALID)
        return ListKey(OF_MDC + self.mdc, OF_MDC) if name == OF_MDC else ListKey(self.owner, name)


def condition(text: str, scope: Scope) -> Condition:
    """Logic as written, as a condition; what is not of the packs' grammar raises ExprError."""
    return _Reader(text, scope).read(parse(text))


class _Reader:
    """Gives the parts of an expression their meaning."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope

    def read(self, tree: Expr) -> Condition:
        match tree:
            case expr.Or(operands):
                return Some(tuple(self.read(each) for each in operands))
            case expr.And(operands):
                return All(tuple(self.read(each) for each in operands))
            case expr.Not(operand):
                return Negated(self.read(operand))
        return self._atom(tree)

    def _atom(self, tree: Expr) -> Atom:
        text = show(tree)
        match tree:
            case expr.Truth(value):
                return Always(value, text=text)
            case expr.Name("mcc" | "cc" as name):
                return Severe(name.upper(), text=text)
            case expr.Has(expr.Name("proc" | "weight_g" as name), "present"):
                return Present(name, text=text)
            case expr.Has(expr.Name(name), "known") if name in (*NUMBERS, DEPT):
                return Known(name, text=text)
            case expr.Among(expr.Name(role), expr.Name(name)) if role in MEMBER:
                return self._listed(role, name, text)
            case expr.Overlap(expr.Name(role), expr.Name(name)) if role in OVERLAP:
                return self._listed(role, name, text)
        return self._compared(tree, text)

    def _listed(self, role: str, name: str, text: str) -> Listed:
        if role == "pproc" and self.scope.any_procedure:
            role = "proc"
        return Listed(role, self.scope.key(name), text=text)

    def _compared(self, tree: Expr, text: str) -> Atom:
        match tree:
            case expr.Compare("==" | "!=" as op, expr.Name(name), value) if name == DEPT:
                return InDept((self._word(value),), op == "==", text=text)
            case expr.Compare(op, expr.Name(name), value) if name in (*NUMBERS, SITES):
                return Compared(name, op, self._number(value), text=text)
            case expr.Among(expr.Name(name), expr.SetOf(items)) if name == DEPT:
                return InDept(tuple(self._word(item) for item in items), True, text=text)
            case expr.Among(expr.Name(name), expr.SetOf(items)) if name in NUMBERS:
                return OneOf(name, tuple(self._number(item) for item in items), text=text)
        raise ExprError(self.text, tree.at, "is no condition of a rule pack")

    def _number(self, tree: Expr) -> float:
        match tree:
            case expr.Number():
                return tree.value
            case expr.Negative(expr.Number() as number):
                return -number.value
        raise ExprError(self.text, tree.at, "expected a number")

    def _word(self, tree: Expr) -> str:
        match tree:
            case expr.Name(word) | expr.Number(word) | expr.Text(word):
                return normal(word)
        raise ExprError(self.text, tree.at, "expected a department")
