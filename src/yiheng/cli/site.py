"""`yiheng site`: the site (站点), served, its worker, its state."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    _know_the_proxy()
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
    from yiheng.site.health import last_backup, state

    wrong = [f"{name}: {fault}" for name, fault in state().items() if fault]
    for line in wrong:
        typer.echo(line)
    if wrong:
        raise typer.Exit(1)
    typer.echo("正常 ok")
    at = last_backup()
    typer.echo(f"上次备份 last backup: {at:%F %H:%M}" if at else "尚无备份 no backup yet: yiheng site backup")


@app.command()
def found(
    code: Annotated[str, typer.Option(help="The region's code, such as 140600.")],
    name: Annotated[str, typer.Option(help="The region's name.")],
    administrator: Annotated[str, typer.Option(help="The first administrator's sign-in name.")],
    dir: Folder = _DATA,
) -> None:
    """Make the region and its first administrator, and print the password, which is changed at sign-in (建站)."""
    _set_up(dir)
    _migrate()
    from django.utils.timezone import localdate, now

    from yiheng.site.base.posts import founding

    with _said():
        password = founding.found(code, name, administrator, now(), localdate())
    typer.echo(f"{administrator}  {password}")


@app.command()
def places(
    file: Annotated[Path, typer.Argument(help="CSV or Excel: 代码,名称,类别,上级代码,起,止.")], dir: Folder = _DATA
) -> None:
    """Take in a sheet of regions, institutions and departments; all rows or none (机构名册)."""
    _set_up(dir)
    _migrate()
    from django.utils.timezone import now

    from yiheng.site.base.posts import founding

    with _said():
        count = founding.take_places(file, now())
    typer.echo(f"{count} rows")


@app.command()
def people(
    file: Annotated[Path, typer.Argument(help="CSV or Excel: 登录名,姓名,角色,机构代码,起,止; a row a post.")],
    by: Annotated[str, typer.Option(help="The sign-in name of the administrator who grants the posts.")],
    passwords: Annotated[Path, typer.Option(help="Where the new people's first passwords are written, for you alone.")],
    dir: Folder = _DATA,
) -> None:
    """Take in a sheet of people and their posts; all rows or none (人员名册)."""
    if passwords.exists():
        raise Refusal("is there already", file=str(passwords), cure="choose another file with --passwords")
    _set_up(dir)
    _migrate()
    from django.utils.timezone import localdate, now

    from yiheng.site.base.accounts.models import Person
    from yiheng.site.base.places.standing import actor_of
    from yiheng.site.base.posts import founding

    granter = Person.objects.filter(username=by, is_active=True).first()
    if granter is None:
        raise Refusal("there is no such person", column="by", value=by)
    passwords.touch(mode=0o600)
    with _said():
        made = founding.take_people(actor_of(granter.pk, localdate()), file, now())
    passwords.write_text("".join(f"{name},{word}\n" for name, word in made.items()), encoding="utf-8")
    typer.echo(f"{len(made)} new people: {passwords}")


@app.command()
def key(dir: Folder = _DATA) -> None:
    """Make a key for the vault, which is used from now on; the older ones still open what they closed (保险库密钥)."""
    _set_up(dir)
    from yiheng.site.base.vault import keys

    typer.echo(f"{keys.add()}: {keys.path()}")


@app.command()
def reseal(dir: Folder = _DATA) -> None:
    """Encrypt under the vault's newest key whatever an older one did; a repeat goes on where it stopped (密钥更换)."""
    _set_up(dir)
    _migrate()
    from django.utils.timezone import now

    from yiheng.site.base.vault.anew import seal_anew

    typer.echo(f"{seal_anew(now())} texts")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file, on another disk or machine.")], dir: Folder = _DATA
) -> None:
    """Write the whole site to one encrypted file; the key file that opens it is the vault's and not in it (备份)."""
    _set_up(dir)
    from django.utils.timezone import now

    from yiheng.site.base.backup.making import make

    made = make(file, now())
    typer.echo(f"{file}: {made.files} files, {made.rows} rows, {made.size} bytes")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `yiheng site backup` wrote.")],
    keys: Annotated[Path, typer.Option(help="The vault's key file, which stays where it is.")],
    dir: Folder = _DATA,
) -> None:
    """Bring a site back from a backup into a new folder; all of it, or nothing where anything is wrong (恢复)."""
    from yiheng.site.base.backup.restoring import restore as restored

    address = os.environ.get("YIHENG_DATABASE", "")
    listed = restored(file, (dir / "site").absolute(), keys, address)
    typer.echo(f"{dir / 'site'}: {len(listed.files)} files, {sum(listed.rows.values())} rows, as of {listed.made_at}")


@app.command()
def verify(dir: Folder = _DATA) -> None:
    """Go through the audit's chain and all files; a line for what is not as it was; then exit code 1 (审计核验)."""
    _set_up(dir)
    from yiheng.site.health import up_to_date

    if fault := up_to_date():
        raise Refusal(fault, file=str(dir))
    wrong = 0
    for line in _wrong_in_audit_and_files():
        typer.echo(line)
        wrong += 1
    if wrong:
        raise typer.Exit(1)
    typer.echo("完整 whole")


def _wrong_in_audit_and_files() -> Iterator[str]:
    from yiheng.site.base.audit.verify import verify as findings
    from yiheng.site.base.files.proving import said, torn

    yield from (f"{each.seq}: {each.text.zh} {each.text.en}" for each in findings())
    yield from (f"{text.zh} {text.en}" for text in map(said, torn()))


@app.command()
def tables(
    dir: Folder = _DATA,
    out: Annotated[Path | None, typer.Option(help="A new folder that the tables are copied to as well.")] = None,
) -> None:
    """Publish every flow's items and acts as a run of DATA, all of one moment, without names (发布数据表)."""
    _set_up(dir)
    _migrate()
    from django.utils.timezone import now

    from yiheng.base.progress import shown_progress
    from yiheng.site.base.flow.publishing import copy_out, demand_free, publish

    if out is not None:
        demand_free(out)
    with shown_progress() as progress:
        run = publish(dir, now(), progress)
    if out is not None:
        copy_out(run, out)
    typer.echo(f"{run.folder}: {len(run.digests)} tables")


@contextmanager
def _said() -> Iterator[None]:
    """A refusal of the site as one of the command line; of a sheet, a line for each row that is wrong."""
    from yiheng.site.base.refused import BadSheet, NotDone

    try:
        yield
    except BadSheet as bad:
        for line in bad.lines[:-1]:
            typer.echo(str(line), err=True)
        raise bad.lines[-1] from None
    except NotDone as why:
        raise Refusal(f"{why.text.zh} / {why.text.en}") from None


def _set_up(root: Path) -> None:
    """Django with the settings of this folder; what the environment says already stays."""
    if root.exists() and not root.is_dir():
        raise Refusal("is not a folder", file=str(root), cure="choose another folder with --dir")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiheng.site.settings")
    os.environ.setdefault("YIHENG_SITE_DIR", str((root / "site").absolute()))
    os.environ.setdefault("YIHENG_HTTPS", "no")
    import django

    django.setup()
    _reach()


def _know_the_proxy() -> None:
    """Refuse where TLS ends at a server whose word is not taken: every form would be refused."""
    from django.conf import settings

    if settings.CSRF_COOKIE_SECURE and not settings.YIHENG_PROXY:
        why = "YIHENG_HTTPS=yes needs the address of the server before this one"
        raise Refusal(why, column="YIHENG_PROXY", cure="YIHENG_PROXY=127.0.0.1")


def _reach() -> None:
    """Refuse in one line where the database is not there, or does not let the site in."""
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError as fault:
        why = f"the database cannot be reached: {str(fault).splitlines()[0]}"
        if connection.vendor == "postgresql":
            raise Refusal(why, column="YIHENG_DATABASE") from None
        raise Refusal(why, file=str(connection.settings_dict["NAME"])) from None


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
