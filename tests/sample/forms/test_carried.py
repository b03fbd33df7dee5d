"""What a form carries: only columns of the table, cut and said as the form can."""

import pyarrow as pa
import pytest

from yiheng.sample.forms.carried import FORMS, as_carried, carried
from yiheng.sample.forms.told import Told
from yiheng.tables.contract import contract


@pytest.mark.parametrize(("form", "count"), [("frontpage", 63), ("frontpage_2019", 57), ("settlement", 58)])
def test_a_form_carries_columns_of_the_table_in_its_order(form: str, count: int, lists: Told) -> None:
    names = contract("cases").schema.names
    assert [name for name in names if name in carried(form)] == carried(form)
    assert len(carried(form)) == count
    seen = as_carried(form, lists.cases)
    assert seen.column_names == carried(form)
    assert seen.num_rows == lists.cases.num_rows
    for name in seen.column_names:
        assert seen.schema.field(name).type == contract("cases").schema.field(name).type, name
    assert not {"patient", "mother_case", "drug_fee", "out_of_area"} & set(carried(form))


def test_lists_are_cut_and_values_said_as_the_form_can(some: pa.Table) -> None:
    row = {
        **some.slice(0, 1).to_pylist()[0],
        "dx": [f"K{number:02}.000" for number in range(50)], "dx_present": [1] * 50,
        "proc": [], "proc_date": [], "proc_level": [],
        "payer": "maternity", "vent_hours": 2.5, "icu_hours": 0.0, "care_type": 3, "to_hospital": "H99010200001",
    }  # fmt: skip
    one = pa.Table.from_pylist([row], schema=some.schema)
    old, new, its_list = (as_carried(form, one).to_pylist()[0] for form in FORMS)
    assert [len(old["dx"]), len(new["dx"]), len(its_list["dx"])] == [11, 41, 50]
    assert len(old["dx_present"]) == 11
    assert old["proc"] is None
    assert (old["payer"], new["payer"], its_list["payer"]) == ("other", "other", "maternity")
    assert (old["vent_hours"], its_list["vent_hours"], old["icu_hours"]) == (3.0, 2.5, None)
    assert (old["to_hospital"], its_list["to_hospital"]) == ("演示市第一人民医院", "H99010200001")
    assert its_list["care_type"] == 1
    assert its_list["total_fee"] == row["total_fee"]
