"""Looks and refusals: kept beside the act, sealed once, read by those who audit the place."""

from datetime import timedelta
from pathlib import Path

import pytest

from yiheng.site.base.audit import anchor, reading
from yiheng.site.base.audit.looks import look, refused, seal
from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.audit.verify import verify
from yiheng.site.base.flow.models import Act
from yiheng.site.base.flow.refused import NotAllowed
from yiheng.site.base.places.standing import Actor, Standing

from ..town import NOW, Town, make_person

pytestmark = pytest.mark.django_db


def test_a_look_says_who_saw_what(town: Town) -> None:
    item = town.begin()
    row = look(town.actor("dan"), "print", item, NOW, fields=["number"])
    assert (row.action, row.kind, row.number, row.outcome) == ("look.print", "errand", str(item.pk), "seen")
    assert (row.person_id, row.institution, row.detail) == (
        town.people["dan"].pk,
        town.ward.path,
        {"fields": ["number"]},
    )


def test_a_look_through_broken_glass_says_so(town: Town) -> None:
    item = town.begin()
    person = town.people["out"].pk
    actor = Actor(Standing(person, person, opened=frozenset((item.pk,))))
    assert look(actor, "page", item, NOW).detail == {"glass": True}


def test_a_refused_act_is_kept_and_nothing_else(town: Town) -> None:
    item = town.sent()
    acts, entries = Act.objects.count(), Entry.objects.count()
    with pytest.raises(NotAllowed):
        town.act("wei", "finish", item)
    row = Look.objects.get()
    assert (row.action, row.kind, row.number, row.outcome) == ("errand.finish", "errand", str(item.pk), "state")
    assert (Act.objects.count(), Entry.objects.count()) == (acts, entries)


def test_names_that_somebody_made_up_are_cut() -> None:
    row = refused(None, "a\0" * 500, Of("k" * 500, "9" * 500), "state", NOW)
    assert (row.action, row.kind, row.number) == ("a" * 128, "k" * 64, "9" * 64)


def test_everything_is_sealed_once_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yiheng.site.base.audit.looks._BATCH", 3)
    for number in range(7):
        refused(None, "open", Of("thing", str(number)), "party", NOW)
    assert (seal(NOW), seal(NOW)) == (7, 0)
    sealed = Entry.objects.filter(action="audit.seal").order_by("seq")
    assert [entry.detail["count"] for entry in sealed] == [3, 3, 1]
    assert not Look.objects.filter(seal=None).exists()
    assert verify() == []


def test_the_anchor_has_a_line_for_each_end_once(folder: Path) -> None:
    refused(None, "open", Of("thing"), "party", NOW)
    seal(NOW)
    seal(NOW + timedelta(minutes=1))
    entry = Entry.objects.get()
    assert anchor.marks() == [anchor.Mark(1, entry.digest)]
    assert (folder / "anchor").read_text() == f"1 {entry.digest} 2026-03-02T09:00:00+08:00\n"
    assert (folder / "anchor").stat().st_mode & 0o777 == 0o600


def test_nothing_to_seal_and_no_entry_makes_no_anchor(folder: Path) -> None:
    assert seal(NOW) == 0
    assert not (folder / "anchor").exists()


def test_who_reads_the_audit(town: Town) -> None:
    item = town.sent()
    look(town.actor("dan"), "page", item, NOW)
    look(town.actor("wei"), "page", item, NOW)
    refused(None, "open", Of("thing"), "party", NOW)
    for name, role, place in (
        ("ae", "auditor", town.east),
        ("sw", "security", town.west),
        ("ac", "auditor", town.city),
    ):
        town.people[name] = make_person(name, (role, place))
    of = {name: reading.looks(town.actor(name)).count() for name in ("ae", "sw", "ac", "dan", "com", "eva")}
    assert of == {"ae": 1, "sw": 1, "ac": 3, "dan": 0, "com": 0, "eva": 0}
    assert [entry.action for entry in reading.entries(town.actor("ae"))] == ["errand.send", "errand.begin"]
    assert not reading.entries(town.actor("sw")).exists()
