"""Reading a ledger (查询额度): what is available, what takes it, and whether cells are the sums of their holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from yiheng.site.base.ledger.models import LEGS, Cell, Hold, Kind, Leg, Movement
from yiheng.site.base.ledger.refused import NoCell

if TYPE_CHECKING:
    from yiheng.site.base.flow.models import Item


@dataclass(frozen=True)
class Line:
    """One hold in a statement; `number` is empty where the reader may not see the item."""

    hold: int
    number: str
    opened_at: datetime
    expires_at: datetime | None
    amount: int
    held: int
    committed: int
    used: int
    released: int
    state: Leg


@dataclass(frozen=True)
class Unproven:
    """A cell that is not the sum of its records: in which column, what it says and what they say."""

    cell: int
    column: str
    says: int
    records_say: int


def cell_of(ledger: str, key: str, starts_at: datetime | None = None) -> Cell:
    """A cell by its key; NoCell where there is none."""
    found = Cell.objects.filter(ledger=ledger, key=key, starts_at=starts_at).first()
    if found is None:
        raise NoCell(ledger, key)
    return found


def available(cell: Cell) -> int:
    """What is left of a cell's limit now."""
    return Cell.objects.get(pk=cell.pk).available


def statement(cell: Cell, sees: "Callable[[Item], bool]") -> list[Line]:
    """Every hold of a cell, the earliest first, with the number of its item where the reader sees that item."""
    return [
        Line(
            hold.pk,
            hold.item.number if hold.item is not None and sees(hold.item) else "",
            hold.opened_at,
            hold.expires_at,
            hold.amount,
            hold.held,
            hold.committed,
            hold.used,
            hold.released,
            hold.state,
        )
        for hold in cell.holds.select_related("item").order_by("pk")
    ]


def prove(ledger: str) -> list[Unproven]:
    """The cells of a ledger that are not the sums of their holds, or whose limit is not the sum of its changes.

    One question to the database, so that all of it is of one moment.
    """
    sums = {f"sum_{leg}": Coalesce(Subquery(_sum_of(leg)), 0) for leg in LEGS}
    changes = Movement.objects.filter(cell=OuterRef("pk"), kind=Kind.LIMIT).order_by()
    sums["sum_approved"] = Coalesce(Subquery(changes.values("cell").annotate(all=Sum("amount")).values("all")), 0)
    columns = (*LEGS, "approved")
    wrong = Q()
    for column in columns:
        wrong |= ~Q(**{column: F(f"sum_{column}")})
    cells = Cell.objects.filter(ledger=ledger).annotate(**sums).filter(wrong).order_by("pk")
    return [
        Unproven(cell.pk, str(column), getattr(cell, column), getattr(cell, f"sum_{column}"))
        for cell in cells
        for column in columns
        if getattr(cell, column) != getattr(cell, f"sum_{column}")
    ]


def _sum_of(leg: Leg) -> "QuerySet[Hold]":
    holds = Hold.objects.filter(cell=OuterRef("pk")).order_by()
    return holds.values("cell").annotate(all=Sum(leg)).values("all")
