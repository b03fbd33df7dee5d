"""Cases opened to be counted (打开病例), and results kept: what commands on units and doctors begin and end with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.cli.norms_grouping import grouped
from yiheng.norms.facts import USED, facts
from yiheng.norms.indices import diagnosis
from yiheng.norms.rules import Rules, last_day, rules
from yiheng.tables.out import about_json, write_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.snapshot import Snapshot
from yiheng.tables.version import code_version


@dataclass(frozen=True)
class Grouped:
    """Cases in their groups: `group` is the column that holds it; `day` the last, by whose rules they are counted."""

    found: Cases
    table: ir.Table
    group: str
    day: date
    rules: Rules

    @property
    def snapshot(self) -> Snapshot:
        """The commit that they are from; a bare file, which knows no institutions, is refused."""
        if self.found.snapshot is None:
            raise Refusal("hospitals and departments are known only to a DATA folder", file=self.found.shown)
        return self.found.snapshot


@dataclass(frozen=True)
class Opened(Grouped):
    """Cases ready to be counted: `facts` as of `norms.facts`."""

    facts: ir.Table

    def of_last_year(self) -> "Opened":
        """The cases of the year of the last day alone."""
        table = self.table.filter(self.table.year == self.day.year)
        return replace(self, table=table, facts=self.facts.semi_join(table.select("row"), "row"))


def open_grouped(
    backend: Backend, cases: Path, group: str, grouping: Path | None, commit: int | None, more: Collection[str] = ()
) -> Opened:
    """Cases with their groups and what is counted of them, by the rules of their last day; `more` are columns used."""
    return counted(backend, open_groups(backend, cases, group, grouping, commit, more))


def open_groups(
    backend: Backend, cases: Path, group: str, grouping: Path | None, commit: int | None, more: Collection[str] = ()
) -> Grouped:
    """The same before anything is counted."""
    found = open_cases(backend, cases, commit, {*USED, group, *more})
    return _grouped(found, *grouped(backend, found, group, grouping))


def open_diagnosed(backend: Backend, cases: Path, commit: int | None) -> Opened:
    """The same with the disease of each case (`norms.indices.diagnosis`) in place of a group."""
    found = open_cases(backend, cases, commit, {*USED, *diagnosis.USED})
    found.need("dx")
    table = diagnosis.with_diagnosis(found.table, rules(last_day(found.table)).diagnosis_chars)
    return counted(backend, _grouped(found, table, diagnosis.DIAGNOSIS))


def _grouped(found: Cases, table: ir.Table, column: str) -> Grouped:
    day = last_day(found.table)
    return Grouped(found, table, column, day, rules(day))


def counted(backend: Backend, its: Grouped) -> Opened:
    """What is counted of cases in their groups, on this machine."""
    institution = its.found.snapshot.table("institution") if its.found.snapshot else None
    return Opened(**vars(its), facts=facts(backend, its.table, its.group, institution, its.rules))


def keep_and_write(
    backend: Backend,
    opened: Grouped,
    kind: str,
    about: dict[str, Any],
    tables: Mapping[str, pa.Table | ir.Table],
    out: Path,
) -> None:
    """Keep a result as a run of DATA, if the cases come from there, and write its first table to `out`."""
    policy = about.pop("policy")
    said = {"code_version": code_version(), "day": opened.day.isoformat(), **policy}
    if opened.found.snapshot is not None:
        snapshot = opened.found.snapshot
        said["commit"] = str(snapshot.commit.number)
        keep(backend, snapshot.data, kind, Inputs(snapshot.commit.number, policy=policy, parameters=about), tables)
    write_out(backend, next(iter(tables.values())), out, about_json(said))
