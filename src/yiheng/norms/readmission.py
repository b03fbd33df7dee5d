"""Readmissions (再住院): whether a patient came back within some days of the discharge, to that hospital or to any."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

USED = (
    "row", "hospital", "case_id", "stay_id", "patient", "admit_date", "discharge_date", "discharge", "planned_readmit",
    "interim",
)  # fmt: skip


def readmissions(cases: ir.Table, days: int, leaves_out: Sequence[int]) -> ir.Table:
    """row, returned_any, returned_same (bool) of each stay that somebody could be readmitted from.

    Somebody returned if there is a readmission, see `_pairs`. Stays of the last days before the cases end are counted
    too: they may yet become readmissions.
    """
    first, both = _returnable(_known(cases), leaves_out), _pairs(cases, days, leaves_out)
    found = both.group_by("row").agg(same=(both.hospital == both.next_hospital).any())
    joined = first.left_join(found, "row")
    return joined.select("row", returned_any=joined.same.notnull(), returned_same=joined.same.fill_null(False))


def is_returnable(stays: ir.Table, leaves_out: Sequence[int]) -> ir.BooleanValue:
    """Whether one can be readmitted from a stay with patient, admission and discharge.

    Not where its way of leaving is in `leaves_out`, a readmission is planned, or only an interim settlement was made.
    """
    left = stays.discharge.isin(list(leaves_out)).fill_null(False)
    return ~(left | stays.planned_readmit.fill_null(False) | stays.interim.fill_null(False))


def _pairs(cases: ir.Table, days: int, leaves_out: Sequence[int]) -> ir.Table:
    """A row for each stay and each readmission from it: USED of the stay, and of the readmission as `next_row` ...

    A readmission is a later stay of the patient, not a settlement of the same, that began on the day of discharge or up
    to `days` days after it.
    """
    known = _known(cases)
    first, then = _returnable(known, leaves_out), known.select(**{f"next_{name}": known[name] for name in USED})
    gap = then.next_admit_date.delta(first.discharge_date, unit="day")
    both = first.inner_join(
        then, [first.patient == then.next_patient, first.row != then.next_row, gap >= 0, gap <= days]
    )
    return both.filter(_is_later(both), ~_is_same_stay(both))


def _known(cases: ir.Table) -> ir.Table:
    return cases.filter(cases.patient.notnull(), cases.admit_date.notnull(), cases.discharge_date.notnull())


def _returnable(known: ir.Table, leaves_out: Sequence[int]) -> ir.Table:
    return known.filter(is_returnable(known, leaves_out)).select(USED)


def _is_later(pairs: ir.Table) -> ir.BooleanValue:
    """Of stays within one day the later is that with the later end, then by hospital and case."""
    tie = (pairs.next_hospital > pairs.hospital) | (
        pairs.next_hospital.identical_to(pairs.hospital) & (pairs.next_case_id > pairs.case_id)
    )
    end = (pairs.next_discharge_date > pairs.discharge_date) | (
        (pairs.next_discharge_date == pairs.discharge_date) & tie
    )
    return (pairs.next_admit_date > pairs.admit_date) | end


def _is_same_stay(pairs: ir.Table) -> ir.BooleanValue:
    same = (pairs.next_stay_id == pairs.stay_id) & pairs.next_hospital.identical_to(pairs.hospital)
    return ibis.coalesce(same, False)
