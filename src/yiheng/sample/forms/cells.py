"""Cells of a form (填报单元): every field that a form's column list names, as text made from what is told.

A field is a case's column, one of FIELDS, `=text` for the same text everywhere, or one of NUMBERED with a number from
1; `transfer_depts` is followed by what stands between two departments.
"""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample import columns
from yiheng.sample.forms.clock import DAY, MINUTE, moments
from yiheng.sample.forms.told import Told, joined_key
from yiheng.sample.tables import Ints, table, words

MOMENT = "%Y-%m-%d %H:%M:%S"
MONTH_DAYS = 30
TEXT = pa.string()


def cells(told: Told, field: str) -> pa.Array:
    """The text of one field for every case, null where it is empty."""
    size = told.cases.num_rows
    if not field:
        return pa.nulls(size, TEXT)
    if field.startswith("="):
        return pa.repeat(pa.scalar(field[1:], TEXT), size)
    name, _, number = field.partition(" ")
    if name in NUMBERED:
        return NUMBERED[name](told, int(number) - 1)
    if name == "transfer_depts":
        return pc.if_else(filled(told.cases[name]), pc.binary_join(told.cases[name], number), pa.scalar(None, TEXT))
    return FIELDS[name](told) if name in FIELDS else told.cases[name].cast(TEXT)


def filled(lists: pa.ListArray) -> pa.Array:
    """Whether each list has items."""
    return pc.greater(pc.fill_null(pc.list_value_length(lists), 0), 0)


@cache
def codes(field: str) -> Mapping[str, str]:
    """What a form writes for each value of a field (`form_codes.csv`)."""
    return {row["value"]: row["code"] for row in table("form_codes") if row["field"] == field}


def coded(values: pa.Array, field: str) -> pa.Array:
    """Values as the form's codes; one without a code is written as it is."""
    values = values.cast(TEXT)
    known = codes(field)
    found = pa.array(list(known.values()), TEXT).take(pc.index_in(values, pa.array(list(known), TEXT)))
    return pc.coalesce(found, values)


def item(lists: pa.ListArray, number: int) -> pa.Array:
    """Item `number` (from 0) of each list, null where there are fewer."""
    count = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
    has = count > number
    place = np.where(has, np.asarray(lists.offsets)[:-1] + number, 0)
    return lists.values.take(pa.array(place, mask=~has))


def named(code: pa.Array, names: str) -> pa.Array:
    """The Chinese names of codes (of `diagnoses` or `operations`); a code without a name keeps its own text."""
    known = words(names, "zh")
    found = pa.array(known, TEXT).take(pc.index_in(code, pa.array(words(names, "code"), TEXT)))
    return pc.coalesce(found, code)


def moment(minutes: Ints, date: pa.Array) -> pa.Array:
    """Minutes since 1970 as text, on the day that the case says, null where it says none."""
    day = np.asarray(pc.fill_null(date.cast(pa.int32()), 0)).astype(np.int64)
    text = pc.strftime(moments(day * DAY + minutes % DAY), MOMENT)
    return pc.if_else(pc.is_valid(date), text, pa.scalar(None, TEXT))


def duration(hours: pa.Array) -> pa.Array:
    """Hours as days/hours/minutes."""
    known = np.asarray(pc.is_valid(hours))
    minutes = np.rint(np.asarray(pc.fill_null(hours, 0.0)) * MINUTE).astype(np.int64)
    parts = [pa.array(part, mask=~known).cast(TEXT) for part in _days_hours_minutes(minutes)]
    return pc.binary_join_element_wise(*parts, "/")


def _days_hours_minutes(minutes: Ints) -> tuple[Ints, Ints, Ints]:
    return minutes // DAY, minutes % DAY // MINUTE, minutes % MINUTE


def _hospital_name(told: Told, column: str) -> pa.Array:
    code = told.cases[column]
    names = pa.array(words("hospitals", "name"), TEXT).take(pc.index_in(code, pa.array(words("hospitals", "code"))))
    return pc.coalesce(names, code)


def _age_months(told: Told) -> pa.Array:
    """Under one year: months with two decimals, a month of 30 days."""
    days = told.cases["age_days"].cast(pa.float64())
    months = pc.min_element_wise(pc.divide(days, float(MONTH_DAYS)), pa.scalar(11.99), skip_nulls=False)
    return pc.round(months, 2).cast(pa.decimal128(18, 2)).cast(TEXT)


def _whole_hours(told: Told) -> pa.Array:
    """Hours on the ventilator as the front page has room for: whole ones, a half rounded up."""
    return whole_hours(told.cases["vent_hours"]).cast(TEXT)


def whole_hours(hours: pa.Array) -> pa.Array:
    """Hours to whole ones, a half away from zero."""
    return pc.round(hours, 0, round_mode="half_towards_infinity").cast(pa.int64())


def _plan_purpose(told: Told) -> pa.Array:
    planned = pc.fill_null(told.cases["planned_readmit"], False)
    return pc.if_else(planned, pa.scalar("继续治疗"), pa.scalar(None, TEXT))


def _pathology_number(told: Told) -> pa.Array:
    number = pc.binary_join_element_wise(pa.scalar("B"), told.cases["case_id"], "")
    return pc.if_else(pc.is_valid(told.cases["pathology"]), number, pa.scalar(None, TEXT))


def _shared_own(told: Told, own: bool) -> pa.Array:
    """What the patient bears, as outside the catalogue (a third) or as his part inside it."""
    borne = told.cases["patient_pay"]
    fen = _fen(borne)
    third = np.sign(fen) * (np.abs(fen) // 3)
    return pc.if_else(pc.is_valid(borne), columns.money(third if own else fen - third), pa.scalar(None, borne.type))


def _fen(amounts: pa.Array) -> Ints:
    return np.asarray(pc.fill_null(pc.multiply(amounts, 100).cast(pa.int64(), safe=False), 0)).astype(np.int64)


def _stay(told: Told, number: int) -> pa.Table:
    """The stay `number` in intensive care of each case, null where there is none."""
    own = told.icu.filter(pc.equal(told.icu["stay_no"], number + 1))
    return own.take(pc.index_in(joined_key(told.cases), joined_key(own)))


def shown(times: pa.Array) -> pa.Array:
    """Timestamps as the forms write them, to the second."""
    return pc.strftime(times.cast(pa.timestamp("s")), MOMENT)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _procedure_time(told: Told, number: int) -> pa.Array:
    """A procedure's day with an hour that lies in the stay if the day does."""
    date = item(told.cases["proc_date"], number)
    day = np.asarray(pc.fill_null(date.cast(pa.int32()), 0)).astype(np.int64)
    noon = DAY // 2
    early = (day * DAY + noon) < told.clock.came
    return moment(np.where(early, told.clock.came % DAY, noon), date)


def _surgeon(told: Told, number: int) -> pa.Array:
    has = pc.is_valid(item(told.cases["proc"], number))
    return pc.if_else(has, told.cases["physician"], pa.scalar(None, TEXT))


NUMBERED: Mapping[str, Callable[[Told, int], pa.Array]] = {
    "dx": lambda told, number: item(told.cases["dx"], number),
    "dx_name": lambda told, number: named(item(told.cases["dx"], number), "diagnoses"),
    "dx_present": lambda told, number: item(told.cases["dx_present"], number).cast(TEXT),
    "proc": lambda told, number: item(told.cases["proc"], number),
    "proc_name": lambda told, number: named(item(told.cases["proc"], number), "operations"),
    "proc_level": lambda told, number: item(told.cases["proc_level"], number).cast(TEXT),
    "proc_time": _procedure_time,
    "surgeon": _surgeon,
    "icu_ward": lambda told, number: _one(_stay(told, number)["ward_type"]),
    "icu_entered": lambda told, number: shown(_one(_stay(told, number)["entered"])),
    "icu_left": lambda told, number: shown(_one(_stay(told, number)["left"])),
}
FIELDS: Mapping[str, Callable[[Told], pa.Array]] = {
    "person_name": lambda told: told.identity["name"],
    "id_number": lambda told: told.identity["number"],
    "birth_date": lambda told: told.identity["birth_date"].cast(TEXT),
    "insured_number": lambda told: told.cases["patient"],
    "cert_type": lambda told: _cert_type(told),
    "hospital_name": lambda told: _hospital_name(told, "hospital"),
    "to_hospital_name": lambda told: _hospital_name(told, "to_hospital"),
    "payment_way": lambda told: coded(told.cases["payer"], "payment_way"),
    "hi_type": lambda told: coded(told.cases["payer"], "hi_type"),
    "care": lambda told: coded(told.cases["care_type"], "care"),
    "plan": lambda told: coded(told.cases["planned_readmit"], "plan"),
    "plan_purpose": _plan_purpose,
    "admit_time": lambda told: moment(told.clock.came, told.cases["admit_date"]),
    "leave_time": lambda told: moment(told.clock.left, told.cases["discharge_date"]),
    "declared_time": lambda told: moment(told.clock.left, told.cases["settle_date"]),
    "age_months": _age_months,
    "vent_whole_hours": _whole_hours,
    "vent_duration": lambda told: duration(told.cases["vent_hours"]),
    "pathology_name": lambda told: named(told.cases["pathology"], "diagnoses"),
    "pathology_number": _pathology_number,
    "external_cause_name": lambda told: named(told.cases["external_cause"], "diagnoses"),
    "dx_count": lambda told: pc.list_value_length(told.cases["dx"]).cast(TEXT),
    "proc_count": lambda told: pc.list_value_length(told.cases["proc"]).cast(TEXT),
    "selfpay": lambda told: _shared_own(told, own=False).cast(TEXT),
    "ownpay": lambda told: _shared_own(told, own=True).cast(TEXT),
}


def _cert_type(told: Told) -> pa.Array:
    known = pa.array(words("identity_kinds", "cert_type"), TEXT)
    return known.take(pc.index_in(told.identity["kind"], pa.array(words("identity_kinds", "kind"))))
