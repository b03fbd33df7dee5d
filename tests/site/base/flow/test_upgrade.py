"""An upgrade while items run (升级): each goes on, and is shown, by the definition that it began with."""

from dataclasses import replace
from functools import cache

import pytest
from site_small.flow import CLOSED, ERRAND, RECEIVER, SENT

from yiheng.base.words import Word
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.declare import Flow, Shows, Step
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.refused import NotAllowed
from yiheng.site.base.flow.sight import seen, visible

from ..town import Town
from .made import scene

FIELDS = ("number", "state", "sender", "receiver", "subject", "amount", "note")


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A second version: the desk closes at once; the subject is private, the note is not; no stub is left."""
    close = Step("close", Word("直接办结", "close at once"), (SENT,), CLOSED, RECEIVER)
    its = replace(
        ERRAND,
        version=2,
        steps=tuple(step for step in (*ERRAND.steps, close) if step.name != "redirect"),
        sights=tuple(sight for sight in ERRAND.sights if sight.shows is not Shows.STUB),
        tagged={"private": ("subject",)},
        stub=("number",),
    )
    monkeypatch.setitem(registry._flows, "errand", (ERRAND, its))
    monkeypatch.setattr(registry, "_apart", cache(registry._apart.__wrapped__))
    return its


def test_old_and_new_run_beside_each_other(town: Town, request: pytest.FixtureRequest) -> None:
    old = town.sent()
    request.getfixturevalue("second")
    new = town.sent()
    assert [Item.objects.get(pk=each.pk).definition for each in (old, new)] == [1, 2]
    with pytest.raises(NotAllowed) as refused:
        town.act("wei", "close", old)
    assert refused.value.why is Why.STATE
    town.act("wei", "redirect", old, "改派", receiver="E")
    town.act("wei", "close", new)
    assert [Item.objects.get(pk=each.pk).state for each in (old, new)] == ["sent", "closed"]


def test_a_list_shows_each_as_its_own_version_says(town: Town, request: pytest.FixtureRequest) -> None:
    old = town.sent()
    request.getfixturevalue("second")
    new = town.sent()
    rows = {row.pk: row for row in visible(registry.flow_of("errand"), town.actor("wei"), ("subject", "note"))}
    assert (rows[old.pk].shown_subject, rows[old.pk].shown_note) == ("血样", None)
    assert (rows[new.pk].shown_subject, rows[new.pk].shown_note) == (None, "加急")


@pytest.mark.property
@pytest.mark.slow
def test_seen_and_visible_agree_over_both_versions(db: None, request: pytest.FixtureRequest) -> None:  # noqa: ARG001
    made = scene(5, people=14, items=10, moves=25)
    newest = request.getfixturevalue("second")
    Item.objects.filter(pk__in=[item.pk for item in made.items[::2]]).update(definition=2)
    for actor in made.actors.values():
        rows = {row.pk: row for row in visible(newest, actor, FIELDS)}
        for item in (type(each).objects.get(pk=each.pk) for each in made.items):
            its = item.its_flow
            sight = seen(its, facts_of(its, item), actor)
            row = rows.get(item.pk)
            assert (row is not None) == (sight.shows is not None)
            for name in FIELDS if row else ():
                value = getattr(item, f"{name}_id", getattr(item, name))
                assert getattr(row, f"shown_{name}") == (value if sight.field(its, name) else None)
