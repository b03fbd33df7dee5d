"""What a ledger refuses (额度不足等): what is there and what was asked for."""

from collections.abc import Sequence

from yiheng.base.words import Word
from yiheng.site.base.ledger.models import Cell, Leg, Mode, Proposal
from yiheng.site.base.ledger.units import said
from yiheng.site.base.refused import NotDone

_NAMED = 5
_LEGS = {
    Leg.FREE: Word("可用", "available"),
    Leg.HELD: Word("预占", "held"),
    Leg.COMMITTED: Word("占用", "committed"),
    Leg.USED: Word("实际", "used"),
}


class NotEnough(NotDone):
    """More was asked for than is there; `there` and `asked` are in the cell's unit."""

    def __init__(self, cell: Cell, asked: int, there: int | None = None, leg: Leg = Leg.FREE) -> None:
        self.cell, self.asked, self.leg = cell.pk, asked, leg
        self.there = cell.available if there is None else there
        has, wants, where = said(self.there, cell.unit), said(asked, cell.unit), _LEGS[leg]
        zh = f"“{cell.name}”{where.zh}{has.zh}，申请{wants.zh}"
        en = f"“{cell.name}”: {has.en} {where.en}, {wants.en} asked for"
        if leg is Leg.FREE and cell.mode == Mode.WARN:
            zh, en = f"{zh}；超出额度须填写理由", f"{en}; a reason is needed to go above the limit"
        super().__init__("not_enough", Word(zh, en))


class BelowTaken(NotDone):
    """A limit was to become less than what is taken of it, or less than nothing."""

    def __init__(self, cell: Cell, limit: int) -> None:
        taken, wants = said(cell.taken, cell.unit), said(limit, cell.unit)
        zh = f"“{cell.name}”已占用{taken.zh}，额度不能调整为{wants.zh}"
        en = f"“{cell.name}”: {taken.en} taken, the limit cannot become {wants.en}"
        super().__init__("below_taken", Word(zh, en))


class NothingHeld(NotDone):
    """There is no hold, or nothing is left of it."""

    def __init__(self) -> None:
        super().__init__("nothing_held", Word("没有可用的预占或占用", "nothing is held that this could be taken from"))


class Lapsed(NotDone):
    """The hold has had its time."""

    def __init__(self) -> None:
        super().__init__("lapsed", Word("预占已逾期，请重新申请", "the hold has lapsed; ask for it again"))


class NoCell(NotDone):
    """A ledger has no such cell."""

    def __init__(self, ledger: str, key: str) -> None:
        zh, en = f"台账{ledger}没有“{key}”的额度", f"ledger {ledger} has no limit for “{key}”"
        super().__init__("no_cell", Word(zh, en))


class NotAnAmount(NotDone):
    """An amount that no ledger takes: none, below zero, or beyond all measure."""

    def __init__(self, amount: int) -> None:
        zh, en = f"数量须为正数且不超过上限：{amount}", f"an amount is above zero and below the largest: {amount}"
        super().__init__("not_an_amount", Word(zh, en))


class NotAKeeper(NotDone):
    """The actor is not among those who change this limit."""

    def __init__(self) -> None:
        super().__init__("party", Word("您不是此额度的管理人", "you are not among those who may change this limit"))


class SamePerson(NotDone):
    """Whoever asked for a limit, also for another, does not confirm it."""

    def __init__(self) -> None:
        super().__init__("apart", Word("申请人不能复核自己的额度申请", "whoever asked for a limit cannot confirm it"))


class Decided(NotDone):
    """A limit that was asked for waits no more."""

    def __init__(self) -> None:
        super().__init__("state", Word("该额度申请已办结", "this was decided already"))


class Hindered(NotDone):
    """Of many limits that are decided at once some cannot be; `lines`: each of these with why."""

    def __init__(self, lines: Sequence[tuple[Proposal, Word]]) -> None:
        self.lines = lines
        first, others = [row.name for row, _ in lines[:_NAMED]], len(lines) > _NAMED
        zh = f"有{len(lines)}项不能办理，一项也未写入：{'、'.join(first)}{'等' if others else ''}"
        en = f"{len(lines)} cannot be decided, and none was: {', '.join(first)}{' and others' if others else ''}"
        super().__init__("hindered", Word(zh, en))


class LimitMoved(NotDone):
    """The limit is not what it was when another was asked for."""

    def __init__(self) -> None:
        zh, en = "申请之后额度已有变动，请退回并按现额度重新申请", "the limit has changed since: reject this, ask again"
        super().__init__("moved", Word(zh, en))


class Unchanged(NotDone):
    """A limit was asked for that holds already."""

    def __init__(self) -> None:
        super().__init__("unchanged", Word("与现额度相同，无须申请", "the limit is that already"))


class NoName(NotDone):
    """A new cell needs a name."""

    def __init__(self) -> None:
        super().__init__("name", Word("新增额度须填写名称", "a new limit needs a name"))


class NoReason(NotDone):
    """A document or a reason is asked for."""

    def __init__(self) -> None:
        super().__init__("reason", Word("请填写依据或理由", "say by which document, or why"))
