from fractions import Fraction

from yiheng.base.words import Word, glossary
from yiheng.reports.content import content
from yiheng.reports.shape import Section


def watched(analysis) -> Section:
    return next(section for section in content(analysis).sections if section.id == "drg-watch")


def test_observed_stands_beside_expected_and_few_cases_are_hidden(outlined):
    table = watched(outlined).tables[0]
    assert [each.zh if isinstance(each, Word) else each for each in table.rows[0]] == [
        "演示甲医院", "A", 190, 95, Fraction(1, 2), 76.0, Fraction(2, 5), 1.25, 1.1, 1.4, "高于预期",
    ]  # fmt: skip
    assert len(table.rows) == 1
    assert table.notes[0].zh == "1 家医院可比病例少于 30 例，不列出。"
    assert "95.00% 置信区间" in table.notes[2].zh


def test_a_hospital_below_and_one_within_are_said_so(outlined, with_severity):
    rows = [("A", 100, 0.5, 0.9), ("B", 100, 0.9, 1.2), ("C", 40, 0.8, 3.0), ("D", 900, 1.01, 1.05)]
    table = watched(with_severity(outlined, rows)).tables[0]
    assert [(row[1], row[-1].zh) for row in table.rows] == [
        ("D", "高于预期"),
        ("C", "与预期无明显差别"),
        ("B", "与预期无明显差别"),
        ("A", "低于预期"),
    ]


def test_the_words_say_what_the_figures_show_and_what_they_do_not(outlined):
    assert [sentence.zh for sentence in watched(outlined).lead] == [
        glossary()["unofficial_note"].zh,
        "可比病例 219 例：有计入的 MCC 或 CC 者 96 例（43.84%），其中有 MCC 者 0 例（0.00%）。",
        "有 MCC 或 CC 的病例：1 家医院中 1 家高于预期：演示甲医院（1.250）。",
        "有 MCC 的病例：没有医院高于预期。",
        glossary()["watch_caution"].zh,
    ]


def test_where_nothing_is_expected_there_is_no_ratio_and_no_chart(outlined):
    table = watched(outlined).tables[1]
    assert table.rows[0][2:] == (190, 0, Fraction(0), 0.0, Fraction(0), None, None, None, None)
    assert table.charts == ()


def test_with_no_hospital_that_is_shown_the_page_says_so(outlined, with_severity):
    few, none = (watched(with_severity(outlined, rows)) for rows in ([("A", 29, 0.5, 0.9)], []))
    assert [table.empty.zh for table in few.tables] == ["没有可比病例数足够的医院。", glossary()["no_watch_cases"].zh]
    assert [(table.rows, table.charts) for table in few.tables] == [((), ())] * 2
    assert none.tables[0].empty == glossary()["no_watch_cases"]
    assert none.lead == (glossary()["unofficial_note"],)
