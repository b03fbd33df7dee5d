"""The page of a doctor: figures where there are enough cases, every case with what was expected and objections."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from yiheng.base.words import Word, word
from yiheng.norms.doctors.figures import SCHEMA
from yiheng.reports.casebook.book import Book
from yiheng.reports.casebook.doctor import Doctor, doctor_page
from yiheng.reports.pages import Page
from yiheng.reports.shape import Table

Row = dict[str, Any]


def figures(group: str, n: int) -> Row:
    """A row of `norms.doctors.figures`: its very columns."""
    its = {
        "hospital": "A", "physician": "p", "group": group, "n": n, "fee_cases": n, "mean_fee": 1100.0,
        "expected_mean_fee": 1000.0, "fee_index": 1.1, "fee_low": 0.95, "fee_high": 1.25, "los_cases": n,
        "mean_los": 7.5, "expected_mean_los": 8.0, "los_index": 0.9375, "los_low": None, "los_high": None,
        "death_cases": n, "deaths": 1, "expected_deaths": 0.5, "fee_objected": 2, "fee_left_out": 1,
        "los_objected": 0, "los_left_out": 0, "death_objected": 0, "death_left_out": 0,
    }  # fmt: skip
    return {name: its.get(name) for name in SCHEMA.names}


def case(case_id: str, group: str | None, **objections: str) -> Row:
    return {
        "case_id": case_id, "group": group, "base_cases": 30, "fee": Decimal("1200.00"), "expected_fee": 1000.0,
        "fee_difference": 200.0, "los": 7, "expected_los": 8.0, "los_difference": -1.0, "fee_objection": None,
        "los_objection": None, "death_objection": None, **objections,
    }  # fmt: skip


@pytest.fixture
def doctor() -> Doctor:
    cases = (case("1", "G1", fee_objection="accepted", los_objection="raised"), case("2", None))
    return Doctor("A", "p", (figures("all", 40), figures("G1", 32)), cases, 30)


def page_of(book: Book, its: Doctor, notice: Word | None = None) -> Page:
    return doctor_page(its, "casebook/dip/doctor-A-p.html", book.names, 2025, True, notice)


def table(page: Page, id_: str) -> Table:
    [found] = [table for section in page.sections for table in section.tables if table.id == id_]
    return found


def test_figures_beside_what_is_expected(book: Book, doctor: Doctor) -> None:
    page = page_of(book, doctor)
    assert (page.title, page.year) == (Word("甲院 医师 p", "Hospital A: physician p"), 2025)
    assert [tile.value for tile in page.sections[0].tiles] == [40, 1.1, 0.9375, None]
    rows = table(page, "doctor-groups")
    assert rows.values("group") == (word("all_groups"), "G1")
    assert rows.values("group_name") == (word("all_groups"), Word("甲组", "Group one"))
    assert (rows.values("fee_span"), rows.values("los_span")) == (("0.950 ~ 1.250",) * 2, (None, None))
    assert table(page, "objections").rows == (
        (word("figure_fee"), 2, 1), (word("figure_los"), 0, 0), (word("figure_death"), 0, 0),
    )  # fmt: skip


def test_every_case_with_its_objections(book: Book, doctor: Doctor) -> None:
    page = page_of(book, doctor)
    rows = table(page, "doctor-cases")
    assert (rows.values("case_id"), rows.values("group_name")) == (("1", "2"), (Word("甲组", "Group one"), None))
    said = Word(
        "、".join(word(f"figure_{name}").zh + word(f"objection_{state}").zh for name, state in
                 (("fee", "accepted"), ("los", "raised"))), "fee accepted, los raised",
    )  # fmt: skip
    assert rows.values("objection") == (said, word("none"))
    assert page.sections[1].lead[0].zh == "全部病例 2 例。"


def test_with_few_cases_there_is_no_figure(book: Book, doctor: Doctor) -> None:
    page = page_of(book, replace(doctor, figures=()))
    assert (page.sections[0].tiles, page.sections[0].tables) == ((), ())
    assert page.sections[0].lead[0].zh == "入组病例少于 30 例，不列指标；下面仍列出全部病例。"


def test_what_must_be_said_stands_on_every_part(book: Book, doctor: Doctor) -> None:
    notice = word("unofficial")
    page = page_of(book, doctor, notice)
    assert {each.notice for section in page.sections for each in (section, *section.tables)} == {notice}
