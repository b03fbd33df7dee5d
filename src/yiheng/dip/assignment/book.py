"""The book of groups (入组目录): a catalogue as assignment reads it; what each group asks of a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.codes.keys import key
from yiheng.dip.keys import ANY
from yiheng.dip.operations import OR, parts_of
from yiheng.dip.plan import CONSERVATIVE, KINDS, Plan, plain

COMPREHENSIVE = "comprehensive"
# Kinds whose groups are looked for by diagnosis and operations; the others, bar the comprehensive, are listed ones.
BY_COMBINATION = ("core", "primary")
BEGINNING, WHOLE, KEYED = "beginning", "whole", "key"
"""How a token stands for codes: all that begin so, exactly this one, all with this key."""


@dataclass(frozen=True)
class Token:
    """A code of a group, and how a case's code is held against it; codes of other systems are compared whole."""

    kind: str
    text: str
    how: str

    def takes(self, code: str, is_icd: bool, chars: int) -> bool:
        """Whether a case's code is what this token stands for; `chars` is the length of a key."""
        if self.how == BEGINNING:
            return (plain(code) if is_icd else code).startswith(plain(self.text) if is_icd else self.text)
        if not is_icd:
            return code == self.text
        if self.how == WHOLE:
            return plain(code) == plain(self.text)
        return key(self.kind, code, chars, None) == key(self.kind, self.text, chars, None)

    @property
    def length(self) -> int:
        """How many characters it says; the more, the more specific."""
        return len(plain(self.text))


@dataclass(frozen=True)
class Group:
    """A group: its diagnosis must be one of `dx` (any if there is none), another diagnosis one of `other_dx`.

    Of each of `parts` one operation is needed; without parts the case must have no operation. `place` is that of a
    listed group; `wide` the diagnosis of a comprehensive one, `treatment` its class; `mean` is in yuan.
    """

    id: str
    kind: str
    treatment: str
    dx: tuple[Token, ...]
    other_dx: tuple[Token, ...]
    parts: tuple[tuple[Token, ...], ...]
    wide: str | None
    place: int | None
    rw: float | None
    points: float | None
    mean: float | None
    share: float

    @property
    def is_listed(self) -> bool:
        return self.kind not in (*BY_COMBINATION, COMPREHENSIVE)


@dataclass(frozen=True)
class Book:
    """The groups of a catalogue in order of their ids, and the plan that says how they are chosen."""

    groups: tuple[Group, ...]
    plan: Plan

    @cached_property
    def listed(self) -> tuple[Group, ...]:
        """The groups by list, in the order in which they are tried."""
        found = [group for group in self.groups if group.is_listed]
        return tuple(sorted(found, key=lambda each: (each.place is None, each.place, each.id)))

    @cached_property
    def combined(self) -> tuple[Group, ...]:
        """The groups that are looked for by diagnosis and operations."""
        return tuple(group for group in self.groups if group.kind in BY_COMBINATION)

    @cached_property
    def pools(self) -> dict[tuple[str, str], Group]:
        """The comprehensive groups by their diagnosis and treatment class."""
        return {(group.wide or "", group.treatment): group for group in self.groups if group.kind == COMPREHENSIVE}

    @cached_property
    def ranges(self) -> tuple[str, ...]:
        """The diagnoses of comprehensive groups that are ranges, such as A00-A99; the shortest first."""
        found = {wide for wide, _ in self.pools if "-" in wide}
        return tuple(sorted(found, key=lambda each: (_span(each), each)))

    def rank(self, group: Group) -> int:
        """The place of a group's kind and class in the scheme's order of kinds; those not named come last."""
        order = list(self.plan.value("kind_order"))
        name = f"{group.kind}:{group.treatment}"
        return order.index(name) if name in order else len(order)


def open_book(catalogue: pa.Table, plan: Plan) -> Book:
    """A catalogue's rows as a book; two groups of one id, or two pools of one diagnosis and class, are refused."""
    rows = sorted(catalogue.to_pylist(), key=lambda row: row["group"])
    groups = tuple(_group(row, plan) for row in rows)
    for one, other in zip(groups, groups[1:], strict=False):
        if one.id == other.id:
            raise Refusal("two groups have this id", column="group", value=one.id)
    book = Book(groups, plan)
    pools = [group for group in groups if group.kind == COMPREHENSIVE]
    if len(book.pools) < len(pools):
        twice = next(group for group in pools if book.pools[group.wide or "", group.treatment] is not group)
        raise Refusal("two comprehensive groups for one diagnosis and class", column="group", value=twice.id)
    return book


def wides_of(code: str, is_icd: bool, plan: Plan, ranges: Iterable[str]) -> list[str]:
    """What a comprehensive group may say of this diagnosis, the narrowest first: its beginnings, then ranges."""
    if not is_icd:
        return [code]
    heads = [key("dx", code, chars, None) for chars in plan.lengths.comprehensive]
    return heads + [each for each in ranges if inside(plain(code), each)]


def inside(code: str, text: str) -> bool:
    """Whether a code, in normal form without its point, lies in a range such as A00-J99."""
    first, _, last = (plain(part) for part in text.partition("-"))
    return first <= code[: len(first)] and code[: len(last)] <= last


def _span(text: str) -> int:
    """How many categories a range holds, roughly: letters count a hundred each."""
    first, last = (plain(part) for part in text.split("-", 1))
    return (ord(last[0]) - ord(first[0])) * 100 + int(last[1:] or 0) - int(first[1:] or 0)


def _group(row: dict[str, Any], plan: Plan) -> Group:
    if row["kind"] not in KINDS:
        raise Refusal("is no kind of group", column="kind", value=str(row["kind"]), cure=f"one of: {', '.join(KINDS)}")
    below = plan.value("prefix_below")
    parts = tuple(tuple(_token("proc", code, below) for code in part) for part in parts_of(row["proc"]))
    dx, other = (
        tuple(_token("dx", code, 0) for code in (row[name] or "").split(OR) if code) for name in ("dx", "other_dx")
    )
    return Group(
        row["group"], row["kind"], row["treatment"] or CONSERVATIVE, dx, other, parts, row["wide"], row["place"],
        row["rw"], row["points"], row["mean_cost"], row["related_share"] or 0.0,
    )  # fmt: skip


def _token(kind: str, text: str, below: int) -> Token:
    if text.endswith(ANY):
        return Token(kind, text.removesuffix(ANY), BEGINNING)
    if below:
        return Token(kind, text, BEGINNING if len(plain(text)) < below else WHOLE)
    return Token(kind, text, KEYED)
