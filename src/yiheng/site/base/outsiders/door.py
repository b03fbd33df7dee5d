"""The door (查询入口): codes are made, tried and, once they fit, let in to one item."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac

from yiheng.site.base.accounts import tries
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.looks import refused
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.flow.models import Item
from yiheng.site.base.identity import demand_none
from yiheng.site.base.outsiders.models import QueryCode
from yiheng.site.base.places.standing import Actor, Standing

# No signs that look alike; twelve of them cannot be guessed.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 12
_WHERE = "door"


@dataclass(frozen=True)
class Opened:
    """What a try came to: the code that fits, or none; `heard` is False when there were too many tries."""

    code: QueryCode | None
    heard: bool = True


@transaction.atomic
def make_code(item: Item, name: str, until: datetime) -> str:
    """A new query code of an item for the outsider `name` (患者、供应商). The only time that it can be read.

    Raises NumberTyped where the name has an identity number.
    """
    demand_none(name)
    code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    person = Person.objects.create_user(f"outsider-{secrets.token_hex(8)}", name=name, is_active=False)
    QueryCode.objects.create(item=item, person=person, digest=_digest(item.number, code), expires_at=until)
    return code


@transaction.atomic
def knock(number: str, code: str, address: str, now: datetime) -> Opened:
    """Try a number and a code from an address. An unknown number and a wrong code are answered alike."""
    number, code = number.replace("\x00", "").strip(), code.strip().upper().replace("-", "")
    if tries.is_locked(_WHERE, number, address, now):
        refused(None, "door.knock", Of("door"), "too_many", now)
        return Opened(None, heard=False)
    digest = _digest(number, code)
    found = QueryCode.objects.filter(digest=digest, expires_at__gt=now, item__number=number).exclude(item__number="")
    fits = found.first()
    if fits is None:
        tries.keep(_WHERE, number, address, now)
        refused(None, "door.knock", Of("door"), "wrong", now)
    return Opened(fits)


def outsider(number: int, now: datetime) -> Actor | None:
    """The actor of a code that was let in; None once it has ended."""
    code = QueryCode.objects.filter(pk=number, expires_at__gt=now).first()
    if code is None:
        return None
    return Actor(Standing(code.person_id, code.person_id, items=frozenset((code.item_id,))))


def _digest(number: str, code: str) -> str:
    return salted_hmac("yiheng.query_code", f"{number}\n{code}", algorithm="sha256").hexdigest()
