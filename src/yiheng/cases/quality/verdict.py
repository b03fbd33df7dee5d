"""The verdict on a batch (核查结果): rows that a rule keeps out, and findings on those that go in all the same."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import shown
from yiheng.cases.finding import Finding
from yiheng.cases.quality.book import Book
from yiheng.cases.quality.examine import Check, Mask
from yiheng.tables.contract import contract

LONGEST_VALUE = 80


@dataclass(frozen=True)
class Origin:
    """Where rows come from: file, sheet, the commit to be, and what the sender calls the columns."""

    file: str
    sheet: str
    commit: int
    names: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """Cases that go in, what was found on them, and why the others do not."""

    accepted: pa.Table
    findings: pa.Table
    rejected: list[Finding]
    bad: int


def verdict(cases: pa.Table, broken: Mapping[str, Mask], book: Book, origin: Origin) -> Verdict:
    """Part the cases of a batch by the rules that they break."""
    rejecting = [name for name in broken if book.rules[name].rejects]
    out = np.logical_or.reduce([broken[name] for name in rejecting]) if rejecting else np.zeros(cases.num_rows, bool)
    rejected = [found for name in rejecting for found in _rejected(cases, broken[name], name, book, origin)]
    flags = [_flags(cases, mask & ~out, name, book, origin) for name, mask in broken.items() if name not in rejecting]
    findings = pa.concat_tables(flags) if flags else contract("findings").schema.empty_table()
    accepted = cases.filter(pa.array(~out)) if rejecting else cases
    return Verdict(accepted, findings, rejected, int(out.sum()))


def checks_table(checks: Mapping[str, Check], origin: Origin) -> pa.Table:
    """The counts of every rule as rows of the table checks."""
    rows = [
        {
            "commit": origin.commit, "file": origin.file, "sheet": origin.sheet or None, "rule": name,
            "severity": its.rule.severity, "state": its.state, "rows": its.rows, "failed": its.failed,
            "unknown": its.unknown, "not_applicable": its.not_applicable, "error": its.error,
            "lacks": " ".join(its.lacks) or None,
        }
        for name, its in checks.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=contract("checks").schema)


def _rejected(cases: pa.Table, mask: Mask, rule: str, book: Book, origin: Origin) -> list[Finding]:
    rows = cases.filter(pa.array(mask))
    column = book.rules[rule].column
    called = origin.names.get(column, column)
    values = _texts(rows[column].combine_chunks()).to_pylist()
    return [
        Finding(row, called, value or "", rule)
        for row, value in zip(rows["source_row"].to_pylist(), values, strict=True)
    ]


def _flags(cases: pa.Table, mask: Mask, rule: str, book: Book, origin: Origin) -> pa.Table:
    """Findings of one rule."""
    rows = cases.filter(pa.array(mask))
    column = book.rules[rule].column
    said = {
        "rule": rule,
        "column": origin.names.get(column, column),
        "file": origin.file,
        "sheet": origin.sheet or None,
        "commit": origin.commit,
    }
    schema = contract("findings").schema
    columns = {
        name: rows[name] if name in rows.column_names else pa.nulls(rows.num_rows, schema.field(name).type)
        for name in ("hospital", "case_id", "year", "list_version")
    }
    columns |= {"value": _texts(rows[column].combine_chunks()), "row": rows["source_row"]}
    columns |= {name: pa.repeat(pa.scalar(its, schema.field(name).type), rows.num_rows) for name, its in said.items()}
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _texts(values: pa.Array) -> pa.Array:
    """Values as a person reads them, cut after LONGEST_VALUE characters."""
    if not pa.types.is_list(values.type):
        return _cut(values.cast(pa.string()))
    lists = values.to_pylist()
    joined = [None if its is None else "|".join("" if item is None else str(item) for item in its) for its in lists]
    return _cut(pa.array(joined, pa.string()))


def _cut(texts: pa.Array) -> pa.Array:
    """Most values are short and plain; only the others are looked at one by one."""
    plain = pc.fill_null(pc.match_substring_regex(texts, rf"^[^\p{{C}}\p{{Z}}]{{0,{LONGEST_VALUE}}}$"), True)
    if pc.all(plain).as_py() in (True, None):
        return texts
    return pa.array([None if each is None else shown(each, LONGEST_VALUE) for each in texts.to_pylist()], pa.string())
