"""What a form carries (表单所载): the case table as it looks through a form, for who reads the form back."""

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample.columns import money
from yiheng.sample.fees import CATEGORIES
from yiheng.sample.forms.cells import filled, whole_hours
from yiheng.sample.forms.lines import fen
from yiheng.sample.forms.sheet import one_batch
from yiheng.sample.tables import table, words

SETTLEMENT = "settlement"
FORMS = ("frontpage", "frontpage_2019", SETTLEMENT)


@cache
def carried(form: str) -> list[str]:
    """The columns of the case table that a form of FORMS carries, in the table's order.

    Not `patient`: a form has an identity number instead. A derived column such as `drug_fee` is not counted either.
    """
    return [row["column"] for row in table("form_carried") if row["form"] == form]


def as_carried(form: str, cases: pa.RecordBatch | pa.Table) -> pa.Table:
    """The cases through a form: only its columns, lists cut to its slots, values as its codes can say them.

    An empty list is null, as is `icu_hours` without a stay. The front pages name the receiving hospital, have whole
    hours on the ventilator and no code for maternity insurance (`other`); the settlement list has none for a day ward
    (1), and its total is the sum of its categories.
    """
    batch = one_batch(cases)
    made = {name: batch[name] for name in carried(form)}
    for name, values in made.items():
        if pa.types.is_list(values.type):
            made[name] = _cut(values, _most(form, name))
    if "icu_hours" in made:
        hours = made["icu_hours"]
        made["icu_hours"] = pc.if_else(pc.not_equal(hours, 0.0), hours, pa.scalar(None, pa.float64()))
    made |= _as_list(made) if form == SETTLEMENT else _as_page(made)
    return pa.table(made)


def _most(form: str, column: str) -> int | None:
    found = [int(row["most"]) for row in table("form_slots") if (row["form"], row["column"]) == (form, column)]
    return found[0] if found else None


def _cut(lists: pa.ListArray, most: int | None) -> pa.Array:
    short = lists if most is None else pc.list_slice(lists, 0, most).cast(lists.type)
    return pc.if_else(filled(short), short, pa.scalar(None, short.type))


def _as_page(made: dict[str, pa.Array]) -> dict[str, pa.Array]:
    code = made["to_hospital"]
    name = pa.array(words("hospitals", "name")).take(pc.index_in(code, pa.array(words("hospitals", "code"))))
    payer = made["payer"]
    found = {
        "to_hospital": pc.coalesce(name, code),
        "payer": pc.if_else(pc.equal(payer, "maternity"), pa.scalar("other"), payer),
    }
    if "vent_hours" in made:
        found["vent_hours"] = whole_hours(made["vent_hours"]).cast(pa.float64())
    return found


def _as_list(made: dict[str, pa.Array]) -> dict[str, pa.Array]:
    care = made["care_type"]
    total = sum((fen(made[name]) for name in CATEGORIES), start=np.zeros(len(care), np.int64))
    return {
        "care_type": pc.if_else(pc.equal(care, 3), pa.scalar(1, care.type), care),
        "total_fee": money(total),
    }
