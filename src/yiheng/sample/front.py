"""Front-page fees (病案首页费用): the fourteen categories shared out to the items of the front page, in whole fen.

The items that are no part of another add up to the total on every case; what is part of one stays within it.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from yiheng.sample.chance import stream
from yiheng.sample.diseases import diseases
from yiheng.sample.fees import CATEGORIES, SHARE_UNIT, Fees, split_rows
from yiheng.sample.people import People
from yiheng.sample.tables import Bools, Floats, Ints, numbers, setting, table, words

OPERATION = CATEGORIES.index("fee_06")


@dataclass(frozen=True)
class Sharing:
    """One fee category: the items that it goes to, how much to each, how often, and for whom more by `factor`."""

    items: list[str]
    share: Floats
    chance: Floats
    who: list[str]
    factor: Floats


@cache
def sharing() -> tuple[Sharing, ...]:
    """`front_shares.csv` by category, in the order of CATEGORIES."""
    return tuple(_sharing(np.array(words("front_shares", "category")) == name) for name in CATEGORIES)


def _sharing(chosen: Bools) -> Sharing:
    rows = [row for row, wanted in zip(table("front_shares"), chosen, strict=True) if wanted]
    share, chance, factor = (numbers("front_shares", name)[chosen] for name in ("share", "chance", "factor"))
    return Sharing([row["column"] for row in rows], share, chance, [row["who"] for row in rows], factor)


def front_fees(seed: int, year: int, block: int, people: People, fees: Fees) -> dict[str, Ints]:
    """Every fee of the front page by column, fp_752 .. fp_781; an item that a case has not is 0."""
    rng = stream(seed, "front", year, block)
    groups = _groups(people, fees)
    found = dict.fromkeys(dict.fromkeys(words("front_shares", "column")), np.zeros(len(fees.total), np.int64))
    for index, its in enumerate(sharing()):
        parts = split_rows(np.ascontiguousarray(fees.parts[:, index]), _shares(rng, its, groups, len(fees.total)))
        for place, column in enumerate(its.items):
            found[column] = found[column] + parts[:, place]
    return found | _parts(rng, found)


def _groups(people: People, fees: Fees) -> dict[str, Bools]:
    """The cases that `who` in `front_shares.csv` names."""
    chinese = np.array([kind == "tcm" for kind in words("hospitals", "kind")])
    rehabilitation = words("families", "family").index("rehabilitation")
    return {
        "operated": fees.parts[:, OPERATION] > 0,
        "tcm": chinese[people.hospital],
        "rehabilitation": diseases().family[people.disease] == rehabilitation,
    }


def _shares(rng: np.random.Generator, its: Sharing, groups: dict[str, Bools], size: int) -> Ints:
    """Whole shares of each case (cases x items); the first item of most share has always some."""
    shares = its.share * np.exp(setting("front_spread") * rng.standard_normal((size, len(its.items))))
    shares *= rng.random(shares.shape) < its.chance
    for place, who in enumerate(its.who):
        if who:
            shares[:, place] *= np.where(groups[who], its.factor[place], 1.0)
    whole: Floats = shares / shares.sum(axis=1, keepdims=True) * SHARE_UNIT
    return np.rint(whole).astype(np.int64)


def _parts(rng: np.random.Generator, found: dict[str, Ints]) -> dict[str, Ints]:
    """What is part of another item (其中项); the parts of one together are not above it."""
    parts: dict[str, Ints] = {}
    for row in table("front_parts"):
        size = len(found[row["whole"]])
        spread = np.minimum(float(row["share"]) * np.exp(setting("front_spread") * rng.standard_normal(size)), 1)
        some = np.where(rng.random(size) < float(row["chance"]), np.rint(spread * SHARE_UNIT), 0).astype(np.int64)
        taken = sum((parts[other] for other in parts if _whole_of(other) == row["whole"]), np.zeros(size, np.int64))
        parts[row["part"]] = np.minimum(found[row["whole"]] * some // SHARE_UNIT, found[row["whole"]] - taken)
    return parts


def _whole_of(part: str) -> str:
    return words("front_parts", "whole")[words("front_parts", "part").index(part)]
