"""Rules as columns of a query (规则编译): a rule's expression, over the case table and the facts of its codes.

A comparison with an unknown value is unknown, and an unknown rule is not broken. What a name or a function means is
said in VOCABULARY, which is also a page of the reference.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base import expr
from yiheng.base.expr import Expr
from yiheng.base.refusal import Refusal
from yiheng.cases.quality.book import Book, Rule, Version
from yiheng.cases.quality.codelist import CodeList, PairList
from yiheng.cases.quality.facts import FILLED, KINDS, PAIRED, REPEATED, Marks, fact_name
from yiheng.cases.quality.frames import schema_of
from yiheng.codes.keycolumns import icd_column
from yiheng.tables.contract import contract

BATCH = "batch"
_SECONDS_OF_HOUR = 3600
# What is not a column: a part of one.
PARTS = {"pdx": ("dx", "first"), "odx": ("dx", "rest"), "pproc": ("proc", "first")}
EDITIONS = {"dx": "dx_edition", "proc": "proc_edition"}

VOCABULARY = {
    "pdx, pproc": "the principal diagnosis, the principal procedure: the first of the list",
    "odx": "the other diagnoses: all but the first",
    "x in LIST": "the code is in a code list, or the value in a set such as {1, 2}",
    "x any LIST": "at least one of the codes is in the list",
    "x known": "there is a value",
    "x present": "the list has an item that is not empty",
    "first(x)": "the first item of a list",
    "smallest(x), largest(x)": "of the items of a list, empty ones left out",
    "filled(x)": "how many items of a list are not empty; 0 where there is no list",
    "repeats(x), repeats(x, days)": "how many codes of a list stand there already; with days, on the same day",
    "pairs(x, LIST)": "1 where two codes of x are a pair of the list, else 0",
    "sum(...), min(...), max(...)": "of columns or a group of columns; unknown ones are left out, unknown when all are",
    "abs(x), year(day)": "the size of a number; the year of a day",
    "days(a, b)": "days from one date to another: 0 on the same day",
    "years(a, b)": "full years from one date to another",
    "hours(a, b)": "hours from one moment to another",
    "date(moment)": "its day",
}


@dataclass(frozen=True)
class Compiled:
    """A rule for one source: `condition` is None where it lacks something, a column or a code list.

    `columns` and `facts` are what a batch must have. It says nothing of a row where one of `scopes` is not true: its
    codes are of an ICD edition, a list is in force on its day.
    """

    rule: Rule
    condition: ir.BooleanValue | None
    lacks: tuple[str, ...]
    columns: frozenset[str]
    facts: frozenset[str]
    scopes: Mapping[str, ir.BooleanValue]


def marks_of(book: Book) -> Marks:
    """The bits of all lists of a book, each version of a dated one for itself."""
    versions = [version.content for its in book.dated.values() for version in its]
    lists = [content for content in versions if isinstance(content, CodeList)]
    return Marks([*book.lists.values(), *lists], [content for content in versions if isinstance(content, PairList)])


@cache
def frame(table: str) -> ir.Table:
    """A table with its notes, the case table with all facts too, as what conditions are written over."""
    schema = ibis.Schema.from_pyarrow(schema_of(table))
    facts = _fact_names() if table == "cases" else []
    return ibis.table({**schema, **dict.fromkeys(facts, "int64")}, name=BATCH)


def _fact_names() -> list[str]:
    codes = [fact_name(column, part) for column in KINDS for part in ("any", "first", "rest", REPEATED, PAIRED)]
    lists = [fact_name(column.name, FILLED) for column in contract("cases").columns if pa.types.is_list(column.type)]
    return [*codes, *lists, fact_name("proc", REPEATED, with_day=True)]


def compile_rule(rule: Rule, book: Book, given: frozenset[str], marks: Marks) -> Compiled:
    """A rule over the columns that a source has; a name or a function that nobody knows is refused."""
    reader = _Reader(rule, book, given, marks)
    condition = reader.condition(rule.tree)
    if rule.column not in reader.table.columns:
        raise reader.refusal(f"there is no column {rule.column}")
    lacks = (*sorted(reader.columns - given), *sorted(reader.unset))
    return Compiled(
        rule,
        None if lacks else condition,
        lacks,
        frozenset(reader.columns & given),
        frozenset(reader.facts),
        {} if lacks else reader.scopes,
    )


def query(rules: list[Compiled], over: str = "cases") -> ir.Table:
    """One table with a column for each rule and scope: true where it is broken, null where it cannot be said."""
    answers: dict[str, ir.Value] = {"rows": ibis.literal(True)}
    for each in rules:
        if each.condition is not None:
            answers |= each.scopes
            answers[each.rule.id] = _where(each.condition, each.scopes.values())
    return frame(over).select(**answers)


def _where(condition: ir.BooleanValue, scopes: Iterable[ir.BooleanValue]) -> ir.BooleanValue:
    """The condition where all these hold, else null."""
    for its in scopes:
        condition = its.ifelse(condition, ibis.null("boolean"))
    return condition


@dataclass
class _Reader:
    """Reads one rule's tree, and notes what it needs."""

    rule: Rule
    book: Book
    given: frozenset[str]
    marks: Marks
    columns: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    unset: set[str] = field(default_factory=set)
    scopes: dict[str, ir.BooleanValue] = field(default_factory=dict)

    @property
    def table(self) -> ir.Table:
        return frame(self.rule.table)

    def refusal(self, what: str) -> Refusal:
        return Refusal(f"{self.rule.id}: {what}", file=f"quality/rules/{self.rule.family}.yaml")

    def condition(self, tree: Expr) -> ir.BooleanValue:
        """A tree that is true, false or unknown."""
        match tree:
            case expr.And(operands):
                return _joined(lambda a, b: a & b, [self.condition(each) for each in operands])
            case expr.Or(operands):
                return _joined(lambda a, b: a | b, [self.condition(each) for each in operands])
            case expr.Not(operand):
                return ~self.condition(operand)
            case expr.Compare(op, left, right):
                return _COMPARE[op](self.value(left), self.value(right))
            case expr.Among(item, among) | expr.Overlap(item, among):
                return self._membership(item, among, isinstance(tree, expr.Overlap))
            case expr.Has(operand, what):
                return self._present(operand) if what == "present" else self.value(operand).notnull()
            case expr.Name(name):
                found = self.value(tree)
                if not found.type().is_boolean():
                    raise self.refusal(f"{name} is neither true nor false")
                return found
        raise self.refusal(f"{expr.show(tree)} is no condition")

    def value(self, tree: Expr) -> ir.Value:
        """A tree that is a number, a text, a day."""
        match tree:
            case expr.Number(text):
                return _number(text)
            case expr.Text(text):
                return ibis.literal(text)
            case expr.Name(name):
                return self._named(name)
            case expr.Negative(operand):
                return -self.value(operand)
            case expr.Arithmetic(op, left, right):
                return _ARITHMETIC[op](self.value(left), self.value(right))
            case expr.Call(name, arguments):
                return self._called(name, arguments)
        raise self.refusal(f"{expr.show(tree)} is no value")

    def _named(self, name: str) -> ir.Value:
        if name in PARTS:
            return self._column(PARTS[name][0])[0]
        if name in self.book.limits:
            return _number(str(self.book.limits[name]))
        return self._column(name)

    def _column(self, name: str) -> ir.Value:
        """A column; whole numbers are widened, so that sums of them fit."""
        if name not in schema_of(self.rule.table).names:
            raise self.refusal(f"there is no {name}")
        self.columns.add(name)
        found = self.table[name]
        return found.cast("int64") if found.type().is_integer() else found

    def _fact(self, column: str, part: str, with_day: bool = False) -> ir.IntegerValue:
        self.columns.add(column)
        self.facts.add(fact_name(column, part, with_day))
        return self.table[fact_name(column, part, with_day)]

    def _membership(self, item: Expr, among: Expr, several: bool) -> ir.BooleanValue:
        if isinstance(among, expr.SetOf):
            if several:
                raise self.refusal(f"{expr.show(item)} any: needs the name of a code list")
            return self.value(item).isin([self.value(each) for each in among.items])
        assert isinstance(among, expr.Name), "the grammar has names and sets here"
        column, part = self._codes(item, several)
        fact = self._fact(column, part)
        return self._listed(among.name, KINDS[column], lambda its: (fact & self.marks.bit(its.name)) != 0, CodeList)

    def _listed(
        self, name: str, kind: str, holds: Callable[[CodeList | PairList], ir.BooleanValue], form: type
    ) -> ir.BooleanValue:
        """What a list says of codes of this kind: the book's own, or of a place's the version in force on the day."""
        edition = EDITIONS[kind]
        self.columns |= {edition} & self.given
        self.scopes[f"icd_{kind}"] = icd_column(self.table[edition]) if edition in self.given else ibis.literal(True)
        if name in self.book.dated:
            return self._in_force(name, self.book.dated[name], edition, holds, form)
        if name in self.book.unset:
            self.unset.add(name)
            return ibis.null("boolean")
        if name not in self.book.lists or form is not CodeList:
            raise self.refusal(f"there is no {'code list' if form is CodeList else 'list of pairs'} {name}")
        return holds(self.book.lists[name])

    def _in_force(
        self,
        name: str,
        versions: tuple[Version, ...],
        edition: str,
        holds: Callable[[CodeList | PairList], ir.BooleanValue],
        form: type,
    ) -> ir.BooleanValue:
        day = self._column("discharge_date")
        found, scope = ibis.null("boolean"), ibis.literal(False)
        for version in versions:
            if not isinstance(version.content, form):
                raise self.refusal(f"{version.content.name}: is a list of {'codes' if form is PairList else 'pairs'}")
            its = self._column(edition) == version.edition if version.edition else ibis.literal(True)
            since = (day >= ibis.date(version.start.isoformat())).fill_null(False)
            found = since.ifelse(holds(version.content), found)
            scope = since.ifelse(its.fill_null(False), scope)
        self.scopes[f"list_{name}"] = scope
        return found

    def _codes(self, item: Expr, several: bool) -> tuple[str, str]:
        """The column, and which of its codes, that stand before `in` or `any`."""
        name = item.name if isinstance(item, expr.Name) else ""
        column, part = PARTS.get(name, (name, "any"))
        if column not in KINDS or several != (part == "rest" or name in ("dx", "proc")):
            raise self.refusal(f"{expr.show(item)} is not {'codes' if several else 'a code'}")
        return column, part

    def _present(self, operand: Expr) -> ir.BooleanValue:
        return self._fact(self._list(operand), FILLED) > 0

    def _list(self, tree: Expr) -> str:
        """The name of a column that holds lists."""
        name = tree.name if isinstance(tree, expr.Name) else ""
        if name not in self.table.columns or not self.table[name].type().is_array():
            raise self.refusal(f"{expr.show(tree)} is not a list")
        return name

    def _called(self, name: str, arguments: tuple[Expr, ...]) -> ir.Value:
        match name, arguments:
            case (("sum" | "min" | "max"), [_, *_]):
                return _OF_SEVERAL[name]([each for tree in arguments for each in self._several(tree)])
            case "abs", [one]:
                return self.value(one).abs()
            case "year", [day]:
                return self.value(day).year().cast("int64")
            case "days", [start, end]:
                return self.value(end).epoch_days() - self.value(start).epoch_days()
            case "years", [start, end]:
                return _years(self.value(start), self.value(end))
            case "hours", [start, end]:
                seconds = self.value(end).epoch_seconds() - self.value(start).epoch_seconds()
                return seconds / ibis.literal(_SECONDS_OF_HOUR)
            case "date", [moment]:
                return self.value(moment).date()
            case _:
                return self._of_list(name, arguments)

    def _of_list(self, name: str, arguments: tuple[Expr, ...]) -> ir.Value:
        match name, arguments:
            case "first", [items]:
                return self._column(self._list(items))[0]
            case "smallest", [items]:
                return self._column(self._list(items)).mins()
            case "largest", [items]:
                return self._column(self._list(items)).maxs()
            case "filled", [items]:
                return self._fact(self._list(items), FILLED)
            case "pairs", [items, expr.Name(among)]:
                column = self._list(items)
                fact = self._fact(column, PAIRED)
                holds = self._listed(
                    among, KINDS[column], lambda its: (fact & self.marks.pair_bit(its.name)) != 0, PairList
                )
                return holds.cast("int64")
            case "repeats", [items]:
                return self._fact(self._list(items), REPEATED)
            case "repeats", [items, days]:
                self.columns.add(self._list(days))
                return self._fact(self._list(items), REPEATED, with_day=True)
        raise self.refusal(f"there is no function {name} of {len(arguments)}")

    def _several(self, tree: Expr) -> list[ir.Value]:
        """The values of an argument: of a group, those columns that the source has, or all if it has none."""
        if isinstance(tree, expr.Name) and tree.name in self.book.groups:
            group = self.book.groups[tree.name]
            had = [name for name in group if name in self.given]
            return [self._column(name) for name in had or group]
        return [self.value(tree)]


def _joined(join: Callable[[ir.BooleanValue, ir.BooleanValue], ir.BooleanValue], parts: list[ir.BooleanValue]):  # type: ignore[no-untyped-def]
    whole = parts[0]
    for part in parts[1:]:
        whole = join(whole, part)
    return whole


def _years(start: ir.DateValue, end: ir.DateValue) -> ir.IntegerValue:
    """Full years: one less before the birthday."""
    before = (end.month() * 100 + end.day()) < (start.month() * 100 + start.day())
    return (end.year() - start.year()).cast("int64") - before.cast("int64")


def _number(text: str) -> ir.NumericValue:
    """A number, exactly: amounts are decimals and stay so."""
    if "." not in text:
        return ibis.literal(int(text), "int64")
    return ibis.literal(Decimal(text), f"decimal(18, {len(text.partition('.')[2])})")


def _product(a: ir.NumericValue, b: ir.NumericValue) -> ir.NumericValue:
    """Of two decimals, wide enough that it always fits."""
    if a.type().is_decimal() and b.type().is_decimal():
        a, b = a.cast("decimal(19, 4)"), b.cast("decimal(19, 4)")
    return a * b


def _sum(values: list[ir.NumericValue]) -> ir.NumericValue:
    total = values[0].fill_null(0)
    for value in values[1:]:
        total = total + value.fill_null(0)
    return ibis.coalesce(*values).notnull().ifelse(total, ibis.null(total.type()))


_OF_SEVERAL: Mapping[str, Callable[[list[ir.NumericValue]], ir.NumericValue]] = {
    "sum": _sum,
    "min": lambda values: ibis.least(*values),
    "max": lambda values: ibis.greatest(*values),
}
_COMPARE: Mapping[str, Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
_ARITHMETIC: Mapping[str, Callable[[ir.NumericValue, ir.NumericValue], ir.NumericValue]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": _product, "/": lambda a, b: a / b.nullif(0),
}  # fmt: skip
