"""Tries that failed (试错): counted by name and address together, by address, and by name; each is heard no more then.

A few wrong tries stop one address, not the person; only very many, from many addresses, stop a name. What was typed as
a name is kept as a digest, as it may be a password in the wrong field.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.timezone import localdate

from yiheng.policy.loader import scheme
from yiheng.site.base.accounts.models import FailedTry

POLICY = "site/signing_in"
_KEPT = timedelta(days=1)


def is_locked(where: str, name: str, address: str, now: datetime) -> bool:
    """Whether no more is heard at a door, for now, of this name from this address."""
    lately = FailedTry.objects.filter(where=where)
    return any(
        lately.filter(counted, at__gt=now - within)[most - 1 : most].exists()
        for counted, most, within in _limits(_digest(name), address[:64], now)
    )


def keep(where: str, name: str, address: str, now: datetime) -> None:
    """Count a try that failed; those of yesterday are forgotten."""
    FailedTry.objects.filter(at__lte=now - _KEPT).delete()
    FailedTry.objects.create(where=where, name=_digest(name), address=address[:64], at=now)


def forget(where: str, name: str, address: str) -> None:
    """Whoever came in begins anew from this address; tries from others stay counted."""
    FailedTry.objects.filter(where=where, name=_digest(name), address=address[:64]).delete()


def forgive(where: str, name: str) -> int:
    """Forget the tries of a name from every address, as somebody who may has said; how many there were."""
    return FailedTry.objects.filter(where=where, name=_digest(name)).delete()[0]


def _limits(name: str, address: str, now: datetime) -> Iterator[tuple[Q, int, timedelta]]:
    counted = {
        "together": Q(name=name, address=address),
        "address": Q(address=address),
        "name": Q(name=name),
    }
    for what, (most, minutes) in scheme(POLICY).value("tries", localdate(now)).items():
        yield counted[what], most, timedelta(minutes=minutes)


def _digest(name: str) -> str:
    return salted_hmac("yiheng.tries", name, algorithm="sha256").hexdigest()
