"""The changes that matter most: only what is more than chance, the largest saving first, in both languages."""

from dataclasses import replace
from decimal import Decimal

from yiheng.base.words import word
from yiheng.reports.casebook.book import Book, Compared
from yiheng.reports.casebook.changes import changes


def test_only_a_group_whose_interval_is_above_nothing(book: Book) -> None:
    [only] = changes(book, ("A",), book.compared["A",])
    assert only.zh == (
        "1. G1 甲组：20 例，次均费用 1,000.00 → 900.00 元（同类中位数），可少 2,000.00 元（区间 500.00 ~ 3,500.00）"
        "；平均住院日 8.00 → 7.00 天，可少 20.00 床日；费用主要多在：甲项目。"
    )
    assert only.en == (
        "1. G1 Group one: 20 cases, mean fee 1,000.00 → 900.00 CNY (median of peers), 2,000.00 CNY less (interval "
        "500.00 ~ 3,500.00); mean stay 8.00 → 7.00 days, 20.00 bed-days less; most of it lies in 甲项目."
    )


def test_three_at_most_the_largest_first(book: Book) -> None:
    found = book.compared["A",]
    one = found.groups[0]
    rows = tuple({**one, "group": f"G{n}", "fee_saving": Decimal(saving)} for n, saving in enumerate((5, 9, 7, 9)))
    said = list(changes(book, ("A",), Compared(found.peers, rows, found.total)))
    assert [each.zh.split("：")[0] for each in said] == ["1. G1 甲组", "2. G3 G3", "3. G2 G2"]


def test_nothing_sure(book: Book) -> None:
    found = book.compared["A",]
    said = list(changes(book, ("A",), Compared(found.peers, found.groups[1:], found.total)))
    assert said == [word("no_sure_changes")]


def test_without_lines_and_without_days(book: Book) -> None:
    found = book.compared["A",]
    row = {**found.groups[0], "los_saving": None}
    [only] = changes(replace(book, items=None), ("A",), Compared(found.peers, (row,), found.total))
    assert only.zh.endswith("（区间 500.00 ~ 3,500.00）。")
