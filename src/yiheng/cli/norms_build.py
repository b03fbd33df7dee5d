"""`yiheng norms build`: hold units against the region."""

from typing import Annotated

import ibis.expr.types as ir
import typer

from yiheng.cases.input import Cases, open_cases
from yiheng.cli.norms_grouping import grouped
from yiheng.cli.norms_options import CasesFrom, Commit, Group, Grouping, Out
from yiheng.norms.build import norms
from yiheng.norms.cells import cell_table, cells
from yiheng.norms.units import UNITS, with_units
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.version import code_version

_USED = ("hospital", "case_id", "dept", "physician", "county", "discharge_date", "year", "total_fee", "los")


def build(
    cases: CasesFrom,
    by: Annotated[str, typer.Option(help=f"The unit: {', '.join(UNITS)}.")],
    out: Out,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """Counts, mean fee and stay, CMI, fee index and time index of every unit."""
    check_out(out)
    with engine() as backend:
        found = open_cases(backend, cases, commit, {*_USED, group})
        table, column = grouped(backend, found, group, grouping)
        table = with_units(_having(found, table, by), by, _institution(found))
        result = norms(cells(cell_table(table, UNITS[by], column), _units(found, by)))
        about = {"code_version": code_version(), "unit": by}
        if found.snapshot is not None:
            number = found.snapshot.commit.number
            parameters = {"by": by, "group": group, "grouping": file_sha256(grouping) if grouping else ""}
            keep(backend, found.snapshot.data, "norms", Inputs(number, parameters=parameters), {"units": result})
            about["commit"] = str(number)
        write_out(backend, result, out, about_json(about))
    typer.echo(f"{result.num_rows} units in {out}")


def _units(found: Cases, by: str) -> list[str]:
    """A bare file without hospitals has departments and physicians all the same."""
    return [name for name in UNITS[by] if name != "hospital" or by == "hospital" or "hospital" in found.given]


def _having(found: Cases, table: ir.Table, by: str) -> ir.Table:
    needed = {
        "hospital": "hospital",
        "hospital_group": "hospital",
        "dept": "dept",
        "physician": "physician",
        "month": "discharge_date",
    }
    if by in needed:
        found.need(needed[by])
    return table


def _institution(found: Cases) -> ir.Table | None:
    return found.snapshot.table("institution") if found.snapshot else None
