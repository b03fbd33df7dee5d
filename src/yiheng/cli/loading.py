"""Commands that are loaded when they are asked for (按需加载): a command starts with what it needs, and no more."""

from collections.abc import Mapping
from importlib import import_module

import typer
from typer.core import TyperCommand, TyperGroup


def loading(table: Mapping[str, tuple[str, str]]) -> type[TyperGroup]:
    """A group of commands by name: each the app of a module of `yiheng.cli`, or a function of one."""

    class Loading(TyperGroup):
        """Loads a command when it is asked for."""

        def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
            return list(table)

        def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:  # type: ignore[override]
            if cmd_name not in self.commands and cmd_name in table:
                self.commands[cmd_name] = _load(cmd_name, *table[cmd_name])
            return super().get_command(ctx, cmd_name)  # type: ignore[return-value]

    return Loading


def _load(name: str, module: str, part: str) -> TyperCommand | TyperGroup:
    its = getattr(import_module(f"yiheng.cli.{module}"), part)
    if not isinstance(its, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=_MARKUP)
        alone.command(name)(its)
        its = alone
    command = typer.main.get_command(its)
    command.name = name
    return command  # type: ignore[return-value]


_MARKUP = typer.Typer().rich_markup_mode
