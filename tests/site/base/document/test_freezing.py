"""What is frozen, under which digest, and what finds that it was changed."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from hypothesis import given
from hypothesis import strategies as st
from site_small.flow import ERRAND

from yiheng.site.base.document.freezing import (
    Freeze,
    _plain,
    canonical,
    check,
    damaged,
    digest_of,
    freeze,
    latest,
)
from yiheng.site.base.document.models import Content, Signature
from yiheng.site.base.document.refused import Changed, NothingFrozen, Signed
from yiheng.site.base.document.signing import RECORDED, Sign, method, offer, sign
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.declare import Effect
from yiheng.site.base.flow.models import Act, Item

from ..town import NOW, Town, lend

FIELDS = ("sender", "receiver", "subject", "amount", "owner")
SAID = (
    '{"data":{"amount":9000,"owner":null,"receiver":{"key":"W","name":"西院"},"sender":{"key":"E","name":"东院"},'
    '"subject":"血样"},"item":%d,"name":"paper","version":1}'
)


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets steps of the errand do something."""

    def declared(**does: tuple[Effect, ...]) -> None:
        steps = tuple(replace(step, does=does.get(step.name, ())) for step in ERRAND.steps)
        monkeypatch.setitem(registry._flows, "errand", (replace(ERRAND, steps=steps),))

    return declared


def test_a_step_freezes_what_the_item_says(town: Town, doing: Callable[..., None]) -> None:
    doing(send=(Freeze("paper", FIELDS),))
    item = town.sent()
    (content,) = Content.objects.all()
    assert content.digest == hashlib.sha256((SAID % item.pk).encode()).hexdigest()
    assert (content.version, content.frozen_at, content.person) == (1, NOW, town.people["dan"])
    assert content.act == Act.objects.get(step="send")
    check(content, item)


def test_a_change_is_a_new_version_and_the_old_stays(town: Town, doing: Callable[..., None]) -> None:
    doing(send=(Freeze("paper", FIELDS),), redirect=(Freeze("paper", FIELDS),))
    item = town.sent()
    town.act("wei", "redirect", item, "改", receiver="W")  # the same again
    assert Content.objects.count() == 1
    town.act("wei", "redirect", item, "改", receiver="E")
    assert [(each.version, each.data["receiver"]["key"]) for each in Content.objects.all()] == [(1, "W"), (2, "E")]
    last = latest(item, "paper")
    assert last is not None
    assert last.version == 2
    assert latest(item, "other") is None
    assert damaged() == []


def test_what_was_changed_is_found(town: Town) -> None:
    item = town.begin()
    content = freeze(item, "paper", FIELDS, NOW)
    check(content, item)
    item.amount, item.subject = 8_999, "别的"
    with pytest.raises(Changed) as told:
        check(content, item)
    assert set(told.value.fields) == {"事由", "金额"}
    for change in (
        {"data": {**content.data, "amount": 1}},
        {"version": 2},
        {"name": "other"},
        {"item": town.begin().pk},
    ):
        kept = {"data": content.data, "version": 1, "name": "paper", "item": item.pk}
        Content.objects.filter(pk=content.pk).update(**change)
        assert damaged() == [content]
        with pytest.raises(Changed) as told:
            check(Content.objects.get())
        assert told.value.fields == ()
        Content.objects.filter(pk=content.pk).update(**kept)
    assert damaged() == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Content.objects.create(item=item, name="paper", version=1, data={}, digest="x", frozen_at=NOW)


def test_values_are_plain_and_written_in_one_way() -> None:
    east = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=8)))
    for value, said in (
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.00"), "0"),
        (date(2026, 3, 2), "2026-03-02"),
        (east, "2026-03-02T01:00:00.000000+00:00"),
        (east.astimezone(UTC), "2026-03-02T01:00:00.000000+00:00"),
        (None, None),
        (True, True),
        ({"b": 1, "a": ["中"]}, {"a": ["中"], "b": 1}),
    ):
        assert _plain(models.TextField(), value) == said
    for strange in (1.5, b"x", object()):
        with pytest.raises(TypeError):
            _plain(models.TextField(name="x"), strange)


TEXT = st.text(max_size=4)
PLAIN = st.none() | st.booleans() | st.integers() | TEXT
JSON = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(TEXT, PLAIN, max_size=3)


@pytest.mark.property
@given(st.dictionaries(TEXT, JSON, max_size=5), st.randoms())
def test_the_order_of_fields_does_not_matter(data: dict[str, Any], chance: Any) -> None:
    names = list(data)
    chance.shuffle(names)
    one = Content(item_id=1, name="paper", version=1, data=data)
    other = Content(item_id=1, name="paper", version=1, data={name: data[name] for name in names})
    assert digest_of(one) == digest_of(other)
    assert canonical(data) == canonical({name: data[name] for name in names})


def test_signing_keeps_who_when_and_what(town: Town, doing: Callable[..., None]) -> None:
    doing(send=(Freeze("paper", FIELDS), Sign("paper")))
    item = town.sent()
    (signature,) = Signature.objects.all()
    content = Content.objects.get()
    assert (signature.person, signature.behalf, signature.at, signature.digest, signature.method) == (
        town.people["dan"], town.people["dan"], NOW, content.digest, "recorded",
    )  # fmt: skip
    assert signature.act == Act.objects.get(item=item, step="send")
    assert "非电子签名" in RECORDED.word.zh
    assert "not an electronic signature" in RECORDED.word.en
    assert method("recorded") is RECORDED
    assert offer(RECORDED) is RECORDED


def test_what_cannot_be_signed(town: Town) -> None:
    item, standing = town.begin(), town.actor("dan").own
    with pytest.raises(NothingFrozen):
        sign(item, "paper", standing, NOW)
    freeze(item, "paper", FIELDS, NOW)
    item.subject = "别的"
    with pytest.raises(Changed):
        sign(item, "paper", standing, NOW)
    item.refresh_from_db()
    sign(item, "paper", standing, NOW)
    with pytest.raises(Signed):
        sign(item, "paper", standing, NOW)
    lend(town.people["eva"], town.people["out"])
    lent = town.actor("out").lent[0]
    done = sign(item, "paper", lent, NOW)
    assert (done.person, done.behalf) == (town.people["out"], town.people["eva"])
    assert Signature.objects.count() == 2


def test_a_refused_signing_undoes_the_act(town: Town, doing: Callable[..., None]) -> None:
    doing(send=(Sign("paper"),))
    item = town.begin()
    with pytest.raises(NothingFrozen):
        town.act("dan", "send", item)
    assert Item.objects.get(pk=item.pk).state == "draft"
