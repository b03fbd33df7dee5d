"""All pages: which there are, what each must say, and what the workbook holds."""

from dataclasses import replace

from yiheng.base.words import Word, word
from yiheng.reports.casebook.book import Book
from yiheng.reports.casebook.pages import casebook_pages, workbook


def names(book: Book) -> list[str]:
    return [page.name.removeprefix("casebook/dip/") for page in casebook_pages(book)]


def test_every_page_once(book: Book) -> None:
    assert names(book) == [
        "index.html", "group-G1.html", "group-G2.html", "hospital-A.html", "dept-A-01.html", "hospital-B.html",
    ]  # fmt: skip


def test_a_viewer_has_its_own_pages_alone(book: Book) -> None:
    assert names(replace(book, viewer="B")) == ["index.html", "group-G1.html", "group-G2.html", "hospital-B.html"]


def test_groups_with_few_cases_have_none(book: Book) -> None:
    assert "group-G2.html" not in names(replace(book, pair_cases=40))


def test_what_must_be_said_stands_on_every_page_and_table(book: Book) -> None:
    notice = word("unofficial")
    noticed = replace(book, notice=notice)
    for shown in (*casebook_pages(noticed), workbook(noticed)):
        assert {section.notice for section in shown.sections} == {notice}
        assert {table.notice for section in shown.sections for table in section.tables} <= {notice}
    for shown in (*casebook_pages(book), workbook(book)):
        assert {section.notice for section in shown.sections} == {None}


def test_the_index_and_the_workbook_say_the_same(book: Book) -> None:
    index = next(iter(casebook_pages(book)))
    assert index.sections == workbook(book).sections
    [hospitals, groups, _] = workbook(book).tables
    assert hospitals.values("hospital") == ("A", "B")
    assert [str(value) for value in hospitals.values("fee_saving")] == ["2500.00", "None"]
    assert groups.values("group") == ("G1", "G2")


def test_the_index_leads_up_and_names_what_nobody_checked(book: Book) -> None:
    index = next(iter(casebook_pages(book)))
    assert index.trail == ((Word("报告", "Report"), "report.html"),)
    assert index.sections[-1].tables[0].rows == ((Word("同类数", "peers"), "3", "由各地自行确定 a city's choice"),)
    assert index.sections[-1].lead[0].en == "Values that were held against no original: 1. Nothing here is official."
    alone = next(iter(casebook_pages(replace(book, above=(), unchecked=()))))
    assert (alone.trail, alone.sections[-1].lead, alone.sections[-1].tables[0].rows) == ((), (), ())
