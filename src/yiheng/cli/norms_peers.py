"""`yiheng norms opportunity`, `trend` and `publish`: a unit beside its peers, over time, and as others may see it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import ibis.expr.types as ir
import pyarrow as pa
import typer

from yiheng.base.refusal import Refusal
from yiheng.cli.norms_opened import Opened, keep_and_write, open_grouped
from yiheng.cli.norms_options import CasesFrom, Commit, Group, Grouping, Hospital, Out
from yiheng.norms.facts import with_unit
from yiheng.norms.peers.likeness import compared_with_likes
from yiheng.norms.peers.opportunity import by_unit
from yiheng.norms.peers.opportunity import opportunity as opportunity_of
from yiheng.norms.peers.peers import Peers, Unit, chosen_peers, dept_peers, peers_by_class
from yiheng.norms.peers.published import KEYS, published
from yiheng.norms.peers.rules import POLICY, Comparing, comparing
from yiheng.norms.peers.trend import FIGURES, figure
from yiheng.norms.peers.trend import trend as trend_of
from yiheng.norms.rules import INDICES
from yiheng.norms.sums import sums
from yiheng.norms.units import UNITS
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.place import check_out

_CHARTED = tuple(name for name in UNITS if name != "month")


def opportunity(
    cases: CasesFrom,
    hospital: Hospital,
    out: Out,
    dept: Annotated[str | None, typer.Option(help="A department of it, by its code.")] = None,
    peers: Annotated[str | None, typer.Option(help="Its peers, A,B,...; else those that the policy finds.")] = None,
    alike: Annotated[str | None, typer.Option(help="What peers have alike, such as level,class,kind.")] = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """What a hospital or department would save in fees and days if each group were as its median peer's."""
    check_out(out)
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit)
        its = comparing(opened.day)
        counted = sums(opened.facts, ("hospital", "dept", "group"))
        unit = (hospital,) if dept is None else (hospital, dept)
        found, result = _compared(opened, its, counted, unit, peers, alike)
        about = _about(opened, its, grouping, hospital=hospital, dept=dept, peers=peers, alike=alike)
        keep_and_write(backend, opened, "opportunity", about, {"groups": result, "peers": _named(opened, found)}, out)
        named = _named(opened, found).to_pylist()
    for line in _told(found, named, result.to_pylist()[-1]):
        typer.echo(line)
    typer.echo(f"{result.num_rows - 1} groups in {out}")


def trend(
    cases: CasesFrom,
    figure_name: Annotated[str, typer.Option("--figure", help=f"One of {', '.join(FIGURES)}.")],
    by: Annotated[str, typer.Option(help=f"The unit: {', '.join(_CHARTED)}.")],
    out: Out,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """Control charts: the months of a figure with centre, limits and what is a signal, for every unit."""
    check_out(out)
    figure(figure_name)
    if by not in _CHARTED:
        raise Refusal("is no unit with months", column="--by", value=by, cure=f"one of: {', '.join(_CHARTED)}")
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit)
        its, unit = comparing(opened.day), UNITS[by]
        result = trend_of(sums(with_unit(opened.facts, unit), (*unit, "month")), unit, figure_name, its)
        about = _about(opened, its, grouping, figure=figure_name, by=by)
        keep_and_write(backend, opened, "trend", about, {"months": result}, out)
    rows = result.to_pylist()
    charted = len({tuple(row[name] for name in unit) for row in rows if row["centre"] is not None})
    units = len({tuple(row[name] for name in unit) for row in rows})
    typer.echo(f"{sum(bool(row['signals']) for row in rows)} 个信号月份 months with a signal")
    typer.echo(f"{charted} of {units} units have {its.chart_months_least} months and limits")
    typer.echo(f"{len(rows)} months in {out}")


def publish(
    cases: CasesFrom,
    out: Out,
    viewer: Annotated[str | None, typer.Option(help="The hospital that is to see it; else anybody.")] = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """Counts and means of hospitals by group as somebody from outside may see them: small cells are hidden."""
    check_out(out)
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit)
        its = comparing(opened.day)
        result = published(sums(opened.facts, KEYS), its.shown_cases_least, viewer)
        about = _about(opened, its, grouping, viewer=viewer)
        keep_and_write(backend, opened, "published", about, {"cells": result}, out)
    hidden = sum(result["hidden"].to_pylist())
    typer.echo(
        f"隐藏 hidden: {hidden} of {result.num_rows} rows, fewer than {its.shown_cases_least} cases or their cover"
    )
    typer.echo(f"{result.num_rows} rows in {out}")


def _about(opened: Opened, its: Comparing, grouping: Path | None, **more: Any) -> dict[str, Any]:
    """What a run depends on besides its commit."""
    policy = {POLICY: its.digest, INDICES: opened.rules.digest}
    return {"policy": policy, "group": opened.group, "grouping": file_sha256(grouping) if grouping else "", **more}


def _compared(
    opened: Opened, its: Comparing, counted: ir.Table, unit: Unit, peers: str | None, alike: str | None
) -> tuple[Peers, pa.Table]:
    """The unit beside the peers that the options ask for, else beside those that the policy finds."""
    if peers is not None and alike is not None:
        raise Refusal("--peers and --alike do not go together")
    institution, dept = (opened.snapshot.table(name).to_pyarrow() for name in ("institution", "dept"))
    if peers is None and alike is None:
        return compared_with_likes(by_unit(counted, len(unit)), institution, dept, unit, opened.day, its)
    if peers is not None:
        found = chosen_peers(institution, unit[0], peers.split(","), opened.day, its.peers_least)
    else:
        found = peers_by_class(institution, unit[0], opened.day, (alike or "").split(","), its.peers_least)
    if len(unit) > 1:
        found = dept_peers(dept, found, unit[1], opened.day, its.peers_least)
    return found, opportunity_of(counted, found, its)


def _named(opened: Opened, peers: Peers) -> pa.Table:
    """The peers: hospital, dept (null for hospitals), name and name_en of the hospital."""
    names = {row["code"]: row for row in opened.snapshot.table("institution").to_pyarrow().to_pylist()}
    rows = [
        {"hospital": unit[0], "dept": unit[1] if len(unit) > 1 else None}
        | {name: names.get(unit[0], {}).get(name) for name in ("name", "name_en")}
        for unit in peers.units
    ]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([(name, pa.string()) for name in ("hospital", "dept", "name", "name_en")])
    )


def _told(peers: Peers, named: list[dict[str, Any]], total: dict[str, Any]) -> Iterator[str]:
    same = ", ".join(f"{name} {value}" for name, value in peers.alike)
    yield f"同类单位 peers: {len(named)}{f' ({same})' if same else ''}"
    for row in named:
        yield f"  {row['hospital']}{' ' + row['dept'] if row['dept'] else ''} {row['name']} / {row['name_en'] or '-'}"
    yield f"可节省费用 fees that could be saved: {total['fee_saving']} yuan{_between(total, 'fee')}"
    yield f"可节省住院日 days that could be saved: {total['los_saving']}{_between(total, 'los')}"


def _between(total: dict[str, Any], measure: str) -> str:
    low, high = total[f"{measure}_low"], total[f"{measure}_high"]
    return "" if low is None else f" ({low:.0f} to {high:.0f})"
