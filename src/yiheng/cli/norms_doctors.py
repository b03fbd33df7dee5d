"""`yiheng norms doctors`, `doctor-cases`, `object`, `answer` and `objections`: figures of physicians, open to them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import shown
from yiheng.cli.norms_opened import Opened, keep_and_write, open_grouped
from yiheng.cli.norms_options import CasesFrom, Commit, DataFolder, Group, Grouping, Hospital, Out, Physician
from yiheng.norms.doctors.cases import doctor_cases as cases_of
from yiheng.norms.doctors.figures import doctors as figures_of
from yiheng.norms.doctors.objections import (
    ACCEPTED,
    ALL,
    DECLINED,
    OBJECTIONS,
    Key,
    answer_objection,
    objections,
    raise_objection,
)
from yiheng.norms.doctors.rules import POLICY, Attributed, attributed
from yiheng.norms.groups.severity import USED, strata
from yiheng.norms.rules import EXPECTED, INDICES, Expecting, expecting
from yiheng.tables.contract import contract
from yiheng.tables.data import Data
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.place import check_out
from yiheng.tables.snapshot import Snapshot

CaseId = Annotated[str, typer.Option("--case", help="The case.")]
Figure = Annotated[str, typer.Option(help="fee, los or death; all: each of them.")]
Reason = Annotated[str, typer.Option(help="Why.")]


def doctors(
    cases: CasesFrom,
    out: Out,
    hospital: Annotated[str | None, typer.Option(help="Only this hospital's.")] = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """Physicians' fee, stay and deaths beside what is expected of the same cases, by group; never ranked."""
    check_out(out)
    with engine() as backend:
        opened, expected_by, its = opened_doctors(backend, cases, group, grouping, commit)
        strata_of = strata(backend, opened.table, expected_by)
        found = figures_of(backend, opened.facts, strata_of, _held(opened), expected_by, its)
        figures = found.figures
        if hospital is not None:
            figures = figures.filter(
                pa.array([code == hospital for code in figures["hospital"].to_pylist()], pa.bool_())
            )
        about = _about(opened, expected_by, its, grouping, hospital=hospital)
        keep_and_write(backend, opened, "doctors", about, {"figures": figures}, out)
    listed = {(row["hospital"], row["physician"]) for row in figures.select(["hospital", "physician"]).to_pylist()}
    typer.echo(f"少于 fewer than {its.doctor_cases_least} 例 cases: {found.few} 名医师不列出 physicians not shown")
    typer.echo(f"无医师 without a physician: {found.unattributed}; 无病组 in no group: {found.ungrouped}")
    typer.echo(f"{len(listed)} physicians in {out}")


def doctor_cases(
    cases: DataFolder,
    hospital: Hospital,
    physician: Physician,
    out: Out,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """All cases of one physician, for that physician: what was expected of each, and objections to it."""
    check_out(out)
    with engine() as backend:
        opened, expected_by, its = opened_doctors(backend, cases, group, grouping, commit)
        doctor = (hospital, physician)
        strata_of = strata(backend, opened.table, expected_by)
        listed = cases_of(backend, opened.facts, strata_of, objections(opened.snapshot), doctor, expected_by)
        found = listed.to_pyarrow()
        about = _about(opened, expected_by, its, grouping, hospital=hospital, physician=physician)
        keep_and_write(backend, opened, "doctor-cases", about, {"cases": found}, out)
    typer.echo(f"{found.num_rows} cases in {out}")


def raise_one(
    cases: DataFolder, hospital: Hospital, physician: Physician, case: CaseId, reason: Reason, figure: Figure = ALL
) -> None:
    """Record a physician's objection to a case in a figure; the figure stays until the objection is accepted."""
    made = raise_objection(cases, Key(hospital, physician, case, figure), reason, _today())
    typer.echo(f"已记录异议 recorded: commit {made.number} in {cases}")


def answer(
    cases: DataFolder,
    hospital: Hospital,
    physician: Physician,
    case: CaseId,
    reason: Reason,
    accept: Annotated[bool, typer.Option("--accept/--decline", help="Leave the case out of the figure, or keep it.")],
    figure: Figure = ALL,
) -> None:
    """Answer an objection: accepted, its case is left out of the physician's figure from the next run on."""
    state = ACCEPTED if accept else DECLINED
    made = answer_objection(cases, Key(hospital, physician, case, figure), state, reason, _today())
    typer.echo(f"{'已采纳 accepted' if accept else '不予采纳 declined'}: commit {made.number} in {cases}")


def list_objections(cases: DataFolder, commit: Commit = None) -> None:
    """List objections with their state and answer."""
    with engine() as backend:
        rows = objections(Snapshot(backend, Data.open(cases), commit)).to_pyarrow().to_pylist()
    for row in rows:
        said = f"{row['hospital']} {row['physician']} {row['case_id']} {row['figure']}: {row['state']}"
        typer.echo(f"{said} {row['raised_on']}: {shown(row['reason'])}")
        if row["answer"] is not None:
            typer.echo(f"  {row['answered_on']}: {shown(row['answer'])}")
    typer.echo(f"{len(rows)} 项异议 objections")


def _today() -> date:
    """The day where the command runs."""
    return datetime.now(UTC).astimezone().date()


def opened_doctors(
    backend: Backend, cases: Path, group: str, grouping: Path | None, commit: int | None
) -> tuple[Opened, Expecting, Attributed]:
    opened = open_grouped(backend, cases, group, grouping, commit, USED)
    opened.found.need("hospital", "physician")
    return opened, expecting(opened.day), attributed(opened.day)


def _held(opened: Opened) -> pa.Table:
    """The objections of DATA; a bare file has none."""
    if opened.found.snapshot is None:
        return contract(OBJECTIONS).schema.empty_table()
    found: pa.Table = objections(opened.found.snapshot).to_pyarrow()
    return found


def _about(
    opened: Opened, expected_by: Expecting, its: Attributed, grouping: Path | None, **more: Any
) -> dict[str, Any]:
    policy = {POLICY: its.digest, EXPECTED: expected_by.digest, INDICES: opened.rules.digest}
    sha256 = file_sha256(grouping) if grouping else ""
    return {"policy": policy, "group": opened.group, "grouping": sha256, "attribution": its.attribution, **more}
