"""A few wrong tries stop an address and not the person; very many stop an address, or a name, for a while."""

from datetime import timedelta

import pytest

from yiheng.site.base.accounts import tries
from yiheng.site.base.accounts.models import FailedTry
from yiheng.site.base.accounts.tries import _network, forget, is_locked, keep

from ..town import NOW

pytestmark = pytest.mark.django_db
HERE, THERE = "10.0.0.1", "10.0.0.2"
MINUTE = timedelta(minutes=1)


def locked(name: str = "dan", address: str = HERE, minutes: float = 0, where: str = "sign_in") -> bool:
    return is_locked(where, name, address, NOW + minutes * MINUTE)


def many(count: int, name: str = "", address: str = "") -> None:
    """Tries at once: of this name from many addresses, or from this address with many names."""
    FailedTry.objects.bulk_create(
        FailedTry(
            where="sign_in",
            name=tries._digest(name or f"n{at}"),
            address=_network(address or f"10.1.0.{at}", NOW),
            at=NOW,
        )
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
    forget("sign_in", "dan", HERE, NOW)
    assert [locked(), locked(address=THERE)] == [False, True]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.1", "10.0.0.1/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ("::ffff:a00:1", "10.0.0.1/32"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix:" + "x" * 70, "unix:" + "x" * 59),
    ],
)
def test_where_a_try_comes_from(address: str, counted: str) -> None:
    assert _network(address, NOW) == counted


def test_another_address_of_the_same_network_gives_no_further_tries() -> None:
    for at in range(5):
        keep("sign_in", "dan", f"2001:db8:1:2::{at:x}", NOW)
    assert [locked(address="2001:db8:1:2:ffff::1"), locked(address="2001:db8:1:3::1")] == [True, False]
    assert not locked("wei", "2001:db8:1:2::1")
    forget("sign_in", "dan", "2001:db8:1:2:a::", NOW)
    assert not locked(address="2001:db8:1:2::1")


def test_an_ipv4_address_in_another_form_is_the_same() -> None:
    for address in (HERE, f"::ffff:{HERE}", HERE, "::ffff:a00:1", HERE):
        keep("sign_in", "dan", address, NOW)
    assert [locked(), locked(address=f"::FFFF:{HERE}"), locked(address=THERE)] == [True, True, False]
    assert not locked(address=f"::ffff:{THERE}"), "not all of them at once"


def test_what_was_typed_is_not_kept_and_old_tries_are_forgotten() -> None:
    keep("sign_in", "Typed-by-mistake-77", HERE, NOW)
    assert "Typed-by-mistake" not in str(list(FailedTry.objects.values()))
    keep("sign_in", "dan", HERE, NOW + 59 * MINUTE)
    assert FailedTry.objects.count() == 2
    keep("sign_in", "dan", HERE, NOW + 60 * MINUTE)
    assert FailedTry.objects.count() == 2, "the policy counts no further back than an hour"


def test_how_long_one_waits_is_said_from_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (tries.wait(NOW).zh, tries.wait(NOW).en) == ("15分钟至1小时", "15 minutes to 1 hour")
    said = {}
    for minutes in ((1, 1), (90, 120)):
        within = [("", 5, timedelta(minutes=each)) for each in minutes]
        monkeypatch.setattr(tries, "_limits", lambda *_, within=within: within)
        said[minutes] = (tries.wait(NOW).zh, tries.wait(NOW).en)
    assert said == {(1, 1): ("1分钟", "1 minute"), (90, 120): ("90分钟至2小时", "90 minutes to 2 hours")}
