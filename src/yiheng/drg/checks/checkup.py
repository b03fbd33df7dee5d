"""One examination of a pack (核查): what the checks share, and what they found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from yiheng.drg.checks.reach import Reach
from yiheng.drg.condition import All
from yiheng.drg.packs.content import Content
from yiheng.drg.packs.load import draft_of
from yiheng.drg.packs.pack import Finding, Mdc, Pack, Rule


@dataclass(frozen=True)
class Tried:
    """A rule in its category; `whole` is all that must hold: gate and rule."""

    mdc: Mdc
    rule: Rule

    @property
    def whole(self) -> All:
        return All((self.mdc.gate, self.rule.when))


class Checkup:
    """A pack under examination."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._found: dict[Check, tuple[Finding, ...]] = {}

    @cached_property
    def pack(self) -> Pack:
        return draft_of(self.content)

    @cached_property
    def reach(self) -> Reach:
        return Reach(self.pack)

    def tried(self) -> Iterator[Tried]:
        """Every rule of every category in the order of trying."""
        return (Tried(mdc, rule) for mdc in self.pack.mdcs for rule in self.pack.rules.get(mdc.code, ()))

    def found(self, check: "Check") -> tuple[Finding, ...]:
        """What a check finds, looked for once."""
        if check not in self._found:
            self._found[check] = tuple(check(self))
        return self._found[check]


Check = Callable[[Checkup], Iterable[Finding]]
