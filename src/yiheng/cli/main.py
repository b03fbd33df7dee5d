"""The commands put together, and what happens when one is refused."""

import gc
import sys
from typing import Annotated

import typer

from yiheng.base.refusal import Refusal
from yiheng.cli.loading import loading

# Each command, and what it is: the app of a module, or a function of one.
COMMANDS = {
    "demo": ("region", "demo"),
    "analyse": ("region", "analyse"),
    "cases": ("cases", "app"),
    "norms": ("norms", "app"),
    "drg": ("drg", "app"),
    "dip": ("dip", "app"),
    "policy": ("packs", "app"),
    "site": ("site", "app"),
}
# New objects after which Python looks for those that nobody holds.
_OBJECTS = 100_000

app = typer.Typer(
    name="yiheng",
    cls=loading(COMMANDS),
    help="医衡 Yiheng: a region's discharges, grouped, weighed and compared.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from yiheng.tables.version import code_version

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
    # Nearly all that a command loads stays to its end: to look through it for what could go would take a tenth of it.
    gc.set_threshold(_OBJECTS)
    try:
        app()
    except Refusal as refusal:
        print(f"yiheng: {refusal}", file=sys.stderr)
        sys.exit(2)
