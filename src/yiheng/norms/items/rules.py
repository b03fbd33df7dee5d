"""Rules of the standards (标准的认定规则): the values of `policy/norms/standards.yaml` that are in force on a day."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from yiheng.base.money import FEN_PER_YUAN
from yiheng.policy.loader import Scheme

RULES = "norms/standards"


@dataclass(frozen=True)
class Rules:
    """What makes an item a standard one, and what departs from it; ratios are exact.

    - cases: of a group, below which it has no standard; hospital_cases: below which a hospital is not compared
    - use_share, fee_share: at or above either an item is a standard one; day_use_share: on a day of the care path
    - days: the last day of stay that is listed; day_items: items listed on a day beside the care path's
    - quantity_over: times the standard's quantity; category_over: share of the group's mean
    - departure: fen, below which a departure is not listed
    - scheme, digest: where they are from
    """

    cases: int
    hospital_cases: int
    use_share: Fraction
    fee_share: Fraction
    day_use_share: Fraction
    days: int
    day_items: int
    quantity_over: Fraction
    category_over: Fraction
    departure: int
    scheme: str = ""
    digest: str = ""


def rules_of(its: Scheme, day: date) -> Rules:
    """The rules that a policy file sets on `day`; one that it does not set is refused by name."""

    def exact(name: str) -> Fraction:
        return Fraction(str(its.value(name, day)))

    return Rules(
        cases=int(exact("cases_least")),
        hospital_cases=int(exact("hospital_cases_least")),
        use_share=exact("use_share_least"),
        fee_share=exact("fee_share_least"),
        day_use_share=exact("day_use_share_least"),
        days=int(exact("days_most")),
        day_items=int(exact("day_items_most")),
        quantity_over=exact("quantity_over"),
        category_over=exact("category_over"),
        departure=int(exact("departure_least") * FEN_PER_YUAN),
        scheme=its.id,
        digest=its.digest,
    )
