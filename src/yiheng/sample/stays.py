"""The stay (住院过程): department, physician, days and dates of every case."""

from dataclasses import dataclass

import numpy as np

from yiheng.sample.chance import stream
from yiheng.sample.diseases import diseases
from yiheng.sample.pathway import Pathway
from yiheng.sample.people import People
from yiheng.sample.region import Region
from yiheng.sample.tables import Bools, Floats, Ints, numbers, setting, words

HOURS = 24


@dataclass
class Stays:
    """One entry a case; dates are days since 1970-01-01. `noise` is how unusual the stay is (log), for the fee."""

    dept: Ints
    physician: Ints
    care: Ints
    admit: Ints
    discharge: Ints
    los: Ints
    noise: Floats


def stays(seed: int, year: int, block: int, people: People, pathway: Pathway, region: Region) -> Stays:
    """Days and dates: every discharge lies in its month of `year`, a newborn's in `year`."""
    rng = stream(seed, "stay", year, block)
    dept = _dept(people, region)
    physician = _physician(rng, people.hospital, dept, region)
    care = _care(rng, year, people, pathway)
    noise = diseases().figures["los_spread"][people.disease] * rng.standard_normal(len(dept))
    effect = noise + region.hospital_los[people.hospital] + region.physician_los[physician] + pathway.los
    days = diseases().figures["los"][people.disease] * np.exp(effect) * year_effect(year, "los")
    least = np.ceil(pathway.vent_hours / HOURS) + (pathway.vent_hours > 0)
    nights = np.rint(np.clip(days, np.maximum(least, 1), setting("longest_stay"))).astype(np.int64)
    nights[(nights == 1) & (rng.random(len(nights)) < setting("same_day"))] = 0
    nights[care > 1] = 0
    admit, discharge = _dates(rng, year, people, nights)
    return Stays(dept, physician, care, admit, discharge, np.maximum(discharge - admit, 1), noise)


def year_effect(year: int, column: str) -> float:
    """A figure of `years.csv` for one year."""
    return float(numbers("years", column)[words("years", "year").index(str(year))])


def _dept(people: People, region: Region) -> Ints:
    codes = words("departments", "code")
    asked = np.array([codes.index(code) for code in words("diseases", "dept")])
    dept: Ints = region.dept_of[people.hospital, asked[people.disease]]
    return dept


def _physician(rng: np.random.Generator, hospital: Ints, dept: Ints, region: Region) -> Ints:
    """One of the department's physicians; the first of the list carry more of the work."""
    uniform = rng.random(len(dept)) ** setting("physician_skew")
    return region.first[hospital, dept] + np.floor(uniform * region.count[hospital, dept]).astype(np.int64)


def _care(rng: np.random.Generator, year: int, people: People, pathway: Pathway) -> Ints:
    """1 inpatient, 2 day surgery (only with a procedure), 3 day ward."""
    kind = diseases().figures["care"][people.disease].astype(np.int64)
    chance = diseases().figures["day"][people.disease] * year_effect(year, "day_surgery")
    possible = (kind == 3) | (pathway.package >= 0)
    day = (rng.random(len(kind)) < chance) & possible & (pathway.vent_hours == 0)
    return np.where(day, kind, 1)


def _dates(rng: np.random.Generator, year: int, people: People, nights: Ints) -> tuple[Ints, Ints]:
    months = np.arange(f"{year}-01", f"{year + 1}-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
    length = np.diff(months)
    day = np.floor(rng.random(len(nights)) * length[people.month]).astype(np.int64)
    discharge = months[people.month] + day
    admit = discharge - nights
    born = people.mother >= 0
    mother = people.mother[born]
    birth = admit[mother] + (nights[mother] > 1)
    # A newborn who would stay beyond the year's end leaves on its last day: the link has to hold within the year.
    discharge[born] = np.clip(birth + nights[born], months[0], months[-1] - 1)
    admit[born] = birth
    return admit, discharge


def is_long(people: People) -> Bools:
    """Long psychiatric stays."""
    return np.isin(people.disease, diseases().linked("long"))
