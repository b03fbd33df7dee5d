"""The explanation of one case (入组解释) as data: its result, every step on the way, severity, what was missing."""

from dataclasses import asdict, dataclass
from typing import Any

from yiheng.drg.case import PROBLEMS, Case, problems
from yiheng.drg.condition import Severity
from yiheng.drg.facts import Facts
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.standing import Standing, metadata
from yiheng.drg.reference import group
from yiheng.drg.result import Result
from yiheng.drg.trace import Step


@dataclass(frozen=True)
class Missing:
    """A number or word that the case does not say, and the conditions that asked for it and could have held."""

    field: str
    asked_by: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a case is where it is under one pack; `severity` lists each MCC and CC, counted or excluded."""

    pack: Standing
    case: Case
    result: Result
    problems: tuple[str, ...]
    steps: tuple[Step, ...]
    severity: tuple[Severity, ...]
    missing: tuple[Missing, ...]


def explain(pack: Pack, case: Case) -> Explanation:
    """Group a case and take down all that was tried."""
    steps: list[Step] = []
    result = group(pack, case, steps)
    wrong = problems(case, pack.switches.newborn_days)
    return Explanation(
        pack.standing,
        case,
        result,
        tuple(what for what, has in zip(PROBLEMS, wrong, strict=True) if has),
        tuple(steps),
        Facts(pack, case).severity,
        _missing(steps),
    )


def as_data(explanation: Explanation) -> dict[str, Any]:
    """An explanation as plain data, for JSON; of the pack it says what a result's metadata say."""
    data = metadata([explanation.pack]) | {name: its for name, its in asdict(explanation).items() if name != "pack"}
    for found, severity in zip(data["severity"], explanation.severity, strict=True):
        found["counted"] = severity.counted
    return data


def _missing(steps: list[Step]) -> tuple[Missing, ...]:
    found: dict[str, dict[str, None]] = {}
    for step in steps:
        for asked in step.asked:
            if asked.field and asked.value is None:
                found.setdefault(asked.field, {})[f"{step.id}: {asked.text}"] = None
    return tuple(Missing(field, tuple(by)) for field, by in sorted(found.items()))
