"""Every table has the columns and types that DESIGN.md promises, each named in both languages."""

import pyarrow as pa
import pytest

from yiheng.tables.contract import TABLES, arrow_type, contract

MONEY = pa.decimal128(18, 2)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hospital", pa.string()), ("case_id", pa.string()), ("insured_area", pa.string()), ("out_of_area", pa.int8()),
        ("year", pa.int16()), ("admit_date", pa.date32()), ("los", pa.int32()), ("sex", pa.int8()), ("age", pa.int16()),
        ("age_days", pa.int32()), ("birth_weight_g", pa.int32()), ("discharge", pa.int8()), ("interim", pa.bool_()),
        ("dx", pa.list_(pa.string())), ("dx_present", pa.list_(pa.int8())), ("proc_date", pa.list_(pa.date32())),
        ("proc_level", pa.list_(pa.int8())), ("tcm_syndrome", pa.list_(pa.string())), ("icu_hours", pa.float64()),
        ("nurse_days_3", pa.int16()), ("total_fee", MONEY), ("fee_01", MONEY), ("fee_14", MONEY), ("fp_781", MONEY),
        ("patient_pay", MONEY), ("group", pa.string()), ("source_row", pa.int64()), ("list_version", pa.int32()),
    ],
)  # fmt: skip
def test_the_types_of_the_case_table(name: str, kind: pa.DataType) -> None:
    assert contract("cases").schema.field(name).type == kind


def test_the_keys() -> None:
    assert contract("cases").key == ("hospital", "case_id")
    assert contract("cases").partition == "year"
    assert contract("quarantine").key == ("commit", "file", "row", "column", "rule")
    assert contract("names").key == ("kind", "edition", "code")
    assert contract("names").partition is None


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_unique_and_named_in_both_languages(table: str) -> None:
    columns = contract(table).columns
    names = [column.name for column in columns]
    assert len({name.lower() for name in names}) == len(names)
    assert [column.name for column in columns if not (column.name.isidentifier() and column.zh and column.en)] == []
    assert contract(table).column(names[0]) == columns[0]
    assert contract(table).schema.names == names


def test_an_unknown_table_or_type_is_an_error() -> None:
    with pytest.raises(KeyError):
        contract("../cases")
    with pytest.raises(KeyError):
        arrow_type("money")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("list<list<int8>>", pa.list_(pa.list_(pa.int8()))),
        ("decimal(5,1)", pa.decimal128(5, 1)),
        ("list<decimal(18,2)>", pa.list_(MONEY)),
    ],
)
def test_types_are_read(text: str, kind: pa.DataType) -> None:
    assert arrow_type(text) == kind
