"""Settlement lists, as CSV whose node columns hold items joined by `|` and as JSON: read to exact values."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.load import load
from yiheng.tables.contract import contract

MAIN = {
    "mdtrt_id": "S1", "setl_id": "J1", "fixmedins_code": "H1", "gend": "2", "brdy": "1984-03-01", "age": "40",
    "insuplc": "990100", "hi_type": "310", "ipt_med_type": "1", "adm_way": "1", "adm_time": "2024-03-01 08:30:00",
    "adm_caty": "A04", "refldept_dept": "A05→A06", "dscg_time": "2024-03-06 10:00:00", "dscg_caty": "A07",
    "act_ipt_days": "5", "dscg_way": "2", "acp_optins_code": "H9", "days_rinp_flag_31": "1",
    "vent_used_dura": "1/2/30", "spga_nurscare_days": "1", "lv3_nurscare_days": "2", "chfpdr_code": "D0001",
    "setl_end_date": "2024-03-07", "psn_selfpay": "20.00", "psn_ownpay": "15.50", "acct_pay": "10.00",
    "psn_cashpay": "25.50", "hi_paymtd": "3",
}  # fmt: skip
NODES: dict[str, list[dict[str, str]]] = {
    "diseinfo": [
        {"diag_type": "1", "diag_code": "I10.x05", "adm_cond_type": "4", "maindiag_flag": "0"},
        {"diag_type": "2", "diag_code": "A01.03.01", "maindiag_flag": "1"},
        {"diag_type": "3", "diag_code": "B02.01"},
        {"diag_type": "1", "diag_code": "K35.800", "adm_cond_type": "1", "maindiag_flag": "1"},
        {"diag_type": "3", "diag_code": "B02.02"},
        {"diag_type": "1", "diag_code": "E11.900", "maindiag_flag": "0"},
    ],
    "oprninfo": [
        {"oprn_oprt_type": "2", "oprn_oprt_code": "54.5101", "oprn_oprt_date": "2024-03-02"},
        {"oprn_oprt_type": "1", "oprn_oprt_code": "47.0100", "oprn_oprt_date": "2024-03-01"},
    ],
    "iteminfo": [
        {"med_chrgitm": "01", "amt": "100.10"},
        {"med_chrgitm": "09", "amt": "40"},
        {"med_chrgitm": "10", "amt": "0.05"},
        {"med_chrgitm": "08", "amt": "30.00"},
        {"med_chrgitm": "09", "amt": "-1.15"},
    ],
    "payinfo": [
        {"fund_pay_type": "310100", "fund_payamt": "90.00"},
        {"fund_pay_type": "330100", "fund_payamt": "4.00"},
        {"fund_pay_type": "610100", "fund_payamt": "3.00"},
        {"fund_pay_type": "320100", "fund_payamt": "1.25"},
        {"fund_pay_type": "370100", "fund_payamt": "0.25"},
    ],
    "icuinfo": [
        {
            "scs_cutd_ward_type": "1", "scs_cutd_inpool_time": "2024-03-01 20:00:00",
            "scs_cutd_exit_time": "2024-03-02 08:30:00", "scs_cutd_sum_dura": "0/12/30",
        },
        {"scs_cutd_inpool_time": "2024-03-03 00:00:00", "scs_cutd_exit_time": "2024-03-03 01:00:00"},
    ],
}  # fmt: skip
FEES = {f"fee_{number:02}": Decimal("0.00") for number in range(1, 15)} | {
    "fee_01": Decimal("100.10"), "fee_08": Decimal("30.00"), "fee_09": Decimal("38.85"), "fee_10": Decimal("0.05"),
}  # fmt: skip
EXPECTED = {
    "hospital": "H1", "case_id": "J1", "settlement_id": "J1", "stay_id": "S1", "year": 2024,
    "admit_date": date(2024, 3, 1), "discharge_date": date(2024, 3, 6), "settle_date": date(2024, 3, 7), "los": 5,
    "sex": 2, "age": 40, "insured_area": "990100", "care_type": 1, "admit_way": 1, "discharge": 2,
    "admit_dept": "A04", "dept": "A07", "transfer_depts": ["A05", "A06"], "to_hospital": "H9",
    "planned_readmit": False, "dx": ["K35.800", "I10.x05", "E11.900"], "dx_present": [1, 4, None],
    "dx_edition": "ICD-10 医保2.0", "proc": ["47.0100", "54.5101"],
    "proc_date": [date(2024, 3, 1), date(2024, 3, 2)], "proc_edition": "ICD-9-CM-3 医保2.0", "tcm_dx": "A01.03.01",
    "tcm_syndrome": ["B02.01", "B02.02"], "icu_hours": 13.5, "vent_hours": 26.5, "nurse_days_0": 1, "nurse_days_3": 2,
    "total_fee": Decimal("169.00"), **FEES, "drug_fee": Decimal("38.90"), "material_fee": Decimal("30.00"),
    "pool_pay": Decimal("90.00"), "large_pay": Decimal("4.00"), "aid_pay": Decimal("3.00"),
    "other_fund": Decimal("1.50"), "account_pay": Decimal("10.00"), "cash_pay": Decimal("25.50"),
    "patient_pay": Decimal("35.50"), "payer": "employee", "pay_method": "3", "source_row": 1, "list_version": 1,
}  # fmt: skip
# The loader makes these itself.
UNSAID = {"source_file", "patient", "physician"}
STAYS = [
    ("H1", "J1", 1, "1", datetime.fromisoformat("2024-03-01 20:00"), datetime.fromisoformat("2024-03-02 08:30"), 12.5),
    ("H1", "J1", 2, None, datetime.fromisoformat("2024-03-03 00:00"), datetime.fromisoformat("2024-03-03 01:00"), 1.0),
]


def flat(main: dict[str, str], nodes: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """A list as one row: of each node column the items, joined."""
    row = dict(main)
    for node, items in nodes.items():
        for name in dict.fromkeys(name for item in items for name in item):
            row[f"{node}.{name}"] = "|".join(item.get(name, "") for item in items)
    return row


def as_json(path: Path, *lists: tuple[dict[str, str], dict[str, list[dict[str, str]]]]) -> Path:
    content = [{"setlinfo": main, **nodes} for main, nodes in lists]
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def check_read(root: Path, rows_of: Any) -> None:
    [found] = rows_of(root, "cases", *contract("cases").schema.names)
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert {name for name, value in found.items() if value is not None} - set(EXPECTED) <= UNSAID
    columns = ("hospital", "case_id", "stay_no", "ward_type", "entered", "left", "hours")
    assert [tuple(row.values()) for row in rows_of(root, "icu", *columns)] == STAYS


@pytest.mark.usefixtures("region_key")
def test_a_flat_list_is_read_to_exact_values(form_file: Any, rows_of: Any, whole: Any, tmp_path: Path) -> None:
    loaded = load(tmp_path / "DATA", [form_file("settlement", "a.csv", flat(MAIN, NODES))])
    whole(loaded)
    assert (loaded.accepted, loaded.quarantined) == (1, 0)
    assert (loaded.files[0].format, loaded.files[0].strange) == ("settlement", ())
    check_read(tmp_path / "DATA", rows_of)


@pytest.mark.usefixtures("region_key")
def test_a_list_of_the_interface_is_read_to_the_same(rows_of: Any, whole: Any, tmp_path: Path) -> None:
    loaded = load(tmp_path / "DATA", [as_json(tmp_path / "a.json", (MAIN, NODES))])
    whole(loaded)
    assert (loaded.accepted, loaded.quarantined) == (1, 0)
    assert loaded.files[0].format == "settlement"
    check_read(tmp_path / "DATA", rows_of)


@pytest.mark.usefixtures("region_key")
def test_texts_with_the_separator_stay_whole_in_json(rows_of: Any, tmp_path: Path) -> None:
    nodes = NODES | {"icuinfo": [NODES["icuinfo"][0] | {"scs_cutd_ward_type": "1|2"}]}
    load(tmp_path / "DATA", [as_json(tmp_path / "a.json", (MAIN, nodes))])
    assert rows_of(tmp_path / "DATA", "icu", "ward_type") == [{"ward_type": "1|2"}]


@pytest.mark.usefixtures("region_key")
def test_a_list_without_nodes_has_unknown_fees_and_no_fund_that_pays(
    form_file: Any, rows_of: Any, tmp_path: Path
) -> None:
    load(tmp_path / "DATA", [form_file("settlement", "a.csv", MAIN)])
    unknown = ("total_fee", "fee_01", "fee_14", "drug_fee", "dx", "proc", "tcm_dx", "icu_hours")
    assert rows_of(tmp_path / "DATA", "cases", *unknown) == [dict.fromkeys(unknown)]
    funds = ("pool_pay", "large_pay", "aid_pay", "other_fund")
    assert rows_of(tmp_path / "DATA", "cases", *funds) == [dict.fromkeys(funds, Decimal("0.00"))]


@pytest.mark.usefixtures("region_key")
@pytest.mark.parametrize(
    ("text", "hours"), [("0/0/0", 0.0), ("0/0/6", 0.1), ("10/23/59", 10 * 24 + 23 + 59 / 60), ("0/30/0", 30.0)]
)
def test_durations(text: str, hours: float, form_file: Any, rows_of: Any, tmp_path: Path) -> None:
    load(tmp_path / "DATA", [form_file("settlement", "a.csv", MAIN | {"vent_used_dura": text})])
    assert rows_of(tmp_path / "DATA", "cases", "vent_hours") == [{"vent_hours": hours}]


@pytest.mark.usefixtures("region_key")
def test_cells_that_do_not_fit_are_named(form_file: Any, rows_of: Any, whole: Any, tmp_path: Path) -> None:
    whole_row = flat(MAIN, NODES)
    rows = [
        whole_row | {"setl_id": "1", "vent_used_dura": "12 h"},
        whole_row | {"setl_id": "2", "iteminfo.amt": "100.10|40|0.05|30.001|-1.15"},
        whole_row | {"setl_id": "3", "iteminfo.amt": "100.10|40"},
        whole_row | {"setl_id": "4", "oprninfo.oprn_oprt_date": "2024-03-02|2024-02-30"},
        whole_row | {"setl_id": "5", "gend": "男"},
        whole_row | {"setl_id": "6", "icuinfo.scs_cutd_exit_time": "soon|2024-03-03 01:00:00"},
        whole_row | {"setl_id": "7"},
    ]
    loaded = load(tmp_path / "DATA", [form_file("settlement", "a.csv", *rows)])
    whole(loaded)
    assert (loaded.accepted, loaded.quarantined) == (1, 6)
    found = rows_of(tmp_path / "DATA", "quarantine", "row", "column", "value", "rule")
    assert {tuple(row.values()) for row in found if row["row"] not in (2, 3)} == {
        (1, "vent_used_dura", "12 h", "duration"),
        (4, "oprninfo.oprn_oprt_date", "2024-02-30", "date"),
        (5, "gend", "男", "translate"),
        (6, "icuinfo.scs_cutd_exit_time", "soon", "date"),
    }
    assert {tuple(row.values())[1:] for row in found if row["row"] == 2} == {("iteminfo.amt", "30.001", "money")}
    assert {(row["column"], row["rule"]) for row in found if row["row"] == 3} == {("iteminfo.amt", "parallel")}
    assert {row["case_id"] for row in rows_of(tmp_path / "DATA", "quarantine", "case_id")} == set("123456")


@pytest.mark.usefixtures("region_key")
def test_two_settlements_of_one_stay_are_linked(form_file: Any, rows_of: Any, tmp_path: Path) -> None:
    rows = [MAIN, MAIN | {"setl_id": "J2", "adm_time": "2024-03-06", "dscg_time": "2024-03-09", "act_ipt_days": "3"}]
    load(tmp_path / "DATA", [form_file("settlement", "a.csv", *rows)])
    assert rows_of(tmp_path / "DATA", "links", "hospital", "case_id", "kind", "other", "basis") == [
        {"hospital": "H1", "case_id": "J2", "kind": "same_stay", "other": "J1", "basis": "stay_id"}
    ]


@pytest.mark.usefixtures("region_key")
def test_no_identity_number_is_kept_or_shown(
    form_file: Any, identity_number: Any, everything: Any, rows_of: Any, tmp_path: Path
) -> None:
    number = identity_number("19840301", "022")
    wrong = number[:17] + ("0" if number[17] != "0" else "1")
    rows = [
        MAIN | {"setl_id": "1", "certno": number},
        MAIN | {"setl_id": "2", "certno": number, "adm_time": number},
        MAIN | {"setl_id": "3", "certno": wrong},
    ]
    loaded = load(tmp_path / "DATA", [form_file("settlement", "a.csv", *rows)])
    assert (loaded.accepted, loaded.quarantined) == (2, 1)
    assert [row["patient"] is None for row in rows_of(tmp_path / "DATA", "cases", "case_id", "patient")] == [
        False,
        True,
    ]
    said = everything(tmp_path / "DATA") + "\n".join(loaded.lines)
    for secret in (number, wrong, number[:17]):
        assert secret not in said
