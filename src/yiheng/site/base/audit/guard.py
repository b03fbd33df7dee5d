"""The database's own guard (防篡改): triggers that refuse to change or remove rows of the audit.

- entries: never changed, never removed; the head: only ever one further, never removed
- looks: never removed; changed only once, from not sealed to sealed
"""

from django.db.backends.base.base import BaseDatabaseWrapper

ENTRIES, HEAD, LOOKS = "audit_entry", "audit_head", "audit_look"
TABLES = (ENTRIES, HEAD, LOOKS)
_ALIKE = ("id", "at", "person_id", "behalf_id", "action", "kind", "number", "institution", "outcome", "detail")
_CHANGED = [f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _ALIKE]
# When a change of a row is refused.
_WRONG = {
    ENTRIES: "1 = 1",
    HEAD: "NEW.seq <> OLD.seq + 1 OR NEW.id <> OLD.id",
    LOOKS: " OR ".join(("OLD.seal_id IS NOT NULL", "NEW.seal_id IS NULL", *_CHANGED)),
}
_SAYS = "the audit is only ever added to"


def put(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers on the tables."""
    _run(connection, _put_sqlite() if connection.vendor == "sqlite" else _put_postgresql())


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers off: for tests that empty their tables, and for a migration back."""
    at = "" if connection.vendor == "sqlite" else " ON {table}"
    _run(connection, [f"DROP TRIGGER IF EXISTS {name}{at.format(table=table)}" for table, name in _names(connection)])


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that should be there and are not, or are switched off."""
    ask = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')",
    }
    with connection.cursor() as cursor:
        cursor.execute(ask[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
    return [name for _, name in _names(connection) if name not in there]


def _names(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    kinds = ("changed", "removed") if connection.vendor == "sqlite" else ("changed", "removed", "emptied")
    return [(table, f"{table}_{kind}") for table in TABLES for kind in kinds]


def _put_sqlite() -> list[str]:
    says = f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
    changed = [
        f"CREATE TRIGGER {table}_changed BEFORE UPDATE ON {table} WHEN {_sqlite(wrong)} {says}"
        for table, wrong in _WRONG.items()
    ]
    return changed + [f"CREATE TRIGGER {table}_removed BEFORE DELETE ON {table} {says}" for table in TABLES]


def _sqlite(condition: str) -> str:
    return condition.replace("IS DISTINCT FROM", "IS NOT")


def _put_postgresql() -> list[str]:
    does = "EXECUTE FUNCTION audit_refuses()"
    function = (
        "CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    changed = [
        f"CREATE TRIGGER {table}_changed BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({wrong}) {does}"
        for table, wrong in _WRONG.items()
    ]
    removed = [f"CREATE TRIGGER {table}_removed BEFORE DELETE ON {table} FOR EACH ROW {does}" for table in TABLES]
    emptied = [
        f"CREATE TRIGGER {table}_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {does}" for table in TABLES
    ]
    return [function, *changed, *removed, *emptied]


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
