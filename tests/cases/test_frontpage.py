"""Front pages of both layouts: a row written by hand is read to exact values, and no identity number stays."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.identity import pseudonym_of_name, pseudonyms
from yiheng.cases.load import load
from yiheng.tables.contract import contract

at = datetime.fromisoformat
DX, PROC = "ICD-10 国临2.0", "ICD-9-CM-3 国临2.0"
HQMS = {
    "P900": "H1", "P3": "000123", "P2": "2", "P5": "2", "P6": "1984-03-01", "P7": "40", "P804": "1",
    "P22": "2024-03-01 08:30:00", "P23": "0401", "P24": "0402, 0403", "P25": "2024/3/6 10:05", "P26": "0404",
    "P27": "5", "P321": "K35.800", "P322": "急性阑尾炎", "P805": "1", "P327": "I10.x05", "P807": "4",
    "P490": "47.0100", "P491": "2024-03-01", "P820": "2", "P4922": "54.5101", "P4923": "20240302", "P822": "3",
    "P361": "-", "P6911": "1", "P6912": "2024-03-01 20:00:00", "P6913": "2024-03-02 08:30:00", "P6917": "2",
    "P6918": "2024-03-03 00:00", "P6919": "2024-03-03 01:00", "P72": "3.5", "P561": "0", "P562": "2", "P741": "1",
    "P830": "2", "P1": "7", "P782": "1234.50", "P751": "34.5", "P769": "100.01", "P770": "1", "P771": "20",
    "P772": "", "P778": "5.10", "P780": "0.90", "P433": "甲医生",
}  # fmt: skip
UPLOAD_2019 = {
    "A01": "H1", "A48": "000123", "A49": "2", "A12C": "2", "A13": "1984-03-01", "A14": "40", "B11C": "1",
    "B12": "2024-03-01 08:30:00", "B13C": "0401", "B21C": "0402, 0403", "B15": "2024/3/6 10:05", "B16C": "0404",
    "B20": "5", "C03C": "K35.800", "C04N": "急性阑尾炎", "C05C": "1", "C06x02C": "I10.x05",
    "C08x02C": "4", "C14x01C": "47.0100", "C16x01": "2024-03-01", "C17x01": "2", "C35x02C": "54.5101",
    "C37x02": "20240302", "C38x02": "3", "C12C": "-", "B34C": "1", "B36C": "2", "A46C": "7", "D01": "1234.50",
    "D09": "34.5", "D23": "100.01", "D23x01": "1", "D24": "20", "D25": "", "D31": "5.10", "D33": "0.90",
    "B24": "甲医生",
}  # fmt: skip
EXPECTED = {
    "hospital": "H1", "case_id": "000123-2", "year": 2024, "sex": 2, "age": 40, "age_days": None,
    "admit_date": date(2024, 3, 1), "discharge_date": date(2024, 3, 6), "los": 5, "admit_dept": "0401",
    "dept": "0404", "transfer_depts": ["0402", "0403"], "admit_way": 1, "discharge": 1, "planned_readmit": True,
    "dx": ["K35.800", "I10.x05"], "dx_present": [1, 4], "dx_edition": DX, "proc": ["47.0100", "54.5101"],
    "proc_date": [date(2024, 3, 1), date(2024, 3, 2)], "proc_level": [2, 3], "proc_edition": PROC,
    "external_cause": None, "total_fee": Decimal("1234.50"), "drug_fee": Decimal("120.01"),
    "material_fee": Decimal("6.00"), "patient_pay": Decimal("34.50"), "fp_769": Decimal("100.01"),
    "fp_770": Decimal("1.00"), "fp_771": Decimal("20.00"), "fp_772": None, "fp_778": Decimal("5.10"), "fp_779": None,
    "fp_780": Decimal("0.90"), "payer": "self", "source_row": 1, "list_version": 1,
}  # fmt: skip
# What only the HQMS layout has.
EXPECTED_HQMS = EXPECTED | {"icu_hours": 13.5, "vent_hours": 3.5, "nurse_days_0": 0, "nurse_days_1": 2}
BOTH = [("frontpage-hqms", HQMS, EXPECTED_HQMS), ("frontpage-2019", UPLOAD_2019, EXPECTED)]
BOTH_FORMS = pytest.mark.parametrize(("form", "row"), [(form, row) for form, row, _ in BOTH], ids=["hqms", "2019"])
IDENTITY = {"frontpage-hqms": "P13", "frontpage-2019": "A20"}


def only(rows_of: Any, root: Any) -> dict[str, Any]:
    [found] = rows_of(root, "cases", *contract("cases").schema.names)
    return dict(found)


@pytest.mark.parametrize(("form", "row", "expected"), BOTH, ids=["hqms", "2019"])
@pytest.mark.parametrize("names", [False, True], ids=["codes", "names"])
def test_a_row_is_read_to_exact_values(
    form: str,
    row: Any,
    expected: Any,
    names: bool,
    form_file: Any,
    region_key: Any,
    identity_number: Any,
    rows_of: Any,
    whole: Any,
    tmp_path: Any,
) -> None:
    number = identity_number("19840301", "022")
    path = form_file(form, "a.csv", row | {IDENTITY[form]: number}, names=names)
    loaded = load(tmp_path / "DATA", [path])
    whole(loaded)
    assert (loaded.accepted, loaded.quarantined, loaded.lines) == (1, 0, [])
    [its] = loaded.files
    assert (its.format, its.form.id, its.strange) == ("frontpage", form, ())
    found = only(rows_of, tmp_path / "DATA")
    patient = pseudonyms(region_key, pa.array([number]))[0][0].as_py()
    physician = pseudonym_of_name(region_key, "physician", pa.array(["甲医生"]))[0].as_py()
    given = expected | {"patient": patient, "physician": physician, "source_file": "a.csv"}
    assert {name: found[name] for name in given} == given
    assert {name for name, value in found.items() if value is not None} <= set(given)
    assert rows_of(tmp_path / "DATA", "names", "kind", "edition", "code", "zh") == [
        {"kind": "dx", "edition": DX, "code": "K35.800", "zh": "急性阑尾炎"},
        {"kind": "proc", "edition": PROC, "code": "47.0100", "zh": None},
    ]


@pytest.mark.usefixtures("region_key")
@BOTH_FORMS
def test_a_place_with_anything_in_it_stays(form: str, row: Any, form_file: Any, rows_of: Any, tmp_path: Any) -> None:
    """What stands beside an empty code is kept, so that the rules can see it; an empty place is none."""
    present, day, level = {
        "frontpage-hqms": ("P806", "P4912", "P824"),
        "frontpage-2019": ("C08x01C", "C37x01", "C38x04"),
    }[form]
    codes = {"frontpage-hqms": ("P3", "P321", "P490"), "frontpage-2019": ("A48", "C03C", "C14x01C")}[form]
    rows = [
        row | {present: "2", day: "2024-03-02", level: "1"},
        row | {codes[0]: "2", codes[1]: "", codes[2]: ""},
    ]
    load(tmp_path / "DATA", [form_file(form, "a.csv", *rows)])
    found = rows_of(tmp_path / "DATA", "cases", "case_id", "dx", "dx_present", "proc", "proc_date", "proc_level")
    first, second = date(2024, 3, 1), date(2024, 3, 2)
    assert [tuple(each.values()) for each in found] == [
        (
            "000123-2", ["K35.800", None, "I10.x05"], [1, 2, 4], ["47.0100", None, "54.5101", None],
            [first, second, second, None], [2, None, 3, 1],
        ),
        ("2-2", [None, "I10.x05"], [1, 4], [None, "54.5101"], [first, second], [2, 3]),
    ]  # fmt: skip


@pytest.mark.usefixtures("region_key")
def test_icu_stays_have_rows_of_their_own(form_file: Any, rows_of: Any, tmp_path: Any) -> None:
    rows = [
        HQMS,
        HQMS | {"P3": "2", "P6912": "", "P6918": ""},
        HQMS | {"P3": "3", "P6911": "", "P6917": "", "P6913": "", "P6919": ""},
        HQMS | {"P3": "4", **dict.fromkeys((f"P69{number}" for number in range(11, 20)), "")},
    ]
    loaded = load(tmp_path / "DATA", [form_file("frontpage-hqms", "a.csv", *rows)])
    assert (loaded.accepted, loaded.quarantined) == (4, 0)
    stays = rows_of(tmp_path / "DATA", "icu", *contract("icu").schema.names)
    assert [tuple(stay.values()) for stay in stays] == [
        (
            "H1", "000123-2", 1, "1", at("2024-03-01 20:00"), at("2024-03-02 08:30"), 12.5, "a.csv", 1,
        ),
        ("H1", "000123-2", 2, "2", at("2024-03-03 00:00"), at("2024-03-03 01:00"), 1.0, "a.csv", 1),
        ("H1", "2-2", 1, "1", None, at("2024-03-02 08:30"), None, "a.csv", 2),
        ("H1", "2-2", 2, "2", None, at("2024-03-03 01:00"), None, "a.csv", 2),
        ("H1", "3-2", 1, None, at("2024-03-01 20:00"), None, None, "a.csv", 3),
        ("H1", "3-2", 2, None, at("2024-03-03 00:00"), None, None, "a.csv", 3),
    ]  # fmt: skip
    hours = rows_of(tmp_path / "DATA", "cases", "case_id", "icu_hours")
    assert [tuple(row.values()) for row in hours] == [
        ("000123-2", 13.5), ("2-2", None), ("3-2", None), ("4-2", None)
    ]  # fmt: skip


@pytest.mark.usefixtures("region_key")
@BOTH_FORMS
def test_ages_of_infants(form: str, row: Any, form_file: Any, rows_of: Any, tmp_path: Any) -> None:
    born, age = {"frontpage-hqms": ("P6", "P7"), "frontpage-2019": ("A13", "A14")}[form]
    file = {"frontpage-hqms": "P3", "frontpage-2019": "A48"}[form]
    weights = {"frontpage-hqms": ("P681", "P67"), "frontpage-2019": ("A18x01", "A17")}[form]
    newborn = {file: "4", born: "2024-03-01 02:10:00", age: "0", weights[0]: "3200", weights[1]: "3150"}
    rows = [
        row | {file: "1", born: "2023-03-02", age: ""},
        row | {file: "2", born: "2023-03-01", age: ""},
        row | {file: "3", born: "2022-02-28", age: "-"},
        row | newborn,
        row | {file: "5", born: "2024-03-02", age: "0"},
    ]
    loaded = load(tmp_path / "DATA", [form_file(form, "a.csv", *rows)])
    assert (loaded.accepted, loaded.quarantined) == (5, 0)
    columns = ("case_id", "age", "age_days", "birth_weight_g", "admit_weight_g", "weight_g")
    assert [tuple(found.values()) for found in rows_of(tmp_path / "DATA", "cases", *columns)] == [
        ("1-2", 0, 365, None, None, None),
        ("2-2", 1, None, None, None, None),
        ("3-2", 2, None, None, None, None),
        ("4-2", 0, 0, 3200, 3150, 3150),
        ("5-2", 0, None, None, None, None),
    ]


@pytest.mark.usefixtures("region_key")
@BOTH_FORMS
def test_no_identity_number_is_kept_or_shown(
    form: str, row: Any, form_file: Any, identity_number: Any, everything: Any, rows_of: Any, tmp_path: Any,
    caplog: Any, capfd: Any,
) -> None:  # fmt: skip
    """Also of rows that are flagged or quarantined, with the number in its own cell or in another."""
    number = identity_number("19840301", "022")
    wrong = number[:17] + ("0" if number[17] != "0" else "1")
    file, sex, day = {"frontpage-hqms": ("P3", "P5", "P22"), "frontpage-2019": ("A48", "A12C", "B12")}[form]
    rows = [
        row | {file: "1", IDENTITY[form]: number, sex: "1"},
        row | {file: "2", IDENTITY[form]: wrong},
        row | {file: "3", IDENTITY[form]: number, day: number},
        row | {file: "4", IDENTITY[form]: wrong, day: "2024-02-30"},
        row | {file: "5", IDENTITY[form]: ""},
    ]
    root = tmp_path / "DATA"
    loaded = load(root, [form_file(form, "a.csv", *rows)])
    assert (loaded.accepted, loaded.quarantined) == (3, 2)
    kept = rows_of(root, "cases", "case_id", "patient")
    assert [found["patient"] is None for found in kept] == [False, True, True]
    flagged = {(found["case_id"], found["rule"]) for found in rows_of(root, "findings", "case_id", "rule")}
    assert {("1-2", "identity_sex"), ("2-2", "identity_invalid")} <= flagged
    said = "\n".join([everything(root), *loaded.lines, str(capfd.readouterr()), caplog.text])
    for secret in (number, wrong, number[:17], number[6:17], "甲医生"):
        assert secret not in said


@BOTH_FORMS
def test_without_a_key_nothing_is_loaded(
    form: str, row: Any, form_file: Any, tmp_path: Any, content: Any, monkeypatch: Any
) -> None:
    monkeypatch.delenv("YIHENG_KEY_FILE", raising=False)
    with pytest.raises(Refusal) as caught:
        load(tmp_path / "DATA", [form_file(form, "a.csv", row)])
    assert str(caught.value) == (
        f"file a.csv, column {IDENTITY[form]}: carries identity numbers or names: loading it needs the region's key"
        " -> yiheng cases key --new FILE, then set YIHENG_KEY_FILE=FILE"
    )
    assert content(tmp_path / "DATA") == {}


@pytest.mark.usefixtures("region_key")
@BOTH_FORMS
def test_a_cell_that_does_not_fit_is_named(form: str, row: Any, form_file: Any, rows_of: Any, tmp_path: Any) -> None:
    """Of a list the very column, also behind an empty place."""
    date_of, dx, fee, file = {
        "frontpage-hqms": ("P4923", "P807", "P778", "P3"),
        "frontpage-2019": ("C37x02", "C08x02C", "D31", "A48"),
    }[form]
    rows = [
        row | {file: "1", date_of: "2024-02-30"},
        row | {file: "2", dx: "x"},
        row | {file: "3", fee: "1.005"},
        row | {file: ""},
        row | {file: "5"},
    ]
    loaded = load(tmp_path / "DATA", [form_file(form, "a.csv", *rows)])
    assert (loaded.accepted, loaded.quarantined) == (1, 4)
    found = {
        tuple(each.values()) for each in rows_of(tmp_path / "DATA", "quarantine", "row", "column", "value", "rule")
    }
    assert {(1, date_of, "2024-02-30", "date"), (2, dx, "x", "whole_number"), (3, fee, "1.005", "money")} <= found
    assert {(row, column) for row, column, _, rule in found if rule == "required"} == {
        (4, {"frontpage-hqms": "P3+P2", "frontpage-2019": "A48+A49"}[form])
    }


@pytest.mark.slow
@pytest.mark.usefixtures("region_key")
@BOTH_FORMS
@pytest.mark.parametrize(
    ("way", "payer"),
    [("1", "employee"), ("2", "resident"), ("3", "resident"), ("4", "other"), ("7", "self"), ("9", "other")],
)
def test_payers(form: str, row: Any, way: str, payer: str, form_file: Any, rows_of: Any, tmp_path: Any) -> None:
    column = {"frontpage-hqms": "P1", "frontpage-2019": "A46C"}[form]
    load(tmp_path / "DATA", [form_file(form, "a.csv", row | {column: way})])
    assert rows_of(tmp_path / "DATA", "cases", "payer") == [{"payer": payer}]


@pytest.mark.slow
@pytest.mark.usefixtures("region_key")
@BOTH_FORMS
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_gives_the_same(
    form: str, row: Any, encoding: str, form_file: Any, digests: Any, tmp_path: Any
) -> None:
    load(tmp_path / "PLAIN", [form_file(form, "a.csv", row)])
    load(tmp_path / "OTHER", [form_file(form, "a.csv", row, encoding=encoding)])
    assert digests(tmp_path / "OTHER") == digests(tmp_path / "PLAIN")
