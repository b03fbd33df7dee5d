"""Numbers without a gap: taken in the act, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from site_small.flow import ERRAND

from yiheng.site.base.document.models import Series
from yiheng.site.base.document.numbers import GiveNumber, next_in
from yiheng.site.base.document.signing import Sign
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.models import Item
from yiheng.site.base.locks import RANKS
from yiheng.site.base.refused import NotDone

from ..town import Town


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets sending do something, and changes the flow."""

    def declared(*effects: Any, **change: Any) -> None:
        steps = tuple(replace(step, does=effects if step.name == "send" else ()) for step in ERRAND.steps)
        monkeypatch.setitem(registry._flows, "errand", (replace(ERRAND, steps=steps, **change),))

    return declared


def test_numbers_of_a_series(town: Town, doing: Callable[..., None]) -> None:
    doing(GiveNumber())
    assert [Item.objects.get(pk=town.sent().pk).number for _ in range(3)] == [
        "差E2026000001",
        "差E2026000002",
        "差E2026000003",
    ]
    assert list(Series.objects.values_list("name", "last")) == [("errand-E-2026", 3)]


def test_a_refused_act_takes_no_number(town: Town, doing: Callable[..., None]) -> None:
    doing(Sign("nothing"), GiveNumber())
    item = town.begin()
    with pytest.raises(NotDone):
        town.act("dan", "send", item)
    assert Item.objects.get(pk=item.pk).number == ""
    with transaction.atomic():
        next_in("errand-E-2026")
        transaction.set_rollback(True)
    doing(GiveNumber())
    assert Item.objects.get(pk=town.sent().pk).number == "差E2026000001"


def test_a_number_stays(town: Town, doing: Callable[..., None]) -> None:
    doing(GiveNumber(), GiveNumber())
    assert Item.objects.get(pk=town.sent().pk).number == "差E2026000001"
    assert Series.objects.get().last == 1


def test_series_are_counted_apart(town: Town) -> None:  # noqa: ARG001 (the tables)
    assert [next_in(name) for name in "abaab"] == [1, 1, 2, 3, 2]


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_inside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        next_in("a")
    assert not Series.objects.exists()


def test_a_flow_without_a_series_gives_none(town: Town, doing: Callable[..., None]) -> None:
    doing(GiveNumber(), series=None)
    item = town.begin()
    with pytest.raises(ImproperlyConfigured, match="errand gives numbers"):
        town.act("dan", "send", item)
    assert GiveNumber().rank == RANKS["series"] == max(RANKS.values())
