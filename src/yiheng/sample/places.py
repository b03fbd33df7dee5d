"""The places (机构与人口) of the made-up region: hospitals, groups, departments, physicians, beds, staff, the insured.

Names are invented and carry 演示; area codes begin with 99 (the region and its province) or 98 (elsewhere), which the
national list of divisions assigns to nobody. Physicians are codes, never names.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from yiheng.sample.fees import split_rows
from yiheng.sample.record import DX_EDITION, PROC_EDITION
from yiheng.sample.region import Region, region
from yiheng.sample.tables import Ints, numbers, setting, table, words
from yiheng.tables.contract import contract

SINCE = date(2020, 1, 1)
CITY_GROUP_NAME = "演示市城市医疗集团"
POOLS = ("employee", "resident")
MILLION = 1_000_000
Row = dict[str, Any]


def places(seed: int) -> dict[str, pa.Table]:
    """The tables of places by contract name; physicians and their effects depend on the seed, all else does not."""
    made = region(seed)
    rows = {
        "institution": _institutions(),
        "membership": _memberships(),
        "dept": _depts(made),
        "physician": _physicians(made),
        "beds": _beds(made),
        "staff": _staff(made),
        "population": _population(),
        "names": _names(),
    }
    return {name: pa.Table.from_pylist(list(found), contract(name).schema) for name, found in rows.items()}


def _institutions() -> Iterator[Row]:
    county = {row["code"]: row["name"] for row in table("areas")}
    for row in table("hospitals"):
        yield {
            "code": row["code"],
            "name": row["name"],
            "name_en": row["name_en"],
            "level": int(row["level"]),
            "class": row["class"] or "none",
            "kind": row["kind"],
            "ownership": "public",
            "area": row["area"],
            "county": county[row["area"]],
            "coefficient_class": row["coefficient_class"] or None,
            "valid_from": SINCE,
        }


def _memberships() -> Iterator[Row]:
    """Six county groups and the city's; institutions outside the region are in none."""
    names = {row["group"]: row["group_name"] for row in table("areas")}
    for row in table("hospitals"):
        if row["group"]:
            group_name = names.get(row["group"], CITY_GROUP_NAME)
            yield {
                "group": row["group"],
                "institution": row["code"],
                "role": row["role"],
                "group_name": group_name,
                "valid_from": SINCE,
            }


def _departments(made: Region) -> Iterator[tuple[int, int, str, dict[str, str]]]:
    """Every department that a hospital has: hospital, department, hospital code, row of `departments.csv`."""
    for hospital, code in enumerate(words("hospitals", "code")):
        for dept, row in enumerate(table("departments")):
            if made.count[hospital, dept] > 0:
                yield hospital, dept, code, row


def _depts(made: Region) -> Iterator[Row]:
    for _, _, hospital, row in _departments(made):
        yield {
            "hospital": hospital,
            "code": row["code"],
            "name": row["name"],
            "name_en": row["name_en"],
            "standard_code": row["standard_code"],
            "valid_from": SINCE,
        }


def _physicians(made: Region) -> Iterator[Row]:
    for hospital, dept, code, row in _departments(made):
        first = int(made.first[hospital, dept])
        for number in range(first, first + int(made.count[hospital, dept])):
            yield {
                "hospital": code,
                "code": made.physician_code[number],
                "dept": row["code"],
                "title": made.physician_title[number],
                "valid_from": SINCE,
            }


def _beds(made: Region) -> Iterator[Row]:
    """Beds inside the region only: those of institutions outside are not known here."""
    for hospital, dept, code, row in _departments(made):
        beds = int(made.beds[hospital, dept])
        if beds:
            authorised = round(beds * setting("authorised"))
            yield {"hospital": code, "dept": row["code"], "authorised": authorised, "open": beds, "valid_from": SINCE}


def _staff(made: Region) -> Iterator[Row]:
    for number, row in enumerate(table("hospitals")):
        if row["beds"]:
            yield _staff_row(row["code"], "physician", int(made.count[number].sum()))
            for ratio in table("staff"):
                heads = round(int(row["beds"]) * float(ratio[f"level_{row['level']}"]))
                yield _staff_row(row["code"], ratio["category"], heads)


def _staff_row(hospital: str, category: str, heads: int) -> Row:
    return {"hospital": hospital, "category": category, "number": heads, "valid_from": SINCE}


def _population() -> Iterator[Row]:
    months = [int(year) * 12 + month for year in words("years", "year") for month in range(12)]
    for area in table("areas"):
        if area["zone"] == "0":
            for passed, month in enumerate(months):
                persons = _insured(area, passed)
                for number, band in enumerate(words("age_bands", "age_band")):
                    for pool, name in enumerate(POOLS):
                        yield {
                            "pool": name,
                            "area": area["code"],
                            "age_band": band,
                            "group": area["group"],
                            "month": date(month // 12, month % 12 + 1, 1),
                            "persons": int(persons[pool, number]),
                        }


def _insured(area: dict[str, str], passed: int) -> Ints:
    """Insured persons by pool and age band, `passed` months after the first; they add up to the area's insured."""
    total = round(int(area["persons"]) * setting("insured") * (1 + float(area["trend"])) ** passed)
    share, employed = numbers("age_bands", "share"), numbers("age_bands", "employee")
    employee = np.clip(employed * float(area["employee"]), 0, 0.95)
    weights = np.concatenate([share * employee, share * (1 - employee)])
    whole = np.rint(weights * MILLION).astype(np.int64)
    parts: Ints = split_rows(np.array([total]), whole[None, :])[0]
    return parts.reshape(len(POOLS), -1)


def _names() -> Iterator[Row]:
    for name, kind, edition in (("diagnoses", "dx", DX_EDITION), ("operations", "proc", PROC_EDITION)):
        for row in table(name):
            yield {"kind": kind, "edition": edition, "code": row["code"], "zh": row["zh"], "en": row["en"]}
    for row in table("areas"):
        yield {"kind": "area", "edition": "演示", "code": row["code"], "zh": row["name"], "en": row["name_en"]}
