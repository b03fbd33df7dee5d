"""A finding lets its sender mend the row."""

from yiheng.cases.finding import RULES, Finding, as_table
from yiheng.tables.contract import contract


def test_one_line_in_both_languages() -> None:
    line = Finding(12, "年龄", "四\n十", "whole_number").line("a.csv")
    assert line == r"a.csv 第12行 年龄 “四\n十”: 不是整数 / is not a whole number"


def test_rows_of_the_quarantine() -> None:
    found = as_table(
        7, "a.xlsx", "表1", [Finding(3, "费用", "x" * 100, "money"), Finding(4, "", "", "columns")], {3: ("H1", None)}
    )
    assert found.schema == contract("quarantine").schema
    assert found.to_pylist() == [
        {
            "commit": 7, "file": "a.xlsx", "sheet": "表1", "row": 3, "column": "费用", "value": "x" * 80 + "…",
            "rule": "money",
            "reason": "不是金额(元,最多两位小数)", "reason_en": "is not an amount in yuan with at most two decimals",
            "cure": None, "cure_en": None, "hospital": "H1", "case_id": None,
        },
        {
            "commit": 7, "file": "a.xlsx", "sheet": "表1", "row": 4, "column": "", "value": "", "rule": "columns",
            "reason": "列数与表头不符", "reason_en": "the row has not as many columns as the header",
            "cure": None, "cure_en": None, "hospital": None, "case_id": None,
        },
    ]  # fmt: skip
    assert as_table(1, "a.csv", "", [Finding(1, "x", "y", "date")], {})["sheet"].to_pylist() == [None]


def test_every_rule_is_told_in_both_languages() -> None:
    assert [rule for rule, told in RULES.items() if not (told.zh and told.en)] == []
