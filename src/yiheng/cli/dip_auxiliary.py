"""`yiheng dip auxiliary build | apply`: the auxiliary catalogue, and what it gives to each case."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import ibis
import pyarrow as pa
import typer

from yiheng.cli.dip_input import open_placed
from yiheng.dip.pricing.auxiliary import build_from_table, highest, opened, read_auxiliary
from yiheng.dip.pricing.levels import level_column
from yiheng.norms.statistic import rounded
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine, held
from yiheng.tables.place import check_out

app = typer.Typer(
    help="辅助目录 Auxiliary: levels inside groups, with a coefficient of their own.", no_args_is_help=True
)

CatalogueOption = Annotated[Path, typer.Option(help="A catalogue that `yiheng dip build` made.")]
CasesOption = Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")]
OutOption = Annotated[Path, typer.Option(help="Where the result goes: .parquet or .csv.")]
CommitOption = Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")]


@app.command()
def build(catalogue: CatalogueOption, cases: CasesOption, out: OutOption, commit: CommitOption = None) -> None:
    """Which levels each group opens, their coefficients, and why the others stay closed."""
    check_out(out)
    with engine() as backend:
        its = open_placed(backend, catalogue, cases, commit)
        its.cases.need("total_fee")
        levels = build_from_table(its.placed, its.plan)
        its.write("auxiliary", {"levels": levels}, {"levels": out})
    typer.echo("\n".join(_told(levels, out)))


@app.command()
def apply(
    catalogue: CatalogueOption,
    auxiliary: Annotated[Path, typer.Option(help="An auxiliary catalogue that `build` made: .parquet.")],
    cases: CasesOption,
    out: OutOption,
    commit: CommitOption = None,
) -> None:
    """Which levels each case hits, and the highest coefficient that is open for it; rows and order are the input's."""
    check_out(out)
    coefficients = opened(read_auxiliary(auxiliary))
    with engine() as backend:
        its = open_placed(backend, catalogue, cases, commit)
        kinds = list(its.plan.value("auxiliary_kinds"))
        keys = ["group", *map(level_column, kinds)]
        hit = its.placed.select(keys).distinct().to_pyarrow().to_pylist()
        rows = [{**row, **_highest(row, kinds, coefficients)} for row in hit]
        types = [(name, pa.string()) for name in keys]
        schema = pa.schema([*types, ("auxiliary_level", pa.string()), ("auxiliary", pa.float64())])
        told = held(backend, pa.Table.from_pylist(rows, schema=schema))
        placed = its.placed.mutate(row=ibis.row_number())
        same = [placed[name].identical_to(told[name]) for name in keys]
        found = placed.left_join(told, same).order_by("row")
        result = found.select(*its.cases.id_columns, "status", *keys, "auxiliary_level", "auxiliary")
        its.write("auxiliary", {"cases": result}, {"cases": out}, {"auxiliary": file_sha256(auxiliary)})
        n = result.auxiliary_level.count().to_pyarrow().as_py()
    typer.echo(f"{n} cases with an open level in {out}")


def _highest(
    row: dict[str, str | None], kinds: list[str], coefficients: dict[tuple[str, str, str], Fraction]
) -> dict[str, object]:
    """1 for a case in a group without an open level for it, null for one without a group."""
    if row["group"] is None:
        return {"auxiliary_level": None, "auxiliary": None}
    levels = {kind: level for kind in kinds if (level := row[level_column(kind)]) is not None}
    value, name = highest(row["group"], levels, coefficients)
    return {"auxiliary_level": name, "auxiliary": rounded(value)}


def _told(levels: pa.Table, out: Path) -> list[str]:
    kinds, is_open = levels["kind"].to_pylist(), levels["opened"].to_pylist()
    lines = [f"{sum(is_open)} of {len(kinds)} levels opened in {out}"]
    for kind in sorted(set(kinds)):
        own = [shown for name, shown in zip(kinds, is_open, strict=True) if name == kind]
        lines.append(f"{kind}: {sum(own)} of {len(own)}")
    whys = [why for why in levels["why"].to_pylist() if why is not None]
    return lines + [f"closed, {why}: {whys.count(why)}" for why in sorted(set(whys))]
