"""The commands put together, and what happens when one is refused."""

import sys
from importlib import import_module
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup

from yiheng.base.refusal import Refusal

# Each command, and what it is: the app of a module, or a function of one. Only the one that is asked for is loaded.
COMMANDS = {
    "demo": ("region", "demo"),
    "analyse": ("region", "analyse"),
    "cases": ("cases", "app"),
    "norms": ("norms", "app"),
    "drg": ("drg", "app"),
    "dip": ("dip", "app"),
    "policy": ("packs", "app"),
}


class _Loading(TyperGroup):
    """Loads a command when it is asked for."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:  # type: ignore[override]
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            self.commands[cmd_name] = _load(cmd_name)
        return super().get_command(ctx, cmd_name)  # type: ignore[return-value]


def _load(name: str) -> TyperCommand | TyperGroup:
    module, part = COMMANDS[name]
    its = getattr(import_module(f"yiheng.cli.{module}"), part)
    if not isinstance(its, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=app.rich_markup_mode)
        alone.command(name)(its)
        its = alone
    command = typer.main.get_command(its)
    command.name = name
    return command  # type: ignore[return-value]


app = typer.Typer(
    name="yiheng",
    cls=_Loading,
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
    try:
        app()
    except Refusal as refusal:
        print(f"yiheng: {refusal}", file=sys.stderr)
        sys.exit(2)
