"""A code list (编码表): which codes it holds, by their beginnings, by ranges of categories, or by their form.

A list of pairs holds codes that exclude each other.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.codes.normal import normal

ANY = "*"


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

    @classmethod
    def of_codes(cls, name: str, codes: Iterable[str]) -> "CodeList":
        """Whole codes; `A01*` stands for all that begin with A01."""
        found = Entries(codes)
        return cls(name, lambda code: bool(found.of(code)))


class Entries:
    """Whole codes, and beginnings with a `*` behind them, each with its place in their order."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._whole: dict[str, list[int]] = {}
        self._begin: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            kind = self._begin if text.endswith(ANY) else self._whole
            kind.setdefault(_bare(text.removesuffix(ANY)), []).append(place)
        self._lengths = sorted({len(text) for text in self._begin})

    def of(self, code: str) -> frozenset[int]:
        """The places of the entries that stand for this code."""
        bare = _bare(code)
        heads = [self._begin.get(bare[:length], []) for length in self._lengths if length <= len(bare)]
        return frozenset(place for its in (self._whole.get(bare, []), *heads) for place in its)


@dataclass(frozen=True)
class PairList:
    """A named list of pairs; `one` and `other` tell on which side of which pairs a code stands."""

    name: str
    one: Entries
    other: Entries

    @classmethod
    def of_pairs(cls, name: str, pairs: Collection[tuple[str, str]]) -> "PairList":
        """Each pair of whole codes or beginnings (`A01*`)."""
        return cls(name, Entries(one for one, _ in pairs), Entries(other for _, other in pairs))

    def stands_in(self, code: str) -> bool:
        """Whether the code is of any pair."""
        return bool(self.one.of(code) or self.other.of(code))

    def has_pair(self, codes: Sequence[str]) -> bool:
        """Whether two of these codes are a pair."""
        sides = [(self.one.of(code), self.other.of(code)) for code in codes]
        return any(one & other for at, (one, _) in enumerate(sides) for to, (_, other) in enumerate(sides) if at != to)


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
