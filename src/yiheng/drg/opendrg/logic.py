"""Logic put together and written down (条件拼写): what a rule of a checkout asks, in the packs' own grammar."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Asks:
    """One condition without parts, as it is written."""

    text: str


@dataclass(frozen=True)
class Not:
    part: "Logic"


@dataclass(frozen=True)
class And:
    parts: tuple["Logic", ...]


@dataclass(frozen=True)
class Or:
    parts: tuple["Logic", ...]


Logic = Asks | Not | And | Or
TRUE, FALSE = Asks("true"), Asks("false")
# There is a second diagnosis or procedure: the grammar has no word for it, and needs none beside what implies it.
SECOND_DX, SECOND_PROC = Asks("second diagnosis"), Asks("second procedure")
PROC = Asks("proc present")
_PROCEDURES = ("pproc in ", "proc any ", "sproc any ")


def both(parts: Iterable[Logic]) -> Logic:
    """All of them; what another part says already is left out."""
    found: dict[Logic, None] = {}
    for part in parts:
        found |= dict.fromkeys(part.parts if isinstance(part, And) else [part])
    found.pop(TRUE, None)
    if FALSE in found:
        return FALSE
    left = [part for part in found if not _said_by_others(part, [each for each in found if each != part])]
    return left[0] if len(left) == 1 else And(tuple(left)) if left else TRUE


def either(parts: Iterable[Logic]) -> Logic:
    """One of them at least."""
    found: dict[Logic, None] = {}
    for part in parts:
        found |= dict.fromkeys(part.parts if isinstance(part, Or) else [part])
    found.pop(FALSE, None)
    if TRUE in found:
        return TRUE
    left = list(found)
    return left[0] if len(left) == 1 else Or(tuple(left)) if left else FALSE


def no(part: Logic) -> Logic:
    if isinstance(part, Not):
        return part.part
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    return Not(part)


def written(logic: Logic) -> str:
    """As text of the packs' grammar."""
    match logic:
        case Not(part):
            return f"not {_inside(part)}"
        case And(parts):
            return " and ".join(_inside(part) for part in parts)
        case Or(parts):
            return " or ".join(_inside(part) for part in parts)
    return logic.text


def asked(logic: Logic) -> list[Asks]:
    """The conditions without parts."""
    match logic:
        case Not(part):
            return asked(part)
        case And(parts) | Or(parts):
            return [each for part in parts for each in asked(part)]
    return [logic]


def _inside(part: Logic) -> str:
    return f"({written(part)})" if isinstance(part, And | Or) else written(part)


def _said_by_others(part: Logic, others: list[Logic]) -> bool:
    texts = [each.text for each in others if isinstance(each, Asks)]
    if part == PROC:
        return any(text.startswith(_PROCEDURES) for text in texts)
    if part == SECOND_PROC:
        return any(text.startswith("sproc any ") for text in texts)
    if part == SECOND_DX:
        return any(_needs_severity(other) for other in others)
    if not isinstance(part, Asks):
        return False
    if part.text.endswith(" known"):
        field = part.text.removesuffix(" known")
        return any(text.startswith(f"{field} ") and not text.endswith((" known", " present")) for text in texts)
    return part.text.startswith("proc any ") and f"pproc in {part.text.removeprefix('proc any ')}" in texts


def _needs_severity(logic: Logic) -> bool:
    return not isinstance(logic, Not) and all(each.text in ("mcc", "cc") for each in asked(logic))
