"""Which items a case uses (项目选用): by disease or operation, and by the habits of its hospital.

For every kind of case a row of RESOLUTION entries holds the items in proportion to their chance, so that a draw is one
look-up.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yiheng.base.money import FEN_PER_YUAN
from yiheng.sample.diseases import diseases
from yiheng.sample.fees import CATEGORIES
from yiheng.sample.tables import Bools, Floats, Ints, numbers, setting, table, words

RESOLUTION = 256
CHAPTERS = 100
FIRST_DAY, DAILY, OPERATION_DAY, LAST_DAY, ANY_DAY = "first", "daily", "operation", "last", "any"
DAYS = (FIRST_DAY, DAILY, OPERATION_DAY, LAST_DAY, ANY_DAY)


@dataclass(frozen=True)
class Items:
    """`items.csv` as arrays, `fen` by hospital (the last for one that nobody knows) and item."""

    code: list[str]
    name: list[str]
    category: Ints
    list_class: list[str]
    drug: Bools
    material: Bools
    negotiated: Bools
    procured: Bools
    day: Ints
    fen: Ints
    settling: Ints


@cache
def items() -> Items:
    """All items."""
    category = np.array([CATEGORIES.index(f"fee_{name}") for name in words("items", "category")])
    settling = np.flatnonzero(numbers("items", "settling") > 0)
    flags = {name: numbers("items", name) > 0 for name in ("is_drug", "is_material", "negotiated", "procured")}
    return Items(
        code=words("items", "code"),
        name=words("items", "name"),
        category=category,
        list_class=words("items", "list_class"),
        drug=flags["is_drug"],
        material=flags["is_material"],
        negotiated=flags["negotiated"],
        procured=flags["procured"],
        day=np.array([DAYS.index(day) for day in words("items", "day")]),
        fen=_prices(flags["is_drug"] | flags["is_material"]),
        settling=settling[np.argsort(category[settling])],
    )


def _prices(goods: Bools) -> Ints:
    """Whole fen by hospital and item: services cost less in smaller hospitals, goods the same everywhere."""
    levels = {row["level"]: row for row in table("line_levels")}
    of_hospital = [levels[level] for level in words("hospitals", "level")] + [table("line_levels")[0]]
    factor = np.array([np.where(goods, float(row["goods"]), float(row["service"])) for row in of_hospital])
    return np.rint(factor * numbers("items", "price") * FEN_PER_YUAN).astype(np.int64)


@dataclass(frozen=True)
class Kinds:
    """What decides the items of a case: `hospital`, `disease` and `chapter` are rows; the last of each is unknown."""

    hospital: Ints
    disease: Ints
    chapter: Ints

    def rows(self, by: str) -> Ints:
        """The row of the choice for each case, in a category that goes by disease or by operation."""
        kind = self.disease if by == "disease" else self.chapter
        return kind * (len(table("hospitals")) + 1) + self.hospital


def kinds(cases: pa.RecordBatch) -> Kinds:
    """The kinds of the cases, from hospital, principal diagnosis and first procedure."""
    return Kinds(
        _row(cases["hospital"], words("hospitals", "code")),
        _disease(first(cases["dx"])),
        _chapter(first(cases["proc"])),
    )


def first(lists: pa.ListArray) -> pa.Array:
    """The first item of each list, null where there is none."""
    starts = np.asarray(lists.offsets)[:-1]
    empty = np.asarray(pc.fill_null(pc.list_value_length(lists), 0)) == 0
    return lists.values.take(pa.array(np.where(empty, 0, starts), mask=empty))


def _row(text: pa.Array, pool: list[str]) -> Ints:
    """The place of each text in the pool; the pool's length for one that is not there."""
    found: Ints = np.asarray(pc.fill_null(pc.index_in(text, pa.array(pool, pa.string())), len(pool))).astype(np.int64)
    return found


def _disease(principal: pa.Array) -> Ints:
    of_code: dict[str, int] = {}
    for number, codes in enumerate(diseases().codes):
        for code in codes:
            of_code.setdefault(code, number)
    rows = np.array([*of_code.values(), len(diseases().ids)])
    found: Ints = rows[_row(principal, list(of_code))]
    return found


def _chapter(procedure: pa.Array) -> Ints:
    return _row(pc.utf8_slice_codeunits(procedure, 0, 2), [f"{number:02}" for number in range(CHAPTERS)])


@dataclass(frozen=True)
class Choices:
    """The items to choose from, flat: from `start[category]` on, RESOLUTION of them for each row of Kinds.rows."""

    start: Ints
    item: NDArray[np.int16]


@cache
def choices(seed: int) -> Choices:
    """What every kind of case uses in each category, in the order of CATEGORIES."""
    found = [_choice(seed, number, row["by"]).ravel() for number, row in enumerate(table("line_categories"))]
    size = np.array([len(each) for each in found])
    return Choices(np.cumsum(size) - size, np.concatenate(found))


def _choice(seed: int, category: int, by: str) -> NDArray[np.int16]:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, category])))
    own = np.flatnonzero((items().category == category) & (numbers("items", "settling") == 0))
    liking = _by_disease(own) if by == "disease" else _by_chapter(own)
    liking = liking * np.exp(setting("line_disease_spread") * rng.standard_normal(liking.shape))
    hospitals = len(table("hospitals")) + 1
    habit = np.exp(setting("line_hospital_spread") * rng.standard_normal((hospitals, len(own))))
    weight = (liking[:, None, :] * habit).reshape(-1, len(own))
    bounds = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    grid = (np.arange(RESOLUTION) + 0.5) / RESOLUTION
    place = np.zeros((len(bounds), RESOLUTION), np.int16)
    for option in range(len(own) - 1):
        place += bounds[:, option, None] <= grid
    chosen: NDArray[np.int16] = own.astype(np.int16)[place]
    return chosen


def _by_disease(own: Ints) -> Floats:
    """How likely each item is for each disease (the last: any other), by family."""
    families = words("families", "family")
    of_family = np.array([_fitting(own, "families", name) for name in [*families, ""]])
    found: Floats = of_family[np.append(diseases().family, len(families))]
    return found


def _by_chapter(own: Ints) -> Floats:
    return np.array([_fitting(own, "operations", name) for name in [*(f"{n:02}" for n in range(CHAPTERS)), ""]])


def _fitting(own: Ints, column: str, name: str) -> Floats:
    """The items' weights for one family or chapter of operations."""
    factor = []
    for index in own:
        named = table("items")[index][column]
        fits = name in named.split("|")
        factor.append(1.0 if not named else setting("line_fitting") if fits else setting("line_other"))
    weight: Floats = numbers("items", "weight")[own] * np.array(factor)
    return weight
