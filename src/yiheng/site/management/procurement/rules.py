"""The rules of buying (采购规则): pure; each says what it objects to, from which figures and policy value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from yiheng.base.money import yuan_of
from yiheng.base.words import Word
from yiheng.site.base.check import Evidence, Said

_SOURCE = "policy/procurement/hospital"


@dataclass(frozen=True)
class Bid:
    """A bid as the rules see it: whose, how much in fen, the contact given, the mean score (None: not scored yet)."""

    supplier: str
    price: int
    contact: str
    score: Fraction | None = None


@dataclass(frozen=True)
class Way:
    """How a purchase is made: its sum in fen, its method, the sum from which the tender is open."""

    amount: int
    method: str
    open_from: int


def method_by_amount(way: Way) -> Said | None:
    """From the sum of the policy on, the tender is open; every other method needs a reason (采购方式)."""
    if way.amount < way.open_from or way.method == "open":
        return None
    text = Word(
        f"金额达到公开招标数额标准（{yuan_of(way.open_from)}元），采用其他方式须说明理由",
        f"from {yuan_of(way.open_from)} yuan on the tender is open; another method needs a reason",
    )
    return Said(text, (_sum("金额", "amount", way.amount), _policy("open_tender_from", str(way.open_from))))


@dataclass(frozen=True)
class Direct:
    """A purchase for which bids are asked at once: its sum, and from which sum on its intention comes first, in fen."""

    amount: int
    intention_from: int


def below_intention(its: Direct) -> Said | None:
    """Bids are asked for at once only below the sum from which the intention is published first (限额标准)."""
    if its.amount < its.intention_from:
        return None
    text = Word(
        f"金额达到限额标准（{yuan_of(its.intention_from)}元），须先公开采购意向",
        f"from {yuan_of(its.intention_from)} yuan on the intention is published first",
    )
    return Said(text, (_sum("金额", "amount", its.amount), _policy("intention_from", str(its.intention_from))))


def published_anew(is_repeated: bool) -> Said | None:
    """Each publication has an address or number of its own; an earlier one again needs a reason (公告)."""
    text = Word("与本采购此前的公告相同，须说明理由", "an earlier publication of this purchase is given again")
    return Said(text) if is_repeated else None


@dataclass(frozen=True)
class Request:
    """A request: its sum in fen, whether it is large medical equipment and licensed, from which sum experts argue it.

    `together`: number and sum in fen of each purchase of the last days of the same item or from the same supplier.
    """

    amount: int
    is_large: bool
    license_number: str
    argue_from: int
    has_own_budget: bool
    together: Sequence[tuple[str, int]]
    days: int


def licence_if_large(its: Request) -> Said | None:
    """Large medical equipment has its licence before it is asked for (配置许可)."""
    if not its.is_large or its.license_number.strip():
        return None
    return Said(Word("大型医用设备须先取得配置许可证", "large medical equipment needs its licence first"))


def not_to_be_argued(its: Request) -> Said | None:
    """A request without experts is below the sum of the policy and no large equipment (论证)."""
    if not its.is_large and its.amount < its.argue_from:
        return None
    text = Word("须经专家论证，请用“申请（须论证）”", "experts must argue this need: ask for it with an argument")
    return Said(text, (_sum("金额", "amount", its.amount), _policy("argue_from", str(its.argue_from))))


def own_budget(its: Request) -> Said | None:
    """The budget is the hospital's own, and something is asked of it (预算归属)."""
    if its.has_own_budget and its.amount > 0:
        return None
    return Said(Word("预算须为本院预算，金额须大于零", "the budget is another's, or nothing is asked of it"))


def split_orders(its: Request) -> Said | None:
    """Purchases of one item or from one supplier are added up: the sum says who approves (拆分采购)."""
    if not its.together:
        return None
    total = its.amount + sum(amount for _, amount in its.together)
    text = Word(
        f"近{its.days}天同品目或同供应商共{len(its.together) + 1}笔，合计{yuan_of(total)}元，按合计确定审批层级",
        f"{len(its.together) + 1} purchases in {its.days} days, {yuan_of(total)} yuan: the sum says who approves",
    )
    shown = tuple(Evidence(Word("采购", "purchase"), f"{number}: {yuan_of(amount)}") for number, amount in its.together)
    return Said(text, (*shown, _policy("split_days", str(its.days))))


def admitted(is_admitted: bool) -> Said | None:
    """A supplier that is named is one that the hospital has admitted (供应商准入)."""
    return None if is_admitted else Said(Word("供应商未在本院准入登记", "the hospital has not admitted this supplier"))


@dataclass(frozen=True)
class Waited:
    """Since when and until when something waited, and how many days of the policy it is held against."""

    since: date
    until: date
    days: int


def published_long_enough(waited: Waited) -> Said | None:
    """The intention has been public for the days that the policy asks (意向公开)."""
    been = (waited.until - waited.since).days
    if been >= waited.days:
        return None
    text = Word(f"采购意向须公开满{waited.days}天，现为{been}天", f"public for {been} of {waited.days} days")
    return Said(text, (_policy("intention_days", str(waited.days)),))


def contract_in_time(waited: Waited) -> Said | None:
    """The contract is signed within the days of the law; later it needs a reason (合同签订时限)."""
    been = (waited.until - waited.since).days
    if been <= waited.days:
        return None
    text = Word(f"成交{been}天后签订，超过{waited.days}天", f"signed {been} days after the award, not {waited.days}")
    return Said(text, (_policy("contract_days", str(waited.days)),))


@dataclass(frozen=True)
class Signing:
    """The days of the award and of signing, today, and by when, so many working days on, the contract is published."""

    awarded: date
    signed: date
    today: date
    publish_by: date
    days: int


def signed_after_award(its: Signing) -> Said | None:
    """A contract is signed on the day of its award or later, and not in the future (签订日期)."""
    if its.awarded <= its.signed <= its.today:
        return None
    text = Word(
        f"签订日期须在{its.awarded}至{its.today}之间", f"the contract is signed between {its.awarded} and {its.today}"
    )
    return Said(text)


def published_in_time(its: Signing) -> Said | None:
    """A contract is published within the working days of the law; later it needs a reason (合同公告)."""
    if its.today <= its.publish_by:
        return None
    text = Word(
        f"合同须自签订起{its.days}个工作日内公告，至{its.publish_by}",
        f"the contract is published within {its.days} working days, by {its.publish_by}",
    )
    return Said(text, (_policy("publish_working_days", str(its.days)),))


@dataclass(frozen=True)
class Bids:
    """The bids of a purchase, whom it is to go to and for how much, and what the policy says of bids."""

    bids: Sequence[Bid]
    winner: str
    price: int
    least: int
    near: Fraction
    share: Fraction
    won: int
    awards: int


def enough_bids(its: Bids) -> Said | None:
    """As many suppliers bid as the policy asks for (有效投标家数)."""
    number = len({bid.supplier for bid in its.bids})
    if number >= its.least:
        return None
    text = Word(f"有效投标{number}家，少于{its.least}家", f"{number} bids, fewer than {its.least}")
    return Said(text, (_policy("bids_least", str(its.least)),))


def all_scored(its: Bids) -> Said | None:
    """The committee has scored every bid (评审完成)."""
    open_ = [bid.supplier for bid in its.bids if bid.score is None]
    if not open_:
        return None
    return Said(Word(f"尚有{len(open_)}份投标未评审完成", f"{len(open_)} bids have not been scored"))


def best_wins(its: Bids) -> Said | None:
    """The winner has the highest mean score, at the price that it bid (中标人)."""
    own = [bid for bid in its.bids if bid.supplier == its.winner]
    best = max((bid.score for bid in its.bids if bid.score is not None), default=None)
    if own and own[0].score == best and own[0].price == its.price:
        return None
    text = Word("中标人须为评分最高者，且以其报价成交", "the award goes to the highest score, at the price that it bid")
    return Said(text, tuple(_bid(bid) for bid in its.bids))


def red_flags(its: Bids) -> Said | None:
    """Signs of collusion (围标串标疑点): one bidder, one contact for two, prices too near, one winner too often."""
    found = [*_one_bidder(its), *_same_contact(its), *_near_prices(its), *_often(its)]
    if not found:
        return None
    return Said(
        Word("；".join(each.zh for each in found), "; ".join(each.en for each in found)), tuple(map(_bid, its.bids))
    )


def _one_bidder(its: Bids) -> list[Word]:
    return [Word("仅一家投标", "a single bidder")] if len({bid.supplier for bid in its.bids}) == 1 else []


def _same_contact(its: Bids) -> list[Word]:
    seen: dict[str, str] = {}
    for bid in its.bids:
        contact = bid.contact.strip()
        if contact and seen.setdefault(contact, bid.supplier) != bid.supplier:
            return [Word("不同投标人联系方式相同", "two bidders give the same contact")]
    return []


def _near_prices(its: Bids) -> list[Word]:
    prices = sorted(bid.price for bid in its.bids)
    if len(prices) > 1 and prices[0] and Fraction(prices[-1] - prices[0], prices[0]) < its.near:
        return [Word("报价异常接近", "prices unusually near each other")]
    return []


def _often(its: Bids) -> list[Word]:
    if its.awards and Fraction(its.won, its.awards) > its.share:
        return [Word(f"该供应商本年中标{its.won}/{its.awards}项", f"it won {its.won} of {its.awards} awards this year")]
    return []


@dataclass(frozen=True)
class Delivery:
    """The day by which a contract is to be delivered, and the day on which it is signed."""

    due: date
    signed: date


def delivery_after_signing(its: Delivery) -> Said | None:
    """Nothing is to be delivered before its contract is signed (交付日期)."""
    if its.due >= its.signed:
        return None
    text = Word(
        f"交付日期{its.due}早于签订日期{its.signed}",
        f"to be delivered on {its.due}, before the contract is signed on {its.signed}",
    )
    return Said(text, (Evidence(Word("签订日期", "signed"), str(its.signed)),))


@dataclass(frozen=True)
class Accepting:
    """How many pieces are accepted of how many, and for how much of the contract's sum, in fen."""

    quantity: int
    ordered: int
    amount: int
    contract: int


def within_order(its: Accepting) -> Said | None:
    """What is accepted is the order or a part of it; fewer pieces cost less than the contract (验收数量与金额)."""
    most = its.contract if its.quantity == its.ordered else its.contract - 1
    if 1 <= its.quantity <= its.ordered and 0 < its.amount <= most:
        return None
    text = Word(
        f"验收数量须为1至{its.ordered}，验收金额须大于零且不超过合同金额，未全部验收的须少于合同金额",
        f"1 to {its.ordered} pieces, for more than nothing and at most the contract, fewer pieces for less",
    )
    shown = Evidence(Word("验收数量", "quantity accepted"), f"{its.quantity} / {its.ordered}")
    return Said(text, (shown, _sum("验收金额", "accepted", its.amount), _sum("合同金额", "contract", its.contract)))


@dataclass(frozen=True)
class Paying:
    """The sum that was accepted, what is paid or asked for of it already, and what is asked for now, in fen."""

    accepted: int
    before: int
    now: int


def within_accepted(its: Paying) -> Said | None:
    """What is paid never exceeds what was accepted (付款不超验收金额)."""
    if its.now > 0 and its.before + its.now <= its.accepted:
        return None
    left = yuan_of(its.accepted - its.before)
    return Said(
        Word(f"验收金额尚余{left}元，不能支付{yuan_of(its.now)}元", f"{left} yuan are left of what was accepted"),
        (_sum("验收金额", "accepted", its.accepted), _sum("已申请或支付", "asked for or paid", its.before)),
    )


@dataclass(frozen=True)
class Refunding:
    """A payment's sum, what was asked back of it already, and what is asked back now, in fen."""

    paid: int
    before: int
    now: int


def within_payment(its: Refunding) -> Said | None:
    """No more comes back than was paid (退款不超已付)."""
    if its.now > 0 and its.before + its.now <= its.paid:
        return None
    left = yuan_of(its.paid - its.before)
    return Said(
        Word(f"该笔付款可退{left}元，不能退{yuan_of(its.now)}元", f"{left} yuan of the payment can come back"),
        (_sum("已付金额", "paid", its.paid), _sum("已申请退款或已退", "asked back or refunded", its.before)),
    )


def nothing_asked_back(refunds: Sequence[tuple[str, int]]) -> Said | None:
    """A payment of which something was asked back has arrived: its transfer did not come back (登记退汇)."""
    if not refunds:
        return None
    text = Word("该笔付款已有退款申请，不能登记退汇", "something of this payment was asked back, so it has arrived")
    return Said(text, tuple(Evidence(Word("退款", "refund"), f"{number}: {yuan_of(sum_)}") for number, sum_ in refunds))


@dataclass(frozen=True)
class Agreed:
    """A sum that is agreed on, and the one before it that it may not be above, in fen."""

    sum: int
    most: int


def within_budget(its: Agreed) -> Said | None:
    """The award is not above the budget that was approved (成交金额)."""
    text = Word("成交金额不得超过预算金额", "the award is above the budget")
    return _not_above(its, text, ("成交金额", "award"), ("预算金额", "budget"))


def as_awarded(its: Agreed) -> Said | None:
    """The contract is not above the award (合同金额)."""
    text = Word("合同金额不得超过成交金额", "the contract is above the award")
    return _not_above(its, text, ("合同金额", "contract"), ("成交金额", "award"))


def _not_above(its: Agreed, text: Word, name: tuple[str, str], most: tuple[str, str]) -> Said | None:
    if 0 < its.sum <= its.most:
        return None
    return Said(text, (_sum(*most, its.most), _sum(*name, its.sum)))


def _bid(bid: Bid) -> Evidence:
    score = "" if bid.score is None else f" / {float(bid.score):.2f}"
    return Evidence(Word("投标", "bid"), f"{bid.supplier}: {yuan_of(bid.price)}{score}")


def _sum(zh: str, en: str, fen: int) -> Evidence:
    return Evidence(Word(zh, en), str(yuan_of(fen)))


def _policy(name: str, value: str) -> Evidence:
    return Evidence(Word("政策值", "policy value"), value, f"{_SOURCE}: {name}")
