"""The pages of a casebook (手册页面): an index, and a page for each group, hospital and department."""

from collections.abc import Iterator
from dataclasses import replace

from yiheng.base.words import Word, word
from yiheng.reports.casebook.blocks import named, table_of
from yiheng.reports.casebook.book import REGION, Book, Row
from yiheng.reports.casebook.group import group_page
from yiheng.reports.casebook.paths import group_path, index_path, unit_path
from yiheng.reports.casebook.unit import unit_page
from yiheng.reports.figures import Kind
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Report, Section, Table, column

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
    yield _noticed(_index(book), book.notice)
    for code in listed_groups(book):
        yield _noticed(group_page(book, code, book.region.rows[REGION, code]), book.notice)
    for hospital in book.shown_hospitals:
        yield _noticed(unit_page(book, (hospital,)), book.notice)
        for unit in book.depts(hospital):
            if book.figures[unit]["n"] >= book.pair_cases:
                yield _noticed(unit_page(book, unit), book.notice)


def listed_groups(book: Book) -> list[str]:
    return [code for code in book.groups if book.region.rows[REGION, code]["n"] >= book.pair_cases]


def with_casebook_link(report: Report, book: Book) -> Report:
    """The report with a way to the casebook in its contents."""
    return replace(report, links=(*report.links, (word("casebook"), index_path(book))))


def workbook(book: Book) -> Report:
    """Every table of the index, and of all groups and hospitals together, for Excel."""
    return Report(_title(book), book.year, book.made_up, _sections(book))


def _index(book: Book) -> Page:
    return Page(
        index_path(book), _title(book), book.year, book.made_up, _sections(book), ((word("report"), "report.html"),)
    )


def _title(book: Book) -> Word:
    its, name = word("casebook"), word(book.grouping)
    return Word(f"{its.zh}：{name.zh}", f"{its.en}: {name.en}")


def _sections(book: Book) -> tuple[Section, ...]:
    return (
        Section("hospitals", word("casebook_hospitals"), (word("casebook_note"),), (_hospitals(book),)),
        Section("groups", word("casebook_groups"), (), (_groups(book),)),
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


def _noticed(page: Page, notice: Word | None) -> Page:
    """The page with what each of its sections and tables must say."""
    if notice is None:
        return page
    sections = tuple(
        replace(each, notice=notice, tables=tuple(replace(table, notice=notice) for table in each.tables))
        for each in page.sections
    )
    return replace(page, sections=sections)
