"""The region's hospitals (演示医院): departments and physicians of one seed, as arrays for drawing."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from yiheng.sample.chance import cumulative, stream
from yiheng.sample.reach import reach
from yiheng.sample.tables import Floats, Ints, numbers, setting, table, words

FEWEST_PHYSICIANS = 2
EMERGENCY = "2000"


@dataclass(frozen=True)
class Region:
    """Hospitals by row of `hospitals.csv`, departments by row of `departments.csv`, physicians in one flat list.

    `dept_of` (hospitals x departments): the department that does this work there, as small hospitals merge them.
    `first` and `count` (hospitals x departments): the physicians of each; `beds` likewise. Effects are natural logs.
    """

    dept_of: Ints
    first: Ints
    count: Ints
    beds: Ints
    physician_code: list[str]
    physician_title: list[str]
    physician_fee: Floats
    physician_los: Floats
    hospital_fee: Floats
    hospital_los: Floats
    severity: Floats
    death: Floats


@cache
def region(seed: int) -> Region:
    """The hospitals with the physicians of this seed."""
    dept_of = np.array([[_merged(row, level) for row in table("departments")] for level in _levels()])
    work = _work(dept_of)
    count = _shared_out(work, numbers("hospitals", "physicians"), FEWEST_PHYSICIANS)
    rng = stream(seed, "places")
    total = int(count.sum())
    habit = np.searchsorted(cumulative(numbers("physician_effects", "share"))[:-1], rng.random(total), side="right")
    title = np.searchsorted(cumulative(numbers("titles", "share"))[:-1], rng.random(total), side="right")
    titles = words("titles", "title")
    return Region(
        dept_of=dept_of,
        first=(np.cumsum(count) - count.ravel()).reshape(count.shape),
        count=count,
        beds=_shared_out(work, numbers("hospitals", "beds"), 1),
        physician_code=[f"Y{number:04}" for row in count for number in range(1, int(row.sum()) + 1)],
        physician_title=[titles[index] for index in title],
        physician_fee=np.log(numbers("physician_effects", "fee"))[habit] + rng.normal(0, 0.04, total),
        physician_los=np.log(numbers("physician_effects", "los"))[habit] + rng.normal(0, 0.03, total),
        hospital_fee=np.log(_level("fee") * numbers("hospitals", "fee")),
        hospital_los=np.log(_level("los") * numbers("hospitals", "los")),
        severity=_level("severity") * numbers("hospitals", "severity"),
        death=_level("death"),
    )


def _levels() -> list[int]:
    return [int(level) for level in words("hospitals", "level")]


def _level(effect: str) -> Floats:
    """An effect of `levels.csv` for each hospital."""
    by_level = {(row["level"], row["class"]): float(row[effect]) for row in table("levels")}
    return np.array([by_level[row["level"], row["class"]] for row in table("hospitals")])


def _merged(department: dict[str, str], level: int) -> int:
    """The row of the department that does this work in a hospital of this level."""
    codes = words("departments", "code")
    while int(department["from_level"]) > level:
        department = table("departments")[codes.index(department["merge_to"])]
    return codes.index(department["code"])


def _work(dept_of: Ints) -> Floats:
    """Expected bed days by hospital and department, as shares of all; the emergency department has some everywhere."""
    codes = words("departments", "code")
    asked = np.array([codes.index(code) for code in words("diseases", "dept")])
    days = reach().expected * numbers("diseases", "los")[:, None]
    work = np.zeros(dept_of.shape)
    for hospital, depts in enumerate(dept_of):
        np.add.at(work[hospital], depts[asked], days[:, hospital])
        work[hospital, depts[codes.index(EMERGENCY)]] += setting("emergency_ward") * days[:, hospital].sum()
    return work


def _shared_out(work: Floats, totals: Floats, fewest: int) -> Ints:
    """Whole numbers close to each hospital's total, in proportion to the work, at least `fewest` where there is any."""
    share = work / work.sum(axis=1, keepdims=True)
    whole = np.maximum(np.rint(share * totals[:, None]), fewest)
    return np.where((work > 0) & (totals[:, None] > 0), whole, 0).astype(np.int64)
