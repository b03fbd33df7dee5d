"""Numbers (编号): the next of a series, without a gap: a number is taken in the act that needs it, or not at all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F

from yiheng.site.base.document.models import Series
from yiheng.site.base.locks import RANKS

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting


@dataclass(frozen=True)
class GiveNumber:
    """Effect: the item gets the next number of its series, as its flow says; one that has a number keeps it."""

    rank: ClassVar[int] = RANKS["series"]

    def apply(self, acting: "Acting") -> None:
        """Give the number; the act saves the item."""
        item, flow = acting.item, acting.flow
        if item.number:
            return
        if flow.series is None or flow.number is None:
            raise ImproperlyConfigured(f"flow {flow.code} gives numbers and names no series")
        item.number = flow.number(item, next_in(flow.series(item)))


def next_in(series: str) -> int:
    """The next number of a series, from 1; others who want one wait until this transaction ends."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a number is taken inside a transaction")
    Series.objects.bulk_create([Series(name=series)], ignore_conflicts=True)
    Series.objects.filter(name=series).update(last=F("last") + 1)
    return Series.objects.values_list("last", flat=True).get(name=series)
