"""Effects of steps on ledgers (步骤的额度效果): what a step holds, commits, uses and gives back.

All cells that a step's effects are about are locked before the first of them changes one, in the order of their
numbers: so two steps that ask for the same cells in opposite order wait, and never for each other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.models import Cell, Hold, Leg
from yiheng.site.base.ledger.moves import Ask, By
from yiheng.site.base.ledger.refused import NothingHeld
from yiheng.site.base.locks import RANKS

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting
    from yiheng.site.base.flow.models import Item

# An item's class is the service's own, so callables are given it as they know it.
OfItem = Callable[[Any], Any]


def _itself(item: "Item") -> "Item":
    return item


def _never(item: "Item", now: datetime) -> None:
    """A hold without an end."""


class _OnCells:
    """An effect on cells of ledgers."""

    rank: ClassVar[int] = RANKS["ledger"]

    def cells(self, acting: "Acting") -> Iterable[int]:
        """The numbers of the cells that it may change."""
        raise NotImplementedError

    def change(self, acting: "Acting", by: By) -> None:
        """Do it; the cells are locked."""
        raise NotImplementedError

    def apply(self, acting: "Acting") -> None:
        """Lock the cells of all of the act's effects, then do this one."""
        others = [effect for effect in acting.effects if isinstance(effect, _OnCells)]
        moves.lock(cell for effect in others for cell in effect.cells(acting))
        self.change(acting, _by(acting))


@dataclass(frozen=True)
class HoldIn(_OnCells):
    """Hold `amount(item)` in `cell(item)` until `until(item, now)`."""

    cell: Callable[[Any], Cell]
    amount: Callable[[Any], int]
    until: Callable[[Any, datetime], datetime | None] = _never

    def cells(self, acting: "Acting") -> Iterator[int]:
        yield self.cell(acting.item).pk

    def change(self, acting: "Acting", by: By) -> None:
        until = self.until(acting.item, acting.now)
        moves.hold([Ask(self.cell(acting.item).pk, self.amount(acting.item), until)], by)


@dataclass(frozen=True)
class HoldEach(_OnCells):
    """Hold everything that `asks(item, now)` names, all or nothing: the lines of an item."""

    asks: Callable[[Any, datetime], Sequence[Ask]]

    def cells(self, acting: "Acting") -> Iterator[int]:
        yield from (ask.cell for ask in self.asks(acting.item, acting.now))

    def change(self, acting: "Acting", by: By) -> None:
        moves.hold(self.asks(acting.item, acting.now), by)


@dataclass(frozen=True)
class _OnHolds(_OnCells):
    """An effect on the holds that an item has in a ledger; `of`: item -> the item whose holds they are.

    `amount(item)`: how much; None: all of it.
    """

    ledger: str
    amount: Callable[[Any], int] | None = None
    of: OfItem = _itself

    def cells(self, acting: "Acting") -> Iterable[int]:
        return self._holds(acting).values_list("cell_id", flat=True)

    def numbers(self, acting: "Acting") -> list[int]:
        """The numbers of the holds."""
        return list(self._holds(acting).values_list("pk", flat=True))

    def how_much(self, acting: "Acting") -> int | None:
        return None if self.amount is None else self.amount(acting.item)

    def _holds(self, acting: "Acting") -> Any:
        return Hold.objects.filter(item=self.of(acting.item).pk, cell__ledger=self.ledger)


@dataclass(frozen=True)
class Commit(_OnHolds):
    """What the item holds is committed (合同、订单); by `frm` what it has used is so again (退汇)."""

    frm: Leg = Leg.HELD

    def change(self, acting: "Acting", by: By) -> None:
        moves.commit(self.numbers(acting), by, self.how_much(acting), self.frm)


@dataclass(frozen=True)
class Use(_OnHolds):
    """What the item has committed, or what it holds (`frm`), is used (支付、就诊)."""

    frm: Leg = Leg.COMMITTED

    def change(self, acting: "Acting", by: By) -> None:
        moves.use(self.numbers(acting), by, self.how_much(acting), self.frm)


@dataclass(frozen=True)
class Release(_OnHolds):
    """What the item holds and has committed is given back; what is used only where `legs` says so (出院腾床).

    An amount of nothing gives nothing back.
    """

    legs: tuple[Leg, ...] = (Leg.HELD, Leg.COMMITTED)

    def change(self, acting: "Acting", by: By) -> None:
        amount = self.how_much(acting)
        if amount != 0:
            moves.release(self.numbers(acting), by, amount, self.legs)


@dataclass(frozen=True)
class Rehold(_OnCells):
    """What the item holds in a ledger moves to `cell(item)`, in one piece (改约)."""

    ledger: str
    cell: Callable[[Any], Cell]
    until: Callable[[Any, datetime], datetime | None] = _never
    of: OfItem = _itself

    def cells(self, acting: "Acting") -> Iterator[int]:
        yield self.cell(acting.item).pk
        yield from self._holds(acting).values_list("cell_id", flat=True)

    def change(self, acting: "Acting", by: By) -> None:
        numbers = [row.pk for row in self._holds(acting).order_by("pk") if row.held + row.committed]
        if not numbers:
            raise NothingHeld
        for number in numbers:
            ask = Ask(self.cell(acting.item).pk, 0, self.until(acting.item, acting.now))
            moves.rehold(number, ask, by)

    def _holds(self, acting: "Acting") -> Any:
        return Hold.objects.filter(item=self.of(acting.item).pk, cell__ledger=self.ledger)


@dataclass(frozen=True)
class ChangeLimit(_OnCells):
    """The limit of `cell(item)` changes by `change_by(item)` (预算调整)."""

    cell: Callable[[Any], Cell]
    change_by: Callable[[Any], int]

    def cells(self, acting: "Acting") -> Iterator[int]:
        yield self.cell(acting.item).pk

    def change(self, acting: "Acting", by: By) -> None:
        moves.change_limit(self.cell(acting.item).pk, self.change_by(acting.item), by)


def expired(item: "Item", now: datetime) -> bool:
    """Whether something that the item holds has had its time: the `when` of a step of the site itself."""
    return item.holds.filter(held__gt=0, expires_at__lte=now).exists()


def _by(acting: "Acting") -> By:
    act = acting.act
    person = acting.standing.person if acting.standing else None
    return By(acting.now, acting.item.pk, act.pk if act else None, person, acting.asked.reason)
