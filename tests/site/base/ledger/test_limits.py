"""Who may change a limit, and what stays of it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from yiheng.base.words import Word
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.ledger.declare import Ledger, declare, ledgers
from yiheng.site.base.ledger.limits import adjust
from yiheng.site.base.ledger.models import Movement
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.ledger.refused import BelowTaken
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.refused import NotDone

from ..town import DAY, NOW, Town, lend, make_person
from .made import beds, legs, purse


def test_a_keeper_of_the_place_changes_a_limit_with_a_reason(town: Town) -> None:
    keeper = make_person("fin", ("finance", town.east))
    cell = purse(1_000, place=town.ward)
    adjust(actor_of(keeper.pk, DAY), cell, 500, "年中追加", NOW)
    assert legs(cell) == (1_500, 0, 0, 0)
    note = Movement.objects.get(kind="limit", amount=500)
    assert (note.person, note.reason, note.at) == (keeper, "年中追加", NOW)
    entry = Entry.objects.latest("seq")
    assert (entry.action, entry.kind, entry.number, entry.person) == (
        "ledger.adjust", "ledger.cell", str(cell.pk), keeper,
    )  # fmt: skip
    assert entry.detail == {"ledger": "test_purse", "change": 500}
    assert prove("test_purse") == []


def test_nobody_else_does(town: Town) -> None:
    keeper = make_person("fin", ("finance", town.east))
    taker = make_person("tak")
    lend(keeper, taker, cap=100)
    other = make_person("oth", ("finance", town.west))
    cell, placeless, unkept = purse(1_000, place=town.ward), purse(1_000, "B"), beds()
    tries = [(town.people["eva"], cell), (other, cell), (taker, cell), (keeper, placeless), (keeper, unkept)]
    for person, its in tries:
        with pytest.raises(NotDone) as told:
            adjust(actor_of(person.pk, DAY), its, 1, "追加", NOW)
        assert told.value.code == "party"
    with pytest.raises(NotDone) as told:
        adjust(actor_of(keeper.pk, DAY), cell, 1, " ", NOW)
    assert told.value.code == "reason"
    with pytest.raises(BelowTaken):
        adjust(actor_of(keeper.pk, DAY), cell, -1_001, "压减", NOW)
    assert legs(cell) == (1_000, 0, 0, 0)
    assert not Entry.objects.filter(action="ledger.adjust").exists()


def test_a_ledger_is_declared_once() -> None:
    assert ledgers()["test_purse"].unit is Unit.FEN
    with pytest.raises(ImproperlyConfigured, match="test_purse is declared twice"):
        declare(Ledger("test_purse", Word("别的", "other"), Unit.BED))
