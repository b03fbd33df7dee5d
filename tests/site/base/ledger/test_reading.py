"""What is read of a ledger: cells, statements, the proof."""

from datetime import timedelta

import pytest

from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.models import Cell, Hold, Leg
from yiheng.site.base.ledger.moves import Ask
from yiheng.site.base.ledger.reading import Unproven, available, cell_of, prove, statement
from yiheng.site.base.ledger.refused import NoCell

from ..town import NOW, Town
from .made import PURSE, beds, by, purse

pytestmark = pytest.mark.django_db


def test_a_cell_by_its_key_and_time() -> None:
    plain = purse(key="A")
    timed = Cell.objects.create(ledger=PURSE.code, key="A", starts_at=NOW, name="号源", unit="slot", mode="rigid")
    assert cell_of(PURSE.code, "A") == plain
    assert cell_of(PURSE.code, "A", NOW) == timed
    with pytest.raises(NoCell) as told:
        cell_of(PURSE.code, "A", NOW + timedelta(minutes=1))
    assert told.value.text.zh == "台账test_purse没有“A”的额度"


def test_a_statement_names_the_items_that_the_reader_sees(town: Town) -> None:
    one, two = town.begin(), town.begin()
    type(one).objects.filter(pk=one.pk).update(number="差1")
    type(two).objects.filter(pk=two.pk).update(number="差2")
    cell = purse(1_000)
    first = moves.hold([Ask(cell.pk, 300)], moves.By(NOW, item=one.pk))[0]
    moves.hold([Ask(cell.pk, 200)], moves.By(NOW, item=two.pk))
    moves.commit([first.pk], by(), 100)
    lines = statement(cell, lambda item: item.pk == one.pk)
    assert [(line.number, line.amount, line.held, line.committed, line.state) for line in lines] == [
        ("差1", 300, 200, 100, Leg.COMMITTED),
        ("", 200, 200, 0, Leg.HELD),
    ]
    assert available(cell) == 500


def test_the_proof_finds_each_column_that_is_not_its_records() -> None:
    cell, other = purse(1_000), beds(5)
    moves.hold([Ask(cell.pk, 300)], by())
    moves.hold([Ask(other.pk, 3)], by())
    assert prove("test_purse") == prove("test_beds") == []
    Cell.objects.filter(pk=cell.pk).update(held=299, used=1, approved=1_001)
    assert prove("test_purse") == [
        Unproven(cell.pk, "held", 299, 300),
        Unproven(cell.pk, "used", 1, 0),
        Unproven(cell.pk, "approved", 1_001, 1_000),
    ]
    assert prove("test_beds") == []
    Hold.objects.filter(cell=other).update(held=2, used=1)
    assert prove("test_beds") == [Unproven(other.pk, "held", 3, 2), Unproven(other.pk, "used", 0, 1)]
