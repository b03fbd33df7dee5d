"""A doctor's page (医师页): for the doctor concerned; figures beside what is expected of the same cases, and the cases.

It ranks nobody and adds up no income. Every case is there, with the objections to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from yiheng.base.words import Word, word
from yiheng.norms.doctors.objections import FIGURES
from yiheng.reports.casebook.blocks import Get, named, span, table_of, tile
from yiheng.reports.casebook.book import Names, Row
from yiheng.reports.figures import Kind, count, index
from yiheng.reports.pages import Page
from yiheng.reports.shape import Section, Table, column, noticed
from yiheng.tables.hiding import TOTAL

_UNITS = {"fee": Kind.YUAN, "los": Kind.DAYS}


@dataclass(frozen=True)
class Doctor:
    """One doctor: `figures` the rows of `norms.doctors.figures`, none where there are too few cases; `cases` all."""

    hospital: str
    physician: str
    figures: Sequence[Row]
    cases: Sequence[Row]
    cases_least: int


def doctor_page(its: Doctor, name: str, names: Names, year: int, made_up: bool, notice: Word | None = None) -> Page:
    """The page of one year, at the path `name`; `notice` is what each part of it must say."""
    hospital = names.hospital(its.hospital)
    title = Word(f"{hospital.zh} 医师 {its.physician}", f"{hospital.en}: physician {its.physician}")
    sections = (_figures(its, names), _cases(its, names))
    return Page(name, title, year, made_up, tuple(noticed(each, notice) for each in sections))


def _figures(its: Doctor, names: Names) -> Section:
    total = next((row for row in its.figures if row["group"] == TOTAL), None)
    if total is None:
        few = Word(
            f"入组病例少于 {its.cases_least} 例，不列指标；下面仍列出全部病例。",
            f"Fewer than {its.cases_least} grouped cases: no figure is shown; all cases are below.",
        )
        return Section("figures", word("doctor_figures"), (few,))
    tiles = (
        tile("cases", total["n"], Kind.COUNT),
        tile("fee_index", total["fee_index"], Kind.INDEX, ("fee_cases", total["fee_cases"])),
        tile("los_index", total["los_index"], Kind.INDEX, ("los_cases", total["los_cases"])),
        tile("death_index", total["death_index"], Kind.INDEX, ("deaths", total["deaths"])),
    )
    return Section("figures", word("doctor_figures"), (), (_by_group(its.figures, names), _objected(total)), tiles)


def _by_group(rows: Sequence[Row], names: Names) -> Table:
    columns = (
        column("group"), column("group_name"), named("n", "n", Kind.COUNT),
        named("mean_fee", "own_mean_fee", Kind.YUAN), named("expected_mean_fee", "expected_mean_fee", Kind.YUAN),
        column("fee_index", Kind.INDEX), named("fee_span", "interval"),
        named("mean_los", "own_mean_los", Kind.DAYS), named("expected_mean_los", "expected_mean_los", Kind.DAYS),
        column("los_index", Kind.INDEX), named("los_span", "interval"),
    )  # fmt: skip
    words: dict[str, Get] = {
        "group": lambda row: word("all_groups") if row["group"] == TOTAL else row["group"],
        "group_name": lambda row: word("all_groups") if row["group"] == TOTAL else names.group(row["group"]),
        "fee_span": lambda row: span(row["fee_low"], row["fee_high"], index),
        "los_span": lambda row: span(row["los_low"], row["los_high"], index),
    }
    return table_of("doctor-groups", columns, rows, "no_groups", notes=("doctor_note",), words=words)


def _objected(total: Row) -> Table:
    rows = [
        {"figure": word(f"figure_{name}"), "objected": total[f"{name}_objected"], "left_out": total[f"{name}_left_out"]}
        for name in FIGURES
    ]
    columns = (column("figure"), column("objected", Kind.COUNT), column("left_out", Kind.COUNT))
    return table_of("objections", columns, rows, "no_cases_of_doctor", notes=("objections_note",), half=True)


def _cases(its: Doctor, names: Names) -> Section:
    columns = (
        column("case_id"), column("group"), column("group_name"), named("base_cases", "base_cases", Kind.COUNT),
        named("fee", "fee", Kind.YUAN), named("expected_fee", "expected_fee", Kind.YUAN),
        named("fee_difference", "more_than_expected", Kind.YUAN), named("los", "los", Kind.PLAIN),
        named("expected_los", "expected_los", Kind.DAYS), named("los_difference", "more_days", Kind.DAYS),
        column("objection"),
    )  # fmt: skip
    words: dict[str, Get] = {
        "group_name": lambda row: None if row["group"] is None else names.group(row["group"]),
        "objection": _objection,
    }
    table = table_of("doctor-cases", columns, its.cases, "no_cases_of_doctor", notes=("expected_note",), words=words)
    lead = Word(f"全部病例 {count(len(its.cases))} 例。", f"All {count(len(its.cases))} cases.")
    return Section("cases", word("doctor_cases"), (lead, word("object_how")), (table,))


def _objection(row: Row) -> Word | None:
    """The states of the objections to a case, of each figure once."""
    states = {name: row[f"{name}_objection"] for name in FIGURES if row[f"{name}_objection"] is not None}
    if not states:
        return word("none")
    zh = "、".join(f"{word(f'figure_{name}').zh}{word(f'objection_{state}').zh}" for name, state in states.items())
    return Word(zh, ", ".join(f"{name} {state}" for name, state in states.items()))
