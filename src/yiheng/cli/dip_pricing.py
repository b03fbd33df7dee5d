"""`yiheng dip coefficients | points | supervise`: hospitals, case points, and cases that somebody should look at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from yiheng.base.refusal import Refusal
from yiheng.cases.summary import open_findings
from yiheng.cli.dip_auxiliary import CasesOption, CatalogueOption, CommitOption, OutOption
from yiheng.cli.dip_input import Opened, institutions, open_placed, read_additions
from yiheng.dip.plan import fraction
from yiheng.dip.pricing.auxiliary import opened, read_auxiliary
from yiheng.dip.pricing.casepoints import most_special
from yiheng.dip.pricing.coefficients import HOSPITALS, PRICES, cells_of, classes_table, hospitals_table, prices_table
from yiheng.dip.pricing.members import COEFFICIENT_CLASS, LEVEL, members_of
from yiheng.dip.pricing.points import OUT, jumps, priced_batches
from yiheng.dip.pricing.pricer import pricer_of
from yiheng.dip.supervision.flags import by_hospital
from yiheng.dip.supervision.risks import base_risks
from yiheng.dip.supervision.supervise import supervise as supervised
from yiheng.norms.indices import risk as mortality
from yiheng.norms.rules import INDICES
from yiheng.policy.loader import scheme
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine, scratch
from yiheng.tables.place import check_out

PlacesOption = Annotated[
    Path | None, typer.Option(help="Institutions as a CSV: code, level, coefficient_class, valid_from, valid_to.")
]


def coefficients(
    catalogue: CatalogueOption,
    cases: CasesOption,
    out: OutOption,
    places: PlacesOption = None,
    additions: Annotated[Path | None, typer.Option(help="Values to add, as a CSV: hospital, name, value.")] = None,
    classes: Annotated[Path | None, typer.Option(help="The classes measured: .parquet or .csv.")] = None,
    prices: Annotated[Path | None, typer.Option(help="Which groups have one price: .parquet or .csv.")] = None,
    commit: CommitOption = None,
) -> None:
    """Each hospital's coefficient by its class, standardised for mix, with its derivation; groups with one price."""
    for path in (out, classes, prices):
        if path is not None:
            check_out(path)
    given = read_additions(additions)
    with engine() as backend:
        its = open_placed(backend, catalogue, cases, commit)
        its.cases.need("hospital", "total_fee")
        listed = institutions(its, places)
        members, levels = members_of(listed), members_of(listed, _primary_by(its))
        cells = cells_of(its.placed.filter(its.placed.year == its.plan.day.year), members)
        cvs = dict(zip(its.held.groups["group"].to_pylist(), its.held.groups["cv"].to_pylist(), strict=True))
        tables = {
            "hospitals": hospitals_table(cells, members, its.plan, given),
            "classes": classes_table(cells, members, its.plan),
            "prices": prices_table(cells, levels, cvs, its.plan),
        }
        said = {
            "places": file_sha256(places) if places else "",
            "additions": file_sha256(additions) if additions else "",
        }
        its.write("coefficients", tables, {"hospitals": out, "classes": classes, "prices": prices}, said)
    one = tables["prices"]["same_price"].to_pylist().count(True)
    typer.echo(f"{tables['hospitals'].num_rows} hospitals in {out}, {one} groups with one price")
    for row in tables["classes"].to_pylist():
        typer.echo(f"{row['class']}: {row['coefficient']:.4f} ({row['hospitals']} hospitals, {row['n']} cases)")


def points(
    catalogue: CatalogueOption,
    cases: CasesOption,
    out: OutOption,
    hospitals: Annotated[Path, typer.Option(help="What `yiheng dip coefficients` wrote: .parquet.")],
    prices: Annotated[Path | None, typer.Option(help="Its groups with one price: .parquet.")] = None,
    auxiliary: Annotated[Path | None, typer.Option(help="An auxiliary catalogue: .parquet.")] = None,
    places: PlacesOption = None,
    year: Annotated[int | None, typer.Option(help="Only the cases of this year.")] = None,
    commit: CommitOption = None,
) -> None:
    """The points of each case: group, auxiliary level, hospital, the mean it is held against, and the band."""
    check_out(out)
    coefficients, one_price = _read(hospitals, HOSPITALS), _read(prices, PRICES) if prices else None
    levels = {} if auxiliary is None else opened(read_auxiliary(auxiliary))
    with engine() as backend:
        its = open_placed(backend, catalogue, cases, commit)
        members = members_of(institutions(its, places), COEFFICIENT_CLASS)
        pricer = pricer_of(its.placed, its.held.groups, its.plan, members, coefficients, one_price, levels)
        wanted = its.placed if year is None else its.placed.filter(its.placed.year == year)
        path = scratch(backend) / "points.parquet"
        batches = priced_batches(backend, wanted, pricer, members, its.cases.id_columns)
        result = backend.read_parquet(str(_written(batches, path, wanted, its.cases.id_columns)))
        files = {"hospitals": hospitals, "prices": prices, "auxiliary": auxiliary, "places": places}
        said = {name: file_sha256(file) if file else "" for name, file in files.items()} | {"year": str(year or "")}
        its.write("points", {"cases": result}, {"cases": out}, said)
        counted = result.group_by("band").agg(n=result.count()).order_by(ibis.asc("band", nulls_first=True))
        bands = counted.to_pyarrow().to_pylist()
        discharges = _by_year(wanted)
    typer.echo(", ".join(f"{row['band'] or 'without points'} {row['n']}" for row in bands) + f" in {out}")
    for of, n in discharges.items():
        most = most_special(n, its.plan.exact("special_cases_share"))
        typer.echo(f"{of or 'no year'}: at most {most} special cases (特例单议) of {n} discharges")
    for jump in jumps(its.plan, map(fraction, coefficients["coefficient"].to_pylist())):
        typer.echo(f"the coefficient jumps at {jump}")


def supervise(
    catalogue: CatalogueOption,
    cases: CasesOption,
    out: OutOption,
    coefficients: Annotated[
        Path | None, typer.Option(help="What `yiheng dip coefficients` wrote: low costs are held against it.")
    ] = None,
    hospitals: Annotated[Path | None, typer.Option(help="The flags by hospital: .parquet or .csv.")] = None,
    risks: Annotated[Path | None, typer.Option(help="The groups' classes of mortality risk.")] = None,
    risk: Annotated[
        Path | None, typer.Option(help="Frozen classes that `yiheng norms risk` made: .parquet; else of these cases.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Only flags on cases of this year.")] = None,
    commit: CommitOption = None,
) -> None:
    """Cases that somebody should look at, with what was compared. Flags only: nothing is cut."""
    for path in (out, hospitals, risks):
        if path is not None:
            check_out(path)
    own = None if coefficients is None else _read(coefficients, HOSPITALS)
    frozen = None if risk is None else _read(risk, mortality.SCHEMA, "yiheng norms risk")
    with engine() as backend:
        its = open_placed(backend, catalogue, cases, commit)
        its.cases.need("hospital")
        findings = None if its.cases.snapshot is None else open_findings(its.cases.snapshot)
        classes = base_risks(its.placed, its.plan) if frozen is None else frozen
        found = supervised(backend, its.placed, its.held.groups, its.plan, year, classes, findings, own)
        of_year = its.placed if year is None else its.placed.filter(its.placed.year == year)
        tables: dict[str, pa.Table | ir.Table] = {
            "flags": found,
            "hospitals": by_hospital(of_year, found),
            "risks": classes,
        }
        outs = {"flags": out, "hospitals": hospitals, "risks": risks}
        files = {"coefficients": coefficients, "risk": risk}
        said = {name: file_sha256(file) if file else "" for name, file in files.items()} | {"year": str(year or "")}
        used = {INDICES: scheme(INDICES).digest} if frozen is None else {}
        its.write("supervision", tables, outs, said, used)
        counted = found.group_by("flag").agg(n=found.count()).order_by("flag").to_pyarrow().to_pylist()
    told = ", ".join(f"{row['flag']} {row['n']}" for row in counted) or "no flags"
    typer.echo(f"{told} in {out}")


def _by_year(placed: ir.Table) -> dict[int | None, int]:
    counted = placed.group_by("year").agg(n=placed.count()).order_by(ibis.asc("year", nulls_first=True))
    return {row["year"]: row["n"] for row in counted.to_pyarrow().to_pylist()}


def _primary_by(its: Opened) -> str:
    by = its.plan.value("same_price")["by"]
    if by not in (LEVEL, COEFFICIENT_CLASS):
        what = "same_price: by is no column of institutions"
        raise Refusal(what, its.plan.scheme.id, value=str(by), cure=f"{LEVEL}, {COEFFICIENT_CLASS}")
    return str(by)


def _read(path: Path, schema: pa.Schema, made_by: str = "yiheng dip coefficients") -> pa.Table:
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (pa.ArrowInvalid, OSError):
        raise Refusal("is no Parquet file", file=path.name, cure=made_by) from None
    if table.schema.names != schema.names:
        raise Refusal(f"is not what `{made_by}` writes", file=path.name)
    return table


def _written(batches: Iterator[pa.RecordBatch], path: Path, placed: ir.Table, ids: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = [placed.schema().to_pyarrow().field(name) for name in ids]
    schema = pa.schema([*fields, *OUT])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
    return path
