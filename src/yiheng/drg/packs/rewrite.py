"""Switches over conditions (开关改写): what a pack's switches make of the conditions that its tables write."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from yiheng.drg.condition import All, Compared, Condition, Listed, Negated, OneOf, Some
from yiheng.drg.packs.switches import AS_WRITTEN, Switches

_AGE, _AGE_DAYS = "age", "age_days"
_DIAGNOSIS = {"principal": "pdx", "any": "dx"}


@dataclass(frozen=True)
class Rewriting:
    """How the conditions of a pack are read.

    - hiv_diagnosis: in a category of kind hiv, whether the principal diagnosis is asked for, or any
    - age_unit: with `days` the numbers that `age` is compared with are days; from one year on a year has `days_a_year`
    """

    switches: Switches

    def condition(self, written: Condition, hiv: bool) -> Condition:
        """A condition as it is meant; `hiv`: it stands in a category of kind hiv."""
        found = written
        if hiv and self.switches.hiv_diagnosis != AS_WRITTEN:
            found = _mapped(found, self._diagnosis)
        if self.switches.age_unit == "days":
            found = _mapped(found, self._age)
        return found

    def _diagnosis(self, atom: Condition) -> Condition:
        if isinstance(atom, Listed) and atom.role in _DIAGNOSIS.values():
            return replace(atom, role=_DIAGNOSIS[self.switches.hiv_diagnosis])
        return atom

    def _age(self, atom: Condition) -> Condition:
        match atom:
            case Compared("age"):
                return self._in_days(atom)
            case OneOf("age", values):
                return Some(tuple(self._in_days(Compared(_AGE, "==", value, text=atom.text)) for value in values))
        return atom

    def _in_days(self, atom: Compared) -> Condition:
        years = atom.value / self.switches.days_a_year

        def asked(field: str, op: str, value: float) -> Compared:
            return Compared(field, op, value, text=atom.text)

        infant = All((asked(_AGE, "==", 0), asked(_AGE_DAYS, atom.op, atom.value)))
        return Some((infant, All((asked(_AGE, ">", 0), asked(_AGE, atom.op, years)))))


def _mapped(condition: Condition, change: Callable[[Condition], Condition]) -> Condition:
    match condition:
        case Negated(part):
            return Negated(_mapped(part, change))
        case All(parts):
            return All(tuple(_mapped(part, change) for part in parts))
        case Some(parts):
            return Some(tuple(_mapped(part, change) for part in parts))
    return change(condition)
