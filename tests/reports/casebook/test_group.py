"""The page of a group: its standard, its spread and what it is made of."""

from dataclasses import replace
from fractions import Fraction

from yiheng.base.words import Word, word
from yiheng.reports.casebook.book import REGION, Book
from yiheng.reports.casebook.group import group_page
from yiheng.reports.pages import Page
from yiheng.reports.shape import Table


def page_of(book: Book, code: str) -> Page:
    return group_page(book, code, book.region.rows[REGION, code])


def table(page: Page, id_: str) -> Table:
    [found] = [table for section in page.sections for table in section.tables if table.id == id_]
    return found


def test_what_it_takes(book: Book) -> None:
    page = page_of(book, "G1")
    assert page.title == Word("G1 甲组", "G1 Group one")
    assert table(page, "quartiles").rows[1] == (word("quartiles_los"), "7", "7", "7", "7", "7", 0.25)
    assert [row[2] for row in table(page, "structure").rows if row[2]] == [32500, 12500]


def test_a_viewer_sees_no_single_patient(book: Book) -> None:
    columns = [column.id for column in table(page_of(replace(book, viewer="A"), "G1"), "quartiles").columns]
    assert columns == ["measure", "p25", "median", "p75", "cv"]
    assert {"least", "most"} < {column.id for column in table(page_of(book, "G1"), "quartiles").columns}


def test_hospitals_beside_the_region(book: Book) -> None:
    rows = table(page_of(book, "G1"), "by-hospital")
    assert rows.values("hospital") == ("B", "A")
    assert rows.values("cost_index") == (Fraction(83325, 90000), Fraction(10, 9))
    assert rows.links["hospital_name"] == ("../../casebook/dip/hospital-B.html", "../../casebook/dip/hospital-A.html")
    assert page_of(book, "G1").sections[1].lead[0].zh == "可比的 2 家医院中，次均费用最高的甲院是最低的B的 1.20 倍。"


def test_a_group_of_one_hospital_is_compared_with_nobody(book: Book) -> None:
    assert page_of(book, "G2").sections[1].lead == ()


def test_a_group_in_no_hospital_of_enough_cases_says_so(book: Book) -> None:
    found = table(page_of(replace(book, seen={}), "G1"), "by-hospital")
    assert (found.rows, found.empty) == ((), word("no_hospitals_of_group"))


def test_items_that_no_hospital_has_enough_cases_of_show_no_spread(book: Book) -> None:
    assert book.items is not None
    (row,) = book.items.standards["G1"]
    its = replace(book.items, standards={"G1": ({**row, "share_hospitals": 0},)})
    columns = [column.id for column in table(page_of(replace(book, items=its), "G1"), "standard-items").columns]
    assert columns == ["item_code", "item_name", "kind", "using", "use_share", "quantity_per_using", "amount_per_using",
                       "fee_share", "rule"]  # fmt: skip


def test_items_and_days(book: Book) -> None:
    page = page_of(book, "G1")
    assert table(page, "standard-items").values("rule") == (word("rule_use_share_fee_share"),)
    assert page.sections[2].lead[0].zh == "有收费明细的病例 50 例，标准项目 1 个，占明细费用 10.00%。"
    assert table(page, "days").values("day") == (1, 2)
    assert table(page, "days").values("items") == ("甲项目", None)


def test_without_charge_lines(book: Book) -> None:
    assert [section.id for section in page_of(replace(book, items=None), "G1").sections] == ["standard", "hospitals"]


def test_a_viewer_gets_a_link_to_no_hospital_but_its_own(book: Book) -> None:
    rows = table(page_of(replace(book, viewer="A"), "G1"), "by-hospital")
    assert rows.links["hospital_name"] == ("", "../../casebook/dip/hospital-A.html")
