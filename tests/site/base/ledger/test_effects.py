"""What steps do to ledgers, through the one door of acts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from site_small.flow import ERRAND

from yiheng.site.base.flow import registry
from yiheng.site.base.flow.declare import Effect
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.effects import (
    ChangeLimit,
    Commit,
    HoldEach,
    HoldIn,
    Rehold,
    Release,
    Use,
    expired,
)
from yiheng.site.base.ledger.models import Hold, Leg
from yiheng.site.base.ledger.moves import Ask
from yiheng.site.base.ledger.reading import cell_of
from yiheng.site.base.ledger.refused import NotEnough

from ..town import Town
from .made import SOON, legs, purse

LEDGER = "test_purse"


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets steps of the errand do something to ledgers."""

    def declared(**does: tuple[Effect, ...]) -> None:
        steps = tuple(replace(step, does=does.get(step.name, ())) for step in ERRAND.steps)
        monkeypatch.setitem(registry._flows, "errand", (replace(ERRAND, steps=steps),))

    return declared


def its_cell(item: Any) -> Any:  # noqa: ARG001
    return cell_of(LEDGER, "A")


def test_held_committed_used_by_steps(town: Town, doing: Callable[..., None]) -> None:
    doing(
        send=(HoldIn(its_cell, lambda item: item.amount),),
        take=(Commit(LEDGER, lambda item: item.amount - 1_000), Release(LEDGER, legs=(Leg.HELD,))),
        finish=(Use(LEDGER, lambda item: 3_000),),
        confirm=(Release(LEDGER),),
    )
    cell = purse(10_000)
    item = town.sent(amount="90.00")
    assert legs(cell) == (10_000, 9_000, 0, 0)
    hold = Hold.objects.get()
    assert (hold.item_id, hold.opened_by) == (item.pk, Act.objects.get(item=item, step="send"))
    town.act("wei", "take", item, owner="wen")
    assert legs(cell) == (10_000, 0, 8_000, 0)
    town.act("wen", "finish", item)
    assert legs(cell) == (10_000, 0, 5_000, 3_000)
    town.act("lin", "confirm", item)
    assert legs(cell) == (10_000, 0, 0, 3_000)
    assert {row.act.step for row in hold.movements.select_related("act")} == {"send", "take", "finish", "confirm"}


def test_nothing_to_give_back_moves_nothing(town: Town, doing: Callable[..., None]) -> None:
    doing(send=(HoldIn(its_cell, lambda item: 9_000),), take=(Release(LEDGER, lambda item: 0),))
    cell = purse(10_000)
    town.act("wei", "take", town.sent(), owner="wen")
    assert (legs(cell), list(Hold.objects.get().movements.values_list("kind", flat=True))) == (
        (10_000, 9_000, 0, 0), ["hold"],
    )  # fmt: skip


def test_a_refusal_undoes_the_whole_act(town: Town, doing: Callable[..., None]) -> None:
    doing(send=(HoldIn(its_cell, lambda item: item.amount),))
    cell = purse(8_999)
    item = town.begin(amount="90.00")
    with pytest.raises(NotEnough):
        town.act("dan", "send", item)
    after = Item.objects.get(pk=item.pk)
    assert (after.state, after.version, legs(cell)) == ("draft", item.version, (8_999, 0, 0, 0))
    assert not Act.objects.filter(step="send").exists()


def test_lines_are_held_all_or_none_and_what_a_reason_allows(town: Town, doing: Callable[..., None]) -> None:
    one, two = purse(100, "A"), purse(100, "B")
    doing(send=(HoldEach(lambda item, now: [Ask(two.pk, 70), Ask(one.pk, 60)]),))
    town.sent()
    assert (legs(one), legs(two)) == ((100, 60, 0, 0), (100, 70, 0, 0))
    item = town.begin()
    with pytest.raises(NotEnough) as told:
        town.act("dan", "send", item)
    assert (told.value.cell, told.value.there) == (one.pk, 40)
    assert (legs(one), legs(two)) == ((100, 60, 0, 0), (100, 70, 0, 0))


def test_a_hold_moves_with_its_item_and_lapses_for_a_step_of_the_site(town: Town, doing: Callable[..., None]) -> None:
    doing(
        send=(HoldIn(its_cell, lambda item: item.amount, lambda item, now: SOON),),
        redirect=(Rehold(LEDGER, lambda item: cell_of(LEDGER, "B"), lambda item, now: SOON),),
    )
    one, two = purse(9_000, "A"), purse(9_000, "B")
    item = town.sent()
    town.act("wei", "redirect", item, "满员", receiver="E")
    assert (legs(one), legs(two)) == ((9_000, 0, 0, 0), (9_000, 9_000, 0, 0))
    assert [expired(item, SOON - timedelta(seconds=1)), expired(item, SOON)] == [False, True]
    assert moves.lapse(SOON) == 1
    assert legs(two) == (9_000, 0, 0, 0)
    assert not expired(item, SOON)


def test_a_limit_changes_by_a_step(town: Town, doing: Callable[..., None]) -> None:
    doing(send=(ChangeLimit(its_cell, lambda item: item.amount),))
    cell = purse(1_000)
    town.sent(amount="5.00")
    assert legs(cell) == (1_500, 0, 0, 0)


def test_all_cells_of_a_step_are_locked_first_and_in_order(
    town: Town, doing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = purse(100, "A"), purse(100, "B")
    doing(send=(HoldIn(lambda item: two, lambda item: 1), HoldIn(lambda item: one, lambda item: 1)))
    asked = _watched(monkeypatch)
    town.sent()
    assert asked[0] == [one.pk, two.pk]


def _watched(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The cells that were locked, call by call, in the order in which the database gave them."""
    asked: list[list[int]] = []
    real = moves.lock

    def lock(cells: Any) -> Any:
        found = real(cells)
        asked.append(list(found))
        return found

    monkeypatch.setattr(moves, "lock", lock)
    return asked
