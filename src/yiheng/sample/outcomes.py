"""The outcome (离院方式与危重): how a case came, how it left, hours in intensive care, nursing days."""

from dataclasses import dataclass

import numpy as np

from yiheng.sample.chance import stream
from yiheng.sample.diseases import diseases
from yiheng.sample.links import Links
from yiheng.sample.pathway import Pathway
from yiheng.sample.people import People
from yiheng.sample.region import Region
from yiheng.sample.stays import HOURS, Stays, is_long
from yiheng.sample.tables import Bools, Floats, Ints, setting, words

HOME, OTHER_HOSPITAL, COMMUNITY, AGAINST_ADVICE, DIED, OTHER = 1, 2, 3, 4, 5, 9
EMERGENCY, OUTPATIENT, FROM_INSTITUTION, OTHER_WAY = 1, 2, 3, 9
ELDERLY = 60


@dataclass
class Outcomes:
    """One entry a case; `sender` and `receiver` are rows of `hospitals.csv`, -1 for none; nursing days by level 0-3."""

    admit_way: Ints
    discharge: Ints
    sender: Ints
    receiver: Ints
    planned: Bools
    interim: Bools
    icu_hours: Floats
    vent_hours: Floats
    nursing: Ints


def outcomes(
    seed: int, year: int, block: int, people: People, pathway: Pathway, stays: Stays, links: Links, region: Region
) -> Outcomes:
    """How every case of a block came, went and was cared for."""
    rng = stream(seed, "outcome", year, block)
    discharge = _discharge(rng, people, pathway, stays, links, region)
    sender, receiver = _institutions(rng, people, links, discharge)
    hours = _hours_present(stays)
    vent: Floats = np.minimum(pathway.vent_hours, hours)
    icu = _icu_hours(rng, vent, hours, discharge)
    interim = is_long(people) & (rng.random(len(vent)) < setting("interim")) & (discharge == HOME)
    discharge[interim] = OTHER
    return Outcomes(
        admit_way=_admit_way(rng, people, links, stays),
        discharge=discharge,
        sender=sender,
        receiver=receiver,
        planned=_planned(rng, people, discharge),
        interim=interim,
        icu_hours=icu,
        vent_hours=vent,
        nursing=_nursing(rng, stays, icu, pathway),
    )


def tenths(hours: Floats) -> Floats:
    """Hours to one decimal, as they are recorded."""
    return np.rint(hours * 10) / 10


def _hours_present(stays: Stays) -> Floats:
    present: Ints = np.maximum((stays.discharge - stays.admit) * HOURS, HOURS // 2)
    return present.astype(np.float64)


def _discharge(
    rng: np.random.Generator, people: People, pathway: Pathway, stays: Stays, links: Links, region: Region
) -> Ints:
    """Ways out, from the rarest cause to going home; who comes back has not died."""
    size = len(people.disease)
    way = np.full(size, HOME)
    elderly = (people.age >= ELDERLY) & (stays.care == 1)
    way[elderly & (rng.random(size) < setting("community"))] = COMMUNITY
    way[rng.random(size) < setting("other_way")] = OTHER
    way[(rng.random(size) < setting("against_advice")) & (stays.care == 1)] = AGAINST_ADVICE
    way[(rng.random(size) < setting("transfer_other")) & (stays.care == 1)] = OTHER_HOSPITAL
    dies = rng.random(size) < _death_chance(people, pathway, region)
    way[dies & ~links.followed & (stays.care == 1) & ~_is_mother(people)] = DIED
    way[links.before[links.sent]] = OTHER_HOSPITAL
    return way


def _death_chance(people: People, pathway: Pathway, region: Region) -> Floats:
    figures = diseases().figures
    older = np.clip(people.age - figures["age_mean"][people.disease], -40, 40)
    factor = np.exp(pathway.death + setting("death_age") * older) * region.death[people.hospital]
    return np.minimum(figures["death"][people.disease] * factor, setting("death_most"))


def _is_mother(people: People) -> Bools:
    return np.isin(people.disease, diseases().linked("delivery"))


def _institutions(rng: np.random.Generator, people: People, links: Links, discharge: Ints) -> tuple[Ints, Ints]:
    """Where a case came from and went to. Without a linked case: up to the city, or outside."""
    sender = np.where(links.sender() >= 0, people.hospital[links.sender()], -1)
    receiver = np.where(discharge == OTHER_HOSPITAL, _higher(rng, people.hospital), -1)
    receiver[links.before[links.sent]] = people.hospital[links.sent]
    return sender, receiver


def _higher(rng: np.random.Generator, hospital: Ints) -> Ints:
    level = np.array([int(level) for level in words("hospitals", "level")])
    kind, inside = np.array(words("hospitals", "kind")), np.array(words("hospitals", "group")) != ""
    city = np.flatnonzero((level == 3) & (kind == "general") & inside)
    outside = np.flatnonzero(~inside)
    uniform = rng.random(len(hospital))
    up = city[np.floor(uniform * len(city)).astype(np.int64)]
    out = outside[np.floor(uniform * len(outside)).astype(np.int64)]
    away = np.where(out == hospital, outside[0] + (hospital == outside[0]), out)
    return np.where((level[hospital] < 3) & inside[hospital], up, away)


def _admit_way(rng: np.random.Generator, people: People, links: Links, stays: Stays) -> Ints:
    size = len(people.disease)
    urgent = rng.random(size) < diseases().figures["emergency"][people.disease]
    way = np.where(urgent & (stays.care == 1), EMERGENCY, OUTPATIENT)
    way[rng.random(size) < setting("other_admission")] = OTHER_WAY
    way[links.sent] = FROM_INSTITUTION
    return way


def _planned(rng: np.random.Generator, people: People, discharge: Ints) -> Bools:
    """Chemotherapy with a next cycle."""
    chemo = np.isin(people.disease, diseases().linked("chemo"))
    planned: Bools = chemo & (rng.random(len(chemo)) < setting("planned")) & (discharge != DIED)
    return planned


def _icu_hours(rng: np.random.Generator, vent: Floats, hours: Floats, discharge: Ints) -> Floats:
    """Hours in intensive care: at least those on the ventilator, at most those present; 0 for most cases."""
    dying = (discharge == DIED) & (rng.random(len(vent)) < setting("dying_in_icu"))
    uniform = rng.random(len(vent))
    wanted = np.where(
        vent > 0,
        vent * (1 + setting("icu_beyond") * uniform) + setting("icu_before"),
        np.where(dying, setting("dying_hours") * uniform, 0.0),
    )
    return tenths(np.minimum(wanted, hours))


def _nursing(rng: np.random.Generator, stays: Stays, icu: Floats, pathway: Pathway) -> Ints:
    """Days at nursing levels 0-3; together they are the stay."""
    special = np.minimum(np.rint(icu / HOURS).astype(np.int64), stays.los)
    left = stays.los - special
    heavy = np.clip(setting("nursing_1") + setting("nursing_1_heavy") * pathway.fee * rng.random(len(left)), 0, 1)
    first = np.floor(left * heavy).astype(np.int64)
    third = np.floor((left - first) * setting("nursing_3") * rng.random(len(left))).astype(np.int64)
    return np.stack([special, first, left - first - third, third])
