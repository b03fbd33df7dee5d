"""Hospital coefficients (医疗机构系数): what the classes of hospitals cost in the same groups, and what is added.

h of a class = sum of n x m(class) / sum of n x m(region), over the groups that the class has: standardised for mix, so
a class is not dear for treating dear groups.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import CONSERVATIVE, Plan, fraction
from yiheng.dip.pricing.members import Members
from yiheng.norms.statistic import rounded

OF_CLASS, NO_CLASS, FEW_CASES = "class", "no class on this day", "too few cases of the class"
WHOLE = "whole"

HOSPITALS = pa.schema(
    [("hospital", pa.string()), ("class", pa.string()), ("n", pa.int64()), ("mean_cost", pa.float64()),
     ("standard", pa.float64()), ("own", pa.float64()), ("class_cases", pa.int64()),
     ("class_coefficient", pa.float64()),
     ("origin", pa.string()), ("additions", pa.float64()), ("coefficient", pa.float64())]
)  # fmt: skip
CLASSES = pa.schema(
    [("class", pa.string()), ("hospitals", pa.int64()), ("groups", pa.int64()), ("n", pa.int64()),
     ("mean_cost", pa.float64()), ("standard", pa.float64()), ("coefficient", pa.float64())]
)  # fmt: skip
PRICES = pa.schema(
    [("group", pa.string()), ("n", pa.int64()), ("primary_n", pa.int64()), ("share", pa.float64()),
     ("cv", pa.float64()), ("same_price", pa.bool_()), ("why", pa.string())]
)  # fmt: skip
FEW_PRIMARY, WIDE_SPREAD, NO_SPREAD = "too few in primary hospitals", "the CV is too large", "the CV is not known"


@dataclass(frozen=True)
class Cell:
    """Cases of a hospital in a group that ended on a day (or in a span within which classes stay), fees in fen."""

    hospital: str
    day: date | None
    group: str
    n: int
    fee: int


@dataclass(frozen=True)
class OfClass:
    """What a class of hospitals cost: cases, groups, their fees, and what the region's means of them come to (fen)."""

    n: int
    groups: int
    fee: int
    expected: Fraction

    @property
    def value(self) -> Fraction | None:
        return self.fee / self.expected if self.expected > 0 else None


@dataclass(frozen=True)
class Coefficient:
    """A hospital's class coefficient and where it comes from; `cases` are those that its class was measured on."""

    value: Fraction
    origin: str
    name: str | None
    cases: int


def cells_of(placed: ir.Table, members: Members) -> list[Cell]:
    """The cells of the cases that enter and have a group and a hospital; days stand for the spans of their classes."""
    kept = placed.filter(placed.enters, placed.group.notnull(), placed.hospital.notnull())
    edges = sorted({day for each in members for day in (each.valid_from, each.valid_to) if day is not None})
    span = sum(((kept.day >= edge).cast("int64") + (kept.day > edge).cast("int64") for edge in edges), ibis.literal(0))
    counted = kept.group_by(["hospital", "group", span.name("span")]).agg(
        day=kept.day.min(), n=kept.count(), fee=kept.fen.sum().cast("int64")
    )
    rows = counted.order_by("hospital", "group", "span").to_pyarrow().to_pylist()
    return [Cell(row["hospital"], row["day"], row["group"], row["n"], row["fee"]) for row in rows]


def class_coefficients(cells: Iterable[Cell], members: Members) -> dict[str, OfClass]:
    """Each class by name; each case counts for the class that its hospital had on its day."""
    return _against_region(cells, lambda cell: members.on(cell.hospital, cell.day))


def _against_region(cells: Iterable[Cell], name_of: object) -> dict[str, OfClass]:
    region: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    own: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for cell in cells:
        name = name_of(cell)  # type: ignore[operator]
        for sums in (region[cell.group], *([own[name][cell.group]] if name is not None else [])):
            sums[0] += cell.n
            sums[1] += cell.fee
    found = {}
    for name, groups in sorted(own.items()):
        expected = sum((n * Fraction(region[g][1], region[g][0]) for g, (n, _) in groups.items()), Fraction(0))
        n, fee = (sum(each[place] for each in groups.values()) for place in (0, 1))
        found[name] = OfClass(n, len(groups), fee, expected)
    return found


def of_class(name: str | None, classes: Mapping[str, OfClass], plan: Plan) -> Coefficient:
    """The coefficient of a class; the fallback for none, and for one with too few cases."""
    rule = plan.value("hospital_class")
    if name is None:
        return Coefficient(fraction(rule["fallback"]), NO_CLASS, None, 0)
    its = classes.get(name)
    if its is None or its.value is None or its.n < rule["least_cases"]:
        return Coefficient(fraction(rule["fallback"]), FEW_CASES, name, its.n if its else 0)
    return Coefficient(its.value, OF_CLASS, name, its.n)


def with_additions(of_class: Fraction, values: Mapping[str, Fraction], plan: Plan) -> Fraction:
    """h = class coefficient + sum of weight x value; a value without a weight and a gap are refused."""
    weights = plan.value("hospital_additions")
    wrong = sorted(set(weights) ^ set(values))
    if wrong:
        raise Refusal(f"hospital_additions: missing or unknown {', '.join(wrong)}", plan.scheme.id)
    return of_class + sum((fraction(weights[name]) * value for name, value in values.items()), Fraction(0))


def classes_table(cells: Iterable[Cell], members: Members, plan: Plan) -> pa.Table:
    """Columns of CLASSES, in order: what each class cost, against what the region's means of its cases come to."""
    listed = list(cells)
    hospitals: dict[str, set[str]] = defaultdict(set)
    for cell in listed:
        if (name := members.on(cell.hospital, cell.day)) is not None:
            hospitals[name].add(cell.hospital)
    found = class_coefficients(listed, members)
    rows = [
        {"class": name, "hospitals": len(hospitals[name]), "groups": its.groups, "n": its.n,
         **_means(its), "coefficient": rounded(of_class(name, found, plan).value)}
        for name, its in found.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=CLASSES)


def hospitals_table(
    cells: Iterable[Cell], members: Members, plan: Plan, additions: Mapping[str, Mapping[str, Fraction]] | None = None
) -> pa.Table:
    """Columns of HOSPITALS: one row for each class that a hospital had while it discharged cases, in order.

    `standard` is what the region's means of the same cases come to on average, `own` what it would be by itself;
    `additions` has the values of each hospital by name.
    """
    listed = list(cells)
    classes = class_coefficients(listed, members)
    spans = _against_region(listed, lambda cell: (cell.hospital, members.on(cell.hospital, cell.day) or ""))
    rows = []
    for (hospital, name), its in spans.items():  # type: ignore[str-unpack]
        base = of_class(name or None, classes, plan)
        whole = with_additions(base.value, (additions or {}).get(hospital, {}), plan)
        rows.append({
            "hospital": hospital, "class": name or None, "n": its.n, **_means(its),
            "own": None if its.value is None else rounded(its.value), "class_cases": base.cases,
            "class_coefficient": rounded(base.value), "origin": base.origin,
            "additions": rounded(whole - base.value), "coefficient": rounded(whole),
        })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=HOSPITALS)


def prices_table(cells: Iterable[Cell], levels: Members, cvs: Mapping[str, float | None], plan: Plan) -> pa.Table:
    """Columns of PRICES, in order of group: whether a group has one price for every hospital (同病同价), and why not.

    Enough of its cases in primary hospitals, and a small CV. `levels` says which hospitals are primary (see `by`).
    """
    rule = plan.value("same_price")
    primary, least = {str(name) for name in rule["classes"]}, fraction(rule["primary_share"])
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        counted[cell.group][0] += cell.n
        counted[cell.group][1] += cell.n if levels.on(cell.hospital, cell.day) in primary else 0
    rows = []
    for group, (n, own) in sorted(counted.items()):
        cv = cvs.get(group)
        why = FEW_PRIMARY if own < least * n else NO_SPREAD if cv is None else None
        why = why or (WIDE_SPREAD if cv is not None and cv > rule["most_cv"] else None)
        rows.append({"group": group, "n": n, "primary_n": own, "share": rounded(Fraction(own, n)), "cv": cv,
                     "same_price": why is None, "why": why})  # fmt: skip
    return pa.Table.from_pylist(rows, schema=PRICES)


def same_price(prices: pa.Table) -> set[str]:
    """The groups with one price."""
    return set(prices.filter(prices["same_price"])["group"].to_pylist())


def hospital_coefficient(
    group: str, treatment: str | None, its: Mapping[str, Fraction], same: Collection[str], plan: Plan
) -> Fraction:
    """What a case is multiplied with: 1 in a group with one price, else the hospital's coefficient.

    `its` has class and whole; a conservative group takes that of the class alone where the scheme says so.
    """
    if group in same:
        return Fraction(1)
    conservative = treatment in (None, CONSERVATIVE)
    return its[plan.value("hospital_class")["conservative"] if conservative else WHOLE]


def _means(its: OfClass) -> dict[str, float]:
    return {"mean_cost": rounded(Fraction(its.fee, its.n) / 100), "standard": rounded(its.expected / its.n / 100)}
