"""`yiheng norms standards | days | departures`: what cases are given, from their charge lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import typer
from ibis.backends.duckdb import Backend

from yiheng.base.progress import shown_progress
from yiheng.base.refusal import Refusal
from yiheng.cases.input import open_cases
from yiheng.cases.source import parquet_schema
from yiheng.cli.norms_grouping import grouped
from yiheng.cli.norms_options import Commit, Group, Grouping, Out
from yiheng.cli.where import LOCAL, EngineOption, check_engine
from yiheng.dip.file import open_scheme
from yiheng.norms.items.build import standard_table
from yiheng.norms.items.cluster import gather_on_cluster
from yiheng.norms.items.days import DAYS, PATH, profile
from yiheng.norms.items.departures import departures as departures_of
from yiheng.norms.items.gather import gather, named
from yiheng.norms.items.measure import measure
from yiheng.norms.items.months import Months, line_files
from yiheng.norms.items.roster import Roster, roster
from yiheng.norms.items.rules import RULES, Rules, rules_of
from yiheng.norms.items.standards import SCHEMA as STANDARDS
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.snapshot import Snapshot
from yiheng.tables.version import code_version

LinesFrom = Annotated[Path, typer.Option("--cases", help="DATA, with charge lines.")]
RuleFile = Annotated[str, typer.Option("--rules", help="The policy file that says what is standard: id, or .yaml.")]
CaseId = Annotated[str | None, typer.Option("--case", help="One case only, with every departure, however small.")]
CaseHospital = Annotated[str | None, typer.Option("--hospital", help="The hospital of --case.")]
PathOut = Annotated[Path | None, typer.Option("--path", help="The items of each day: .parquet or .csv.")]
StandardsFile = Annotated[Path | None, typer.Option("--standards", help="The OUT of `norms standards`, .parquet.")]
DaysFile = Annotated[Path | None, typer.Option("--days", help="The OUT of `norms days`, .parquet.")]
PathFile = Annotated[Path | None, typer.Option("--path", help="What `norms days --path` wrote, .parquet.")]
GIVEN = {"standards": STANDARDS, "days": DAYS, "path": PATH}


@dataclass(frozen=True)
class Opened:
    """What every command on charge lines begins with."""

    backend: Backend
    snapshot: Snapshot
    roster: Roster
    months: Months
    rules: Rules
    parameters: dict[str, str]

    def inputs(self, **more: str) -> Inputs:
        """What a run says that it was made from."""
        policy = {self.rules.scheme: self.rules.digest}
        return Inputs(self.snapshot.commit.number, policy, parameters=self.parameters | more)

    def about(self) -> dict[str, str]:
        """What the metadata of an output say."""
        said = {"commit": self.snapshot.commit.number, self.rules.scheme: self.rules.digest}
        return about_json({"code_version": code_version(), **said, **self.parameters})


@contextmanager
def opened(data: Path, group: str, grouping: Path | None, commit: int | None, rule_file: str) -> Iterator[Opened]:
    """DATA with charge lines, its cases in their groups, and the rules of their last day."""
    if not data.is_dir():
        raise Refusal("is no DATA folder: charge lines are read from nothing else", file=str(data))
    scheme = open_scheme(rule_file)
    with engine() as backend:
        found = open_cases(backend, data, commit)
        assert found.snapshot is not None, "a folder is DATA"
        months = line_files(found.snapshot)
        table, column = grouped(backend, found, group, grouping)
        its = roster(backend, table, column, str(grouping or data))
        chosen = {"grouping": file_sha256(grouping)} if grouping else {"group": group}
        yield Opened(backend, found.snapshot, its, months, rules_of(scheme, its.last), chosen)


def standards(
    data: LinesFrom,
    out: Out,
    grouping: Grouping = None,
    group: Group = "group",
    commit: Commit = None,
    rule_file: RuleFile = RULES,
    where: EngineOption = LOCAL,
) -> None:
    """Each group's items: cases that use them, quantity, amount, shares, hospitals' spread, and which are standard."""
    check_out(out)
    check_engine(where)
    with opened(data, group, grouping, commit, rule_file) as its, shown_progress() as progress:
        if where == LOCAL:
            found = gather(its.snapshot, its.roster, its.months, progress)
        else:
            found = gather_on_cluster(where, its.backend, its.roster, its.months, str(data))
        table = standard_table(found, its.rules, progress)
        keep(its.backend, its.snapshot.data, "standards", its.inputs(), {"standards": table})
        write_out(its.backend, table, out, its.about())
        said = table.aggregate(n=table.count(), standard=table.standard.sum(), groups=table.group.nunique())
        row = said.to_pyarrow().to_pylist()[0]
    typer.echo(f"{row['n']} items of {row['groups']} groups, {row['standard']} of them standard, in {out}")
    cases, left = int(found.places.cases.sum()), its.roster.left_out
    typer.echo(f"{cases} cases with lines; {left} cases in no group left out")


def days(
    data: LinesFrom,
    out: Out,
    path: PathOut = None,
    grouping: Grouping = None,
    group: Group = "group",
    commit: Commit = None,
    rule_file: RuleFile = RULES,
) -> None:
    """Each group day by day: cases present, amounts by category, items most used, the standard care path."""
    for each in (out, path):
        if each is not None:
            check_out(each)
    with opened(data, group, grouping, commit, rule_file) as its, shown_progress() as progress:
        found = named(its.backend, its.roster, its.snapshot.table("lines"), str(data))
        made = profile(its.snapshot, found, its.months, its.rules, progress)
        keep(its.backend, its.snapshot.data, "days", its.inputs(), {"days": made.days, "path": made.path})
        write_out(its.backend, made.days, out, its.about())
        if path is not None:
            write_out(its.backend, made.path, path, its.about())
    within = sum(made.path["in_path"].to_pylist())
    typer.echo(f"{made.days.num_rows} days of groups in {out}; {within} items in the care paths")


def departures(
    data: LinesFrom,
    out: Annotated[Path | None, typer.Option("--out", help="Where the result goes; without it, it is printed.")] = None,
    standard_file: StandardsFile = None,
    days_file: DaysFile = None,
    path_file: PathFile = None,
    case_id: CaseId = None,
    hospital: CaseHospital = None,
    grouping: Grouping = None,
    group: Group = "group",
    commit: Commit = None,
    rule_file: RuleFile = RULES,
) -> None:
    """What cases lack, have beside or above the standard of their group, and what it comes to.

    Without --standards the cases are held to the standards of their own DATA; by day only with --days and --path.
    """
    if out is not None:
        check_out(out)
    elif case_id is None:
        raise Refusal("all cases go to a file", column="--out", cure="--out FILE, or --case ID")
    given = {"standards": standard_file, "days": days_file, "path": path_file}
    tables = {name: _given(file, GIVEN[name]) for name, file in given.items() if file is not None}
    with opened(data, group, grouping, commit, rule_file) as its, shown_progress() as progress:
        which, rules = (its.roster, its.rules) if case_id is None else _one(its, case_id, hospital)
        if "standards" not in tables:
            found = gather(its.snapshot, its.roster, its.months, progress)
            tables["standards"] = standard_table(found, its.rules, progress).to_pyarrow().cast(STANDARDS)
        names = named(its.backend, which, its.snapshot.table("lines"), str(data)).names
        norm, day, path = (tables.get(name, schema.empty_table()) for name, schema in GIVEN.items())
        of = measure(its.backend, which, names, norm, day, path, its.rules)
        table = departures_of(its.snapshot, which, of, its.months, rules, progress)
        if out is None:
            _print(table)
            return
        if case_id is None:
            digests = {name: file_sha256(file) for name, file in given.items() if file is not None}
            keep(its.backend, its.snapshot.data, "departures", its.inputs(**digests), {"departures": table})
        write_out(its.backend, table, out, its.about())
        typer.echo(f"{table.count().to_pyarrow().as_py()} departures in {out}")


def _given(file: Path, schema: pa.Schema) -> pa.Table:
    """A table that another command wrote; anything else is refused."""
    if file.suffix != ".parquet" or not file.is_file():
        raise Refusal("there is no such .parquet file", file=str(file))
    found = parquet_schema(file)
    missing = [field.name for field in schema if field.name not in found.names]
    if missing or [found.field(field.name).type for field in schema] != schema.types:
        raise Refusal("has not the columns of that table", file=str(file), column=", ".join(missing))
    return pq.read_table(file, columns=schema.names)


def _one(its: Opened, case_id: str, hospital: str | None) -> tuple[Roster, Rules]:
    """One case, of which every departure is told."""
    cases = its.roster.cases
    chosen = cases.filter(cases.case_id == case_id)
    if hospital is not None:
        chosen = chosen.filter(chosen.hospital == hospital)
    count = chosen.count().to_pyarrow().as_py()
    if count != 1:
        what = "several hospitals have this case" if count else "no case with this id is in a group"
        raise Refusal(what, column="--case", value=case_id, cure="--hospital H" if count else "")
    return replace(its.roster, cases=chosen), replace(its.rules, departure=0)


def _print(table: ir.Table) -> None:
    columns = ("departure", "day", "category", "item_code", "item_name", "quantity", "standard_quantity", "amount")
    typer.echo("\t".join(columns))
    for row in table.select(columns).to_pyarrow().to_pylist():
        typer.echo("\t".join("" if value is None else str(value) for value in row.values()))
