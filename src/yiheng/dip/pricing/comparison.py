"""The base of comparison (比较基准): the mean that a case's fee is held against, found along a declared chain.

Own hospital, class of hospitals, region, catalogue: the first with enough cases. The trace names which was used. Where
a scheme compares with the auxiliary level, the mean is multiplied with the level's coefficient: m_ij = a_ij x m_i.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import ibis.expr.types as ir

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan
from yiheng.dip.pricing.coefficients import Cell, cells_of
from yiheng.dip.pricing.members import Members

HOSPITAL, CLASS, REGION, CATALOGUE = "hospital", "class", "region", "catalogue"
CHAIN = (HOSPITAL, CLASS, REGION, CATALOGUE)
GROUP, LEVEL = "group", "level"


@dataclass(frozen=True)
class Base:
    """A mean in fen, where it comes from, and its cases; None for the catalogue's own, which is weighted by year."""

    mean: Fraction
    origin: str
    cases: int | None


@dataclass(frozen=True)
class Bases:
    """The means by each link of the chain; `catalogue` in fen."""

    sums: Mapping[str, Mapping[tuple[str, str], tuple[int, int]]]
    catalogue: Mapping[str, Fraction]
    chain: tuple[str, ...]
    least: int
    met: dict[tuple[str, str, str], Base] = field(default_factory=dict, compare=False, repr=False)

    def of(self, group: str, hospital: str | None, name: str | None) -> Base | None:
        """The first link with enough cases; None where the chain ends without one."""
        keys = {HOSPITAL: hospital, CLASS: name, REGION: "", CATALOGUE: ""}
        for link in self.chain:
            if (key := keys[link]) is not None and (found := self._link(link, key, group)) is not None:
                return found
        return None

    def _link(self, link: str, key: str, group: str) -> Base | None:
        """The mean of one link where it has enough cases; the same object whenever it is asked for."""
        if (link, key, group) not in self.met:
            if link == CATALOGUE:
                mean, cases = self.catalogue.get(group), None
            else:
                n, fee = self.sums[link].get((key, group), (0, 0))
                mean, cases = (Fraction(fee, n), n) if n >= max(self.least, 1) and fee > 0 else (None, None)
            if not mean:
                return None
            self.met[link, key, group] = Base(mean, link, cases)
        return self.met[link, key, group]


def bases(cells: Iterable[Cell], members: Members, catalogue: Mapping[str, Fraction], plan: Plan) -> Bases:
    """The means of the cases in `cells`; a chain that is no chain is refused."""
    rule = plan.value("comparison_base")
    chain = tuple(rule["chain"])
    if not chain or set(chain) - set(CHAIN) or rule["of"] not in (GROUP, LEVEL):
        cure = f"chain of {', '.join(CHAIN)}; of: {GROUP}, {LEVEL}"
        raise Refusal("comparison_base: is no rule", plan.scheme.id, value=str(rule), cure=cure)
    listed, keys = list(cells), _keys(members)
    sums: dict[str, dict[tuple[str, str], tuple[int, int]]] = {link: {} for link in chain if link != CATALOGUE}
    for link, its in sums.items():
        for cell in listed:
            if (name := keys[link](cell)) is not None:
                n, fee = its.get((name, cell.group), (0, 0))
                its[name, cell.group] = (n + cell.n, fee + cell.fee)
    return Bases(sums, catalogue, chain, rule["least_cases"])


def base_cells(placed: ir.Table, year: int, members: Members, plan: Plan) -> list[Cell]:
    """The cells that cases of a year are compared with: those of `years_back` years before, by the scheme."""
    return cells_of(placed.filter(placed.year == year - plan.value("comparison_base")["years_back"]), members)


def _keys(members: Members) -> dict[str, Callable[[Cell], str | None]]:
    return {
        HOSPITAL: lambda cell: cell.hospital,
        CLASS: lambda cell: members.on(cell.hospital, cell.day),
        REGION: lambda _: "",
    }
