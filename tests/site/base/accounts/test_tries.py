"""A few wrong tries stop an address and not the person; very many stop an address, or a name, for a while."""

from datetime import timedelta

import pytest

from yiheng.site.base.accounts import tries
from yiheng.site.base.accounts.models import FailedTry
from yiheng.site.base.accounts.tries import forget, is_locked, keep

from ..town import NOW

pytestmark = pytest.mark.django_db
HERE, THERE = "10.0.0.1", "10.0.0.2"
MINUTE = timedelta(minutes=1)


def locked(name: str = "dan", address: str = HERE, minutes: float = 0, where: str = "sign_in") -> bool:
    return is_locked(where, name, address, NOW + minutes * MINUTE)


def many(count: int, name: str = "", address: str = "") -> None:
    """Tries at once: of this name from many addresses, or from this address with many names."""
    FailedTry.objects.bulk_create(
        FailedTry(where="sign_in", name=tries._digest(name or f"n{at}"), address=address or f"10.1.0.{at}", at=NOW)
        for at in range(count)
    )


def test_five_of_one_name_from_one_address() -> None:
    for _ in range(4):
        keep("sign_in", "dan", HERE, NOW)
    assert not locked()
    keep("sign_in", "dan", HERE, NOW + MINUTE)
    assert locked(minutes=1)
    assert [locked(address=THERE, minutes=1), locked("wei", minutes=1), locked(where="door", minutes=1)] == [False] * 3
    assert [locked(minutes=14.9), locked(minutes=15)] == [True, False]


def test_a_hundred_from_one_address_whatever_the_names() -> None:
    many(99, address=HERE)
    assert not locked("somebody")
    keep("sign_in", "another", HERE, NOW)
    assert locked("somebody")
    assert [locked("somebody", THERE), locked("somebody", minutes=15)] == [False, False]


def test_a_hundred_of_one_name_from_everywhere() -> None:
    many(99, name="dan")
    assert not locked(address="10.9.9.9")
    keep("sign_in", "dan", THERE, NOW)
    assert locked(address="10.9.9.9")
    assert [locked("wei", "10.9.9.9"), locked(address="10.9.9.9", minutes=59.9)] == [False, True]
    assert not locked(address="10.9.9.9", minutes=60)


def test_whoever_came_in_begins_anew_from_there_alone() -> None:
    for address in (HERE, THERE):
        for _ in range(5):
            keep("sign_in", "dan", address, NOW)
    forget("sign_in", "dan", HERE)
    assert [locked(), locked(address=THERE)] == [False, True]


def test_what_was_typed_is_not_kept_and_old_tries_are_forgotten() -> None:
    keep("sign_in", "Typed-by-mistake-77", HERE, NOW)
    assert "Typed-by-mistake" not in str(list(FailedTry.objects.values()))
    keep("sign_in", "dan", HERE, NOW + timedelta(days=1))
    assert FailedTry.objects.count() == 1
