"""Links between cases (病例关联): who was transferred, who came back, and so whose cases are one person's.

Each case has at most one case before it and one after it. The one before begins earlier, so no chain closes.
"""

from dataclasses import dataclass

import numpy as np

from yiheng.sample.chance import stream
from yiheng.sample.diseases import diseases
from yiheng.sample.people import People
from yiheng.sample.stays import Stays
from yiheng.sample.tables import Bools, Floats, Ints, numbers, setting, words

SPAN = 1 << 20
ADULT = 18
ROUNDS = 3


@dataclass
class Links:
    """`before` is the case before, -1 for none; `person` the person's first case; `sent` marks cases transferred in."""

    before: Ints
    person: Ints
    sent: Bools
    followed: Bools

    def sender(self) -> Ints:
        """The case from which each case was transferred, -1 for none."""
        return np.where(self.sent, self.before, -1)


def links(seed: int, year: int, block: int, people: People, stays: Stays) -> Links:
    """The links of a block, and in `people` one area, sex and age for all cases of a person."""
    rng = stream(seed, "links", year, block)
    size = len(people.disease)
    found = Links(np.full(size, -1), np.arange(size), np.zeros(size, bool), np.zeros(size, bool))
    _transfers(rng, people, stays, found)
    _returns(rng, people, stays, found)
    _other_returns(rng, people, stays, found)
    found.person = _roots(found.before)
    misled = _misled(people, found)
    found.before[misled], found.sent[misled] = -1, False
    found.person = _roots(found.before)
    for part in (people.area, people.sex, people.age, people.age_days):
        part[:] = part[found.person]
    return found


def _misled(people: People, found: Links) -> Bools:
    """Cases that their person cannot have: too young or too old for the disease, or far from home and the region."""
    figures, age = diseases().figures, people.age[found.person]
    fits = (figures["age_min"][people.disease] <= age) & (age <= figures["age_max"][people.disease])
    zone, codes = numbers("areas", "zone"), words("areas", "code")
    of_hospital = np.array([zone[codes.index(area)] for area in words("hospitals", "area")])
    abroad = (zone[people.area[found.person]] > 0) & (of_hospital[people.hospital] > 0)
    misled: Bools = ~fits | abroad
    return misled


def _transfers(rng: np.random.Generator, people: People, stays: Stays, found: Links) -> None:
    """Emergencies of tertiary hospitals for whom a case of the same family has just left another hospital."""
    tertiary = numbers("hospitals", "level") == 3
    urgent = diseases().figures["emergency"][people.disease] * setting("transfer_sought")
    sought = tertiary[people.hospital] & (rng.random(len(urgent)) < urgent) & (stays.care == 1)
    group = _grouped(diseases().family[people.disease], people.area, people.sex, people.age // 10)
    sender = (stays.care == 1) & ~tertiary[people.hospital]
    gap = np.zeros(len(group))
    before = _latest(group, stays, gap, sought & _may_link(people), setting("transfer_gap"), sender)
    _settle(_each_once(before), found)
    found.sent |= found.before >= 0


def _returns(rng: np.random.Generator, people: People, stays: Stays, found: Links) -> None:
    """Persons who come back to the same hospital with the same disease; chemotherapy in its own rhythm."""
    figures = diseases().figures
    size = len(people.disease)
    sought = rng.random(size) < figures["repeat"][people.disease]
    usual = figures["gap"][people.disease]
    chemo = np.isin(people.disease, diseases().linked("chemo"))
    gap = np.where(chemo, usual + setting("chemo_gap_sd") * rng.standard_normal(size), usual * rng.exponential(1, size))
    group = _grouped(people.disease, people.hospital, people.sex)
    _join(group, stays, np.maximum(gap, 1), sought & _may_link(people), found)


def _other_returns(rng: np.random.Generator, people: People, stays: Stays, found: Links) -> None:
    """Adults of one area, sex and age band who come back with another disease."""
    size = len(people.disease)
    sought = (rng.random(size) < setting("broad_repeat")) & (people.age >= ADULT)
    gap = np.maximum(setting("broad_gap") * rng.exponential(1, size), 1)
    group = _grouped(people.area, people.sex, people.age)
    _join(group, stays, gap, sought & _may_link(people), found)


def _may_link(people: People) -> Bools:
    """Births are linked to the mother; newborns and long stays have nobody before them."""
    free = np.array([link in ("", "chemo") for link in diseases().link])
    return free[people.disease]


def _join(group: Ints, stays: Stays, gap: Floats, sought: Bools, found: Links) -> None:
    """Links each sought case to one before it; where several seek the same one, the others look again."""
    for _ in range(ROUNDS):
        before = _latest(group, stays, gap, sought & (found.before < 0), setting("longest_gap"), ~found.followed)
        _settle(_each_once(before), found)


def _settle(before: Ints, found: Links) -> None:
    found.before = np.where(before >= 0, before, found.before)
    found.followed[before[before >= 0]] = True


def _grouped(*parts: Ints) -> Ints:
    """One number for each combination of the parts, each under 512."""
    group = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        group = group * 512 + part
    return group


def _latest(group: Ints, stays: Stays, gap: Floats, sought: Bools, most: float, free: Bools) -> Ints:
    """For each sought case the free one of its group that left last, at least `gap`, at most `most` days earlier."""
    pool = np.flatnonzero(free)
    left = group[pool] * SPAN + stays.discharge[pool]
    order = np.argsort(left, kind="stable")
    case = np.flatnonzero(sought)
    wanted = group[case] * SPAN + stays.admit[case] - np.rint(gap[case]).astype(np.int64)
    position = np.searchsorted(left[order], wanted, side="right") - 1
    before = pool[order[np.maximum(position, 0)]] if len(pool) else case
    apart = stays.admit[case] - stays.discharge[before]
    fits = (position >= 0) & (group[before] == group[case]) & (apart >= 0) & (apart <= np.maximum(gap[case], most))
    fits &= stays.admit[before] < stays.admit[case]
    found = np.full(len(group), -1)
    found[case[fits]] = before[fits]
    return found


def _each_once(before: Ints) -> Ints:
    """No case goes before two; the first in row order keeps it."""
    _, first = np.unique(before, return_index=True)
    once = np.full(len(before), -1)
    once[first] = before[first]
    return once


def _roots(before: Ints) -> Ints:
    """Each case's first case, by doubling steps along the chains."""
    root = np.where(before >= 0, before, np.arange(len(before)))
    while True:
        further = root[root]
        if np.array_equal(further, root):
            return root
        root = further
