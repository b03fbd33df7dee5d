"""A16: no glass is broken without a reason, for too long, without another's review; it lets nobody act."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from site_small.flow import ERRAND, TERMS
from site_small.models import Errand

from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.breakglass.actions import (
    Shut,
    actor_at,
    break_glass,
    close,
    not_reviewed,
    opened,
    review,
    to_review,
)
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.breakglass.terms import Breaking
from yiheng.site.base.flow.checks import glass_whole
from yiheng.site.base.flow.decide import decisions
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.facts import EVERY, facts_of
from yiheng.site.base.flow.models import Bar, Item
from yiheng.site.base.flow.sight import Shows, seen, visible
from yiheng.site.base.places.standing import Actor

from ..town import NOW, Town, lend, make_person

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WHY = "抢救需要查看病情"


@pytest.fixture
def far(town: Town) -> Town:
    """The town with a doctor of the west hospital, and the officers of both hospitals and the city."""
    posts = {
        "doc": ("doctor", town.west),
        "aud": ("auditor", town.west),
        "sec": ("security", town.west),
        "aue": ("auditor", town.east),
        "auc": ("auditor", town.city),
    }
    town.people |= {name: make_person(name, post) for name, post in posts.items()}
    return town


def at(town: Town, name: str, later: timedelta = timedelta()) -> Actor:
    return actor_at(town.people[name].pk, NOW + later)


def shown(town: Town, item: Item, name: str, later: timedelta = timedelta()) -> Shows | None:
    """What is seen of an item; the list shows it likewise."""
    actor, errand = at(town, name, later), Errand.objects.get(pk=item.pk)
    found = seen(ERRAND, facts_of(ERRAND, errand), actor)
    rows: QuerySet[Item] = visible(ERRAND, actor, ("note",)).filter(pk=item.pk)
    assert rows.exists() is (found.shows is not None)
    if found.shows is Shows.ALL:
        assert rows.get().seen_all
        assert rows.get().shown_note == (errand.note if found.field(ERRAND, "note") else None)
    return found.shows


def test_what_was_not_seen_is_seen_until_the_hours_are_over(far: Town) -> None:
    item = far.begin()
    assert shown(far, item, "doc") is None
    glass = break_glass(at(far, "doc"), item, f" {WHY} ", 2 * HOUR, TERMS, NOW)
    assert (glass.reason, glass.path, glass.ends_at, glass.review_by) == (
        WHY,
        far.west.path,
        NOW + 2 * HOUR,
        NOW + 2 * HOUR + timedelta(days=3),
    )
    assert shown(far, item, "doc") is Shows.ALL
    assert shown(far, item, "doc", 2 * HOUR - timedelta(seconds=1)) is Shows.ALL
    assert shown(far, item, "doc", 2 * HOUR) is None


def test_it_is_for_one_person_and_one_item(far: Town) -> None:
    item, other = far.begin(), far.begin()
    lend(far.people["doc"], far.people["out"])
    break_glass(at(far, "doc"), item, WHY, HOUR, TERMS, NOW)
    assert [shown(far, each, name) for each in (item, other) for name in ("doc", "out")] == [
        Shows.ALL,
        None,
        None,
        None,
    ]


def test_it_lets_nobody_act(far: Town) -> None:
    item = far.begin()
    break_glass(at(far, "doc"), item, WHY, HOUR, TERMS, NOW)
    facts = facts_of(ERRAND, Errand.objects.get(pk=item.pk))
    assert not any(decision.allowed for decision in decisions(ERRAND, facts, at(far, "doc")))


def test_whoever_is_barred_from_the_matter_sees_nothing_all_the_same(far: Town) -> None:
    item = far.begin()
    Bar.objects.create(matter=item, person=far.people["doc"], flow=EVERY, step=EVERY)
    break_glass(at(far, "doc"), item, WHY, HOUR, TERMS, NOW)
    assert shown(far, item, "doc") is None


@pytest.mark.parametrize(
    ("name", "reason", "span", "code"),
    [
        ("doc", "", HOUR, "glass_reason"),
        ("doc", " 急 需 ", HOUR, "glass_reason"),
        ("doc", WHY, 4 * HOUR + timedelta(seconds=1), "glass_long"),
        ("doc", WHY, timedelta(), "glass_long"),
        ("doc", WHY, -HOUR, "glass_long"),
        ("com", WHY, HOUR, "glass_role"),
        ("out", WHY, HOUR, "glass_role"),
    ],
)
def test_what_is_refused_opens_nothing_and_is_kept(
    far: Town, name: str, reason: str, span: timedelta, code: str
) -> None:
    item = far.begin()
    entries = Entry.objects.count()
    with pytest.raises(Shut) as why:
        break_glass(at(far, name), item, reason, span, TERMS, NOW)
    assert why.value.code == code
    assert not Glass.objects.exists()
    assert Entry.objects.count() == entries
    assert Look.objects.get().outcome == code


def test_a_lent_post_breaks_no_glass(far: Town) -> None:
    lend(far.people["doc"], far.people["out"])
    with pytest.raises(Shut, match="glass_role"):
        break_glass(at(far, "out"), far.begin(), WHY, HOUR, TERMS, NOW)


def test_every_step_is_in_the_audit_without_the_reason(far: Town) -> None:
    item = far.begin()
    glass = break_glass(at(far, "doc"), item, WHY, HOUR, TERMS, NOW)
    look(at(far, "doc"), "page", item, NOW)
    close(at(far, "doc"), glass, NOW)
    review(at(far, "aud"), glass, "right", "属实", NOW + HOUR)
    said = [(entry.action, entry.person.username) for entry in Entry.objects.filter(action__startswith="glass")]
    assert said == [("glass.break", "doc"), ("glass.close", "doc"), ("glass.review", "aud")]
    assert Look.objects.get().detail == {"glass": True}
    assert not any(WHY in str(entry.said) for entry in Entry.objects.all())


def test_it_is_closed_early_by_its_own_person_once(far: Town) -> None:
    item = far.begin()
    glass = break_glass(at(far, "doc"), item, WHY, HOUR, TERMS, NOW)
    with pytest.raises(Shut, match="glass_not_open"):
        close(at(far, "aud"), glass, NOW)
    close(at(far, "doc"), glass, NOW + timedelta(minutes=1))
    assert opened(far.people["doc"].pk, NOW + timedelta(minutes=2)) == frozenset()
    with pytest.raises(Shut, match="glass_not_open"):
        close(at(far, "doc"), glass, NOW + timedelta(minutes=3))


def test_who_reviews_and_when(far: Town) -> None:
    glass = break_glass(at(far, "doc"), far.begin(), WHY, HOUR, TERMS, NOW)
    names = ("aud", "sec", "auc", "aue", "doc", "lin", "com")
    assert not any(to_review(at(far, name), NOW).exists() for name in names)
    over = NOW + HOUR
    assert [name for name in names if to_review(at(far, name), over).exists()] == ["aud", "sec", "auc"]
    for name in ("aue", "doc", "lin", "com"):
        with pytest.raises(Shut) as why:
            review(at(far, name), glass, "right", "属实", over)
        assert why.value.code == "glass_review"
    with pytest.raises(Shut) as why:
        review(at(far, "aud"), glass, "fine", "属实", over)
    assert why.value.code == "glass_verdict"
    with pytest.raises(Shut):
        review(at(far, "aud"), glass, "right", "  ", over)
    review(at(far, "aud"), glass, "wrong", "无关", over)
    glass.refresh_from_db()
    assert (glass.verdict, glass.comment, glass.reviewer) == ("wrong", "无关", far.people["aud"])
    with pytest.raises(Shut):
        review(at(far, "sec"), glass, "right", "属实", over)
    glass.refresh_from_db()
    assert glass.verdict == "wrong"


def test_an_officer_does_not_review_the_own_one(far: Town) -> None:
    far.people["two"] = make_person("two", ("doctor", far.west), ("security", far.west))
    glass = break_glass(at(far, "two"), far.begin(), WHY, HOUR, TERMS, NOW)
    with pytest.raises(Shut):
        review(at(far, "two"), glass, "right", "属实", NOW + HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Glass.objects.update(reviewer=far.people["two"])


def test_an_overdue_review_keeps_the_next_glass_whole(far: Town) -> None:
    first, second = far.begin(), far.begin()
    glass = break_glass(at(far, "doc"), first, WHY, HOUR, TERMS, NOW)
    in_time = NOW + HOUR + timedelta(days=3) - timedelta(seconds=1)
    break_glass(at(far, "doc"), second, WHY, HOUR, TERMS, in_time)
    late = in_time + timedelta(seconds=1)
    assert list(not_reviewed(late)) == [glass]
    with pytest.raises(Shut) as why:
        break_glass(at(far, "doc"), second, WHY, HOUR, TERMS, late)
    assert why.value.code == "glass_open_review"
    review(at(far, "aud"), glass, "right", "属实", late)
    assert break_glass(at(far, "doc"), second, WHY, HOUR, TERMS, late).ends_at == late + HOUR


@pytest.mark.parametrize(
    ("flow", "found"),
    [
        (ERRAND, []),
        (replace(ERRAND, glass=None), ["flow.E019"]),
        (replace(ERRAND, sights=ERRAND.sights[:2]), ["flow.E019"]),
        (replace(ERRAND, glass=Breaking(lambda now: TERMS, ("number", "amount"))), ["flow.E019"]),
        (replace(ERRAND, pseudonyms=("note",)), ["flow.E019"]),
    ],
)
def test_a_declaration_is_whole(flow: Flow, found: list[str]) -> None:
    assert [each.id for each in glass_whole(flow)] == found
