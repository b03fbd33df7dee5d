import dataclasses
from fractions import Fraction

import pyarrow as pa

from yiheng.reports.content import content
from yiheng.reports.held import OPEN_MONTHS, OPEN_RULES
from yiheng.reports.shape import Section


def quality(analysis) -> Section:
    return next(section for section in content(analysis).sections if section.id == "data-quality")


def with_findings(analysis, rules, months, closed=0):
    its = [dict(zip(OPEN_RULES.names, row, strict=True)) for row in rules]
    by_month = [dict(zip(OPEN_MONTHS.names, row, strict=True)) for row in months]
    return dataclasses.replace(
        analysis,
        open_rules=pa.Table.from_pylist(its, schema=OPEN_RULES),
        open_months=pa.Table.from_pylist(by_month, schema=OPEN_MONTHS),
        closed=closed,
    )


RULES = [
    ("A", "los", "住院天数", "stay", "flag", 200, 2),
    ("A", "symptom", "症状", "a symptom", "flag", 200, 10),
    ("B", "los", "住院天数", "stay", "flag", 100, 10),
]
MONTHS = [("2025-02", 100, 0), ("2025-01", 190, 20), (None, 10, 1)]


def test_findings_stand_by_hospital_and_rule_with_counts_before_shares(small):
    table = quality(with_findings(small, RULES, MONTHS)).tables[0]
    assert [each.id for each in table.columns] == [
        "hospital", "code_of_hospital", "rule", "severity", "failed_cases", "hospital_cases", "failed_cases_share",
    ]  # fmt: skip
    assert [(row[0].zh, row[2].zh, row[3].zh, *row[4:]) for row in table.rows] == [
        ("演示甲医院", "症状", "提示", 10, 200, Fraction(1, 20)),
        ("演示乙医院", "住院天数", "提示", 10, 100, Fraction(1, 10)),
        ("演示甲医院", "住院天数", "提示", 2, 200, Fraction(1, 100)),
    ]


def test_findings_stand_by_month(small):
    table = quality(with_findings(small, RULES, MONTHS)).tables[1]
    assert [row[1:] for row in table.rows] == [
        (10, 1, Fraction(1, 10)),
        (190, 20, Fraction(2, 19)),
        (100, 0, Fraction(0)),
    ]
    assert [getattr(row[0], "zh", row[0]) for row in table.rows] == ["未填", "2025-01", "2025-02"]
    assert len(table.charts) == 1


def test_the_words_say_how_many_cases_and_the_commonest_rule(small):
    assert [sentence.zh for sentence in quality(with_findings(small, RULES, MONTHS)).lead] == [
        "在库出院病例 300 例（全部年度），有未关闭质量问题者 21 例，占 7.00%。",
        "最常见的问题：住院天数（12 例）。",
    ]


def test_rows_that_came_back_are_counted_and_not_listed(small):
    table = quality(with_findings(small, [], MONTHS, closed=3)).tables[3]
    assert (table.rows, table.empty.zh) == ((), "没有未关闭的隔离行。")
    assert [note.zh for note in table.notes] == ["另有 3 行隔离后已退回并重新送来，不再列出。"]


def test_without_findings_the_page_says_so_and_draws_nothing(small):
    section = quality(small)
    assert section.tables[0].empty.zh == "没有未关闭的质量问题。"
    assert section.tables[1].charts == ()
