"""Emptying the tables after a test that committed (清空): the audit's guard is lifted for it, and put back."""

from typing import Any

from django.core.management.commands.flush import Command as Flush
from django.db import connections

from yiheng.site.base.audit import guard


class Command(Flush):
    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        guard.lift(connection)
        super().handle(**options)
        guard.put(connection)
