"""Ladder (逐级审批): one rung after the other; a rung that nobody may sign is signed for by the next above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from yiheng.site.base.flow.models import Poll, Seat
from yiheng.site.base.panel.outcome import Again, Given, Holders, Next, climb
from yiheng.site.base.panel.signing import Signing


@dataclass(frozen=True)
class Ladder(Signing):
    """Rungs in order, the lowest first; `again`: what is done with a rung whose only holder has signed a lower one."""

    again: Again = Again.ONCE
    kind: ClassVar[str] = "ladder"

    def next(self, rungs: Sequence[Holders], given: Sequence[Given]) -> Next:
        """The next rung that somebody may sign."""
        return climb(rungs, given, self.again)

    def place_of_added(self, seat: Seat, poll: Poll) -> int:
        """Right after the rung that added the signer."""
        return seat.rung + 1
