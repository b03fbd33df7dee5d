"""The database refuses to change, remove or reseal what the audit has."""

import pytest
from django.db import IntegrityError, connection, transaction

from yiheng.site.base.audit import guard
from yiheng.site.base.audit.models import Entry, Head, Look

pytestmark = pytest.mark.django_db

FORBIDDEN = (
    "UPDATE audit_entry SET action = 'x' WHERE seq = 1",
    "DELETE FROM audit_entry WHERE seq = 6",
    "DELETE FROM audit_entry",
    "UPDATE audit_head SET seq = 3",
    "UPDATE audit_head SET digest = 'x'",
    "DELETE FROM audit_head",
    "DELETE FROM audit_look",
    "UPDATE audit_look SET number = 'x'",
    "UPDATE audit_look SET number = 'x', seal_id = 4 WHERE seal_id IS NULL",
    "UPDATE audit_look SET seal_id = NULL",
    "UPDATE audit_look SET seal_id = 1 WHERE seal_id = 4",
)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_what_is_refused_changes_nothing(statement: str) -> None:
    before = [list(model.objects.order_by("pk").values()) for model in (Entry, Head, Look)]
    with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert [list(model.objects.order_by("pk").values()) for model in (Entry, Head, Look)] == before


@pytest.mark.usefixtures("written")
def test_also_through_the_tables_own_methods() -> None:
    entry = Entry.objects.get(seq=1)
    entry.action = "x"
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Look.objects.all()._raw_delete("default")


def test_all_of_it_is_there() -> None:
    assert guard.missing(connection) == []
