"""Newborns (新生儿): one that is sent under its mother's number is another person than she is."""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

from yiheng.cases.quality.book import book

_DIGITS = 32
MARK = "|newborn"


def child_of(patient: str) -> str:
    """The pseudonym of a newborn sent under the number of this patient, its mother."""
    return f"p-{hashlib.sha256((patient + MARK).encode()).hexdigest()[:_DIGITS]}"


def newborns_apart(columns: dict[str, pa.Array], notes: dict[str, pa.Array]) -> None:
    """Give newborns with a grown person's number a pseudonym of their own; the number says nothing of them then."""
    if not {"age_days", "admit_date", "patient"} <= set(columns):
        return
    young = pc.less_equal(columns["age_days"], book().limits["newborn_days"])
    grown = pc.greater(pc.subtract(pc.year(columns["admit_date"]), pc.year(notes["identity_born"])), 1)
    apart = pc.fill_null(pc.and_(young, grown), False)
    if not pc.any(apart).as_py():
        return
    flags = apart.to_pylist()
    patients = columns["patient"].to_pylist()
    columns["patient"] = pa.array(
        [child_of(its) if flag and its else its for its, flag in zip(patients, flags, strict=True)], pa.string()
    )
    for name in ("identity_sex", "identity_born"):
        notes[name] = pc.if_else(apart, pa.scalar(None, notes[name].type), notes[name])
