import dataclasses
from decimal import Decimal

import pyarrow as pa

from yiheng.base.words import Word, glossary
from yiheng.reports.analysis import Analysis, QualityCheck
from yiheng.reports.content import content
from yiheng.reports.figures import Kind, shown
from yiheng.reports.shape import Report, Table


def table_of(report: Report, id_: str) -> Table:
    return next(table for table in report.tables if table.id == id_)


def tiles(report: Report) -> dict[str, tuple[str, list[str]]]:
    return {t.title.zh: (shown(t.value, t.kind), [n.zh for n in t.notes]) for t in report.sections[0].tiles}


def words_of(section) -> list[str]:
    return [sentence.zh for sentence in section.lead]


def test_sections_stand_in_the_order_of_reading(analysis):
    headings = [section.heading.zh for section in content(analysis).sections]
    assert headings == [
        "概览",
        "DIP 病种：医院并列",
        "DIP 病种：重点病组",
        "DIP 病种：盈亏分析",
        "来源分组：医院并列",
        "来源分组：重点病组",
        "来源分组：盈亏分析",
        "DRG 病组：医院并列",
        "DRG 病组：入组率与未入组原因",
        "DRG 病组：重点病组",
        "DRG 病组：盈亏分析",
        "DRG 病组：并发症合并症监测",
        "数据质量",
        "数据来源",
    ]


def test_the_tiles_show_the_year_with_its_counts(small):
    assert tiles(content(small)) == {
        "出院病例数": ("300", ["较上年 +50.00%"]),
        "医院数": ("2", []),
        "总费用": ("300.00", ["300 例", "较上年 +66.67%"]),
        "次均费用": ("10,000.00", ["300 例", "较上年 +11.11%"]),
        "平均住院日": ("7.50", ["299 例", "较上年 -6.25%"]),
        "住院死亡率": ("1.00%", ["3 / 300 例"]),
        "DIP 病种入组率": ("98.00%", ["294 / 300 例"]),
    }


def test_the_overview_says_in_words_what_the_figures_show(small):
    assert words_of(content(small).sections[0]) == [
        "2025年，2 家医院出院病例 300 例，总费用 300.00 万元，次均费用 10,000.00 元，平均住院日 7.50 天。",
        "与2024年相比：出院病例上升 50.00%，次均费用上升 11.11%，平均住院日下降 6.25%。",
        "死亡 3 例（占 1.00%），异地就医 30 例（占 10.00%）；分母为出院病例 300 例。",
        "参保类型以居民医保为主：200 例，占 66.67%。",
        "费用占比最高的类别：西药费 50.00%、检查费 25.00%（占总费用）。",
    ]


def test_the_overview_does_not_speak_of_what_the_source_does_not_say(small):
    column = small.years.schema.get_field_index("out_of_area")
    unsaid = small.years.set_column(column, "out_of_area", pa.nulls(small.years.num_rows, pa.int64()))
    told = words_of(content(dataclasses.replace(small, years=unsaid)).sections[0])
    assert told[2] == "死亡 3 例（占 1.00%）；分母为出院病例 300 例。"


def test_hospitals_stand_side_by_side_with_their_exact_figures(small):
    table = table_of(content(small), "dip-hospitals")
    titles = [each.id for each in table.columns]
    rows = [dict(zip(titles, row, strict=True)) for row in table.rows]
    assert [row["code_of_hospital"] for row in rows] == ["A", "B"]
    assert rows[0]["hospital"] == Word("演示甲医院", "Demo A")
    assert rows[0]["level"] == Word("三级", "Level 3")
    assert rows[1]["level"] == Word("未定级", "Not graded")
    assert (rows[0]["n"], rows[0]["cost_index"], rows[0]["time_index"]) == (200, 1.1, 1.05)
    assert rows[0]["difference"] == Decimal("-200000.00")
    assert rows[1]["difference"] == Decimal("200000.00")


def test_a_count_that_repeats_another_is_left_out_and_said_so(small):
    table = table_of(content(small), "dip-hospitals")
    assert "fee_cases" not in [each.id for each in table.columns]
    assert any("计费病例数" in remark.zh for remark in table.remarks)


def test_hospitals_above_one_in_both_indices_are_named(small):
    lead = words_of(content(small).sections[1])
    assert lead[0] == "DIP 病种：病例 300 例，入组 294 例，入组率 98.00%。"
    assert lead[1] == ("2 家医院中，1 家费用和时间消耗指数均高于 1：演示甲医院。同类病例在这些医院花费更多、住得更久。")
    assert lead[2] == "1 家两项指数均低于 1：演示乙医院。"


def test_gains_and_losses_say_what_the_norm_is(small):
    section = content(small).sections[3]
    assert words_of(section)[:3] == [
        glossary()["norm_note"].zh,
        "2 家医院中，1 家费用高于区域均值，合计高出 20.00 万元；1 家低于均值，合计低 20.00 万元。",
        "高出最多的是演示甲医院：20.00 万元，为其均值费用的 10.00%（200 例）。",
    ]
    assert "不是医保支付结果" in glossary()["norm_note"].zh


def test_a_group_by_itself_is_never_a_loss_but_a_hospitals_share_of_it_is(small):
    losses = table_of(content(small), "dip-losses")
    assert [(row[0].zh, row[1]) for row in losses.rows] == [("演示甲医院", "G1")]


def test_rankings_of_pairs_are_cut_off_and_say_so(analysis, monkeypatch):
    monkeypatch.setattr("yiheng.reports.balance.PAIRS_KEPT", 100)
    losses = table_of(content(analysis), "dip-losses")
    assert len(losses.rows) == 100
    assert "共 874 项，列出差额最大的 100 项。" in [remark.zh for remark in losses.remarks]
    amounts = losses.values("difference")
    assert list(amounts) == sorted(amounts)


def test_pairs_with_few_cases_are_not_shown(analysis):
    losses = table_of(content(analysis), "dip-losses")
    assert min(losses.values("n")) == 10
    assert "病例数少于 10 的组合不列出。" in [note.zh for note in losses.notes]
    fewer = dataclasses.replace(analysis, limits=dataclasses.replace(analysis.limits, pair_cases=500))
    losses = table_of(content(fewer), "dip-losses")
    assert min(losses.values("n")) >= 500
    assert "病例数少于 500 的组合不列出。" in [note.zh for note in losses.notes]


def test_departments_with_few_cases_are_not_shown(analysis):
    limits = dataclasses.replace(analysis.limits, pair_cases=300)
    whole, part = (
        table_of(content(its), "dip-departments").values("n")
        for its in (analysis, dataclasses.replace(analysis, limits=limits))
    )
    assert min(whole) < 300
    assert sorted(part) == sorted(n for n in whole if n >= 300)


def test_the_top_groups_are_ordered_by_fee_and_all_are_there(analysis):
    table = table_of(content(analysis), "dip-groups")
    fees = table.values("fee")
    assert len(table.rows) == 400
    assert list(fees) == sorted(fees, reverse=True)
    assert table.shown == 50
    assert abs(sum(table.values("share_fee")) - 1) < Decimal("1e-9")


def test_what_was_loaded_is_shown_with_both_digests(analysis):
    files = table_of(content(analysis), "files")
    said = (Word("标准格式", "Canonical"), glossary()["action_load"])
    assert files.rows[0] == (1, "出院病例_2022.csv", *said, 1000, 997, 3, "1" * 12, "1" * 64)
    lead = words_of(content(analysis).sections[-1])
    assert lead[0] == "共装载 4 批、4 个文件：接收 9,988 行，隔离 12 行，合计 10,000 行。"


def test_lines_stays_and_links_are_counted_also_where_there_are_none(small):
    section = content(small).sections[-1]
    held = table_of(content(small), "holdings")
    assert [(row[0].zh, *row[1:]) for row in held.rows] == [("费用明细", 6_000, 240), ("重症监护记录", 0, 0)]
    assert words_of(section)[1] == "费用明细 6,000 行，覆盖出院病例 240 / 500 例（48.00%）。"


def test_unchecked_values_and_limits_are_shown(analysis):
    section = content(analysis).sections[-1]
    assert table_of(content(analysis), "unchecked").rows[0][1:] == ("15", "核心病种例数阈值，未核对原文")
    assert glossary()["limit_unofficial"] in section.points
    assert glossary()["limit_official"] in section.points


def test_without_an_unofficial_pack_nothing_is_said_of_one(small):
    report = content(small)
    assert glossary()["limit_unofficial"] not in report.sections[-1].points
    assert [table.notice for table in report.tables if table.notice] == []


def test_what_is_missing_is_said_in_words(bare):
    report = content(bare)
    empty = {table.id: table.empty.zh for table in report.tables if not table.rows}
    assert empty == {
        "months": "没有分月数据。",
        "quality": "没有质量规则的核查结果。",
        "payers": "来源没有提供参保类型。",
        "fees": "来源没有提供分类费用。",
        "given-entry": "没有分组结果统计。",
        "given-groups": "没有按病组的结果。",
        "given-losses": "没有按医院和病组细分的结果。",
        "given-gains": "没有按医院和病组细分的结果。",
        "given-compared": "没有按医院和病组细分的结果。",
        "open-rules": "没有未关闭的质量问题。",
        "open-months": "没有分月数据。",
        "holdings": "没有在库内容的统计。",
        "files": "没有装载文件的记录。",
        "findings": "没有隔离的行：所有行均已接收。",
        "unchecked": "没有未经核对的参数。",
    }
    hospitals = table_of(report, "given-hospitals")
    said = [remark.zh for remark in hospitals.remarks]
    assert glossary()["no_places"].zh in said
    assert any(text.startswith("来源没有提供：") and "CMI" in text for text in said)
    assert said[-1] == glossary()["gap_note"].zh


def test_a_year_without_cases_is_a_report_too(bare):
    report = content(dataclasses.replace(bare, year=1999))
    assert words_of(report.sections[0]) == ["1999年没有出院病例。"]
    assert report.sections[0].tiles[0].value is None


def test_nothing_at_all_is_a_report_too(bare):
    nothing = dataclasses.replace(bare, years=bare.years.slice(0, 0), groupings=())
    assert [section.id for section in content(nothing).sections] == ["overview", "data-quality", "loaded"]


def test_every_word_has_both_languages(analysis, bare):
    for region in (analysis, bare):
        for text in all_words(content(region)):
            assert text.zh.strip(), text
            assert text.en.strip(), text


def test_every_term_of_the_glossary_has_both_languages():
    for id_, term in glossary().items():
        assert term.zh.strip(), id_
        assert term.en.strip(), id_
        assert not set(term.zh) & set(",;:()"), f"{id_}: half-width punctuation in Chinese"


def test_the_english_of_the_report_holds_no_chinese_of_ours(small):
    ours = [s for section in content(small).sections for s in (section.heading, *section.lead, *section.points)]
    assert [text.en for text in ours if any("\u4e00" <= char <= "\u9fff" for char in text.en)] == []


def test_the_order_of_the_tables_given_changes_nothing(analysis):
    assert content(turned(analysis)) == content(analysis)


def turned(analysis: Analysis) -> Analysis:
    """The same analysis with every table upside down."""

    def turn(table: pa.Table) -> pa.Table:
        return table.take(list(range(table.num_rows))[::-1])

    groupings = tuple(
        dataclasses.replace(
            g,
            by={k: turn(t) for k, t in g.by.items()},
            statuses=turn(g.statuses),
            outcomes=None if g.outcomes is None else turn(g.outcomes),
            severity=None if g.severity is None else turn(g.severity),
        )
        for g in analysis.groupings
    )
    tables = ("years", "months", "payers", "fees", "hospitals", "findings", "open_rules", "open_months")
    return dataclasses.replace(analysis, groupings=groupings, **{t: turn(getattr(analysis, t)) for t in tables})


def all_words(part: object):
    """Every Word anywhere in a report."""
    if isinstance(part, Word):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from all_words(each)
    elif dataclasses.is_dataclass(part) and not isinstance(part, Kind):
        for field in dataclasses.fields(part):
            yield from all_words(getattr(part, field.name))


def test_broken_quality_rules_stand_with_their_counts_first(small):
    checks = (
        QualityCheck(Word("甲", "a"), "flag", "failed", 2, 200),
        QualityCheck(Word("乙", "b"), "reject", "failed", 3, 300),
        QualityCheck(Word("丙", "c"), "flag", "passed", 0, 300),
        QualityCheck(Word("丁", "d"), "flag", "not_applicable", 0, 0),
    )
    table = table_of(content(dataclasses.replace(small, checks=checks)), "quality")
    assert [row[2:4] for row in table.rows] == [(3, 300), (2, 200)]
    assert [shown(row[4], Kind.RATIO) for row in table.rows] == ["1.00%", "1.00%"]
    assert table.notes[0].zh == "共 4 条规则：通过 1，不通过 2，不适用 1，出错 0。"


def test_without_quality_rules_the_report_says_so(small):
    table = table_of(content(small), "quality")
    assert (table.rows, table.empty.zh, table.notes) == ((), "没有质量规则的核查结果。", ())
