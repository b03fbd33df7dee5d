"""The catalogue (病种目录库): which combinations occur often enough to be groups, what they weigh and their points."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.dip import caseset, figures, trimming
from yiheng.dip.combination import Combination
from yiheng.dip.figures import Sums, rounded
from yiheng.dip.placing import CORE, Place, beginnings, place
from yiheng.dip.plan import Plan, plan
from yiheng.dip.statistics import KEYS, entering, merged, statistics
from yiheng.dip.years import calendar_weights, year_weights
from yiheng.policy.loader import Scheme
from yiheng.tables.engine import held

# What a row says of its group besides its figures: the operations and diagnoses it takes, its class, its upper levels.
_TEXTS = ("treatment", "wide", "other_dx", "second", "first")
_FIGURES = (
    "weighted_cases", "cv", "sd", "least", "most", "drug_cases", "mean_drug", "drw", "material_cases", "mean_material",
    "crw", "related_share", "place",
)  # fmt: skip
_COUNTS = ("place", "n", "fee_cases", "los_cases", "drug_cases", "material_cases", "weighted_cases")
_OWN = (
    "group", "kind", "dx", "proc", "n", "fee_cases", "los_cases", "mean_cost", "mean_los", "rw", "points",
    *_TEXTS, *_FIGURES,
)  # fmt: skip
_STRINGS = ("group", "kind", "dx", "proc", *_TEXTS)


def _type(name: str) -> pa.DataType:
    return pa.string() if name in _STRINGS else pa.int64() if name in _COUNTS else pa.float64()


SCHEMA = pa.schema([(name, _type(name)) for name in _OWN])
LEVEL_SCHEMA = pa.schema(
    [("level", pa.string()), ("group", pa.string())]
    + [(name, _type(name)) for name in ("n", "fee_cases", "mean_cost", "rw", "points", "cv")]
)
LEVELS = ("second", "first")


@dataclass(frozen=True)
class Catalogue:
    """A catalogue as built.

    - groups: columns of SCHEMA, in order of `group`; amounts in yuan and weighted by year, like rw and points; cv, sd,
      least and most are of the cases that count, unweighted
    - levels: columns of LEVEL_SCHEMA, the second and the first level
    - mean_cost: M, the weighted mean fee over exactly the cases that the groups' means are made of (yuan)
    - check: sum of RW x weighted cases / weighted cases; 1 when the sums hold
    - check_placed: the same over all cases placed, with those that trimming took out of the means
    - check_points: sum of points x weighted cases / (points of weight 1 x weighted cases); None where points have
      another base
    - riv: the share of all variance that lies between groups
    - left_out: how many cases did not enter, by the parameter that says so; `trimmed`: how many left the means
    """

    groups: pa.Table
    mean_cost: float
    check: Fraction
    scheme: Scheme
    day: date
    years: dict[int, int]
    levels: pa.Table
    check_placed: Fraction
    check_points: Fraction | None
    riv: float | None
    left_out: dict[str, int] = field(default_factory=dict)
    trimmed: int = 0


def build(backend: Backend, cases: ir.Table, scheme: Scheme) -> Catalogue:
    """Write a catalogue from the cases that the scheme lets in, of its calendar years.

    The scheme's values are those in force on the last day of the newest year. No such case is a refusal.
    """
    newest = cases.filter(cases.dx[0].notnull(), cases.total_fee.notnull()).year.max().to_pyarrow().as_py()
    if newest is None:
        raise Refusal("no case with a principal diagnosis, a fee and a year")
    made = plan(scheme, date(newest, 12, 31))
    wanted = list(calendar_weights(made.value("year_weights"), newest))
    within = cases.filter(cases.year.isin(wanted) | cases.year.isnull())
    narrow = entering(within, made)
    if made.trimming.kind != "none":
        narrow = backend.create_table(ibis.util.gen_name("entering"), narrow, temp=True)
    found = backend.create_table(ibis.util.gen_name("statistics"), statistics(narrow), temp=True)
    return from_statistics(backend, found, made, _left_out(within, made), narrow)


def from_statistics(
    backend: Backend,
    found: ir.Table,
    made: Plan,
    left_out: dict[str, int] | None = None,
    narrow: ir.Table | None = None,
) -> Catalogue:
    """A catalogue from sufficient statistics alone; `narrow`, the cases themselves, is needed where a scheme trims."""
    found = backend.create_table(ibis.util.gen_name("statistics"), merged(found), temp=True)
    years = [int(year) for year in found.select("year").distinct().to_pyarrow()["year"].to_pylist()]
    if not years:
        raise Refusal("no case of these years enters by the scheme", made.scheme.id)
    weights = year_weights(made.value("year_weights"), years, made.choice["missing_year"])
    placed = place(_combinations(found), made, weights)
    where = held(backend, _places(placed))
    kept, trimmed = (found, 0) if narrow is None else _trimmed(backend, found, narrow, where, made)
    figured = _Figured(made, weights, placed, _by(kept, where, "group"), _by(found, where, "group"))
    levels = {level: _by(kept, where, level) for level in LEVELS}
    return figured.catalogue(levels, left_out or {}, trimmed)


def _left_out(cases: ir.Table, made: Plan) -> dict[str, int]:
    """How many cases do not enter, by reason."""
    reasons = cases.select(why=caseset.left_out(cases, made))
    reasons = reasons.filter(reasons.why.notnull())
    counted = reasons.group_by("why").agg(n=reasons.count()).order_by("why").to_pyarrow()
    return {row["why"]: row["n"] for row in counted.to_pylist()}


def _combinations(found: ir.Table) -> list[Combination]:
    rows = found.select(*KEYS, "n", "fee").order_by(*KEYS).to_pyarrow().to_pydict()
    made: dict[tuple[Any, ...], Combination] = {}
    for name, dx_icd, proc_icd, extra, year, n, fee in zip(*rows.values(), strict=True):
        each = made.get(key := (name, dx_icd, proc_icd, extra))
        if each is None:
            each = made[key] = Combination(name, dx_icd, proc_icd, extra, {}, {})
        each.n[year], each.fee[year] = n, fee
    return list(made.values())


def _places(placed: Mapping[tuple[str, ...], Place]) -> pa.Table:
    rows = [
        (name, dx_icd == "True", proc_icd == "True", extra, its.group, its.second, its.first)
        for (name, dx_icd, proc_icd, extra), its in placed.items()
    ]
    kinds = [pa.string(), pa.bool_(), pa.bool_(), *[pa.string()] * (1 + 1 + len(LEVELS))]
    columns = list(zip(*rows, strict=True))
    names = ["core_key", "dx_icd", "proc_icd", "extra_id", "group", *LEVELS]
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)})


def _joined(table: ir.Table, where: ir.Table) -> ir.Table:
    keyed = table.mutate(extra_id=table.extra.fill_null(""))
    return keyed.inner_join(where, ["core_key", "dx_icd", "proc_icd", "extra_id"])


def _by(found: ir.Table, where: ir.Table, level: str) -> dict[str, Sums]:
    """Sums by group, or by a group of an upper level."""
    rows = merged(_joined(found, where), (level, "year")).order_by(level, "year").to_pyarrow().to_pylist()
    sums: dict[str, Sums] = {}
    for row in rows:
        sums.setdefault(row[level], Sums()).add(row)
    return sums


def _trimmed(backend: Backend, found: ir.Table, narrow: ir.Table, where: ir.Table, made: Plan) -> tuple[ir.Table, int]:
    """The statistics of the cases inside their group's edges, and how many lie outside."""
    if made.trimming.kind == "none":
        return found, 0
    placed = _joined(narrow, where)
    sums: list[dict[str, int | str]] = [
        {"group": name, "n": its.total("n"), "fee": its.total("fee"), "square": its.total("square")}
        for name, its in _by(found, where, "group").items()
    ]
    limits = trimming.edges(trimming.histogram(placed), sums, made)
    rows = [(name, low, high) for name, (low, high) in sorted(limits.items())]
    names, lows, highs = zip(*rows, strict=True) if rows else ((), (), ())
    table = pa.table({"edged": pa.array(names, pa.string()), "low": pa.array(lows, pa.int64()),
                      "high": pa.array(highs, pa.int64())})  # fmt: skip
    limited = held(backend, table)
    edged = placed.left_join(limited, placed.group == limited.edged)
    inside = edged.filter(edged.low.isnull() | edged.fen.between(edged.low, edged.high))
    kept = backend.create_table(ibis.util.gen_name("kept"), statistics(inside), temp=True)
    lost = sorted({str(each["group"]) for each in sums} - set(_by(kept, where, "group")))
    if lost:
        raise Refusal("trimming: takes out every case of a group", made.scheme.id, value=lost[0])
    before, after = (int(each.n.sum().fill_null(0).to_pyarrow().as_py()) for each in (found, kept))
    if before - after > made.trimming.most_removed * before:
        what = f"trimming: would take {before - after} of {before} cases out, more than most_removed allows"
        raise Refusal(what, made.scheme.id, value=str(float(made.trimming.most_removed)))
    return kept, before - after


@dataclass(frozen=True)
class _Figured:
    """Sums by group on their way to a catalogue; `kept` makes the means, `all` holds every case placed."""

    made: Plan
    weights: dict[int, int]
    placed: Mapping[tuple[str, ...], Place]
    kept: dict[str, Sums]
    all: dict[str, Sums]

    def catalogue(self, levels: Mapping[str, dict[str, Sums]], left_out: dict[str, int], trimmed: int) -> Catalogue:
        whole = Sums()
        for sums in self.kept.values():
            for year, own in sums.by_year.items():
                whole.add({**own, "year": year, "least": sums.least, "most": sums.most})  # type: ignore[dict-item]
        base = self._mean(whole, "fee")
        if not base or base <= 0:
            raise Refusal("all fees together come to nothing: no weights can be made")
        basis = _Basis(base, self._mean(whole, "drug"), self._mean(whole, "material"), self._base_group())
        about = {its.group: its for its in self.placed.values()}
        means = {name: self._mean(sums, "fee") or Fraction(0) for name, sums in self.kept.items()}
        rows = [self._row(name, about[name], means[name], basis) for name in sorted(self.kept)]
        own_points = {name: figures.points(means[name], base, self.made, basis.of_group) for name in means}
        check = self._ratio(self.kept, {name: own / base for name, own in means.items()})
        placed = self._ratio(self.all, {name: own / base for name, own in means.items()})
        of_mean = self.made.choice["points_base"] == "mean"
        return Catalogue(
            pa.Table.from_pylist(rows, schema=SCHEMA), rounded(base / 100), check, self.made.scheme, self.made.day,
            self.weights, self._levels(levels, basis), placed,
            self._ratio(self.kept, own_points) / self.made.exact("points_per_weight") if of_mean else None,
            figures.riv(self.kept), left_out, trimmed,
        )  # fmt: skip

    def _mean(self, sums: Sums, name: str) -> Fraction | None:
        return figures.mean(sums, name, self.made, self.weights)

    def _base_group(self) -> Fraction | None:
        sums = self.kept.get(self.made.value("base_group"))
        return self._mean(sums, "fee") if sums is not None else None

    def _ratio(self, groups: Mapping[str, Sums], values: Mapping[str, Fraction]) -> Fraction:
        """The sum of value x weighted cases / weighted cases."""
        cases = {name: sums.weighted("n", self.weights) for name, sums in groups.items()}
        total = sum((values.get(name, Fraction(0)) * count for name, count in cases.items()), Fraction(0))
        return total / sum(cases.values())

    def _row(self, name: str, its: Place, own: Fraction, basis: "_Basis") -> dict[str, Any]:
        sums = self.kept[name]
        drug, material, los = (self._mean(sums, part) for part in ("drug", "material", "los"))
        return {
            "group": name, "kind": its.kind, "dx": its.dx, "proc": its.proc, "treatment": its.treatment,
            "wide": its.wide, "other_dx": self._other_dx(its), "second": its.second if its.kind == CORE else None,
            "first": its.first if its.kind == CORE else None,
            "n": self.all[name].total("n"), "fee_cases": sums.total("n"), "los_cases": sums.total("los_cases"),
            "drug_cases": sums.total("drug_cases"), "material_cases": sums.total("material_cases"),
            "weighted_cases": sums.weighted("n", self.weights),
            "mean_cost": rounded(own / 100), "mean_los": _float(los), "rw": rounded(own / basis.fee),
            "points": rounded(figures.points(own, basis.fee, self.made, basis.of_group)),
            "cv": figures.cv(sums), "sd": figures.sd(sums),
            "least": _yuan(sums.least), "most": _yuan(sums.most),
            "mean_drug": _part(drug, Fraction(100)), "drw": _part(drug, basis.drug),
            "mean_material": _part(material, Fraction(100)), "crw": _part(material, basis.material),
            "related_share": _float(its.share), "place": self._places().get(its.group),
        }  # fmt: skip

    def _other_dx(self, its: Place) -> str | None:
        return next((beginnings(extra.other_dx) for extra in self.made.extras if extra.id == its.group), None)

    def _places(self) -> dict[str, int]:
        return {extra.id: number for number, extra in enumerate(self.made.extras)}

    def _levels(self, levels: Mapping[str, dict[str, Sums]], basis: "_Basis") -> pa.Table:
        rows = []
        for level, groups in levels.items():
            for name, sums in groups.items():
                own = self._mean(sums, "fee") or Fraction(0)
                rows.append({
                    "level": level, "group": name, "n": sums.total("n"), "fee_cases": sums.total("n"),
                    "mean_cost": rounded(own / 100), "rw": rounded(own / basis.fee), "cv": figures.cv(sums),
                    "points": rounded(figures.points(own, basis.fee, self.made, basis.of_group)),
                })  # fmt: skip
        return pa.Table.from_pylist(rows, schema=LEVEL_SCHEMA)


@dataclass(frozen=True)
class _Basis:
    """What the means are divided by: those of all cases (fen), and that of the base group."""

    fee: Fraction
    drug: Fraction | None
    material: Fraction | None
    of_group: Fraction | None


def _float(exact: Fraction | None) -> float | None:
    return None if exact is None else rounded(exact)


def _part(own: Fraction | None, of: Fraction | None) -> float | None:
    return rounded(own / of) if own is not None and of else None


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else rounded(Fraction(fen, 100))
