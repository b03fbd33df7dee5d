"""Who falls ill with what, and where they go (患者与病种): the first draws of a block."""

from dataclasses import dataclass

import numpy as np

from yiheng.sample.chance import pick_any, stream
from yiheng.sample.diseases import MONTHS, diseases
from yiheng.sample.reach import reach
from yiheng.sample.tables import Bools, Ints, numbers

NEWBORN_DAYS = 28
YEAR_DAYS = 365


@dataclass
class People:
    """One entry a case. `mother` is the case of a newborn's mother, -1 for others; `age_days` is -1 from one year."""

    disease: Ints
    month: Ints
    area: Ints
    hospital: Ints
    mother: Ints
    sex: Ints
    age: Ints
    age_days: Ints


def people(seed: int, year: int, block: int, size: int) -> People:
    """The persons, diseases, months and hospitals of a block of `size` cases."""
    rng = stream(seed, "people", year, block)
    disease, month = _diseases(rng, size)
    mother = _mothers(disease)
    area = np.minimum(np.searchsorted(reach().area_bounds, rng.random(size), side="right"), _last_area())
    hospital = pick_any(reach().bounds, disease * (_last_area() + 1) + area, rng.random(size))
    born = mother >= 0
    area[born], hospital[born], month[born] = area[mother[born]], hospital[mother[born]], month[mother[born]]
    sex = np.where(rng.random(size) < diseases().figures["male"][disease], 1, 2)
    age = _ages(rng, disease)
    return People(disease, month, area, hospital, mother, sex, age, _age_days(rng, disease, age, born))


def _last_area() -> int:
    return len(reach().area_bounds) - 1


def _diseases(rng: np.random.Generator, size: int) -> tuple[Ints, Ints]:
    """Diseases and months. More newborns than deliveries cannot be: the surplus become deliveries."""
    bounds = diseases().month_bounds
    drawn = np.minimum(np.searchsorted(bounds, rng.random(size), side="right"), len(bounds) - 1)
    disease, month = np.divmod(drawn, MONTHS)
    born = np.flatnonzero(np.isin(disease, diseases().linked("born")))
    deliveries = int(np.isin(disease, diseases().linked("delivery")).sum())
    surplus = max(0, (len(born) - deliveries + 1) // 2)
    disease[born[:surplus]] = diseases().linked("delivery")[0]
    return disease, month


def _mothers(disease: Ints) -> Ints:
    """The delivery that each newborn comes from: no delivery twice."""
    mother = np.full(len(disease), -1)
    born = np.flatnonzero(np.isin(disease, diseases().linked("born")))
    deliveries = np.flatnonzero(np.isin(disease, diseases().linked("delivery")))
    mother[born] = deliveries[: len(born)]
    return mother


def _ages(rng: np.random.Generator, disease: Ints) -> Ints:
    """Full years: normal about the disease's mean, reflected at its limits."""
    figures = diseases().figures
    low, high = figures["age_min"][disease], figures["age_max"][disease]
    drawn = figures["age_mean"][disease] + figures["age_sd"][disease] * rng.standard_normal(len(disease))
    inside = low + np.abs(drawn - low)
    inside = high - np.abs(high - inside)
    return np.floor(np.clip(inside, low, high)).astype(np.int64)


def _age_days(rng: np.random.Generator, disease: Ints, age: Ints, born: Bools) -> Ints:
    newborn = numbers("diseases", "age_max")[disease] == 0
    first = np.where(newborn, 1, NEWBORN_DAYS)
    past = np.where(newborn, NEWBORN_DAYS, YEAR_DAYS)
    days = first + np.floor(rng.random(len(age)) * (past - first)).astype(np.int64)
    return np.where(born, 0, np.where(age == 0, days, -1))
