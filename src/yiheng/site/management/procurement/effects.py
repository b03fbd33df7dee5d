"""What steps of buying do beside moving the purchase (采购效果): publish, and make the cards of assets."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.timezone import localdate

from yiheng.base.money import split
from yiheng.site.base.document.numbers import next_in
from yiheng.site.base.locks import RANKS
from yiheng.site.management.procurement.models import AssetCard, Procurement

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting


@dataclass(frozen=True)
class Publish:
    """What is to be public goes into the outbox (公开), with where it is: intention, announcement, award, contract."""

    kind: str
    fields: tuple[str, ...]
    rank: ClassVar[int] = RANKS["plain"]

    def apply(self, acting: "Acting") -> None:
        """Say it."""
        names = (*self.fields, "notice")
        acting.emit(f"public.{self.kind}", **{name: str(getattr(acting.item, name)) for name in names})


@dataclass(frozen=True)
class MakeAssets:
    """A card for each piece that was accepted; their values add up to the accepted sum exactly (资产建卡)."""

    rank: ClassVar[int] = RANKS["series"]

    def apply(self, acting: "Acting") -> None:
        """Make the cards; consumables, services and works have none."""
        item: Any = acting.item
        if item.kind not in (Procurement.Kind.GOODS, Procurement.Kind.LARGE):
            return
        values = split(item.accepted_amount, {f"{number:06}": 1 for number in range(item.accepted_quantity)})
        AssetCard.objects.bulk_create(self._card(acting, item, value) for value in values.values())

    def _card(self, acting: "Acting", item: Any, value: int) -> AssetCard:
        day = localdate(acting.now)
        number = next_in(f"asset-{item.org.code}-{day.year}")
        code = f"资{item.org.code}{day.year}{number:06}"
        return AssetCard(
            code=code,
            purchase=item,
            org=item.org,
            dept=item.dept,
            name=item.name,
            value=value,
            location=item.location,
            since=day,
        )
