"""Tries that failed (试错): counted by name and address together, by address, and by name; each is heard no more then.

A few wrong tries stop one address, not the person; only very many, from many addresses, stop a name. What was typed as
a name is kept as a digest, as it may be a password in the wrong field. Addresses of one household or office are one: of
IPv6 the network that a line is given, and an IPv4 address that came in IPv6's form is itself.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.policy.loader import scheme
from yiheng.site.base.accounts.models import FailedTry

POLICY = "site/signing_in"


def is_locked(where: str, name: str, address: str, now: datetime) -> bool:
    """Whether no more is heard at a door, for now, of this name from this address."""
    lately = FailedTry.objects.filter(where=where)
    return any(
        lately.filter(counted, at__gt=now - within)[most - 1 : most].exists()
        for counted, most, within in _limits(_digest(name), _network(address, now), now)
    )


def keep(where: str, name: str, address: str, now: datetime) -> None:
    """Count a try that failed; those that no limit counts any more are forgotten."""
    kept = max(within for _, _, within in _limits("", "", now))
    FailedTry.objects.filter(at__lte=now - kept).delete()
    FailedTry.objects.create(where=where, name=_digest(name), address=_network(address, now), at=now)


def forget(where: str, name: str, address: str, now: datetime) -> None:
    """Whoever came in begins anew from this address; tries from others stay counted."""
    FailedTry.objects.filter(where=where, name=_digest(name), address=_network(address, now)).delete()


def forgive(where: str, name: str) -> int:
    """Forget the tries of a name from every address, as somebody who may has said; how many there were."""
    return FailedTry.objects.filter(where=where, name=_digest(name)).delete()[0]


def too_many(now: datetime) -> Word:
    """What is said to whoever is heard no more."""
    its = wait(now)
    return Word(f"尝试次数过多，请{its.zh}后再试", f"too many tries: wait {its.en}")


def wait(now: datetime) -> Word:
    """How long whoever is heard no more waits, as it reads: from the shortest to the longest time that tries count."""
    times = [_said(within) for within in sorted({within for _, _, within in _limits("", "", now)})]
    first, last = times[0], times[-1]
    if first == last:
        return first
    return Word(f"{first.zh}至{last.zh}", f"{first.en} to {last.en}")


def _said(time: timedelta) -> Word:
    hours, rest = divmod(time, timedelta(hours=1))
    if not rest:
        return Word(f"{hours}小时", "1 hour" if hours == 1 else f"{hours} hours")
    minutes = time // timedelta(minutes=1)
    return Word(f"{minutes}分钟", "1 minute" if minutes == 1 else f"{minutes} minutes")


def _limits(name: str, address: str, now: datetime) -> Iterator[tuple[Q, int, timedelta]]:
    counted = {
        "together": Q(name=name, address=address),
        "address": Q(address=address),
        "name": Q(name=name),
    }
    for what, (most, minutes) in scheme(POLICY).value("tries", localdate(now)).items():
        yield counted[what], most, timedelta(minutes=minutes)


def _network(address: str, now: datetime) -> str:
    """The network that tries of an address are counted by; what is no address, such as a socket's, is itself."""
    try:
        its = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(its, IPv6Address):
        its = its.ipv4_mapped or its
    bits = scheme(POLICY).value("address_bits", localdate(now))[f"ipv{its.version}"]
    return str(ip_network((its.packed, bits), strict=False))


def _digest(name: str) -> str:
    return salted_hmac("yiheng.tries", name, algorithm="sha256").hexdigest()
