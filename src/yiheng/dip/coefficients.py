"""Hospital coefficients (医疗机构系数): what the classes of hospitals cost in the same groups, and what is added.

h of a class = sum of n x m(class) / sum of n x m(region), over the groups that the class has: standardised for mix, so
a class is not dear for treating dear groups.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, fraction

OF_CLASS, NO_CLASS, FEW_CASES = "class", "no class on this day", "too few cases of the class"


@dataclass(frozen=True)
class Membership:
    """A hospital's class from a day on, up to and with another; None = open."""

    hospital: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Cell:
    """Cases of a hospital in a group that ended on a day (or in a span within which classes stay), fees in fen."""

    hospital: str
    day: date
    group: str
    n: int
    fee: int


@dataclass(frozen=True)
class Coefficient:
    """A hospital's coefficient and where it comes from; `cases` are those that its class was measured on."""

    value: Fraction
    origin: str
    name: str | None
    cases: int


def class_of(hospital: str, day: date, members: Iterable[Membership]) -> str | None:
    """The class of a hospital on a day, None where it has none; two at once are refused."""
    names = {each.name for each in members if each.hospital == hospital and each.holds(day)}
    if len(names) > 1:
        raise Refusal(f"has two classes on {day}: {', '.join(sorted(names))}", column="hospital", value=hospital)
    return next(iter(names), None)


def class_coefficients(cells: Iterable[Cell], members: Sequence[Membership]) -> dict[str, tuple[Fraction, int]]:
    """The coefficient of each class and its cases; each case counts for the class that its hospital had on its day."""
    region: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    own: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for cell in cells:
        name = class_of(cell.hospital, cell.day, members)
        for sums in (region[cell.group], *([own[name][cell.group]] if name is not None else [])):
            sums[0] += cell.n
            sums[1] += cell.fee
    found = {}
    for name, groups in own.items():
        spent = sum(fee for _, fee in groups.values())
        means = {group: Fraction(region[group][1], region[group][0]) for group in groups}
        expected = sum((n * means[group] for group, (n, _) in groups.items()), Fraction(0))
        if expected > 0:
            found[name] = (spent / expected, sum(n for n, _ in groups.values()))
    return found


def coefficient(
    hospital: str, day: date, members: Sequence[Membership], classes: Mapping[str, tuple[Fraction, int]], plan: Plan
) -> Coefficient:
    """The class coefficient of a hospital on a day; the fallback where it has no class or that has few cases."""
    rule = plan.value("hospital_class")
    name = class_of(hospital, day, members)
    value, cases = classes.get(name, (None, 0)) if name is not None else (None, 0)
    if name is None:
        return Coefficient(fraction(rule["fallback"]), NO_CLASS, None, 0)
    if value is None or cases < rule["least_cases"]:
        return Coefficient(fraction(rule["fallback"]), FEW_CASES, name, cases)
    return Coefficient(value, OF_CLASS, name, cases)


def with_additions(of_class: Fraction, values: Mapping[str, Fraction], plan: Plan) -> Fraction:
    """h = class coefficient + sum of weight x value; a value without a weight and a gap are refused."""
    weights = plan.value("hospital_additions")
    wrong = sorted(set(weights) ^ set(values))
    if wrong:
        raise Refusal(f"hospital_additions: missing or unknown {', '.join(wrong)}", plan.scheme.id)
    return of_class + sum((fraction(weights[name]) * value for name, value in values.items()), Fraction(0))


def same_price(
    cells: Iterable[Cell], members: Sequence[Membership], cvs: Mapping[str, float | None], plan: Plan
) -> set[str]:
    """The groups with one price for every hospital (同病同价): enough cases in primary hospitals, and a small CV."""
    rule = plan.value("same_price")
    classes, share = set(rule["classes"]), fraction(rule["primary_share"])
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        counted[cell.group][0] += cell.n
        if class_of(cell.hospital, cell.day, members) in classes:
            counted[cell.group][1] += cell.n
    return {
        group
        for group, (n, primary) in counted.items()
        if (cv := cvs.get(group)) is not None and cv <= rule["most_cv"] and primary >= share * n
    }


def hospital_coefficient(group: str, of_hospital: Fraction, same: Collection[str]) -> Fraction:
    """What a case of a group is multiplied with: 1 in a group with one price, else the hospital's coefficient."""
    return Fraction(1) if group in same else of_hospital


def tcm_points(points: Mapping[str, Fraction], plan: Plan) -> dict[str, Fraction]:
    """The points of TCM groups from the western groups that they are paired with; an unknown one is refused."""
    found = {}
    for group, western, ratio in plan.value("tcm_pairs"):
        if western not in points:
            raise Refusal("tcm_pairs: there is no such group", plan.scheme.id, value=str(western))
        found[str(group)] = points[western] * fraction(ratio)
    return found
