"""The database (数据库): SQLite in the site's folder, or PostgreSQL named by one address."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from yiheng.base.refusal import Refusal

_SECONDS_WAITED = 20
# How PostgreSQL plans what the site asks: rows by their keys, of one item or a page of them, from tables that are in
# memory or on a disk that does not turn. A line of an inbox joins a table for each flow, in whatever order.
_PLANNING = {"random_page_cost": 1.1, "join_collapse_limit": 4, "jit": "off"}


def database(address: str, folder: Path) -> dict[str, Any]:
    """The settings of the one database.

    SQLite begins every transaction as a writer (`IMMEDIATE`), so that what a transaction has read stays true until it
    writes; a writer waits for another. PostgreSQL is told how the site asks.
    """
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "site.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": _SECONDS_WAITED,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    parts = urlsplit(address)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise Refusal("is not the address of a PostgreSQL database", column="YIHENG_DATABASE",
                      cure="postgresql://user:password@host:port/name")  # fmt: skip
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"options": " ".join(f"-c {name}={value}" for name, value in _PLANNING.items())},
    }
