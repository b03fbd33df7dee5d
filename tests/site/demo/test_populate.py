"""Filling the site: all states by legal steps, the same again from the same seed, never beside real data."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.verify import verify
from yiheng.site.base.flow.models import Act, Item, Todo
from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.places.models import Delegation, Place, Post
from yiheng.site.base.places.roles import known_roles
from yiheng.site.demo import populate as populating
from yiheng.site.demo import purchases, referrals
from yiheng.site.demo.populate import populate, renew_password, sign_in_names

from .conftest import NOW

REFERRALS = {
    "draft": 3, "consented": 2, "submitted": 6, "accepted": 6, "scheduled": 4, "in_transit": 3, "in_care": 4,
    "discharged": 3, "completed": 3, "closed": 14, "rejected": 3, "cancelled": 3, "expired": 3, "noshow": 3,
}  # fmt: skip
PURCHASES = {
    "asked": 2, "argued": 5, "approved": 3, "intended": 2, "open": 3, "evaluating": 2, "awarded": 2, "contracted": 3,
    "to_mend": 1, "accepted": 4, "paid": 4, "rejected": 2, "cancelled": 1, "terminated": 1,
}  # fmt: skip
FLOWS = ("referral", "procurement", "bid", "payment")


def states(flow: str) -> Counter[str]:
    return Counter(Item.objects.filter(flow=flow).values_list("state", flat=True))


def history() -> list[tuple[object, ...]]:
    rows = Act.objects.order_by("pk").values_list(
        "item__number", "step", "person__username", "at", "to_state", "request"
    )
    return list(rows)


def one_of_each(fates: tuple[Any, ...], its: str) -> tuple[Any, ...]:
    """The longest fates that between them take every step of all: one matter each."""
    chosen, seen = [], set()
    for fate in sorted(fates, key=lambda each: -len(getattr(each, its))):
        if not seen.issuperset(getattr(fate, its)):
            chosen.append(replace(fate, number=1))
            seen.update(getattr(fate, its))
    return tuple(chosen)


@pytest.mark.slow
@pytest.mark.django_db
def test_one_matter_of_each_kind_comes_through_every_state(
    data: Path,
    folder: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sum(fate.number for fate in referrals.FATES) == sum(REFERRALS.values())
    assert sum(fate.number for fate in purchases.FATES) == sum(PURCHASES.values())
    by_the_clock = tuple(replace(fate, number=1) for fate in referrals.FATES[-2:])
    monkeypatch.setattr(referrals, "FATES", one_of_each(referrals.FATES, "steps") + by_the_clock)
    monkeypatch.setattr(purchases, "FATES", one_of_each(purchases.FATES, "beats"))
    assert populate(data, NOW, 1).is_new
    assert states("referral") == {
        "closed": 1, "accepted": 1, "rejected": 1, "cancelled": 1, "expired": 1, "noshow": 1,
    }  # fmt: skip
    assert states("procurement") == {
        "paid": 1, "accepted": 1, "contracted": 1, "terminated": 1, "approved": 1, "open": 1, "cancelled": 1,
        "rejected": 2,
    }  # fmt: skip
    assert (states("bid"), states("payment")) == (
        {"scored": 12, "lodged": 2, "withdrawn": 1, "lapsed": 3}, {"paid": 1, "refused": 1}
    )  # fmt: skip
    for code in FLOWS:
        assert set(Act.objects.filter(item__flow=code).values_list("to_state", flat=True)) == set(flow_of(code).states)
    _everybody_and_a_whole_audit()


@pytest.mark.soak
@pytest.mark.django_db
def test_every_state_every_role_and_a_whole_audit(data: Path, folder: Path) -> None:
    done = populate(data, NOW, 1)
    assert (done.is_new, done.items, (folder / "made-up").is_file()) == (True, Item.objects.count(), True)
    assert states("referral") == REFERRALS
    assert states("procurement") == PURCHASES
    for code in FLOWS:
        assert set(states(code)) == set(flow_of(code).states), code
    _everybody_and_a_whole_audit()
    assert Act.objects.exclude(behalf=None).exclude(person=F("behalf")).exists(), "somebody acted for another"
    assert Todo.objects.filter(due__lt=NOW).exists(), "something is overdue"
    _again_changes_nothing(data)
    _one_password_and_a_banner()


def _everybody_and_a_whole_audit() -> None:
    """Somebody in every role, acts in the order of time, and whatever proves itself is whole."""
    assert set(known_roles()) - {"errand_desk"} <= set(Post.objects.values_list("role", flat=True))
    assert set(sign_in_names()) == set(Post.objects.values_list("role", flat=True))
    assert Delegation.objects.filter(Delegation.on(NOW.date())).count() == 3
    assert list(Act.objects.order_by("pk").values_list("at", flat=True)) == sorted(
        Act.objects.values_list("at", flat=True)
    )
    assert Act.objects.filter(at__gt=NOW).count() == 0
    assert [*verify(), *prove("budget"), *prove("referral")] == []


def _again_changes_nothing(data: Path) -> None:
    before = history()
    assert not populate(data, NOW + timedelta(days=3), 2).is_new
    assert history() == before


def _one_password_and_a_banner() -> None:
    renew_password("kept-nowhere-9")
    assert all(person.check_password("kept-nowhere-9") for person in Person.objects.all()[:3])
    client = Client()
    assert "演示数据，全部虚构" in client.get("/accounts/login/").content.decode()
    client.force_login(
        Person.objects.get(username="leader"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert "演示数据，全部虚构" in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_site_of_its_own_is_refused_and_stays(data: Path, folder: Path) -> None:
    Person.objects.create_user("real", "kept-nowhere-9", name="真")
    with pytest.raises(Refusal, match="holds a site that is not made up"):
        populate(data, NOW, 1)
    with pytest.raises(Refusal, match="is not a made-up site"):
        renew_password("another-one-10")
    assert (Place.objects.count(), Person.objects.get().check_password("kept-nowhere-9")) == (0, True)
    assert not (folder / "made-up").exists()


@pytest.mark.django_db
def test_no_banner_where_nothing_is_made_up(folder: Path) -> None:  # noqa: ARG001
    assert "全部虚构" not in Client().get("/accounts/login/").content.decode()


@pytest.mark.slow
@pytest.mark.django_db
def test_one_seed_makes_one_history_of_a_few(data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(referrals, "FATES", (replace(referrals.FATES[-1], number=1),))
    monkeypatch.setattr(purchases, "FATES", (replace(purchases.FATES[1], number=1),))
    _one_seed_makes_one_history(data)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_one_seed_makes_one_history(data: Path, folder: Path) -> None:  # noqa: ARG001
    _one_seed_makes_one_history(data)


def _one_seed_makes_one_history(data: Path) -> None:
    found = []
    for seed in (1, 1, 2):
        with transaction.atomic():
            populating._fill(data, NOW, seed)  # without the seals, which want a transaction of their own
            found.append(history())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0] != found[2]
