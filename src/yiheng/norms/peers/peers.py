"""Peers (同类单位): the hospitals or departments that one is compared with, by class or by a list, as on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.norms.institutions import Row, holding
from yiheng.tables.contract import contract

Unit = tuple[str, ...]


@dataclass(frozen=True)
class Peers:
    """With whom a unit is compared.

    - unit: hospital, or hospital and department; units: its peers, in order of their codes, never itself
    - alike: what all have in common, column and value; empty where somebody chose the peers
    """

    unit: Unit
    units: tuple[Unit, ...]
    alike: tuple[tuple[str, str], ...] = ()


def peers_by_class(institution: pa.Table, hospital: str, day: date, alike: Sequence[str], least: int) -> Peers:
    """The hospitals valid on `day` that have the same values in the columns `alike`; fewer than `least` are refused.

    What is unknown of a hospital is like nothing.
    """
    _check_columns(alike)
    places = holding(institution, ("code",), day)
    own = _own(places, (hospital,), day)
    for name in alike:
        if own[name] is None:
            raise Refusal("is not known of this hospital", column=name, value=hospital, cure="--peers A,B,...")
    units = [unit for unit, row in places.items() if all(row[name] == own[name] for name in alike)]
    return _enough(
        Peers((hospital,), _others(units, (hospital,)), tuple((name, str(own[name])) for name in alike)), least
    )


def chosen_peers(institution: pa.Table, hospital: str, chosen: Sequence[str], day: date, least: int) -> Peers:
    """These hospitals; one that is unknown on `day`, named twice or the hospital itself is refused, too few also."""
    places = holding(institution, ("code",), day)
    for code in (hospital, *chosen):
        _own(places, (code,), day)
    for code in chosen:
        if code == hospital or list(chosen).count(code) > 1:
            raise Refusal("is the hospital itself or named twice", column="--peers", value=code)
    return _enough(Peers((hospital,), _others([(code,) for code in chosen], (hospital,))), least)


def dept_peers(dept: pa.Table, hospitals: Peers, code: str, day: date, least: int) -> Peers:
    """The departments of the same subject (`standard_code`) in the peers of the hospital that calls this one `code`."""
    depts = holding(dept, ("hospital", "code"), day)
    unit = (hospitals.unit[0], code)
    subject = _own(depts, unit, day)["standard_code"]
    if subject is None:
        raise Refusal("this department has no standard_code to find its like by", column="dept", value=code)
    inside = {peer[0] for peer in hospitals.units}
    units = [its for its, row in depts.items() if its[0] in inside and row["standard_code"] == subject]
    return _enough(Peers(unit, _others(units, unit), (*hospitals.alike, ("standard_code", subject))), least)


def _check_columns(alike: Sequence[str]) -> None:
    known = contract("institution").schema.names
    for name in alike:
        if name not in known:
            raise Refusal(
                "is no column of institution", column="--alike", value=name, cure=f"one of: {', '.join(known)}"
            )


def _own(places: dict[Unit, Row], unit: Unit, day: date) -> Row:
    if unit not in places:
        what = "hospital" if len(unit) == 1 else "department"
        raise Refusal(f"there is no such {what} on {day} in DATA", column=what, value=" ".join(unit))
    return places[unit]


def _others(units: Sequence[Unit], own: Unit) -> tuple[Unit, ...]:
    return tuple(sorted(unit for unit in units if unit != own))


def _enough(its: Peers, least: int) -> Peers:
    if len(its.units) < least:
        same = ", ".join(f"{name} {value}" for name, value in its.alike)
        raise Refusal(
            f"has {len(its.units)} peers{f' with the same {same}' if same else ''}, and {least} are needed",
            value=" ".join(its.unit),
            cure="--alike fewer columns, or --peers A,B,...",
        )
    return its
