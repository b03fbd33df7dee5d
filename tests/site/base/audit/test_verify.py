"""A13: a row deleted, changed, reordered, the table emptied, the clock set back, all written anew: found."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from yiheng.base.refusal import Refusal
from yiheng.site.base.audit import guard
from yiheng.site.base.audit.chain import digest_of, write
from yiheng.site.base.audit.looks import seal
from yiheng.site.base.audit.models import Entry, Head, Look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.audit.verify import WAITED, verify

from ..town import NOW

pytestmark = pytest.mark.django_db
Statement = Callable[..., None]


def found() -> list[tuple[str, int]]:
    return [(finding.code, finding.seq) for finding in verify()]


def test_a_whole_audit_has_no_finding(written: list[int]) -> None:
    assert list(Entry.objects.values_list("seq", flat=True)) == written
    assert found() == []


def test_an_empty_audit_has_no_finding() -> None:
    assert found() == []


@pytest.mark.usefixtures("written")
def test_a_deleted_row(behind: Statement) -> None:
    behind("DELETE FROM audit_entry WHERE seq = 2")
    assert found() == [("deleted", 2)]
    assert verify()[0].text.zh == "审计第 2 条：缺第 2 至 2 条"
    assert verify()[0].text.en == "audit entry 2 2 to 2 are missing"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("column", ["action", "kind", "number", "outcome", "institution"])
def test_a_changed_column(behind: Statement, column: str) -> None:
    behind(f"UPDATE audit_entry SET {column} = 'other' WHERE seq = 3")
    assert found() == [("changed", 3)]


@pytest.mark.usefixtures("written")
def test_a_changed_detail_and_a_changed_person(behind: Statement) -> None:
    behind(
        "UPDATE audit_entry SET detail = '{{\"a\": 1}}' WHERE seq = 2",
        "UPDATE audit_entry SET person_id = 1 WHERE seq = 5",
    )
    assert [each for each in found() if each[0] == "changed"] == [("changed", 2), ("changed", 5)]


@pytest.mark.usefixtures("written")
def test_a_changed_row_with_a_new_digest_is_not_followed(behind: Statement) -> None:
    entry = Entry.objects.get(seq=2)
    entry.action = "other"
    behind("UPDATE audit_entry SET action = 'other', digest = '{digest}' WHERE seq = 2", digest=digest_of(entry))
    assert found() == [("order", 3)]


@pytest.mark.usefixtures("written")
def test_reordered_rows(behind: Statement) -> None:
    behind(*(f"UPDATE audit_entry SET seq = {to} WHERE seq = {of}" for of, to in ((2, 99), (3, 2), (99, 3))))
    assert {("changed", 2), ("changed", 3), ("order", 2), ("order", 3)} <= set(found())


@pytest.mark.usefixtures("written")
def test_an_emptied_table(behind: Statement) -> None:
    behind("UPDATE audit_look SET seal_id = NULL", "DELETE FROM audit_entry")
    assert found() == [("head", 0), ("cut", 4)]


@pytest.mark.usefixtures("written")
def test_emptied_with_its_head_and_its_looks(behind: Statement) -> None:
    behind("DELETE FROM audit_look", "DELETE FROM audit_entry", "DELETE FROM audit_head")
    assert found() == [("cut", 4)]


@pytest.mark.usefixtures("written")
def test_a_tail_that_was_cut_off_with_the_head_set_back(behind: Statement) -> None:
    seal(NOW)
    last = Entry.objects.get(seq=5)
    behind(
        "UPDATE audit_look SET seal_id = NULL WHERE seal_id > 5",
        "DELETE FROM audit_entry WHERE seq > 5",
        "UPDATE audit_head SET seq = 5, digest = '{digest}'",
        digest=last.digest,
    )
    assert found() == [("cut", 7)]


@pytest.mark.usefixtures("written")
def test_a_cut_tail_with_the_head_left(behind: Statement) -> None:
    behind("DELETE FROM audit_entry WHERE seq = 6")
    assert found() == [("head", 5)]


@pytest.mark.usefixtures("written")
def test_a_chain_that_was_written_anew_from_a_row_on(behind: Statement) -> None:
    """Everything in the database agrees: only the anchor tells."""
    prev, anew = Entry.objects.get(seq=1).digest, []
    for entry in Entry.objects.filter(seq__gt=1).order_by("seq"):
        entry.prev, entry.action = prev, "other" if entry.seq == 2 else entry.action
        prev = entry.digest = digest_of(entry)
        anew.append(
            f"UPDATE audit_entry SET action = '{entry.action}', prev = '{entry.prev}', digest = '{prev}'"
            f" WHERE seq = {entry.seq}"
        )
    behind(*anew, f"UPDATE audit_head SET digest = '{prev}'")
    assert found() == [("rewritten", 4)]


def test_the_clock_set_back_is_one_finding_for_each_time() -> None:
    for minutes in (0, 60, 10, 20, 59, 61, 30):
        write(None, "made", Of("thing"), NOW + timedelta(minutes=minutes))
    assert found() == [("clock", 3), ("clock", 7)]


def test_an_act_that_waited_for_another_is_no_clock_set_back() -> None:
    write(None, "made", Of("thing"), NOW)
    write(None, "made", Of("thing"), NOW - WAITED)
    assert found() == []


@pytest.mark.usefixtures("written")
def test_a_sealed_look_that_was_changed_or_removed(behind: Statement) -> None:
    first = Look.objects.order_by("pk").first()
    assert first is not None
    behind(f"UPDATE audit_look SET number = 'q' WHERE id = {first.pk}")
    assert found() == [("look_changed", 4)]
    behind(f"DELETE FROM audit_look WHERE id = {first.pk}")
    assert found() == [("look_missing", 4)]


@pytest.mark.usefixtures("written")
def test_a_look_that_names_another_entry(behind: Statement) -> None:
    last = Look.objects.order_by("pk").last()
    assert last is not None
    behind(f"UPDATE audit_look SET seal_id = 2 WHERE id = {last.pk}")
    assert found() == [("look_unsealed", 2)]


@pytest.mark.usefixtures("written")
def test_a_look_put_into_a_sealed_batch(behind: Statement) -> None:
    last = Look.objects.order_by("pk").last()
    assert last is not None
    behind(f"UPDATE audit_look SET seal_id = 4 WHERE id = {last.pk}")
    assert found() == [("look_missing", 4)]


@pytest.mark.usefixtures("written")
def test_an_anchor_that_is_gone(folder: Path) -> None:
    (folder / "anchor").unlink()
    assert found() == [("anchor_missing", 4)]


@pytest.mark.usefixtures("written")
def test_an_anchor_of_another_form_is_refused(folder: Path) -> None:
    with (folder / "anchor").open("a") as file:
        file.write("0 abc\n")
    with pytest.raises(Refusal, match=r"row 2, value 0 abc: is not a line of an anchor"):
        verify()


@pytest.mark.usefixtures("written")
def test_a_guard_that_was_taken_off() -> None:
    guard.lift(connection)
    names = {finding.text.en.split()[3] for finding in verify() if finding.code == "guard"}
    assert {"audit_entry_changed", "audit_entry_removed", "audit_head_removed", "audit_look_changed"} <= names
    guard.put(connection)
    assert found() == []


@pytest.mark.usefixtures("written")
def test_the_head_alone_is_taken_away(behind: Statement) -> None:
    behind("DELETE FROM audit_head")
    assert found() == [("head", 6)]
    assert not Head.objects.exists()
