"""Units (计量单位) of a ledger: how an amount is said in words."""

from enum import StrEnum

from yiheng.base.money import yuan_of
from yiheng.base.words import Word
from yiheng.site.base.texts import say


class Unit(StrEnum):
    """What a ledger counts; money is in fen."""

    FEN = "fen"
    SLOT = "slot"
    BED = "bed"
    POST = "post"
    COUNT = "count"


UNITS = (
    (Unit.FEN.value, say("元", "yuan")),
    (Unit.SLOT.value, say("号源", "slots")),
    (Unit.BED.value, say("床位", "beds")),
    (Unit.POST.value, say("岗位", "posts")),
    (Unit.COUNT.value, say("个", "units")),
)
_SAID = {
    Unit.SLOT: ("个号源", "slot", "slots"),
    Unit.BED: ("张床位", "bed", "beds"),
    Unit.POST: ("个岗位", "post", "posts"),
    Unit.COUNT: ("个", "unit", "units"),
}


def said(amount: int, unit: str) -> Word:
    """An amount as people read it: fen as yuan with two decimals, counts with their unit."""
    if unit == Unit.FEN:
        yuan = f"{yuan_of(amount):,}"
        return Word(f"{yuan}元", f"{yuan} yuan")
    zh, one, many = _SAID[Unit(unit)]
    return Word(f"{amount}{zh}", f"{amount} {one if abs(amount) == 1 else many}")
