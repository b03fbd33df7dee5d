"""A finding (问题): what is wrong with one row of a source, in words that let its sender mend it."""

from collections.abc import Iterable, Mapping
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
    "decimals": Word("不是数字(最多四位小数)", "is not a number with at most four decimals"),
    "money": Word("不是金额(元,最多两位小数)", "is not an amount in yuan with at most two decimals"),
    "date": Word("不是有效日期", "is not a date that exists"),
    "yes_no": Word("不是 true/false 或 1/0", "is not true/false or 1/0"),
    "range": Word("超出该列可存范围", "is larger or smaller than the column can hold"),
    "translate": Word("对照表中没有此值", "is not in the mapping's table of values"),
    "duration": Word("不是 天/小时/分钟", "is not days/hours/minutes"),
    "band": Word("不是数值区间", "is not a band of numbers"),
    "parallel": Word("并列各列的项数不一致", "lists that go together have different lengths"),
    "object": Word("不是可以成行的结算清单", "is not a settlement list that can become a row"),
    "excel_number": Word(
        "编码被Excel存为数字,可能已丢失首尾的零", "is a number in Excel: a code may have lost its zeros"
    ),
    "excel_date": Word("编码被Excel存为日期", "is a date in Excel, not the code that was typed"),
    "excel_precision": Word("数字达16位,Excel已丢失末尾数字", "is a number of 16 digits or more: Excel loses the last"),
    "excel_formula": Word("公式没有保存的计算结果", "is a formula without a stored value"),
    "excel_merged": Word("被合并单元格覆盖", "is covered by a merged cell"),
    "excel_error": Word("Excel错误值", "is an error in Excel"),
    "duplicate": Word("同一医院的病例号重复", "this hospital already has a case with this id"),
    "line_duplicate": Word("同一病例的明细序号重复", "this case already has a line with this number"),
    "icu_duplicate": Word("同一病例的监护序号重复", "this case already has an ICU stay with this number"),
    "row_duplicate": Word("同一文件中键重复", "this key stands twice in the file"),
    "not_held": Word("库中没有此病例,无从更正或撤回", "there is no such case to correct or withdraw"),
    "row_not_held": Word(
        "库中没有此行(键与生效日期须相同),无从撤回", "there is no row with this key and date to withdraw"
    ),
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


def as_table(
    commit: int, file: str, sheet: str, findings: Iterable[Finding], keys: Mapping[int, tuple[str | None, str | None]]
) -> pa.Table:
    """Findings as rows of the quarantine table; `keys` has hospital and case id of rows where they could be read."""
    rows = [
        {
            "commit": commit,
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
            "hospital": keys.get(found.row, (None, None))[0],
            "case_id": keys.get(found.row, (None, None))[1],
        }
        for found in findings
    ]
    return pa.Table.from_pylist(rows, schema=contract("quarantine").schema)
