"""The triggers that keep the audit as it is, on SQLite and on PostgreSQL."""

from typing import Any

from django.db import migrations

from yiheng.site.base.audit import guard


def put(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001
    guard.put(schema_editor.connection)


def lift(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001
    guard.lift(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(put, lift)]
