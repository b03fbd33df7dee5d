"""The rules of buying, each on both sides of its limit."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from yiheng.base.words import Word
from yiheng.site.management.procurement import rules
from yiheng.site.management.procurement.policy import band
from yiheng.site.management.procurement.rules import Agreed, Bid, Bids, Paying, Waited, Way

DAY = date(2026, 3, 2)
THREE = (
    Bid("甲", 9_000_000, "0349-1", Fraction(90)),
    Bid("乙", 9_500_000, "0349-2", Fraction(271, 3)),
    Bid("丙", 9_900_000, "0349-3", Fraction(70)),
)
BIDS = Bids(THREE, "乙", 9_500_000, least=3, near=Fraction(1, 100), share=Fraction(1, 2), won=1, awards=2)


@pytest.mark.parametrize(
    ("amount", "method", "objects"),
    [(399_999_999, "inquiry", False), (400_000_000, "inquiry", True), (400_000_000, "open", False)],
)
def test_method_by_amount(amount: int, method: str, objects: bool) -> None:
    said = rules.method_by_amount(Way(amount, method, 400_000_000))
    assert (said is not None) == objects
    if said:
        assert said.text.zh == "金额达到公开招标数额标准（4000000.00元），采用其他方式须说明理由"
        assert said.evidence[1].source == "policy/procurement/hospital: open_tender_from"


@pytest.mark.parametrize(("days", "objects"), [(29, True), (30, False)])
def test_an_intention_is_public_long_enough(days: int, objects: bool) -> None:
    waited = Waited(DAY, date.fromordinal(DAY.toordinal() + days), 30)
    assert (rules.published_long_enough(waited) is not None) == objects


@pytest.mark.parametrize(("days", "objects"), [(30, False), (31, True)])
def test_a_contract_is_signed_in_time(days: int, objects: bool) -> None:
    waited = Waited(DAY, date.fromordinal(DAY.toordinal() + days), 30)
    assert (rules.contract_in_time(waited) is not None) == objects


def test_bidders_are_counted_once() -> None:
    assert rules.enough_bids(BIDS) is None
    two = replace(BIDS, bids=(*THREE[:2], THREE[1]))
    said = rules.enough_bids(two)
    assert said is not None
    assert said.text == Word("有效投标2家，少于3家", "2 bids, fewer than 3")


def test_every_bid_is_scored() -> None:
    assert rules.all_scored(BIDS) is None
    said = rules.all_scored(replace(BIDS, bids=(*THREE, replace(THREE[0], supplier="丁", score=None))))
    assert said is not None
    assert said.text.zh == "尚有1份投标未评审完成"


@pytest.mark.parametrize(
    ("winner", "price", "objects"),
    [("乙", 9_500_000, False), ("乙", 9_499_999, True), ("甲", 9_000_000, True), ("戊", 9_500_000, True)],
)
def test_the_best_wins_at_its_price(winner: str, price: int, objects: bool) -> None:
    assert (rules.best_wins(replace(BIDS, winner=winner, price=price)) is not None) == objects


def test_of_two_equal_scores_either_may_win() -> None:
    equal = replace(BIDS, bids=(replace(THREE[0], score=THREE[1].score), *THREE[1:]))
    for winner, price in (("甲", 9_000_000), ("乙", 9_500_000)):
        assert rules.best_wins(replace(equal, winner=winner, price=price)) is None


@pytest.mark.parametrize(
    ("its", "zh"),
    [
        (BIDS, None),
        (replace(BIDS, bids=THREE[:1]), "仅一家投标"),
        (replace(BIDS, bids=(THREE[0], replace(THREE[1], contact=" 0349-1 "))), "不同投标人联系方式相同"),
        (replace(BIDS, bids=(THREE[0], replace(THREE[1], price=9_089_999))), "报价异常接近"),
        (replace(BIDS, bids=(THREE[0], replace(THREE[1], price=9_090_000))), None),
        (replace(BIDS, won=2, awards=3), "该供应商本年中标2/3项"),
        (replace(BIDS, bids=THREE[:1], won=2, awards=3), "仅一家投标；该供应商本年中标2/3项"),
    ],
)
def test_signs_of_collusion(its: Bids, zh: str | None) -> None:
    said = rules.red_flags(its)
    assert (said and said.text.zh) == zh
    assert said is None or len(said.evidence) == len(its.bids)


@pytest.mark.parametrize(("price", "objects"), [(10_000, False), (10_001, True), (0, True)])
def test_an_award_is_not_above_the_budget(price: int, objects: bool) -> None:
    assert (rules.within_budget(Agreed(price, 10_000)) is not None) == objects


@pytest.mark.parametrize(
    ("before", "now", "objects"), [(0, 10_000, False), (9_999, 1, False), (9_999, 2, True), (0, 0, True), (0, -1, True)]
)
def test_payments_stay_within_what_was_accepted(before: int, now: int, objects: bool) -> None:
    assert (rules.within_accepted(Paying(10_000, before, now)) is not None) == objects


@pytest.mark.parametrize(("contract", "objects"), [(10_000, False), (10_001, True), (0, True)])
def test_a_contract_is_not_above_its_award(contract: int, objects: bool) -> None:
    assert (rules.as_awarded(Agreed(contract, 10_000)) is not None) == objects


@pytest.mark.parametrize(
    ("yuan", "rungs"), [(10_000, 1), (10_000.01, 2), (50_000, 2), (50_000.01, 3), (500_000, 4), (500_000.01, 5)]
)
def test_bands_include_their_limit(yuan: float, rungs: int) -> None:
    assert len(band(round(yuan * 100), DAY)) == rungs
