"""Reach (就医流向): the chance that a resident of an area with a disease is treated in a hospital."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from yiheng.sample.chance import cumulative
from yiheng.sample.tables import Floats, numbers, table, words

CITY_GROUP = "G990100"
GRADES = {"specialist": "outside_specialist"}


@dataclass(frozen=True)
class Reach:
    """`bounds`: diseases * areas x hospitals, cumulative; `expected`: diseases x hospitals, shares of all cases."""

    area_bounds: Floats
    bounds: Floats
    expected: Floats


@cache
def reach() -> Reach:
    """Where the region's residents and its visitors are treated."""
    area = _area_shares()
    weight = _suits()[:, None, :] * _pull()[None, :, :] * numbers("hospitals", "volume")
    chance = weight / weight.sum(axis=2, keepdims=True)
    frequency = numbers("diseases", "frequency")
    expected = np.einsum("d,a,dah->dh", frequency / frequency.sum(), area, chance)
    return Reach(cumulative(area), cumulative(chance.reshape(-1, chance.shape[2])), expected)


def _area_shares() -> Floats:
    """Share of all discharges by the patient's area: visitors as `areas.csv` says, the rest by population."""
    visitors = numbers("areas", "visitors") / 100_000
    persons = numbers("areas", "persons")
    return np.asarray(visitors + persons / persons.sum() * (1 - visitors.sum()))


def _suits() -> Floats:
    """How far each hospital treats each disease (diseases x hospitals), from `where.csv` and the hospital's focus."""
    columns = [_grade(hospital) for hospital in table("hospitals")]
    weight = {row["where"]: [float(row[column]) for column in columns] for row in table("where")}
    suits = np.array([weight[where] for where in words("diseases", "where")])
    focus = np.array([[h["focus"] == where for h in table("hospitals")] for where in words("diseases", "where")])
    return np.where(focus, suits * numbers("hospitals", "focus_factor"), suits)


def _grade(hospital: dict[str, str]) -> str:
    if hospital["group"] == "":
        return GRADES.get(hospital["kind"], "outside_general")
    return f"{hospital['kind']}_{hospital['level']}"


def _pull() -> Floats:
    """How far distance leaves each hospital to the residents of each area (areas x hospitals)."""
    weight = {row["relation"]: float(row["weight"]) for row in table("pulls")}
    relations = [[_relation(area, hospital) for hospital in table("hospitals")] for area in table("areas")]
    return np.array([[weight.get(relation, 0.0) for relation in row] for row in relations])


def _relation(area: dict[str, str], hospital: dict[str, str]) -> str:
    """The name in `pulls.csv`; `none` where visitors are treated outside: that is no case of this region."""
    city = hospital["group"] == CITY_GROUP
    if hospital["group"] == "":
        return "none" if area["zone"] != "0" else f"outside_{_zone(hospital)}"
    if area["zone"] != "0":
        return "visitor_city" if city else "visitor_county"
    if area["code"] == hospital["area"]:
        return "own_county"
    return "city_hospital" if city else "other_county"


def _zone(hospital: dict[str, str]) -> str:
    zones = dict(zip(words("areas", "code"), words("areas", "zone"), strict=True))
    return {"1": "province", "2": "elsewhere"}[zones[hospital["area"]]]
