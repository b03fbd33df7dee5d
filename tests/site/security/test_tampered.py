"""A13 (审计攻击): rows deleted, changed, reordered, the table emptied, the clock set back; by the ORM or behind it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from yiheng.site.base.audit import guard
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import seal
from yiheng.site.base.audit.models import Entry, Head, Look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.audit.verify import verify

from .picked import few
from .world import World, entered

pytestmark = pytest.mark.slow

TRIES: dict[str, Callable[[], object]] = {
    "delete": lambda: Entry.objects.filter(seq=3).delete(),
    "change": lambda: Entry.objects.filter(seq=3).update(person=None),
    "empty": lambda: Entry.objects.all().delete(),
    "look": lambda: Look.objects.all().delete(),
    "look changed": lambda: Look.objects.update(outcome="seen"),
    "head": lambda: Head.objects.update(seq=1),
    "head gone": lambda: Head.objects.all().delete(),
}


@pytest.mark.parametrize("name", few(TRIES, 4))
def test_the_database_itself_refuses(world: World, name: str) -> None:
    entered(world.people["doctor", "other"]).get(f"/items/{world.items['referral'].pk}/")
    before = list(Entry.objects.values())
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        TRIES[name]()
    assert list(Entry.objects.values()) == before


BEHIND = {
    "deleted": "DELETE FROM audit_entry WHERE seq = 3",
    "changed": "UPDATE audit_entry SET outcome = 'seen' WHERE seq = 3",
    "reordered": "UPDATE audit_entry SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE seq IN (3, 4)",
    "emptied": "DELETE FROM audit_entry",
    "cut": "DELETE FROM audit_entry WHERE seq > 3",
    "whose": "UPDATE audit_entry SET person_id = 1 WHERE seq = 5",
    "look": "UPDATE audit_look SET person_id = 1, number = '1'",
    "look gone": "DELETE FROM audit_look",
}


@pytest.mark.parametrize("name", few(BEHIND, 5))
def test_what_was_done_behind_its_back_is_found(world: World, name: str, settings: object, tmp_path: object) -> None:
    settings.FOLDER = tmp_path  # type: ignore[attr-defined]
    entered(world.people["doctor", "other"]).get(f"/items/{world.items['referral'].pk}/")
    seal(timezone.localtime())
    assert verify() == []
    guard.lift(connection)
    with connection.cursor() as cursor:
        if name in ("emptied", "cut"):
            cursor.execute("UPDATE audit_look SET seal_id = NULL")
        cursor.execute(BEHIND[name])
        if name == "reordered":
            cursor.execute("UPDATE audit_entry SET seq = -seq WHERE seq < 0")
    guard.put(connection)
    assert verify() != []


def test_a_clock_set_back_is_found(world: World, settings: object, tmp_path: object) -> None:
    settings.FOLDER = tmp_path  # type: ignore[attr-defined]
    assert verify() == []
    write(None, "made", Of("thing", "1"), world.hospital.now - timedelta(days=1))
    assert [finding.code for finding in verify()] == ["clock"]
