"""A copy of the database as of one moment (数据库副本), and back: SQLite by itself, PostgreSQL by its own tools."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from yiheng.base.refusal import Refusal

_SAID = 300


def copied(to: Path) -> dict[str, int]:
    """Copy the site's database to a new file; the rows of each table in the copy."""
    to.touch(mode=0o600)
    return _copied_sqlite(to) if connection.vendor == "sqlite" else _dumped(to)


def demand_whole(database: Path) -> None:
    """Refuse a SQLite file that is torn, or none."""
    with closing(sqlite3.connect(_only_read(database), uri=True)) as its:
        try:
            found = its.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as fault:
            raise Refusal("is no database", file=str(database), value=str(fault)) from None
    if found != [("ok",)]:
        raise Refusal("is not whole", file=str(database))


def demand_empty(its: Mapping[str, Any]) -> None:
    """Refuse a PostgreSQL database that has tables already; `its`: the settings of it (`ground.database`)."""
    import psycopg

    try:
        with psycopg.connect(**_where(its)) as link:
            found = link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    except psycopg.OperationalError as fault:
        raise Refusal("cannot be reached", column="YIHENG_DATABASE", value=str(fault).strip()[:_SAID]) from None
    if found != (0,):
        raise Refusal("has tables already", column="YIHENG_DATABASE", cure="create an empty database")


def loaded(dump: Path, its: Mapping[str, Any]) -> None:
    """Put a dump into an empty PostgreSQL database, all or nothing."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname", str(its["NAME"]))
    _run("pg_restore", its, *options, str(dump))


def emptied(its: Mapping[str, Any]) -> None:
    """Take out what was loaded into a database that had been empty."""
    import psycopg

    with psycopg.connect(**_where(its)) as link:
        link.execute("DROP SCHEMA public CASCADE")
        link.execute("CREATE SCHEMA public")


def _copied_sqlite(to: Path) -> dict[str, int]:
    """By SQLite's online backup, in one step: writers go on beside it, and the copy is of the moment it began."""
    if connection.in_atomic_block:
        raise ValueError("what a transaction has not committed is not copied")
    connection.ensure_connection()
    with closing(sqlite3.connect(to)) as copy:
        connection.connection.backup(copy)
    demand_whole(to)
    with closing(sqlite3.connect(_only_read(to), uri=True)) as copy:
        found = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return _counted((name for (name,) in found.fetchall()), lambda ask: copy.execute(ask).fetchone()[0])


def _only_read(database: Path) -> str:
    return f"{database.absolute().as_uri()}?mode=ro"


def _dumped(to: Path) -> dict[str, int]:
    """By pg_dump, in the same snapshot in which the rows are counted."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()

        def first(ask: str) -> int:
            cursor.execute(ask)
            return int(cursor.fetchone()[0])

        rows = _counted(connection.introspection.table_names(cursor), first)
        options = ("--format", "custom", "--snapshot", snapshot, "--no-owner", "--no-privileges", "--file", str(to))
        _run("pg_dump", connection.settings_dict, *options, str(connection.settings_dict["NAME"]))
    return rows


def _counted(tables: Iterable[str], first: Callable[[str], int]) -> dict[str, int]:
    return {name: first(f'SELECT count(*) FROM "{name}"') for name in sorted(tables)}


def _run(tool: str, its: Mapping[str, Any], *options: str) -> None:
    """Run one of PostgreSQL's tools; where it is not there, or fails, that is one line. No password on its line."""
    if shutil.which(tool) is None:
        raise Refusal("is not installed", file=tool, cure="install PostgreSQL's client programs, version 15")
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {name: str(its[key]) for name, key in names.items() if its.get(key)}
    done = subprocess.run([tool, *options], env=os.environ | given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal("failed", file=tool, value=" ".join(done.stderr.split())[:_SAID])


def _where(its: Mapping[str, Any]) -> dict[str, Any]:
    names = {"dbname": "NAME", "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {name: its[key] for name, key in names.items() if its.get(key)}
