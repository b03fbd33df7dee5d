"""A finding (问题): what is wrong with one row of a source, in words that let its sender mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from yiheng.base.refusal import shown
from yiheng.base.words import Word
from yiheng.cases.quality.book import book
from yiheng.tables.contract import contract

RULES = {
    "columns": Word("列数与表头不符", "the row has not as many columns as the header"),
    "required": Word("必填项为空", "must not be empty"),
    "whole_number": Word("不是整数", "is not a whole number"),
    "number": Word("不是数字", "is not a number"),
    "money": Word("不是金额(元,最多两位小数)", "is not an amount in yuan with at most two decimals"),
    "date": Word("不是有效日期", "is not a date that exists"),
    "yes_no": Word("不是 true/false 或 1/0", "is not true/false or 1/0"),
    "range": Word("超出该列可存范围", "is larger or smaller than the column can hold"),
    "translate": Word("对照表中没有此值", "is not in the mapping's table of values"),
    "band": Word("不是数值区间", "is not a band of numbers"),
    "parallel": Word("并列各列的项数不一致", "lists that go together have different lengths"),
    "duplicate": Word("同一医院的病例号重复", "this hospital already has a case with this id"),
}


@dataclass(frozen=True)
class Finding:
    """One cell, or one row, that does not fit; `row` counts data rows from 1.

    `rule` is a key of RULES, or the id of a quality rule.
    """

    row: int
    column: str
    value: str
    rule: str

    def line(self, file: str) -> str:
        """The finding as one line for a person."""
        told = reason(self.rule)
        return f"{file} 第{self.row}行 {self.column} “{shown(self.value)}”: {told.zh} / {told.en}"


def reason(rule: str) -> Word:
    """What a rule says of a row that breaks it."""
    return RULES[rule] if rule in RULES else book().rules[rule].word


def cure(rule: str) -> Word | None:
    """What to do about it, where more can be said than the reason does."""
    return None if rule in RULES else book().rules[rule].cure


def as_table(file: str, sheet: str, findings: Iterable[Finding]) -> pa.Table:
    """Findings as rows of the quarantine table."""
    rows = [
        {
            "file": file,
            "sheet": sheet or None,
            "row": found.row,
            "column": found.column,
            "value": shown(found.value),
            "rule": found.rule,
            "reason": reason(found.rule).zh,
            "reason_en": reason(found.rule).en,
            "cure": said.zh if (said := cure(found.rule)) else None,
            "cure_en": said.en if said else None,
        }
        for found in findings
    ]
    return pa.Table.from_pylist(rows, schema=contract("quarantine").schema)
