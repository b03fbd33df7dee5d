"""A code list (编码表): which codes it holds, by their beginnings, by ranges of categories, or by their form."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.codes.normal import normal


@dataclass(frozen=True)
class CodeList:
    """A named list; `holds` is the test for a code as a source writes it."""

    name: str
    holds: Callable[[str], bool]

    @classmethod
    def of(cls, name: str, content: Any) -> "CodeList":
        """`["N40-N51", "C61"]`, `{like: pattern}` or `{unlike: pattern}`; a pattern is of the whole code."""
        if isinstance(content, list) and content:
            return cls(name, _begins(*_split(list(map(str, content)))))
        if isinstance(content, dict) and set(content) in ({"like"}, {"unlike"}):
            [(how, pattern)] = content.items()
            return cls(name, _formed(re.compile(pattern), how == "like"))
        raise Refusal(f"{name}: a code list is codes, like a pattern, or unlike one", file="quality/codes")


def _split(entries: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Beginnings without their point, and ranges of categories."""
    beginnings = tuple(_bare(entry) for entry in entries if "-" not in entry)
    ranges = [entry.split("-") for entry in entries if "-" in entry]
    return beginnings, tuple((first, last) for first, last in ranges)


def _begins(beginnings: tuple[str, ...], ranges: tuple[tuple[str, str], ...]) -> Callable[[str], bool]:
    def holds(code: str) -> bool:
        bare = _bare(code)
        return bare.startswith(beginnings) or any(first <= bare[: len(first)] <= last for first, last in ranges)

    return holds


def _formed(pattern: re.Pattern[str], wanted: bool) -> Callable[[str], bool]:
    return lambda code: bool(pattern.fullmatch(normal(code))) == wanted


def _bare(code: str) -> str:
    return normal(code).replace(".", "")
