"""Stays in intensive care (重症监护): each inside its hospital stay, and together the hours of the case."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample import columns
from yiheng.sample.forms.clock import MINUTE, clock, moments
from yiheng.sample.forms.draws import below, keys, uniform
from yiheng.sample.forms.sheet import one_batch
from yiheng.sample.tables import Ints, setting, table, words
from yiheng.tables.contract import contract

# Hours are recorded to one decimal.
TENTH = MINUTE // 10


def icu_stays(seed: int, cases: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
    """One or two stays for each case with `icu_hours`, as a batch of the contract `icu`; hours add up to `icu_hours`.

    A case without a date or without hours in intensive care has none.
    """
    batch = one_batch(cases)
    hours = np.nan_to_num(np.asarray(pc.fill_null(batch["icu_hours"], 0.0)))
    dated = np.asarray(pc.and_(pc.is_valid(batch["admit_date"]), pc.is_valid(batch["discharge_date"])))
    chosen = np.flatnonzero((hours > 0) & dated)
    return _stays(seed, batch.take(pa.array(chosen)), np.rint(hours[chosen] * MINUTE).astype(np.int64))


def _stays(seed: int, batch: pa.RecordBatch, minutes: Ints) -> pa.RecordBatch:
    key = keys(seed, batch["hospital"], batch["case_id"])
    times = clock(key, batch)
    room = times.left - times.came - minutes
    twice = (
        (uniform(key, "twice") < setting("icu_twice")) & (minutes >= setting("icu_twice_from") * MINUTE) & (room > 1)
    )
    gap = np.where(twice, 1 + below(key, "gap", np.maximum(room // 2, 1)), 0)
    begin = times.came + below(key, "begin", np.maximum(room - gap, 0) + 1)
    first = np.where(twice, (minutes // 3 + below(key, "first", minutes // 3 + 1)) // TENTH * TENTH, minutes)
    case = np.concatenate([np.arange(len(minutes)), np.flatnonzero(twice)])
    entered = np.concatenate([begin, (begin + first + gap)[twice]])
    lasted = np.concatenate([first, (minutes - first)[twice]])
    order = np.lexsort((entered, case))
    number = np.concatenate([np.ones(len(minutes), np.int64), np.full(int(twice.sum()), 2)])
    return _batch(batch, case[order], number[order], entered[order], lasted[order])


def _batch(batch: pa.RecordBatch, case: Ints, number: Ints, entered: Ints, lasted: Ints) -> pa.RecordBatch:
    rows = pa.array(case)
    made = {
        "hospital": batch["hospital"].take(rows),
        "case_id": batch["case_id"].take(rows),
        "stay_no": columns.numbers(number, pa.int16()),
        "ward_type": columns.chosen(words("wards", "ward_type"), _wards(batch)[case]),
        "entered": moments(entered),
        "left": moments(entered + lasted),
        "hours": pa.array(lasted / MINUTE),
    }
    schema = contract("icu").schema
    arrays = [made[field.name] if field.name in made else pa.nulls(len(case), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _wards(batch: pa.RecordBatch) -> Ints:
    """The first row of `wards.csv` that fits the department, or the age."""
    age = np.asarray(pc.fill_null(batch["age"], 200)).astype(np.int64)
    found = np.full(len(age), -1)
    for number, row in enumerate(table("wards")):
        dept = np.asarray(pc.fill_null(pc.is_in(batch["dept"], pa.array(row["departments"].split("|"))), False))
        young = age <= int(row["age_most"]) if row["age_most"] else np.zeros(len(age), bool)
        any_case = not (row["departments"] or row["age_most"])
        found = np.where((found < 0) & (dept | young | any_case), number, found)
    return found
