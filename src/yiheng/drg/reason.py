"""Reasons (未入组与异常原因): why a case has no group or another one than expected, in one line."""

from collections.abc import Iterable

from yiheng.drg.case import PROBLEMS

BETWEEN = "; "
COMMA = ", "
NO_MDC = "no MDC takes it"


def invalid(problems: Iterable[bool]) -> str:
    """What makes a case invalid; `problems` as of `case.problems`."""
    return BETWEEN.join(what for what, has in zip(PROBLEMS, problems, strict=True) if has)


def no_rule(mdcs: Iterable[str]) -> str:
    """A case whose MDCs, those with an open gate, have no rule for it; or none has an open gate."""
    named = COMMA.join(mdcs)
    return f"no rule of MDC {named} matches" if named else NO_MDC


def no_group(rule: str) -> str:
    """The ADRG is given out because its rule matches and none of its groups does."""
    return f"no DRG of {rule} matches: its ADRG is given out"


def ambiguous(rule: str) -> str:
    return f"ambiguous by rule {rule}"


def retried(procedure: str) -> str:
    return f"grouped with {procedure} as its only procedure"


def unknown(kind: str, codes: Iterable[str]) -> str:
    """Codes that the pack's code book does not have, each once, in order; `kind` is dx or proc."""
    named = COMMA.join(sorted(set(codes)))
    return unknown_of(kind) + named if named else ""


def unknown_of(kind: str) -> str:
    """How `unknown` begins."""
    return f"unknown {kind} "


def together(parts: Iterable[str]) -> str | None:
    """All that is to be said, None if nothing is."""
    return BETWEEN.join(part for part in parts if part) or None
