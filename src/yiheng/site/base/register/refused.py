"""What a register refuses (登记未成)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from yiheng.base.refusal import Refusal, shown
from yiheng.base.words import Word
from yiheng.site.base.refused import NotDone

if TYPE_CHECKING:
    from yiheng.site.base.register.models import RegisterRow


class NotAParty(NotDone):
    """The actor is not among those who may change this register."""

    def __init__(self) -> None:
        super().__init__("party", Word("您不是此登记的办理人", "you are not among those who may change this register"))


class SamePerson(NotDone):
    """Whoever proposed it, also for another, does not confirm it."""

    def __init__(self) -> None:
        super().__init__("apart", Word("提出人不能复核自己的登记", "whoever proposed it cannot confirm it"))


class Overlap(NotDone):
    """Another row of the key holds on some of these days."""

    def __init__(self, other: "RegisterRow") -> None:
        until = other.end.isoformat() if other.end else ""
        zh = f"与现有登记重叠：{other.start}起{f'至{until}（不含）' if until else ''}"
        en = f"overlaps a row in force from {other.start}{f' until {until} (not included)' if until else ''}"
        super().__init__("overlap", Word(zh, en))
        self.other = other.pk


class WrongState(NotDone):
    """The row is not waiting for this any more."""

    def __init__(self) -> None:
        super().__init__(
            "state", Word("该登记现在的状态不能这样办理", "the row is not in a state in which this can be done")
        )


class WrongDay(NotDone):
    """A row would end on or before the day it begins."""

    def __init__(self, start: date) -> None:
        zh, en = f"终止日须晚于起始日{start}", f"the end must be after the start, {start}"
        super().__init__("day", Word(zh, en))


class NoReason(NotDone):
    """A reason is asked for."""

    def __init__(self) -> None:
        super().__init__("reason", Word("请填写理由", "a reason is needed"))


class UnknownFeed(NotDone):
    """The register takes nothing from this source."""

    def __init__(self, source: str) -> None:
        zh, en = f"本登记簿不接收来源“{shown(source)}”", f"this register takes nothing from “{shown(source)}”"
        super().__init__("feed", Word(zh, en))


class BadRow(NotDone):
    """A row is not what the register asks for; by field what is wrong."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__("invalid", Word("填写有误", "the row is not filled in rightly"))
        self.fields = {name: list(texts) for name, texts in fields.items()}


class BadFile(NotDone):
    """A file of which nothing was taken; one clear line for each bad row."""

    def __init__(self, lines: Sequence[Refusal]) -> None:
        count = len(lines)
        zh, en = f"文件有{count}处错误，一行也未写入", f"the file has {count} faults; nothing of it was written"
        super().__init__("bad_file", Word(zh, en))
        self.lines = tuple(lines)
