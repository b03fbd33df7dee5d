from fractions import Fraction

from yiheng.base.words import Word, glossary, word
from yiheng.reports.content import content
from yiheng.reports.shape import Report, Section


def section_of(report: Report, id_: str) -> Section:
    return next(section for section in report.sections if section.id == id_)


def rows_of(section: Section, place: int) -> list[tuple[object, ...]]:
    return [tuple(each.zh if isinstance(each, Word) else each for each in row) for row in section.tables[place].rows]


def test_hospitals_stand_with_their_counts_the_lowest_rate_first(outlined):
    section = section_of(content(outlined), "drg-entering")
    assert [each.id for each in section.tables[0].columns] == [
        "hospital", "code_of_hospital", "n", "grouped", "ambiguous", "ungroupable", "invalid", "entry_rate",
    ]  # fmt: skip
    assert rows_of(section, 0) == [
        ("演示甲医院", "A", 200, 190, 5, 5, 0, Fraction(19, 20)),
        ("演示乙医院", "B", 100, 98, 0, 1, 1, Fraction(49, 50)),
    ]


def test_reasons_are_added_over_hospitals_in_chinese_and_english(outlined):
    section = section_of(content(outlined), "drg-entering")
    assert rows_of(section, 1) == [
        ("歧义", "符合歧义规则 BQ1", 5, Fraction(1, 60)),
        ("未入组", "主要诊断大类（MDC）B, F 中没有符合的规则", 4, Fraction(1, 75)),
        ("未入组", "没有主要诊断大类（MDC）收入此病例", 2, Fraction(1, 150)),
        ("无效", "年龄缺失；新生儿缺体重", 1, Fraction(1, 300)),
    ]
    assert section.tables[1].rows[3][1] == Word("年龄缺失；新生儿缺体重", "age unknown; newborn without weight")


def test_the_words_name_the_lowest_rate_and_the_commonest_reason(outlined):
    section = section_of(content(outlined), "drg-entering")
    assert [sentence.zh for sentence in section.lead] == [
        glossary()["unofficial_note"].zh,
        "病例 300 例：已入组 288 例，歧义 5 例，未入组 6 例，无效 1 例；入组率 96.00%。",
        "入组率最低的是演示甲医院：95.00%（190 / 200 例）。",
        "最常见的原因：符合歧义规则 BQ1（歧义，5 例）。",
    ]


def test_a_grouping_without_outcomes_has_no_such_section(small):
    assert [section.id for section in content(small).sections if section.id.endswith("entering")] == []


def test_groups_of_a_pack_are_called_by_its_names(outlined):
    tables = {table.id: table for table in content(outlined).tables}
    assert tables["drg-groups"].values("group_name")[0].zh == "肺炎，不伴并发症"
    assert tables["dip-groups"].values("group_name")[0].zh == "肺炎"
    assert [tables[id_].notes[0] for id_ in ("drg-groups", "dip-groups")] == [word("weights_note"), word("points_note")]


def test_the_largest_groups_stand_in_each_hospital_beside_the_region(outlined):
    table = next(table for table in content(outlined).tables if table.id == "drg-compared")
    assert [each.id for each in table.columns][2:] == [
        "hospital", "n", "mean_cost", "region_cost", "cost_index", "mean_los", "region_los", "time_index",
    ]  # fmt: skip
    assert [tuple(each.zh if isinstance(each, Word) else each for each in row)[2:] for row in table.rows] == [
        ("演示甲医院", 200, 11000.0, 10000.0, 1.1, 7.5, 7.5, 1.05),
        ("演示乙医院", 100, 8000.0, 10000.0, 0.8, 7.5, 7.5, 0.9),
    ]
