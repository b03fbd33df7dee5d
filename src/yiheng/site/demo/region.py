"""The region's places (演示机构), as the demo's table of places has them: city, counties, institutions, departments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from yiheng.site.base.places.models import Group, Place
from yiheng.site.base.places.roles import DEPARTMENT, INSTITUTION, REGION
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

# The table names counties, and a city only by its group of hospitals.
CITY = "演示市"
_LOWEST_LEVEL = 1
_SORTED = {
    "institution": ("code",),
    "membership": ("group", "institution"),
    "dept": ("hospital", "code"),
    "names": ("kind", "code"),
}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Region:
    """Places of the site.

    - hospitals: those inside the region, as the table has them; departments: by hospital's code
    - townships: the codes of the smallest; leads: the codes of those that lead a group, the city's first
    - groups: each with the hospitals in it; diagnoses: code and Chinese name
    - subjects: by hospital's code the first two digits of its departments' standard codes (诊疗科目)
    """

    city: Place
    hospitals: dict[str, Place]
    departments: dict[str, list[Place]]
    townships: frozenset[str]
    leads: tuple[str, ...]
    groups: dict[Group, list[Place]]
    diagnoses: tuple[tuple[str, str], ...]
    subjects: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Tables:
    """The rows that the region is made from."""

    institution: list[Row]
    membership: list[Row]
    dept: list[Row]
    names: list[Row]


def read(data: Path) -> Tables:
    """The tables of places in the last commit of DATA."""
    with engine() as backend:
        snapshot = Snapshot(backend, Data(data))
        return Tables(**{name: _rows(snapshot, name, keys) for name, keys in _SORTED.items()})


def _rows(snapshot: Snapshot, name: str, keys: tuple[str, ...]) -> list[Row]:
    rows = snapshot.table(name).to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: [row[key] for key in keys])


def make(tables: Tables) -> Region:
    """Write the places; institutions that no group has lie outside the region."""
    inside = {row["institution"] for row in tables.membership}
    institutions = [row for row in tables.institution if row["code"] in inside]
    city = _region(f"{institutions[0]['area'][:4]}00", CITY, None, min(row["valid_from"] for row in institutions))
    city.save()
    hospitals = _hospitals(institutions, city)
    leads = [row for row in tables.membership if row["role"] == "lead"]
    return Region(
        city=city,
        hospitals=hospitals,
        departments=_departments(tables.dept, hospitals),
        townships=frozenset(row["code"] for row in institutions if row["level"] == _LOWEST_LEVEL),
        leads=tuple(dict.fromkeys(row["institution"] for row in leads)),
        groups=_groups(tables.membership, hospitals),
        diagnoses=tuple((row["code"], row["zh"]) for row in tables.names if row["kind"] == "dx"),
        subjects={code: _subjects(tables.dept, code) for code in hospitals},
    )


def _hospitals(rows: list[Row], city: Place) -> dict[str, Place]:
    counties = {row["area"]: _region(row["area"], row["county"], city, city.start) for row in rows}
    Place.objects.bulk_create(counties.values())
    made = [_place(row, row["code"], INSTITUTION, counties[row["area"]]) for row in rows]
    Place.objects.bulk_create(made)
    return {place.code: place for place in made}


def _departments(rows: Iterable[Row], hospitals: Mapping[str, Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {code: [] for code in hospitals}
    for row in rows:
        if row["hospital"] in hospitals:
            code = f"{row['hospital']}-{row['code']}"
            found[row["hospital"]].append(_place(row, code, DEPARTMENT, hospitals[row["hospital"]]))
    Place.objects.bulk_create(place for places in found.values() for place in places)
    return found


def _subjects(rows: Iterable[Row], hospital: str) -> tuple[str, ...]:
    return tuple(sorted({row["standard_code"].partition(".")[0] for row in rows if row["hospital"] == hospital}))


def _groups(rows: Iterable[Row], hospitals: Mapping[str, Place]) -> dict[Group, list[Place]]:
    members: dict[str, list[Row]] = {}
    for row in rows:
        members.setdefault(row["group"], []).append(row)
    found = {}
    for code, its in members.items():
        lead = next(row for row in its if row["role"] == "lead")
        group = Group.objects.create(code=code, name=lead["group_name"], lead=hospitals[lead["institution"]])
        found[group] = [hospitals[row["institution"]] for row in its]
    return found


def _region(code: str, name: str, above: Place | None, start: date) -> Place:
    path = f"{above.path if above else '/'}{code}/"
    return Place(code=code, name=name, kind=REGION, parent=above, path=path, start=start)


def _place(row: Row, code: str, kind: str, above: Place) -> Place:
    until = row["valid_to"]
    return Place(
        code=code, name=row["name"], kind=kind, parent=above, path=f"{above.path}{code}/", start=row["valid_from"],
        end=until and until + timedelta(days=1),
    )  # fmt: skip
