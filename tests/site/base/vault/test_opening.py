"""Opening a sealed text: only at its institution, with a reason, and the look is kept first."""

from collections.abc import Callable, Iterator

import pytest
from django.db import models, transaction
from django.test.utils import isolate_apps

from yiheng.base.refusal import Refusal
from yiheng.site.base.audit.models import Look
from yiheng.site.base.identity import NumberTyped
from yiheng.site.base.places.roles import DOCTOR, HEAD
from yiheng.site.base.places.standing import Actor, actor_of
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.field import SealedText
from yiheng.site.base.vault.opening import Kept, text_of
from yiheng.site.base.vault.seal import Box, closed

from ..town import NOW, Town, lend, make_person

pytestmark = pytest.mark.django_db

WHY = "核对患者身份"
NAME = "王小明"
Opening = Callable[..., str | None]


@pytest.fixture
def visit() -> Iterator[models.Model]:
    """An item of a table that is not there, with a sealed name."""
    with isolate_apps("site_small"):

        class Visit(models.Model):
            name = SealedText()
            flow = "visit"

            class Meta:
                app_label = "site_small"

        yield Visit(pk=7, name=closed(NAME, Visit._meta.get_field("name").where, keys.read().current))


@pytest.fixture
def opening(town: Town, visit: models.Model) -> Opening:
    """Its name, as somebody asks for it."""

    def ask(who: str | Actor, reason: str = WHY, role: object = DOCTOR) -> str | None:
        actor = town.actor(who) if isinstance(who, str) else who
        return text_of(actor, visit, "name", town.east, (role,), reason, NOW)  # type: ignore[arg-type]

    return ask


def test_a_doctor_of_the_place_sees_it_and_the_look_stays(town: Town, opening: Opening) -> None:
    assert opening("dan", f" {WHY}\n再次 ") == NAME
    row = Look.objects.get()
    assert (row.action, row.kind, row.number, row.outcome) == ("look.vault", "visit", "7", "seen")
    assert (row.person_id, row.detail) == (town.people["dan"].pk, {"kinds": ["name"], "reason": f"{WHY} 再次"})


@pytest.mark.parametrize("name", ["wei", "lin", "com", "out", "eva"])
def test_nobody_else_sees_it_and_the_refusal_stays(opening: Opening, name: str) -> None:
    with pytest.raises(Kept) as why:
        opening(name)
    assert (why.value.code, Look.objects.get().outcome) == ("vault_place", "vault_place")


def test_a_doctor_of_another_hospital_or_in_another_role_does_not(town: Town, opening: Opening) -> None:
    town.people["far"] = make_person("far", ("doctor", town.west), ("head", town.east))
    with pytest.raises(Kept):
        opening("far")
    assert opening("far", role=HEAD) == NAME


def test_a_lent_post_looks_in_its_own_name(town: Town, opening: Opening) -> None:
    lend(town.people["dan"], town.people["out"])
    assert opening("out") == NAME
    assert Look.objects.get().person_id == town.people["out"].pk


@pytest.mark.parametrize("reason", ["", "   ", "查 看", "123"])
def test_without_a_reason_nothing_is_shown(opening: Opening, reason: str) -> None:
    with pytest.raises(Kept) as why:
        opening("dan", reason)
    assert (why.value.code, Look.objects.get().outcome) == ("vault_reason", "vault_reason")


def test_an_identity_number_in_a_reason_is_refused(opening: Opening) -> None:
    with pytest.raises(NumberTyped):
        opening("dan", "核对 11010519491231002X\n身份")
    look = Look.objects.get()
    assert (look.outcome, "1101051949" in str(look.detail)) == ("identity", False)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_shown_inside_a_transaction_that_may_be_undone(opening: Opening) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        opening("dan")


def test_a_missing_key_or_a_changed_box_is_refused_and_no_look(opening: Opening, visit: models.Model) -> None:
    box: Box = visit.name  # type: ignore[attr-defined]
    visit.name = Box(box.key, box.data[:-1] + bytes([box.data[-1] ^ 1]))  # type: ignore[attr-defined]
    with pytest.raises(Refusal, match="was changed since it was encrypted"):
        opening("dan")
    keys.path().unlink()
    with pytest.raises(Refusal, match="no key file"):
        opening("dan")
    assert not Look.objects.exists()


def test_glass_opens_that_item_alone_and_only_for_the_role(town: Town, opening: Opening) -> None:
    town.people["far"] = make_person("far", ("doctor", town.west))

    def opened(*items: int) -> Actor:
        return actor_of(town.people["far"].pk, NOW.date(), opened=frozenset(items))

    assert opening(opened(7)) == NAME
    assert Look.objects.get().detail["glass"] is True
    with pytest.raises(Kept):
        opening(opened(8))
    with pytest.raises(Kept):
        opening(opened(7), role=HEAD)
