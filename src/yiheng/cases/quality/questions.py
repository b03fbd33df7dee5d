"""The questions (核查问题): the rules of one kind of source, compiled once into what every batch is asked."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import ibis

from yiheng.cases.quality.book import Book
from yiheng.cases.quality.compile import Compiled, compile_rule, marks_of, query
from yiheng.cases.quality.facts import Marks

# Kinds of source that are remembered: each form over each table, with and without some columns.
_REMEMBERED = 64


@dataclass(frozen=True, eq=False)
class Questions:
    """The rules over one table for a source with the columns and notes `given`.

    - rules: each compiled; `applied`: those of them whose columns are there
    - columns: what a batch needs; the id is always there, so that a batch has rows
    """

    rules: tuple[Compiled, ...]
    given: frozenset[str]
    table: str
    marks: Marks

    @cached_property
    def applied(self) -> tuple[Compiled, ...]:
        return tuple(each for each in self.rules if each.condition is not None)

    @cached_property
    def facts(self) -> frozenset[str]:
        return frozenset(name for each in self.applied for name in each.facts)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(sorted({"case_id", *(name for each in self.applied for name in each.columns)}))

    @cached_property
    def all_at_once(self) -> str:
        """One query with a column for each rule that applies."""
        return self.of(self.applied)

    def of(self, rules: tuple[Compiled, ...]) -> str:
        """The query of these rules alone."""
        return str(ibis.to_sql(query(list(rules), self.table), dialect="duckdb"))


@lru_cache(_REMEMBERED)
def questions(book: Book, profile: str, given: frozenset[str], table: str) -> Questions:
    """What the rules of a book ask of this kind of source."""
    marks = marks_of(book)
    rules = tuple(compile_rule(rule, book, given, marks) for rule in book.of(profile, table))
    return Questions(rules, given, table, marks)
