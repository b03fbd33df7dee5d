"""Objections (异议): a physician's objection to a case in a figure, and the answer to it, as rows of DATA.

An objection changes no figure; accepted, its case is left out of the physician's figure from the next run on. Earlier
commits keep the table as it was.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.refusal import Refusal, masked
from yiheng.tables.commit import Commit
from yiheng.tables.contract import contract
from yiheng.tables.data import Data, Load, loading
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot, read_files

OBJECTIONS = "objections"
FIGURES = ("fee", "los", "death")
ALL = "all"
RAISED, ACCEPTED, DECLINED = "raised", "accepted", "declined"
STATES = (RAISED, ACCEPTED, DECLINED)
Row = dict[str, Any]


class Key(NamedTuple):
    """What is objected to: a physician's case in a figure."""

    hospital: str
    physician: str
    case_id: str
    figure: str


def raise_objection(root: Path, key: Key, reason: str, day: date) -> Commit:
    """Record that the physician objects to the case.

    A case that is not the physician's, an unknown figure, an empty reason or one with an identity number, and an
    objection that is there already are refused; nothing is changed then.
    """
    _check_figure(key.figure)
    _check_reason(reason)
    _check_case(root, key)

    def added(held: dict[Key, Row]) -> Row:
        if key in held:
            raise Refusal(f"was objected to already: {held[key]['state']}", column="case_id", value=key.case_id)
        return key._asdict() | {"reason": reason.strip(), "raised_on": day, "state": RAISED}

    return _written(root, added)


def answer_objection(root: Path, key: Key, state: str, answer: str, day: date) -> Commit:
    """Accept or decline an objection, with a reason; one that is not there, or was answered, is refused."""
    if state not in (ACCEPTED, DECLINED):
        raise ValueError(f"no answer: {state}")
    _check_reason(answer)

    def answered(held: dict[Key, Row]) -> Row:
        if key not in held:
            raise Refusal(
                "there is no such objection",
                column=f"{key.hospital} {key.physician}",
                value=f"{key.case_id} {key.figure}",
            )
        if held[key]["state"] != RAISED:
            raise Refusal(f"was answered already: {held[key]['state']}", column="case_id", value=key.case_id)
        return held[key] | {"state": state, "answer": answer.strip(), "answered_on": day}

    return _written(root, answered)


def objections(snapshot: Snapshot) -> ir.Table:
    """The objections that a commit has, by key."""
    return snapshot.table(OBJECTIONS).order_by(*contract(OBJECTIONS).key)


def covers(figure: str) -> tuple[str, ...]:
    """The figures that an objection to `figure` is about."""
    return FIGURES if figure == ALL else (figure,)


def _written(root: Path, changed: Callable[[dict[Key, Row]], Row]) -> Commit:
    """One row added or changed, as a commit; the table is written anew, in order of its key."""
    Data.open(root)
    with loading(root) as new:
        held = {_key(row): row for row in _held(new).to_pylist()}
        row = changed(held)
        held[_key(row)] = row
        with new.stage(OBJECTIONS, replace=True) as staged:
            rows = [held[key] for key in sorted(held)]
            staged.write(pa.Table.from_pylist(rows, schema=contract(OBJECTIONS).schema))
        return new.commit((), key=new.last.key if new.last else "")


def _held(new: Load) -> pa.Table:
    with engine() as backend:
        found = read_files(backend, new.held_files(OBJECTIONS), contract(OBJECTIONS)).to_pyarrow()
        assert isinstance(found, pa.Table)
        return found


def _key(row: Row) -> Key:
    return Key(*(row[name] for name in Key._fields))


def _check_figure(figure: str) -> None:
    known = (*FIGURES, ALL)
    if figure not in known:
        raise Refusal("is no figure of a case", column="--figure", value=figure, cure=f"one of: {', '.join(known)}")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("needs a reason", column="--reason")
    if masked(reason) != reason:
        raise Refusal("carries an identity number", column="--reason", value=reason)


def _check_case(root: Path, key: Key) -> None:
    with engine() as backend:
        cases = Snapshot(backend, Data.open(root)).table("cases")
        found = (
            cases.filter(cases.hospital == key.hospital, cases.case_id == key.case_id).select("physician").to_pyarrow()
        )
    if found["physician"].to_pylist() != [key.physician]:
        raise Refusal("is no case of this physician", column=f"{key.hospital} {key.physician}", value=key.case_id)
