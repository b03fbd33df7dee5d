"""The page of a hospital or department: its three questions answered from its own tables."""

from dataclasses import replace
from fractions import Fraction

from yiheng.base.words import Word, word
from yiheng.reports.casebook.book import Book, Groups
from yiheng.reports.casebook.unit import unit_page
from yiheng.reports.pages import Page
from yiheng.reports.shape import Table


def table(page: Page, id_: str) -> Table:
    [found] = [table for section in page.sections for table in section.tables if table.id == id_]
    return found


def test_the_sections_of_a_hospital(book: Book) -> None:
    page = unit_page(book, ("A",))
    assert (page.name, page.title, page.year, page.made_up) == (
        "casebook/dip/hospital-A.html", Word("甲院", "Hospital A"), 2025, True,
    )  # fmt: skip
    ids = ["standing", "changes", "days", "fees", "reasons", "trends", "depts"]
    assert [section.id for section in page.sections] == ids
    assert page.trail == ((Word("报告", "Report"), "report.html"), (word("casebook"), "casebook/dip/index.html"))


def test_where_days_and_fees_are_lost(book: Book) -> None:
    page = unit_page(book, ("A",))
    fees, lost = table(page, "savings-fee"), table(page, "savings-los")
    assert fees.values("group") == ("G1", "G2")
    assert fees.values("interval") == ("500.00 ~ 3,500.00", "-200.00 ~ 1,200.00")
    assert fees.links["group"] == ("../../casebook/dip/group-G1.html", "../../casebook/dip/group-G2.html")
    assert [lost.values(name) for name in ("los_mean", "los_peer_mean", "los_saving")] == [
        (8.0, 5.5), (7.0, 5.0), (20.0, 10.0),
    ]  # fmt: skip
    assert table(page, "totals").rows[1] == (word("saving_days"), 40, "30.00", "1.00 ~ 59.00", "2.00")
    assert "同类单位 1 家（等级 2 相同）：B。" in [said.zh for said in page.sections[2].lead]


def test_why_a_group_is_dear(book: Book) -> None:
    """G1: drugs 400 a case here, 250 in the region; beds 600 here, 650 there. G2: beds 525 here, 500 there."""
    page = unit_page(book, ("A",))
    rows = table(page, "reasons-fee")
    assert rows.values("group") == ("G1", "G2")
    assert rows.values("more_per_case") == (Fraction(150), Fraction(25))
    assert rows.values("more_in_all") == (Fraction(3000), Fraction(500))
    items = table(page, "reasons-items")
    assert (items.values("item_name"), items.values("extra")) == (("甲项目",), (1000.0,))


def test_a_department_has_no_months_and_names_its_hospital(book: Book) -> None:
    page = unit_page(book, ("A", "01"))
    assert page.title == Word("甲院 内科", "Hospital A: Medicine")
    assert page.trail[2] == (Word("甲院", "Hospital A"), "casebook/dip/hospital-A.html")
    assert [section.id for section in page.sections] == ["standing", "changes"]
    assert page.sections[1].lead == (word("no_peers"),)


def test_departments_with_few_cases_are_counted_not_listed(book: Book) -> None:
    page = unit_page(book, ("A",))
    assert table(page, "depts").values("dept") == ("01",)
    assert page.sections[-1].lead[0].zh == "列出病例不少于 10 例的科室 1 个；另有 1 个科室病例较少，未列。"


def test_signals_are_said_in_words(book: Book) -> None:
    page = unit_page(book, ("A",))
    assert table(page, "trend-mean_fee").values("signals")[10:] == (
        word("none"),
        Word("超出控制限、连续 8 月同侧", "beyond the limits, 8 months on one side"),
    )
    assert table(page, "trend-mean_los").rows == ()


def test_a_signal_that_a_place_has_named_itself_is_shown_by_its_id(book: Book) -> None:
    months = tuple(row | {"signals": "ours|beyond"} for row in book.trends["A", "mean_fee"])
    page = unit_page(replace(book, trends={("A", "mean_fee"): months}), ("A",))
    assert table(page, "trend-mean_fee").values("signals")[0] == Word("ours、超出控制限", "ours, beyond the limits")


def test_a_total_that_is_not_known_is_a_gap(book: Book) -> None:
    found = book.compared["A",]
    total = dict(found.total) | {"fee_saving": None, "los_below": None}
    page = unit_page(replace(book, compared={("A",): replace(found, total=total)}), ("A",))
    assert table(page, "totals").values("saving") == (None, "30.00")
    assert table(page, "totals").values("below_median") == ("0.00", None)


def test_a_group_hidden_in_the_region_is_not_taken_apart(book: Book) -> None:
    region = Groups(*({key: its for key, its in each.items() if key[1] != "G1"}
                      for each in (book.region.rows, book.region.structure)))  # fmt: skip
    page = unit_page(replace(book, region=region, viewer="A"), ("A",))
    assert table(page, "reasons-fee").values("group") == ("G2",)
    assert table(page, "savings-fee").links["group"] == ("", "../../casebook/dip/group-G2.html")


def test_without_charge_lines(book: Book) -> None:
    page = unit_page(replace(book, items=None), ("A",))
    assert [table.id for section in page.sections for table in section.tables if section.id == "reasons"] == [
        "reasons-fee"
    ]
