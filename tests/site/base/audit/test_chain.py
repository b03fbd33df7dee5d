"""The chain: one entry an act, each with the digest of the one before; nothing that a form held."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from site_small.models import Errand

from yiheng.site.base.audit.chain import Broken, digest_of, record, write
from yiheng.site.base.audit.models import Entry, Head
from yiheng.site.base.audit.rows import Of, digest, named, place_of
from yiheng.site.base.places.standing import Held, Standing

from ..town import NOW, Town

pytestmark = pytest.mark.django_db


def test_the_first_entry_follows_nothing_and_each_other_the_one_before() -> None:
    first, second = (write(None, "made", Of("thing", name), NOW) for name in "ab")
    assert (first.seq, first.prev, second.seq, second.prev) == (1, "", 2, first.digest)
    head = Head.objects.get()
    assert (head.seq, head.digest) == (2, second.digest)


def test_an_entry_has_the_same_digest_when_it_is_read_again() -> None:
    made = write(Standing(_person(), _person()), "made", Of("thing"), NOW, names=["b", "a"], count=3)
    again = Entry.objects.get(seq=made.seq)
    assert again.digest == digest_of(again) == made.digest


def test_a_digest_is_one_for_one_moment_in_any_zone() -> None:
    assert digest([NOW, {"b": 1, "a": 2}]) == digest([NOW.astimezone(UTC), {"a": 2, "b": 1}])
    assert digest([NOW]) != digest([NOW + timedelta(microseconds=1)])


def test_an_act_is_recorded_with_names_of_fields_and_none_of_their_values(town: Town) -> None:
    item = town.begin(subject="血样甲", note="不可外传")
    entry = Entry.objects.get(action="errand.begin")
    assert (entry.kind, entry.number, entry.person_id) == ("errand", str(item.pk), town.people["dan"].pk)
    assert entry.institution == town.ward.path
    assert entry.detail["fields"] == ["amount", "receiver", "sender", "subject"]
    act = item.acts.get()
    asked = {"act": act.pk, "version": 1, "from": "", "to": "draft", "asked": act.asked}
    assert {name: entry.detail[name] for name in asked} == asked
    assert not re.search("血样甲|不可外传", str(entry.said))


def test_an_act_that_is_undone_leaves_no_entry(town: Town) -> None:
    item = town.sent()
    before = Entry.objects.count()
    with transaction.atomic():
        write(None, "made", Of("thing"), NOW)
        transaction.set_rollback(True)
    assert Entry.objects.count() == before == Head.objects.get().seq
    assert Errand.objects.get(pk=item.pk).state == "sent"


def test_a_head_that_moved_beside_the_writer_stops_the_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    write(None, "made", Of("thing"), NOW)
    stale = Head(pk=Head.ONLY, seq=5, digest="x")
    monkeypatch.setattr("yiheng.site.base.audit.chain._locked", lambda: stale)
    with pytest.raises(Broken, match="entry 6"), transaction.atomic():
        write(None, "made", Of("thing"), NOW)
    assert list(Entry.objects.values_list("seq", flat=True)) == [1]


@pytest.mark.parametrize(
    ("paths", "place"),
    [
        ((), ""),
        (("/14/E/",), "/14/E/"),
        (("/14/E/E-1/", "/14/E/E-2/"), "/14/E/"),
        (("/14/E/", "/14/1401/W/"), "/14/"),
        (("/14/E/", "/14/E/E-1/"), "/14/E/"),
        (("/14/", "/15/"), "/"),
    ],
)
def test_an_entry_is_of_the_smallest_place_that_has_all_posts(paths: tuple[str, ...], place: str) -> None:
    assert place_of(Standing(1, 1, tuple(Held("doctor", path) for path in paths))) == place


def test_the_site_itself_has_no_person_and_no_place() -> None:
    entry = write(None, "made", Of("thing"), datetime(2026, 1, 1, tzinfo=UTC))
    assert (entry.person_id, entry.behalf_id, entry.institution) == (None, None, "")


def test_an_item_is_named_by_its_flow(town: Town) -> None:
    item = town.begin()
    assert named(item) == Of("errand", str(item.pk))
    assert record(None, "errand.x", item, item.acts.get(), NOW).kind == "errand"


def _person() -> int:
    from yiheng.site.base.accounts.models import Person

    return Person.objects.get_or_create(username="p", defaults={"name": "p"})[0].pk
