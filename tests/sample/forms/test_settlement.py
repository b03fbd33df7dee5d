"""Settlement lists: the nodes of the interface, as JSON and flat, read back with Python's own readers."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from yiheng.sample.fees import CATEGORIES
from yiheng.sample.forms.settlement import flat_header, insured, nodes, write_flat, write_json
from yiheng.sample.forms.told import Told
from yiheng.sample.tables import table

Row = dict[str, Any]


@pytest.fixture(scope="module")
def sent(lists: Told, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    path = write_json(tmp_path_factory.mktemp("json") / "s.json", lists.part(0, 3000))
    found: list[Row] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


def test_the_fields_are_those_of_the_interface(shared: Path, sent: list[Row]) -> None:
    with (shared / "data" / "settlement_list_fields.csv").open(encoding="utf-8") as file:
        official = [row for row in csv.DictReader(file) if int(row["order"]) <= 112]
    assert [(row["node"].split(" ")[0], row["code"], row["name"]) for row in official] == [
        (row["node"], row["code"], row["name"]) for row in table("form_settlement")
    ]
    assert list(sent[0]) == list(nodes())
    for node in nodes():
        codes = [row["code"] for row in table("form_settlement") if row["node"] == node]
        for each in sent:
            for its in [each[node]] if node == "setlinfo" else each[node]:
                assert list(its) == codes
    for row in official:
        if row["required_4101"] == "Y" and row["node"].startswith("setlinfo") and row["code"] != "certno":
            assert all(each["setlinfo"][row["code"]] is not None for each in sent), row["code"]


def test_a_list_says_what_the_case_says(lists: Told, sent: list[Row]) -> None:
    for each, case in zip(sent, lists.part(0, 3000).cases.to_pylist(), strict=True):
        head = each["setlinfo"]
        assert (head["fixmedins_code"], head["medcasno"], head["setl_id"]) == (
            case["hospital"], case["case_id"], case["settlement_id"],
        )  # fmt: skip
        assert (head["age"], head["nwb_age"], head["act_ipt_days"]) == (case["age"], case["age_days"], case["los"])
        assert [its["diag_code"] for its in each["diseinfo"] if its["diag_type"] == "1"] == case["dx"]
        assert [its["diag_code"] for its in each["diseinfo"] if its["diag_type"] == "2"] == (
            [case["tcm_dx"]] if case["tcm_dx"] else []
        )
        assert [its["diag_code"] for its in each["diseinfo"] if its["diag_type"] == "3"] == (case["tcm_syndrome"] or [])
        assert [its["maindiag_flag"] for its in each["diseinfo"]].count("1") == 1
        assert each["diseinfo"][0]["maindiag_flag"] == "1"
        assert [its["adm_cond_type"] for its in each["diseinfo"] if its["diag_type"] == "1"] == list(
            map(str, case["dx_present"])
        )
        assert [(its["oprn_oprt_code"], its["oprn_oprt_date"]) for its in each["oprninfo"]] == list(
            zip(case["proc"], map(str, case["proc_date"]), strict=True)
        )
        assert [its["oprn_oprt_type"] for its in each["oprninfo"]] == ["1", *["2"] * 40][: len(case["proc"])]


def test_money_adds_up(lists: Told, sent: list[Row]) -> None:
    for each, case in zip(sent, lists.part(0, 3000).cases.to_pylist(), strict=True):
        items, head = each["iteminfo"], each["setlinfo"]
        assert [its["amt"] for its in items] == [case[name] for name in CATEGORIES]
        for its in items:
            assert its["amt"] == sum(its[part] for part in ("claa_sumfee", "clab_amt", "fulamt_ownpay_amt", "oth_amt"))
        funds = sum(its["fund_payamt"] for its in each["payinfo"])
        assert funds + head["psn_selfpay"] + head["psn_ownpay"] == case["total_fee"]
        assert head["acct_pay"] + head["psn_cashpay"] == head["psn_selfpay"] + head["psn_ownpay"]
        assert {its["fund_pay_type"] for its in each["payinfo"]} <= {
            "employee": {"310100", "330100", "610100", "320100"},
            "maternity": {"310100", "330100", "610100", "320100"},
            "resident": {"390100", "390200", "610100", "320100"},
        }[case["payer"]]
        assert head["hi_type"] == {"employee": "310", "resident": "390", "maternity": "510"}[case["payer"]]


@pytest.mark.slow
def test_stays_and_durations(lists: Told, tmp_path: Path) -> None:
    sent = json.loads(write_json(tmp_path / "s.json", lists).read_text(encoding="utf-8"))
    intensive = 0
    for each, case in zip(sent, lists.cases.to_pylist(), strict=True):
        day, hour, minute = map(int, each["setlinfo"]["vent_used_dura"].split("/"))
        assert day * 24 + hour + minute / 60 == pytest.approx(case["vent_hours"])
        spent = [list(map(int, its["scs_cutd_sum_dura"].split("/"))) for its in each["icuinfo"]]
        assert sum(part[0] * 24 + part[1] + part[2] / 60 for part in spent) == pytest.approx(case["icu_hours"])
        intensive += bool(spent)
    assert intensive > 20


def test_who_pays_alone_gets_no_list(whole: Told) -> None:
    kept = insured(whole.cases).to_pylist()
    assert [payer in ("employee", "resident", "maternity") for payer in whole.cases["payer"].to_pylist()] == kept


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_lines_array_and_flat_hold_the_same(encoding: str, lists: Told, tmp_path: Path) -> None:
    few = lists.part(0, 300)
    array = json.loads(write_json(tmp_path / "a.json", few, encoding).read_text(encoding=encoding))
    single = write_json(tmp_path / "l.jsonl", few, encoding, lines=True).read_text(encoding=encoding)
    assert [json.loads(line) for line in single.splitlines()] == array
    with write_flat(tmp_path / "f.csv", few, encoding).open(encoding=encoding, newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == flat_header()
    assert len(rows) == 300
    for row, each in zip(rows, array, strict=True):
        for node in nodes()[1:]:
            for column in (code for code in row if code.startswith(f"{node}.")):
                its = ["" if own[column.split(".")[1]] is None else own[column.split(".")[1]] for own in each[node]]
                said = row[column].split("|") if each[node] else []
                if its and not isinstance(its[0], str):
                    assert list(map(float, said)) == its
                else:
                    assert said == its
                    assert its or row[column] == ""


def test_no_list_at_all_is_an_empty_array(lists: Told, tmp_path: Path) -> None:
    assert json.loads(write_json(tmp_path / "n.json", lists.part(0, 0)).read_text(encoding="utf-8")) == []
    assert write_json(tmp_path / "n.jsonl", lists.part(0, 0), lines=True).read_text(encoding="utf-8") == ""
