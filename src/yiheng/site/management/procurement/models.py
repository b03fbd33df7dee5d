"""The tables of buying (采购、投标、付款、退款、供应商、资产卡片)."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.fields import Fen
from yiheng.site.base.flow.models import Item
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.party import RoleAt
from yiheng.site.base.places.models import place_of
from yiheng.site.base.places.roles import DEPARTMENT, INSTITUTION
from yiheng.site.base.register.models import RegisterRow
from yiheng.site.base.texts import say
from yiheng.site.management.procurement import policy
from yiheng.site.management.procurement.parties import BUDGET, BUYER, OFFICE


def _methods() -> list[tuple[str, str]]:
    return [(code, say(zh, en)) for code, (zh, en) in policy.methods(localdate()).items()]


class Supplier(RegisterRow):
    """A supplier that a hospital has admitted (供应商准入), by its unified social credit code."""

    KEY: ClassVar = ("org", "code")
    VALUES: ClassVar = ("name", "contact")
    PROPOSES: ClassVar = BUYER
    CONFIRMS: ClassVar = RoleAt(OFFICE, "org")
    FEEDS: ClassVar = frozenset(("suppliers",))
    WORD: ClassVar = Word("供应商", "suppliers")

    org = place_of(INSTITUTION, say("医院", "hospital"))
    code = models.CharField(say("统一社会信用代码", "unified social credit code"), max_length=18)
    name = models.CharField(say("名称", "name"), max_length=128)
    contact = models.CharField(say("联系方式", "contact"), max_length=128, blank=True)

    class Meta(RegisterRow.Meta):
        verbose_name = say("供应商", "supplier")

    def __str__(self) -> str:
        return self.name


class Procurement(Item):
    """One purchase, from the request to the last payment. Money is in fen.

    - amount: what is asked for, and held in `budget`; price: what it was awarded for; contract_amount: signed for;
      accepted_amount: what is to be paid
    - kind: of goods and large equipment each piece that is accepted has a card, of consumables none
    """

    class Kind(models.TextChoices):
        GOODS = "goods", say("货物（固定资产）", "goods (fixed assets)")
        CONSUMABLES = "consumables", say("耗材与低值物资", "consumables")
        SERVICE = "service", say("服务", "service")
        WORKS = "works", say("工程", "works")
        LARGE = "large", say("大型医用设备", "large medical equipment")

    org = place_of(INSTITUTION, say("医院", "hospital"))
    dept = place_of(DEPARTMENT, say("申请科室", "department"))
    kind = models.CharField(say("类别", "kind"), max_length=16, choices=Kind)
    code = models.CharField(say("品目代码", "item code"), max_length=64)
    name = models.CharField(say("品名与规格", "item"), max_length=200)
    quantity = models.PositiveIntegerField(say("数量", "quantity"), validators=(MinValueValidator(1),))
    amount = Fen(say("预算金额", "amount"))
    budget = models.ForeignKey(
        Cell,
        models.PROTECT,
        related_name="+",
        limit_choices_to={"ledger": BUDGET.code},
        verbose_name=say("预算", "budget"),
    )
    supplier = models.ForeignKey(
        Supplier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=say("拟定供应商", "supplier in view"),
    )
    need = models.TextField(say("需求与理由", "need and reason"))
    license_number = models.CharField(say("配置许可证号", "licence"), max_length=64, blank=True)
    method = models.CharField(say("采购方式", "method"), max_length=16, choices=_methods, blank=True)
    notice = models.CharField(say("公告网址或编号", "where it is published"), max_length=200, blank=True)
    winner = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=say("中标供应商", "winner")
    )
    price = Fen(say("成交金额", "award"), null=True, blank=True)
    contract_number = models.CharField(say("合同编号", "contract"), max_length=64, blank=True)
    contract_amount = Fen(say("合同金额", "contract sum"), null=True, blank=True)
    signed_on = models.DateField(say("签订日期", "signed on"), null=True, blank=True)
    deliver_on = models.DateField(say("交付日期", "deliver on"), null=True, blank=True)
    accepted_quantity = models.PositiveIntegerField(say("验收数量", "quantity accepted"), null=True, blank=True)
    accepted_amount = Fen(say("验收金额", "sum accepted"), null=True, blank=True)
    location = models.CharField(say("存放地点", "location"), max_length=128, blank=True)

    class Meta:
        verbose_name = say("采购", "purchase")


class Bid(Item):
    """A supplier's bid for a purchase (投标); its price is sealed until bids are closed."""

    org = place_of(INSTITUTION, say("医院", "hospital"))
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="+", verbose_name=say("投标人", "bidder"))
    price = Fen(say("报价", "price"))
    contact = models.CharField(say("联系方式", "contact"), max_length=128)

    class Meta:
        verbose_name = say("投标", "bid")


class Payment(Item):
    """A payment under a purchase's contract (付款); bounce_slip: the bank's, where the transfer came back."""

    org = place_of(INSTITUTION, say("医院", "hospital"))
    amount = Fen(say("付款金额", "amount"))
    invoice = models.CharField(say("发票号码", "invoice"), max_length=64)
    bounce_slip = models.CharField(say("退汇凭证号", "slip of the return"), max_length=64, blank=True)

    class Meta:
        verbose_name = say("付款", "payment")


class Refund(Item):
    """Money of a payment that the supplier gives back (退款)."""

    org = place_of(INSTITUTION, say("医院", "hospital"))
    amount = Fen(say("退款金额", "amount"))
    slip = models.CharField(say("到账凭证号", "bank slip"), max_length=64, blank=True)

    class Meta:
        verbose_name = say("退款", "refund")


class AssetCard(models.Model):
    """An asset that a purchase brought (资产卡片): a card a piece, made when it is accepted."""

    code = models.CharField(say("资产编号", "asset code"), max_length=64, unique=True)
    purchase = models.ForeignKey(
        Procurement, models.PROTECT, related_name="assets", verbose_name=say("采购", "purchase")
    )
    org = place_of(INSTITUTION, say("医院", "hospital"))
    dept = place_of(DEPARTMENT, say("使用科室", "department"))
    name = models.CharField(say("品名与规格", "item"), max_length=200)
    value = Fen(say("原值", "value"))
    location = models.CharField(say("存放地点", "location"), max_length=128)
    since = models.DateField(say("启用日期", "in use since"))

    class Meta:
        verbose_name = say("资产卡片", "asset card")

    def __str__(self) -> str:
        return self.code
