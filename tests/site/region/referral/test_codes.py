"""Who makes a patient's query code: whoever acts for the sender, and nobody else who sees the referral."""

import pytest

from yiheng.site.base.flow.models import Item
from yiheng.site.base.outsiders.models import QueryCode
from yiheng.site.base.pages.codes import may_make
from yiheng.site.base.pages.showing import shown
from yiheng.site.base.places.standing import Actor, Standing

from .county import County


@pytest.mark.parametrize(
    ("who", "may"), [("doc", True), ("out", True), ("fam", True), ("desk", False), ("centre", False)]
)
def test_who_may(county: County, who: str, may: bool) -> None:
    item = county.submitted()
    assert may_make(shown(item.pk, county.actor(who))) is may


def test_an_outsider_makes_no_further_one(county: County) -> None:
    item = county.submitted()
    person = county.people["stranger"].pk
    patient = Actor(Standing(person, person, items=frozenset((item.pk,))))
    assert not may_make(shown(item.pk, patient))


def test_a_stub_is_not_enough(county: County) -> None:
    item = county.submitted()
    county.act("centre", "redirect", item, "床位不足", receiver="O")
    assert not may_make(shown(item.pk, county.actor("desk")))
    assert (Item.objects.count(), QueryCode.objects.count()) == (1, 0)
