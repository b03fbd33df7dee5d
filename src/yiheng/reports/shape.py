"""The shape of a report (报告结构): sections, tables, charts; both the page and the workbook draw from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from yiheng.base.words import Word, word
from yiheng.reports.figures import Kind, Value

ON_THE_PAGE = 300


@dataclass(frozen=True)
class Column:
    """One column; `unit` is empty where the kind of number says all."""

    id: str
    title: Word
    kind: Kind
    unit: Word | None = None


class Drawing(StrEnum):
    """How a chart is drawn. QUADRANT: two values split at 1.0; BALANCE: bars to both sides of 0.

    TREND: bars and a line, two values; CONTROL: a line, and behind it its centre and limits where there are any.
    """

    TREND = "trend"
    CONTROL = "control"
    BARS = "bars"
    BALANCE = "balance"
    QUADRANT = "quadrant"
    DONUT = "donut"


@dataclass(frozen=True)
class Chart:
    """A picture of the first `top` rows of its table: `label` are the columns that name a point, `size` its bubble."""

    drawing: Drawing
    title: Word
    label: tuple[str, ...]
    values: tuple[str, ...]
    size: str = ""
    top: int = ON_THE_PAGE


@dataclass(frozen=True)
class Table:
    """Rows of values, exact and unrounded. The page shows the first `shown` rows, the workbook all of them.

    `empty` is what is said where there are no rows; `half` sets two tables beside each other on the page. `notice` must
    stand wherever the table is shown. `links` gives for a column where the cell of each row leads, "" for nowhere.
    """

    id: str
    title: Word
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    empty: Word
    notes: tuple[Word, ...] = ()
    charts: tuple[Chart, ...] = ()
    shown: int = ON_THE_PAGE
    half: bool = False
    notice: Word | None = None
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def position(self, column: str) -> int:
        """Where a column stands; an unknown one is a ValueError."""
        return [each.id for each in self.columns].index(column)

    def values(self, column: str) -> tuple[Value, ...]:
        """All values of one column."""
        place = self.position(column)
        return tuple(row[place] for row in self.rows)

    @property
    def remarks(self) -> tuple[Word, ...]:
        """The notes, with what must be said where values are not available."""
        missing = [None in row for row in self.rows]
        return (*self.notes, *_absent(self), *((word("gap_note"),) if any(missing) else ()))


@dataclass(frozen=True)
class Tile:
    """One figure of the first screen (指标卡), with the counts that it stands on."""

    title: Word
    value: Value
    kind: Kind
    unit: Word | None
    notes: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Section:
    """One part of the report. `part`: the grouping that it speaks of, where there is one; `notice` as of a table."""

    id: str
    title: Word
    lead: tuple[Word, ...]
    tables: tuple[Table, ...] = ()
    tiles: tuple[Tile, ...] = ()
    points: tuple[Word, ...] = ()
    part: Word | None = None
    notice: Word | None = None

    @property
    def heading(self) -> Word:
        """The title behind the grouping: DIP 病种：医院并列."""
        if self.part is None:
            return self.title
        return Word(f"{self.part.zh}：{self.title.zh}", f"{self.part.en}: {self.title.en}")


@dataclass(frozen=True)
class Report:
    """Everything that is shown, without a word about how; `links` lead to further pages, relative to this one."""

    title: Word
    year: int
    made_up: bool
    sections: tuple[Section, ...]
    about: tuple[Word, ...] = ()
    links: tuple[tuple[Word, str], ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables in order."""
        return tuple(table for section in self.sections for table in section.tables)

    @property
    def notices(self) -> tuple[Word, ...]:
        """What some sections must say, each once."""
        return tuple(dict.fromkeys(section.notice for section in self.sections if section.notice is not None))

    @property
    def is_all_noticed(self) -> bool:
        """Whether every section says the same one: then every sheet of paper does."""
        return len({section.notice for section in self.sections}) == len(self.notices) == 1


_UNITS = {Kind.YUAN: "yuan", Kind.WAN: "wan_yuan", Kind.DAYS: "day"}


def column(term: str, kind: Kind = Kind.TEXT, unit: str = "") -> Column:
    """The column titled by a term of the glossary; yuan and days bring their unit along."""
    unit = unit or _UNITS.get(kind, "")
    return Column(term, word(term), kind, word(unit) if unit else None)


def same(text: str) -> Word:
    """A text that reads the same in both languages: a code, a file name."""
    return Word(text, text)


def noticed(section: Section, notice: Word | None) -> Section:
    """The section with what it and each of its tables must say; None: nothing."""
    if notice is None:
        return section
    return replace(section, notice=notice, tables=tuple(replace(table, notice=notice) for table in section.tables))


def listed(names: Sequence[Word], most: int = 5) -> Word:
    """The first names of a list and how many there are: A、B 等 7 家 (without the unit)."""
    zh, en = "、".join(name.zh for name in names[:most]), ", ".join(name.en for name in names[:most])
    more = len(names) - most
    return Word(f"{zh}等", f"{en} and {more:,} more") if more > 0 else Word(zh, en)


def _absent(table: Table) -> tuple[Word, ...]:
    """Says which columns have no value at all, so that a page of dashes explains itself."""
    titles = [each.title for each in table.columns if table.rows and set(table.values(each.id)) == {None}]
    if not titles:
        return ()
    named = listed(titles, most=len(titles))
    return (Word(f"来源没有提供：{named.zh}。", f"Not given by the source: {named.en}."),)
