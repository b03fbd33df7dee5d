"""dip.reference's trace and dip.alternatives: why candidates lost, and what other codes would give."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from yiheng.dip.assignment.alternatives import Alternative, alternatives
from yiheng.dip.assignment.book import Book, open_book
from yiheng.dip.assignment.reference import Patient, assign_case
from yiheng.dip.catalogue.build import SCHEMA
from yiheng.dip.plan import plan
from yiheng.policy.loader import scheme

ROWS: list[dict[str, Any]] = [
    {"group": "A", "kind": "core", "dx": "I21.9", "proc": "36.06", "points": 900.0},
    {"group": "B", "kind": "core", "dx": "I21.9", "proc": "36.06+88.55", "points": 1000.0},
    {"group": "C", "kind": "core", "dx": "I21.0", "proc": "36.06", "points": 1200.0},
    {"group": "D", "kind": "core", "dx": "I21.9", "points": 300.0},
    {"group": "P", "kind": "comprehensive", "wide": "I21", "treatment": "surgery", "points": 700.0},
    {"group": "Q", "kind": "comprehensive", "wide": "I21", "treatment": "conservative", "points": 250.5},
]


@pytest.fixture(scope="module")
def book() -> Book:
    return open_book(pa.Table.from_pylist(ROWS, schema=SCHEMA), plan(scheme("dip/national-1.0"), date(2024, 12, 31)))


def test_every_candidate_says_why_it_lost(book: Book) -> None:
    answer = assign_case(Patient(["I21.9"], ["36.06", "37.22"]), book)
    assert (answer.status, answer.group and answer.group.id) == ("grouped", "P")
    assert [(each.step, each.group.id, each.lost) for each in answer.candidates] == [
        ("combination", "A", "does not have 37.22"),
        ("combination", "B", "needs 88.55"),
        ("combination", "D", "is conservative, the case has operations"),
        ("comprehensive", "P", None),
        ("comprehensive", "Q", "is for conservative, the case is surgery"),
    ]


def test_a_criterion_that_put_a_group_aside_is_named() -> None:
    jining = open_book(pa.Table.from_pylist(ROWS, schema=SCHEMA), plan(scheme("dip/jining-370800"), date(2024, 12, 31)))
    answer = assign_case(Patient(["I21.9"], ["36.06", "88.55"]), jining)
    assert [(each.group.id, each.lost) for each in answer.candidates] == [
        ("B", None), ("A", "matched: another fits better"), ("D", "is conservative, the case has operations"),
    ]  # fmt: skip


def test_alternatives_are_simulations_with_their_difference(book: Book) -> None:
    found = alternatives(Patient(["I21.900"], ["36.0600"]), book)
    groups = {group.id: group for group in book.groups}
    assert found == [
        Alternative(groups["C"], "principal diagnosis I21.0", 1200.0, 300.0),
        Alternative(groups["P"], "treatment class surgery", 700.0, -200.0),
        Alternative(groups["Q"], "treatment class conservative", 250.5, -649.5),
    ]
    assert all(each.simulation for each in found)


def test_a_case_without_a_diagnosis_has_none(book: Book) -> None:
    assert alternatives(Patient(None), book) == []
