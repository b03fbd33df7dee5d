"""`yiheng norms`: hold units against the region."""

from pathlib import Path
from typing import Annotated

import ibis
import ibis.expr.types as ir
import typer
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases, open_file
from yiheng.norms.build import norms
from yiheng.norms.cells import cell_table, cells
from yiheng.norms.units import UNITS, with_units
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.version import code_version

app = typer.Typer(help="病组标准 Norms: weights, CMI, fee and time index.", no_args_is_help=True)


_USED = ("hospital", "case_id", "dept", "physician", "county", "discharge_date", "year", "total_fee", "los")


@app.callback()
def _room() -> None:
    """病组标准 Norms: weights, CMI, fee and time index."""


@app.command()
def build(
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")],
    by: Annotated[str, typer.Option(help=f"The unit: {', '.join(UNITS)}.")],
    out: Annotated[Path, typer.Option(help="Where the result goes: .parquet or .csv.")],
    group: Annotated[str, typer.Option(help="The column that holds the group.")] = "group",
    grouping: Annotated[Path | None, typer.Option(help="The groups instead from the OUT of a grouper.")] = None,
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
) -> None:
    """Counts, mean fee and stay, CMI, fee index and time index of every unit."""
    check_out(out)
    with engine() as backend:
        found = open_cases(backend, cases, commit, {*_USED, group})
        table, column = _grouped(backend, found, group, grouping)
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


def _grouped(backend: Backend, found: Cases, group: str, grouping: Path | None) -> tuple[ir.Table, str]:
    """The cases with their group, and the column that it stands in."""
    if grouping is None:
        found.need(group)
        return found.table, group
    return _joined(backend, found, grouping), "group"


def _joined(backend: Backend, found: Cases, grouping: Path) -> ir.Table:
    """The groups of a grouper's output, row by row: it has the rows of its input in their order."""
    groups = open_file(backend, grouping, ("hospital", "case_id", "group"))
    ids = found.id_columns
    found.need(*ids)
    groups.need("group", *ids)
    theirs = groups.table.select("group", **{f"its_{name}": groups.table[name] for name in ids}, its_row="row")
    joined = found.table.drop("group").outer_join(theirs, [found.table.row == theirs.its_row])
    same = ibis.and_(*(joined[name].identical_to(joined[f"its_{name}"]) for name in (*ids, "row")))
    if joined.filter(~same).limit(1).count().to_pyarrow().as_py():
        raise Refusal("has not the same cases in the same order as the input", file=str(grouping))
    return joined
