"""`yiheng site`: the site (站点), served, its worker, its state."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from yiheng.base.refusal import Refusal

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The site: people acting in turn, on top of the region's tables (站点).",
)

Folder = Annotated[Path, typer.Option(help="The DATA folder that the region lives in.")]
_DATA = Path("yiheng-demo")
_FIRST_PORT, _LAST_PORT = 1, 65_535
_THREADS = 4


@app.command()
def serve(
    dir: Folder = _DATA,
    port: Annotated[int, typer.Option(min=_FIRST_PORT, max=_LAST_PORT, help="The port on this machine.")] = 8000,
) -> None:
    """Bring the database up to date and serve the site on this machine (启动站点)."""
    free(port)
    _set_up(dir)
    _migrate()
    from granian.constants import Interfaces
    from granian.server import Server

    typer.echo(f"http://127.0.0.1:{port}/")
    Server(
        "yiheng.site.wsgi:application",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=_THREADS,
        log_access=False,
        websockets=False,
    ).serve()


@app.command()
def work(dir: Folder = _DATA) -> None:
    """Do what waits: jobs, deadlines, notices, seals of the audit (后台任务)."""
    _set_up(dir)
    _migrate()
    from yiheng.site.base.jobs.worker import run_forever
    from yiheng.site.minutely import DUE

    stop = _asked_to_stop()
    run_forever(DUE, stop)


@app.command()
def health(dir: Folder = _DATA) -> None:
    """Say whether the site could be served; exit code 1 where it could not (运行状态)."""
    _set_up(dir)
    wrong = [f"{name}: {fault}" for name, fault in _state().items() if fault]
    for line in wrong:
        typer.echo(line)
    if wrong:
        raise typer.Exit(1)
    typer.echo("正常 ok")


def _set_up(root: Path) -> None:
    """Django with the settings of this folder; what the environment says already stays."""
    if root.exists() and not root.is_dir():
        raise Refusal("is not a folder", file=str(root), cure="choose another folder with --dir")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiheng.site.settings")
    os.environ.setdefault("YIHENG_SITE_DIR", str((root / "site").absolute()))
    os.environ.setdefault("YIHENG_HTTPS", "no")
    import django

    django.setup()


def _asked_to_stop() -> Callable[[], bool]:
    """Whether somebody has asked this process to end, so that it ends between two pieces of work."""
    import signal

    asked: list[int] = []
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, _: asked.append(number))
    return lambda: bool(asked)


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def _state() -> Mapping[str, str]:
    """By part what is wrong with it; empty: nothing."""
    return {"声明 declarations": _checked(), "数据库 database": _up_to_date(), "每分钟事务 minutely": _last_pulses()}


def _checked() -> str:
    from django.core.checks import run_checks

    return "; ".join(str(each) for each in run_checks() if not each.is_silenced())


def _up_to_date() -> str:
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as fault:
        return str(fault)
    return f"{len(waiting)} migrations are to be applied: yiheng site serve" if waiting else ""


def _last_pulses() -> str:
    """What the worker's last minute could not do; nothing where there was none, or no table for it yet."""
    from django.db import connection

    from yiheng.site.base.jobs.models import Pulse

    if Pulse._meta.db_table not in connection.introspection.table_names():
        return ""
    faults = Pulse.objects.exclude(fault="").order_by("name").values_list("name", "fault")
    return "; ".join(f"{name}: {fault.strip().splitlines()[-1]}" for name, fault in faults)


def free(port: int) -> None:
    """A port that another program has is refused before anything is done."""
    import socket

    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as fault:
            raise Refusal(
                "cannot be listened on", column="--port", value=str(port), cure=fault.strerror or ""
            ) from None
