"""Countersign (会签): all of several parties, asked at the same time; the first that refuses ends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from yiheng.site.base.flow.models import Poll, Seat
from yiheng.site.base.panel.outcome import Given, Holders, Next, together
from yiheng.site.base.panel.signing import Signing


@dataclass(frozen=True)
class Countersign(Signing):
    """Every rung is a party of its own; none waits for another."""

    kind: ClassVar[str] = "countersign"

    def next(self, rungs: Sequence[Holders], given: Sequence[Given]) -> Next:
        """The parties that have not answered."""
        return together(rungs, given)

    def place_of_added(self, seat: Seat, poll: Poll) -> int:
        """After all others."""
        return len(poll.basis["rungs"])
