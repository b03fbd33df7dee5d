"""Packs that apply (适用方案): one for every case, or that of each case's day; at hand for each single case too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.drg.kernel.chosen import Chosen, by_one
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.dated import by_day, split_by_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.places import InForce


@dataclass(frozen=True)
class Applied:
    """What cases are grouped by, and the packs themselves.

    - chosen: as for grouping a stream; packs: each once
    - of: the pack of a case by its day
    """

    chosen: Chosen
    packs: Sequence[Pack]
    of: Callable[[date | None], Pack]

    def weights(self) -> dict[str, float]:
        """The weight of each group as the packs publish it; none if one of them publishes none.

        Packs that give one group different weights are refused: which holds would depend on the day.
        """
        found: dict[str, float] = {}
        for pack in self.packs if all(pack.weights for pack in self.packs) else ():
            for group, weight in pack.weights.items():
                if found.setdefault(group, float(weight)) != float(weight):
                    what = f"has another weight than a pack in force on other days: {weight}"
                    raise Refusal(what, file=pack.id, column="drg", value=group, cure="cases of one period")
        return found


def one_pack(pack: Pack) -> Applied:
    """Every case by one pack, whatever its date."""
    return Applied(by_one(compiled(pack)), [pack], lambda _day: pack)


def of_each_day(days: pa.Array, in_force: InForce, file: str) -> Applied:
    """Each case by the pack in force on its day; `days`: those of all cases; refusals as `dated.split_by_pack`."""
    chosen = by_day(days, in_force, file)
    packs = {pack.digest: pack for pack, _ in split_by_pack(days, in_force, file)}

    def of(day: date | None) -> Pack:
        return pack_of_day(day, in_force, file)

    return Applied(chosen, [packs[its.digest] for its in chosen.packs], of)


def pack_of_day(day: date | None, in_force: InForce, file: str) -> Pack:
    """The pack in force on the day of a case; a case without one is refused."""
    if day is None:
        raise Refusal("has no discharge date: no pack is in force for it", file=file, column="discharge_date")
    return in_force.of(day)
