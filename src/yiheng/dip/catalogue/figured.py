"""A catalogue's rows (目录数据行): sums of groups and of their levels become the columns of a catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue import figures
from yiheng.dip.catalogue.figures import Ratio, Sums
from yiheng.dip.catalogue.placing import CORE, Place, beginnings
from yiheng.dip.columns import LEVEL_SCHEMA, SCHEMA
from yiheng.dip.plan import Plan
from yiheng.norms.statistic import rounded

_NOTHING: Ratio = (0, 1)
_TO_YUAN = Fraction("1/100")


@dataclass(frozen=True)
class Basis:
    """What means are divided by: those of all cases (fen), and that of the base group, where they are there."""

    fee: Ratio
    drug: Ratio | None
    material: Ratio | None
    of_group: Ratio | None


@dataclass(frozen=True)
class Figured:
    """Sums by group on their way to a catalogue; `kept` makes the means, `all` holds every case placed.

    Both have the same groups in the same order.
    """

    made: Plan
    weights: Mapping[int, int]
    places: Mapping[str, Place]
    kept: Sums
    all: Sums

    def basis(self) -> Basis:
        """The means of all; fees that come to nothing are refused."""
        whole = self.kept.together()
        (fee,), (drug,), (material,) = (self._means(whole, name) for name in ("fee", "drug", "material"))
        if fee is None or fee[0] <= 0:
            raise Refusal("all fees together come to nothing: no weights can be made")
        group = self.kept.only(self.made.value("base_group"))
        return Basis(fee, drug, material, None if group is None else self._means(group, "fee")[0])

    def groups(self, basis: Basis) -> pa.Table:
        """The groups: columns of SCHEMA."""
        its = [self.places[name] for name in self.kept.names]
        core = [place.kind == CORE for place in its]
        other_dx = {extra.id: beginnings(extra.other_dx) for extra in self.made.extras}
        place = {extra.id: number for number, extra in enumerate(self.made.extras)}
        columns: dict[str, Any] = {
            "group": self.kept.names, "n": self.all.total("n"),
            **{name: [getattr(each, name) for each in its] for name in ("kind", "dx", "proc", "treatment", "wide")},
            "other_dx": [other_dx.get(each.group) for each in its], "place": [place.get(each.group) for each in its],
            **{name: [getattr(each, name) if own else None for each, own in zip(its, core, strict=True)]
               for name in ("second", "first")},
            "related_share": [None if each.share is None else rounded(each.share) for each in its],
            **{name: self.kept.total(name) for name in ("los_cases", "drug_cases", "material_cases")},
            "weighted_cases": self.kept.weighted("n", self.weights), "sd": figures.sd(self.kept),
            **{name: figures.shown(figures.times([(fen, 1) for fen in self.kept.edge(name)], _TO_YUAN))
               for name in ("least", "most")},
            "mean_los": figures.shown(self._means(self.kept, "los")),
            **self._shared(self.kept, basis),
        }  # fmt: skip
        for part, weight, of in (("drug", "drw", basis.drug), ("material", "crw", basis.material)):
            own = self._means(self.kept, part)
            columns[f"mean_{part}"] = figures.shown(figures.times(own, _TO_YUAN))
            columns[weight] = figures.shown(figures.times(own, figures.inverse(of)))
        return pa.table({name: pa.array(columns[name], SCHEMA.field(name).type) for name in SCHEMA.names}, SCHEMA)

    def levels(self, levels: Mapping[str, Sums], basis: Basis) -> pa.Table:
        """The upper levels, one under the other: columns of LEVEL_SCHEMA."""
        tables = []
        for level, sums in levels.items():
            columns = {"level": [level] * len(sums.names), "group": sums.names, "n": sums.total("n")}
            columns |= self._shared(sums, basis)
            arrays = {name: pa.array(columns[name], LEVEL_SCHEMA.field(name).type) for name in LEVEL_SCHEMA.names}
            tables.append(pa.table(arrays, LEVEL_SCHEMA))
        return pa.concat_tables(tables).combine_chunks()

    def check(self, basis: Basis) -> tuple[Fraction, Fraction, Fraction | None]:
        """The sum of RW x n / n over the cases that count, over all placed, and that of points where they have a base.

        n is weighted by year.
        """
        own, unit = self._own(self.kept), 1 / Fraction(*basis.fee)
        counted, placed = (its.weighted("n", self.weights) for its in (self.kept, self.all))
        check, of_placed = (figures.weighted_mean(own, cases) * unit for cases in (counted, placed))
        if self.made.choice["points_base"] != "mean":
            return check, of_placed, None
        if self.made.value("points_decimals") < 0:
            return check, of_placed, check
        points = figures.points(own, basis.fee, self.made, basis.of_group)
        return check, of_placed, figures.weighted_mean(points, counted) / self.made.exact("points_per_weight")

    def _shared(self, sums: Sums, basis: Basis) -> dict[str, Any]:
        """What groups have, and their levels too."""
        own = self._own(sums)
        return {
            "fee_cases": sums.total("n"), "mean_cost": figures.shown(figures.times(own, _TO_YUAN)),
            "rw": figures.shown(figures.times(own, figures.inverse(basis.fee))), "cv": figures.cv(sums),
            "points": figures.shown(figures.points(own, basis.fee, self.made, basis.of_group)),
        }  # fmt: skip

    def _own(self, sums: Sums) -> list[Ratio]:
        """The mean fees (fen)."""
        return [its or _NOTHING for its in self._means(sums, "fee")]

    def _means(self, sums: Sums, name: str) -> list[Ratio | None]:
        return figures.means(sums, name, self.made, self.weights)
