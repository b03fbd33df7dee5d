"""`yiheng norms groups` and `cases`: the figures of every group, and each case beside the cases like it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from yiheng.base.refusal import Refusal
from yiheng.cli.norms_opened import Opened, keep_and_write, open_grouped
from yiheng.cli.norms_options import CasesFrom, Commit, Group, Grouping, Out
from yiheng.norms.groups.expected import expected
from yiheng.norms.groups.severity import USED, strata
from yiheng.norms.groups.statistics import UNITS, Statistics, statistics
from yiheng.norms.institutions import PLACE
from yiheng.norms.rules import EXPECTED, INDICES, expecting
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out

# The columns of the case table that tell units apart.
_COLUMN = {name: name for name in ("hospital", "dept", "physician", "payer")} | {"month": "discharge_date"}


def grouping_sha256(grouping: Path | None) -> str:
    """The digest of a grouping's file, "" where the cases bring their groups along."""
    return file_sha256(grouping) if grouping else ""


def groups(
    cases: CasesFrom,
    by: Annotated[str, typer.Option(help=f"The unit: {', '.join(UNITS)}.")],
    out: Out,
    structure: Annotated[Path | None, typer.Option(help="Also fees by category: .parquet or .csv.")] = None,
    riv: Annotated[Path | None, typer.Option(help="Also the RIV of each unit's grouping: .parquet or .csv.")] = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """Each group by unit: cases, mean, quartiles and CV of fee and stay, drugs, materials, deaths, readmissions."""
    also = {name: path for name, path in (("structure", structure), ("riv", riv)) if path}
    for path in (out, *also.values()):
        check_out(path)
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit)
        check_unit(opened, by, UNITS)
        found = statistics(opened.facts, by)
        about = {
            "policy": {INDICES: opened.rules.digest}, "by": by, "group": group, "grouping": grouping_sha256(grouping),
        }  # fmt: skip
        keep_and_write(backend, opened, "group_statistics", about, _tables(found), out)
        for name, path in also.items():
            write_out(backend, _tables(found)[name], path, about_json({"day": opened.day.isoformat()}))
    typer.echo(f"{found.groups.num_rows} groups of {found.riv.num_rows} units in {out}")


def check_unit(opened: Opened, by: str, units: Mapping[str, Sequence[str]]) -> None:
    """Refuse a unit that there is not, and one that the cases do not tell apart."""
    if by not in units:
        raise Refusal("is no such unit", column="--by", value=by, cure=f"one of: {', '.join(units)}")
    for name in units[by]:
        if name in PLACE and opened.found.snapshot is None and name not in opened.found.given:
            said = "the places of hospitals are known only to a DATA folder with its institutions"
            raise Refusal(said, column="--by", value=by)
        if name in _COLUMN:
            opened.found.need(_COLUMN[name])


def _tables(found: Statistics) -> dict[str, pa.Table]:
    return {"groups": found.groups, "structure": found.structure, "riv": found.riv}


def cases(cases: CasesFrom, out: Out, group: Group = "group", grouping: Grouping = None, commit: Commit = None) -> None:
    """Each case's fee and stay beside the mean of the cases like it, and the fees that depart most, in IN's order.

    Like it are those of its group with the severity that the grouping's OUT says, if it says one, the same band of the
    Charlson index and of age; where they are few, those that share less. The column `base` names what they share.
    """
    check_out(out)
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit, USED)
        its = expecting(opened.day)
        result = expected(backend, opened.facts, strata(backend, opened.table, its), its)
        if "hospital" not in opened.found.given:
            result = result.drop("hospital")
        about = {"policy": {EXPECTED: its.digest}, "group": group, "grouping": grouping_sha256(grouping)}
        keep_and_write(backend, opened, "expected", about, {"cases": result}, out)
        counted = result.group_by("base").agg(n=result.count()).order_by("base").to_pyarrow().to_pylist()
    typer.echo(", ".join(f"{row['base'] or 'none'} {row['n']}" for row in counted) + f" in {out}")
