"""What cases are grouped by (选定方案): one pack, or several by their days; ready to be led over a stream."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.stream import grouper_of
from yiheng.drg.packs.standing import Standing
from yiheng.tables.stream import Work


@dataclass(frozen=True)
class Chosen:
    """What cases are grouped by.

    - packs: each once; columns: those that they ask for; make: makes what groups batches
    - compiled: each pack once, as a cluster's nodes need it; periods: from when to when (None: open) which of them
      holds, by its place; none where every case is grouped by the one pack
    - parameters: what beside the packs decides the result
    """

    packs: Sequence[Standing]
    columns: Sequence[str]
    make: Callable[[], Work]
    compiled: Sequence[Compiled]
    periods: Sequence[tuple[date, date | None, int]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def policy(self) -> dict[str, str]:
        """The digests of the packs by their ids; packs of one id are told apart by their digests."""
        ids = [its.id for its in self.packs]
        return {its.id if ids.count(its.id) == 1 else f"{its.id}@{its.digest}": its.digest for its in self.packs}


def by_one(rules: Compiled) -> Chosen:
    """Every case by one pack, whatever its date."""
    return Chosen([rules.standing], rules.columns, partial(grouper_of, rules), [rules])
