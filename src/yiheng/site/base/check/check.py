"""One check (检查项): what it asks, what it answered, on what evidence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yiheng.base.words import Word


class Level(StrEnum):
    """What an objection does: stop the step, ask for a reason, or only be shown."""

    BLOCK = "block"
    WARN = "warn"
    ADVISE = "advise"


@dataclass(frozen=True)
class Evidence:
    """One input of an answer: what it is, its value, and the policy file or table that it comes from."""

    what: Word
    value: str
    source: str = ""


@dataclass(frozen=True)
class Said:
    """What a rule objects to, and from what."""

    text: Word
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Check:
    """A rule asked before a step.

    - rule: facts -> None (nothing to object) or what it objects to; pure
    - reads: (item, moment) -> the facts; the only part that asks the database
    - locks: item -> names of what the facts are about; whoever asks about the same waits until this act has ended
    """

    name: str
    word: Word
    level: Level
    rule: Callable[[Any], Said | None]
    reads: Callable[..., Any]
    locks: Callable[[Any], Iterable[str]] = field(default=lambda item: ())


def _nothing(item: Any) -> Iterable[str]:  # noqa: ARG001 (what is asked about is the item's own)
    return ()


def asked(
    rule: Callable[[Any], Said | None],
    zh: str,
    en: str,
    reads: Callable[..., Any],
    level: Level = Level.BLOCK,
    locks: Callable[[Any], Iterable[str]] = _nothing,
) -> Check:
    """A check that bears the name of its rule."""
    return Check(rule.__name__, Word(zh, en), level, rule, reads, locks)


@dataclass(frozen=True)
class Answer:
    """A check's answer: nothing said means that it has no objection."""

    check: Check
    said: Said | None

    @property
    def objects(self) -> bool:
        return self.said is not None


def blocking(answers: Iterable[Answer], reason: str) -> list[Answer]:
    """The answers that keep a step from being taken: what blocks, and what warns where no reason is given."""
    stops = (Level.BLOCK,) if reason.strip() else (Level.BLOCK, Level.WARN)
    return [answer for answer in answers if answer.objects and answer.check.level in stops]
