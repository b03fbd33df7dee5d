"""Policy switches (政策开关) of a rule pack, and what holds where a pack does not set them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.drg.case import WEIGHTS
from yiheng.drg.packs.nearest import near
from yiheng.policy.loader import scheme

DEFAULTS = "drg/bare-directory"
AS_WRITTEN = "as_written"

_CHOICES = {
    "weight_column": WEIGHTS,
    "principal_procedure": (AS_WRITTEN, "any"),
    "ambiguous": (AS_WRITTEN, "off"),
    "no_drg": (AS_WRITTEN, "adrg", "next"),
    "hiv_diagnosis": (AS_WRITTEN, "principal", "any"),
    "age_unit": ("years", "days"),
}


@dataclass(frozen=True)
class Switches:
    """How a pack's tables are read; `policy/drg/bare-directory.yaml` says what each means."""

    newborn_days: int
    weight_column: str
    principal_procedure: str
    ambiguous: str
    no_drg: str
    retry_each_other_procedure: bool
    hiv_diagnosis: str
    age_unit: str
    days_a_year: int


def switches(given: Mapping[str, Any], file: str) -> Switches:
    """What a pack sets, over the defaults; a switch that there is not, or a value it cannot have, is refused."""
    known = {field.name: field.type for field in fields(Switches)}
    defaults = {name: scheme(DEFAULTS).parameters[name].values[-1].value for name in known}
    for name, value in given.items():
        if name not in known:
            raise Refusal("is no policy switch", file=file, value=name, cure=near(name, known))
        if type(value) is not known[name]:
            raise Refusal(f"the switch {name} has a value of another kind", file=file, value=str(value))
        if name in _CHOICES and value not in _CHOICES[name]:
            raise Refusal(f"the switch {name} is none of {', '.join(_CHOICES[name])}", file=file, value=value)
        if type(value) is int and value < 1:
            raise Refusal(f"the switch {name} is below 1", file=file, value=str(value))
    return Switches(**(defaults | dict(given)))


def choices(name: str) -> tuple[str, ...]:
    """The values that a switch can have, none where it is a number or yes or no."""
    return _CHOICES.get(name, ())
