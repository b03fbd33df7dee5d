"""An incoming file (来文): what it is, how it is read, and what became of its rows so far."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.cases import source
from yiheng.cases.ahead import ahead
from yiheng.cases.build import Built, build, typed
from yiheng.cases.forms import KNOWN, Form, Recognised, as_form, known_form, recognise, recognise_withdrawal
from yiheng.cases.forms.recognise import RETURNED, fit
from yiheng.cases.identity import Key
from yiheng.cases.layout import Layout, check_year
from yiheng.cases.source import Rows
from yiheng.tables.commit import Source
from yiheng.tables.contract import contract
from yiheng.tables.limits import threads

if TYPE_CHECKING:
    from yiheng.cases.source.excel import Workbook

MAPPED, WITHDRAWN = "mapped", "withdrawn"
NODE_ITEMS = "\x1f"


@dataclass
class Incoming:
    """One file as far as it has been read: `rows` and `bad` count its rows, `returned` has what a row came back for.

    `form` is None for a file with a mapping. `reasons`: of a withdrawal of places, why each row goes out. `sender`: the
    hospital of all rows, where the file does not say it.
    """

    path: Path
    sha256: str
    kind: str
    layout: Layout
    form: Form | None = None
    sheet: str = ""
    said: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: int = 0
    bad: int = 0
    has_returns: bool = False
    returned: dict[int, str] = field(default_factory=dict)
    out: set[int] = field(default_factory=set)
    reasons: dict[int, str] = field(default_factory=dict)
    sender: str = ""
    _book: "Workbook | None" = None
    _header: int = 0
    _reason: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def format(self) -> str:
        """What `--format` calls it, which is also the profile of the rules for it."""
        return self.form.format if self.form else MAPPED

    @property
    def table(self) -> str:
        return self.layout.table

    @property
    def word(self) -> Word:
        """What it was recognised as."""
        return self.form.word if self.form else Word("按对照文件读取", "read by its mapping file")

    def built(self, key: Key | None) -> Iterator[tuple[Rows | None, Built]]:
        """Its rows as rows of its table, batch by batch, each with the text it was made of."""
        if self.kind == "parquet":
            done = 0
            for batch in source.parquet_batches(self.path):
                yield None, typed(batch, done + 1, self.name, self.table)
                done += batch.num_rows
            return
        for rows, built in ahead(
            lambda rows: (rows, build(self.layout, rows, self.name, key)), self._texts(), threads()
        ):
            self._note_aside(rows)
            yield rows, built

    def raw(self, numbers: set[int]) -> Iterator[tuple[int, list[str]]]:
        """All cells of these rows of a workbook's sheet, as text."""
        if self._book is None:
            raise ValueError(f"{self.name} is no workbook")
        return self._book.raw(numbers, header_row=self._header)

    def as_source(self, action: str) -> Source:
        """What the commit says of it."""
        about = self.layout.about
        said = {"zh": about.zh, "en": about.en} if about else {}
        return Source(
            self.name, self.format, self.sha256, self.rows, self.rows - self.bad, self.bad, said, action, self.sender
        )

    def _texts(self) -> Iterator[Rows]:
        wanted = [*self.layout.sources(), *self._aside]
        if self._book is not None:
            return self._book.rows(wanted, header_row=self._header, codes=set(self.layout.code_columns()))
        if self.kind == "json":
            return source.json_rows(self.path, wanted)
        return source.csv_rows(self.path, wanted, self.layout.encoding, self.layout.delimiter)

    @property
    def _aside(self) -> list[str]:
        """Columns that are read and become none of the table's."""
        return [*([RETURNED[0]] if self.has_returns else []), *([self._reason] if self._reason else [])]

    def _note_aside(self, rows: Rows) -> None:
        """Remember which rows were quarantined before and come back now, and why rows are withdrawn."""
        for column, told in ((RETURNED[0], self.returned), (self._reason, self.reasons)):
            if column in self._aside:
                texts = rows.table[column].to_pylist()
                told |= {int(row): text for row, text in zip(rows.numbers, texts, strict=True) if text}


def incoming(path: Path, sha256: str, format: str | None, mapping: Layout | None, hospital: str = "") -> Incoming:
    """Open a file: find out what it is, or take it for what `format` or a mapping says; else a refusal.

    `hospital` is the sender of a CSV, Excel or JSON file of a known form that does not say it.
    """
    kind = source.kind_of(path)
    if kind == "parquet":
        return _of_parquet(path, sha256, format, mapping)
    if kind == "xlsx":
        return _of_workbook(path, sha256, format, mapping, hospital)
    header = source.json_header(path) if kind == "json" else _csv_header(path, mapping)
    return _opened(Incoming(path, sha256, kind, mapping or Layout({})), header, format, mapping, hospital)


def _csv_header(path: Path, mapping: Layout | None) -> list[str]:
    return source.csv_header(path, mapping.encoding, mapping.delimiter) if mapping else source.csv_header(path)


def _opened(
    its: Incoming, header: list[str], format: str | None, mapping: Layout | None, hospital: str = ""
) -> Incoming:
    its = replace(its, header=tuple(header), has_returns=RETURNED[0] in header)
    if mapping is not None:
        return replace(its, layout=replace(its.layout, items_by=NODE_ITEMS)) if its.kind == "json" else its
    found = _recognised(header, its.path, format, hospital)
    layout = replace(found.layout, items_by=NODE_ITEMS) if its.kind == "json" else found.layout
    said = (*its.said, *found.unread)
    its = replace(its, form=found.form, layout=layout, strange=found.strange, said=said)
    return replace(its, sender=found.sender, _reason=found.reason)


def _recognised(header: list[str], path: Path, format: str | None, hospital: str) -> Recognised:
    if format is None:
        return recognise(header, path, hospital=hospital)
    if format == WITHDRAWN:
        return recognise_withdrawal(header, path, hospital)
    among = [form_id for form_id in KNOWN if known_form(form_id).format == format]
    if len(among) == 1:
        return as_form(known_form(among[0]), header, path, hospital)
    return recognise(header, path, among, hospital)


def _of_workbook(path: Path, sha256: str, format: str | None, mapping: Layout | None, hospital: str) -> Incoming:
    """The visible sheet, and the row of its header, that the mapping or a known form fits best."""
    # Slow to load, and for workbooks alone.
    from yiheng.cases.source.excel import Workbook

    first = Workbook(path, mapping.sheet if mapping else "")
    books = [first] if mapping and mapping.sheet else [Workbook(path, name) for name in first.sheets()]
    found = [(book, row, names) for book in books for row, names in book.headers()]
    if not found:
        raise Refusal("the sheet is empty", file=path.name, sheet=first.sheet)
    book, row, names = max(found, key=lambda each: _fit(each[2], mapping))
    its = Incoming(path, sha256, "xlsx", mapping or Layout({}), sheet=book.sheet, said=_said(first, books, book))
    return _opened(replace(its, _book=book, _header=row), names, format, mapping, hospital)


def _fit(names: list[str], mapping: Layout | None) -> float:
    """How well a row of a sheet is the header that is looked for."""
    if mapping is None:
        return fit([name for name in names if name])
    wanted = mapping.sources()
    return sum(name in names for name in wanted) / max(len(wanted), 1)


def _said(first: "Workbook", books: "list[Workbook]", chosen: "Workbook") -> tuple[str, ...]:
    """Which sheets are not read."""
    others = [book.sheet for book in books if book.sheet != chosen.sheet]
    said = [f"隐藏工作表未读 hidden sheets not read: {', '.join(first.hidden)}"] if first.hidden else []
    return (*said, *([f"未读工作表 sheets not read: {', '.join(others)}"] if others else []))


def _of_parquet(path: Path, sha256: str, format: str | None, mapping: Layout | None) -> Incoming:
    if mapping is not None:
        raise Refusal("a mapping is for CSV, Excel and JSON files", file=path.name)
    schema = source.parquet_schema(path)
    its = _opened(Incoming(path, sha256, "parquet", Layout({})), schema.names, format, None)
    if its._reason:
        raise Refusal("reasons are read of CSV and Excel files", file=path.name, column=its._reason)
    _check_types(schema, path, its.table)
    return its


def _check_types(schema: pa.Schema, path: Path, table: str) -> None:
    """A Parquet file of a table has the declared types exactly, but for how Arrow writes text and lists."""
    if table == "cases":
        check_year(schema.names, path)
    for name in schema.names:
        declared = contract(table).column(name).type
        if _plain(schema.field(name).type) != _plain(declared):
            raise Refusal(f"has type {schema.field(name).type}, not {declared}", file=path.name, column=name)


def _plain(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list of {_plain(kind.value_type)}"
    return str(kind).removeprefix("large_").removesuffix("_view")
