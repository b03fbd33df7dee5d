"""The pages of a casebook (手册页面): an index, and a page for each group, hospital and department."""

from collections.abc import Iterator
from dataclasses import replace

from yiheng.base.words import Word, word
from yiheng.reports.casebook.blocks import named, table_of
from yiheng.reports.casebook.book import REGION, Book, Row
from yiheng.reports.casebook.group import group_page
from yiheng.reports.casebook.paths import group_path, index_path, unit_path
from yiheng.reports.casebook.unit import unit_page
from yiheng.reports.figures import Kind, count
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Report, Section, Table, column, noticed

_GROUPS = (
    column("group"), column("group_name"), column("n", Kind.COUNT), column("mean_fee", Kind.YUAN),
    column("fee_median", Kind.YUAN), named("fee_cv", "cv", Kind.INDEX), column("mean_los", Kind.DAYS),
    named("los_median", "los_median", Kind.PLAIN), column("drug_share", Kind.RATIO),
    column("material_share", Kind.RATIO), named("death_rate", "mortality", Kind.RATIO),
    named("return_rate_any", "return_rate", Kind.RATIO),
)  # fmt: skip
_UNITS = (
    column("n", Kind.COUNT), column("cmi", Kind.INDEX), named("mean_cost", "mean_fee", Kind.YUAN),
    column("cost_index", Kind.INDEX), column("mean_los", Kind.DAYS), column("time_index", Kind.INDEX),
    column("high_weight_share", Kind.RATIO), column("drug_share", Kind.RATIO), column("material_share", Kind.RATIO),
    named("fee_saving", "saving_fee", Kind.YUAN), named("los_saving", "saving_days", Kind.DAYS),
)  # fmt: skip


def casebook_pages(book: Book) -> Iterator[Page]:
    """Every page, the index first. A group has a page if it has as many cases as a group needs to be listed."""
    return (replace(page, sections=_noticed(page.sections, book)) for page in _pages(book))


def _pages(book: Book) -> Iterator[Page]:
    yield Page(index_path(book), _title(book), book.year, book.made_up, _sections(book), book.above)
    for code in listed_groups(book):
        yield group_page(book, code, book.region.rows[REGION, code])
    for hospital in book.shown_hospitals:
        yield unit_page(book, (hospital,))
        for unit in book.depts(hospital):
            if book.figures[unit]["n"] >= book.pair_cases:
                yield unit_page(book, unit)


def listed_groups(book: Book) -> list[str]:
    return [code for code in book.groups if book.region.rows[REGION, code]["n"] >= book.pair_cases]


def with_casebook_link(report: Report, book: Book) -> Report:
    """The report with a way to the casebook in its contents."""
    return replace(report, links=(*report.links, (word("casebook"), index_path(book))))


def workbook(book: Book) -> Report:
    """Every table of the index, and of all groups and hospitals together, for Excel."""
    return Report(_title(book), book.year, book.made_up, _noticed(_sections(book), book))


def _title(book: Book) -> Word:
    its, name = word("casebook"), word(book.grouping)
    return Word(f"{its.zh}：{name.zh}", f"{its.en}: {name.en}")


def _sections(book: Book) -> tuple[Section, ...]:
    return (
        Section("hospitals", word("casebook_hospitals"), (word("casebook_note"),), (_hospitals(book),)),
        Section("groups", word("casebook_groups"), (), (_groups(book),)),
        Section("unchecked", word("unchecked"), tuple(_unchecked_lead(book)), (_unchecked(book),)),
    )


def _hospitals(book: Book) -> Table:
    rows = [_with_savings(book, hospital) for hospital in book.shown_hospitals]
    columns = (named("hospital", "code_of_hospital"), column("hospital_name"), *_UNITS)
    words = {"hospital_name": lambda row: book.names.hospital(row["hospital"])}
    table = table_of(
        "hospitals", columns, rows, "no_hospitals", title="casebook_hospitals", notes=("index_note",), words=words
    )
    pages = {code: unit_path(book, (code,)) for code in book.shown_hospitals}
    return linked(table, "hospital_name", "hospital", pages, index_path(book))


def _with_savings(book: Book, hospital: str) -> Row:
    found = book.compared.get((hospital,))
    total = {} if found is None else found.total
    saved = {name: total.get(name) for name in ("fee_saving", "los_saving")}
    return {**book.figures[hospital,], **saved}


def _groups(book: Book) -> Table:
    rows = sorted(
        (book.region.rows[REGION, code] for code in listed_groups(book)), key=lambda row: (-row["n"], row["group"])
    )
    words = {"group_name": lambda row: book.names.group(row["group"])}
    table = table_of(
        "groups", _GROUPS, rows, "no_groups", title="casebook_groups", notes=("quartile_note",), words=words
    )
    return linked(
        table, "group", "group", {code: group_path(book, code) for code in listed_groups(book)}, index_path(book)
    )


def _unchecked_lead(book: Book) -> Iterator[Word]:
    if book.unchecked:
        n = count(len(book.unchecked))
        yield Word(
            f"统计口径与比较口径有 {n} 项取值未与原文核对，结果不能当作官方结果。",
            f"Values that were held against no original: {n}. Nothing here is official.",
        )


def _unchecked(book: Book) -> Table:
    """The values used that nobody held against their source."""
    columns = (column("parameter"), column("value"), column("source"))
    rows = [dict(zip(("parameter", "value", "source"), each, strict=True)) for each in book.unchecked]
    return table_of("unchecked", columns, rows, "no_unchecked")


def _noticed(sections: tuple[Section, ...], book: Book) -> tuple[Section, ...]:
    """What each section and table must say."""
    return tuple(noticed(each, book.notice) for each in sections)
