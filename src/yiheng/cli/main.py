"""The commands put together, and what happens when one is refused."""

import sys
from typing import Annotated

import typer

from yiheng.base.refusal import Refusal
from yiheng.cli import cases, dip, drg, norms, region
from yiheng.tables.data import code_version

app = typer.Typer(
    name="yiheng",
    help="医衡 Yiheng: a region's discharges, grouped, weighed and compared.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cases.app, name="cases")
app.add_typer(norms.app, name="norms")
app.add_typer(drg.app, name="drg")
app.add_typer(dip.app, name="dip")
app.command("demo")(region.demo)
app.command("analyse")(region.analyse)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"yiheng {code_version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """医衡 Yiheng: a region's discharges, grouped, weighed and compared."""


def main() -> None:
    """Run a command; a refusal is one line on standard error and exit code 2."""
    try:
        app()
    except Refusal as refusal:
        print(f"yiheng: {refusal}", file=sys.stderr)
        sys.exit(2)
